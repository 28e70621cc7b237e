"""The form of an app's file: what it shows, what it changes, and that nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apps.authoring import FormInput, Place, Result, read_form, with_form
from apps.authoring.mistakes import mistakes
from apps.language.fragments import with_fragments
from apps.publish import parse_app
from apps.publish.catalogue import LIBRARY

EXAMPLES = LIBRARY.parent / "examples"
FILES = sorted([*LIBRARY.glob("*.yaml"), *EXAMPLES.glob("*.yaml")])


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_an_unchanged_form_changes_nothing_that_the_app_says(file: Path) -> None:
    text = with_fragments(file.read_text(encoding="utf-8"), file)
    form = read_form(text)
    same = with_form(text, form)
    assert parse_app(same, file.name) == parse_app(text, file.name)
    titled = with_form(text, replace(form, title="Another title"))
    changed = [(a, b) for a, b in zip(same.splitlines(), titled.splitlines(), strict=True) if a != b]
    assert changed == [(f"title: {form.title}", "title: Another title")]
    for comment in (line for line in text.splitlines() if line.startswith("#")):
        assert comment in titled


BLANK = """\
# The status that we send on Fridays.
name: weekly
title: Weekly
description: Where a customer stands.
version: "0.1"
owner: a@x.com
colour: green   # a key that nobody knows
steps: []
outputs: []
"""


def filled_in():
    form = read_form(BLANK)
    return replace(
        form,
        inputs=(FormInput("customer", "account", "Customer"),),
        places=(Place("account", "account_facts", "Read what is known", "@customer", stops=True),),
        writer="text",
        prompt="Write the status of @customer from @account.\nBe short.",
        length="short",
        draft="list",
        for_customer=True,
        results=(
            Result("mail", "email", "Mail", "Status of @customer", "@customer"),
            Result("file", "docx", "Word", "Status"),
            Result("tasks", "table", "Tasks", "account.tasks"),
            Result("figures", "chart", "Figures", "account.charts"),
        ),
        audience=("cs",),
        examples=("Weekly status", "How do they stand?", "Wochenstatus"),
    )


def test_what_is_filled_in_stands_in_the_file_and_comes_back() -> None:
    form = filled_in()
    text = with_form(BLANK, form)
    assert read_form(text) == form
    assert text.startswith("# The status that we send on Fridays.\n")
    assert "colour: green   # a key that nobody knows" in text
    assert read_form(text).unshown == ("“colour” of the file",)
    app = parse_app(text.replace("colour: green   # a key that nobody knows\n", ""), "weekly.yaml")
    assert app.steps[1].values["prompt"] == "Write the status of @customer from @account.\nBe short.\n"
    assert app.steps[0].values["for_customer"] is True
    assert app.outputs[1].value == "{{ file_file.file }}"


def test_adding_moving_and_taking_away_leaves_the_rest_as_it_is() -> None:
    form, text = filled_in(), with_form(BLANK, filled_in())
    other = replace(
        form,
        inputs=(FormInput("day", "date", "Day", required=False), *form.inputs),
        places=(Place("found", "retrieve", "Look for news", "news of @customer", most=5), *form.places),
        results=form.results[2:],
        draft="none",
    )
    changed = with_form(text, other)
    assert read_form(changed) == other
    app = parse_app(changed.replace("colour: green   # a key that nobody knows\n", ""), "weekly.yaml")
    assert [s.id for s in app.steps] == ["found", "account", "text"]
    assert [i.name for i in app.inputs] == ["day", "customer"]
    assert with_form(changed, form).replace("\n\n", "\n").count("\n") == text.replace("\n\n", "\n").count("\n")


def test_an_input_that_goes_leaves_the_tests_too() -> None:
    tested = with_form(BLANK, filled_in()) + (
        "tests:\n  - name: a test\n    inputs: {customer: Acme}\n    expect: [{output: mail, contains: [Acme]}]\n"
    )
    assert "Acme}" not in with_form(tested, replace(read_form(tested), inputs=()))


STEPS = """\
steps:
  - id: account   # who it is
    use: account_facts
    with: {customer: "{{ customer }}", about: renewal}
  - id: pairs
    use: compare_documents
    with: {before: "{{ checks[1] }}", after: "{{ checks[0] }}"}
  - {id: found, use: retrieve, with: {query: "{% if x %}a{% endif %}"}}
  - id: text
    title: Write
    use: write
    with: {prompt: "Write about @account.", draft: "Nothing.", examples: [One.]}
outputs:
  - {name: text, kind: markdown, value: "{{ text.text }}"}
  - {name: data, kind: json, value: {a: "{{ text.text }}"}}
"""


def test_what_the_form_cannot_show_is_named_and_kept() -> None:
    text = BLANK.partition("colour")[0] + STEPS
    form = read_form(text)
    assert form.unshown == (
        "about of the step “account”",
        "the step “pairs” (compare documents)",
        "the step “found” (retrieve)",
        "examples of the step “Write”",
        "the result “data”",
    )
    assert form.draft == "own"
    changed = with_form(
        text, replace(form, places=(*form.places, Place("news", "retrieve", "", "news")), prompt="Short.")
    )
    for line in STEPS.splitlines():
        if "prompt" not in line and "outputs" not in line:
            assert line in changed
    assert [s.split("id: ")[1].split()[0].strip(",") for s in changed.splitlines() if "id: " in s] == [
        "account", "news", "pairs", "found", "text",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (("from @account", "from @acount"), "prompt", "did you mean 'account'"),
        (("title: Weekly", "title: ''"), "title", "Give the app a title."),
        (("label: Customer", "label: ''"), "inputs.customer", "Write what you ask for."),
        (("type: account", "type: choice"), "inputs.customer", "List what can be chosen"),
        (
            ("customer: '{{ customer }}'\n      needs", "customer: ''\n      needs"),
            "places.account",
            "Say what to look for",
        ),
        (("rows: '{{ account.tasks }}'", "rows: '{{ acount.tasks }}'"), "results.tasks", "'acount' is unknown"),
        (('"0.1"', '"one"'), "version", "write numbers and points"),
        (("name: weekly", "name weekly"), "", "line 3"),
    ],
)
def test_a_mistake_stands_beside_its_field(change: tuple[str, str], place: str, said: str) -> None:
    text = with_form(BLANK, filled_in()).replace("colour: green   # a key that nobody knows\n", "")
    app, none = mistakes(text)
    assert app is not None
    assert none == []
    assert change[0] in text
    wrong = mistakes(text.replace(*change))[1]
    assert [(w.place, said in w.message) for w in wrong][:1] == [(place, True)], wrong
