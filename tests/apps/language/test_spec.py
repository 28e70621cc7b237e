"""An app's file: what is refused, with line, field, what was found and what would be right."""

from pathlib import Path

import pytest

from apps.language.spec import json_schema
from apps.publish.catalogue import LIBRARY
from apps.publish.load import load_app, parse_app
from core.errors import AppError
from tests.apps.conftest import BODY, HEAD


def test_a_right_file_is_read(app_of):
    app = app_of(BODY)
    assert (app.name, app.steps[0].use, app.outputs[0].actions) == ("small", "write", ("copy", "download"))


@pytest.mark.parametrize(
    ("found", "right", "expected"),
    [
        ("title: Small", "titel: Small", r"line 2, titel: unknown key 'titel'; did you mean 'title'\?"),
        ("owner: me@example.com\n", "", r"line 1, file: the key 'owner' is missing; add it"),
        ("use: write", "use: writ", r"line 10, steps\[0\].use: found 'writ'; did you mean 'write'\?"),
        ("{draft:", "{draf:", r"steps\[0\].with.draf: 'write' has no parameter 'draf'; did you mean 'draft'\?"),
        ("{{ word }}", "{{ wrod }}", r"line 11, .*draft: the name 'wrod' is unknown; did you mean 'word'\?"),
        ("text.text }}", "text.txet }}", r"line 13, outputs\[0\].value: the step 'text' gives no 'txet'; did you mean"),
        ("{{ word }}", "{{ word | nope }}", r"the filter 'nope' is unknown; filters: "),
        ("{{ word }}", "{% if word %}", r"mend the expression"),
        ("type: text", "type: txt", r"line 7, inputs\[0\].type: found 'txt'"),
        ("kind: markdown", "kind: markdwn", r"outputs\[0\].kind: found 'markdwn'"),
        ('version: "1"', "version: one", r"line 4, version: found 'one'"),
        ("{name: word, type: text}", "{name: word, type: choice}", r"inputs\[0\].choices: a choice needs choices"),
        ("name: word, type: text", "name: today, type: text", r"'today' is taken already"),
    ],
)
def test_refusals_name_line_field_and_remedy(found, right, expected):
    text = HEAD + BODY
    assert found in text
    with pytest.raises(AppError, match=expected):
        parse_app(text.replace(found, right), "small.yaml")


def test_the_line_within_a_template_block_is_named():
    block = "with:\n      draft: |\n        one\n        two {{ nothing }}\n"
    text = HEAD + BODY.replace('with: {draft: "Word: {{ word }}"}\n', block)
    with pytest.raises(AppError, match=r"small.yaml line 14, .*'nothing' is unknown"):
        parse_app(text, "small.yaml")


def test_a_key_that_stands_twice_and_an_unfolding_file_are_refused():
    with pytest.raises(AppError, match="line 2: the key 'name' stands twice"):
        parse_app("name: a\nname: b\n", "x.yaml")
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, after in ("ab", "bc", "cd", "de", "ef"):
        bomb += f"{after}: &{after} [{', '.join(['*' + before] * 10)}]\n"
    with pytest.raises(AppError, match="unfold to over"):
        parse_app(bomb, "x.yaml")


def test_values_stay_what_authors_mean(app_of):
    app = app_of(BODY.replace("{name: word, type: text}", "{name: word, type: text, default: 22:00, help: no}"))
    assert (app.inputs[0].default, app.inputs[0].help) == ("22:00", "no")


def test_a_query_needs_an_audience_and_a_fixed_statement():
    step = 'use: query\n    with: {sql: "SELECT 1 AS a"}'
    text = HEAD + BODY.replace('use: write\n    with: {draft: "Word: {{ word }}"}', step).replace(
        ".text }}", ".rows }}"
    )
    with pytest.raises(AppError, match="needs an `audience`"):
        parse_app(text, "small.yaml")
    parse_app(text + "audience: [finance]\n", "small.yaml")
    with pytest.raises(AppError, match="found an expression in 'sql'"):
        parse_app(text.replace("SELECT 1", "SELECT {{ word }}") + "audience: [finance]\n", "small.yaml")


def test_a_test_must_name_inputs_and_outputs_that_there_are():
    text = HEAD + BODY + "tests:\n  - {name: t, inputs: {wrod: a}, expect: [{output: result, contains: [a]}]}\n"
    with pytest.raises(AppError, match=r"no such input; did you mean 'word'\?"):
        parse_app(text, "small.yaml")
    with pytest.raises(AppError, match=r"found 'resutl'; did you mean 'result'\?"):
        parse_app(text.replace("wrod", "word").replace("output: result", "output: resutl"), "small.yaml")


def test_the_published_schema_is_fresh(project_root):
    assert (project_root / "docs" / "app.schema.json").read_text(encoding="utf-8") == json_schema()


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.yaml")), ids=lambda f: f.stem)
def test_every_app_of_the_library_has_five_tests_and_a_page(file: Path, project_root):
    app = load_app(file)
    assert len(app.tests) >= 5
    assert len(app.routing.examples) >= 20
    assert (project_root / "docs" / "apps" / f"{app.name}.md").is_file()
