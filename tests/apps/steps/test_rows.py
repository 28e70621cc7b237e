"""Loops whose rows are results, tables over them, choices by condition, variables, and apps that call apps."""

import pytest

from apps.publish.load import parse_app
from apps.run.context import Tools
from apps.runner import finish
from core.errors import AppError
from tests.apps.conftest import BODY, HEAD

LOOP = """\
inputs:
  - {name: words, type: multi_choice, choices: [a, b, c]}
variables: {mark: "!", louder: "{{ mark }}{{ words | length }}"}
steps:
  - id: each
    use: write
    for_each: words
    on_error: ERROR
    with: {draft: "{{ item }}{% if item == 'b' %}{{ item.nothing.at_all }}{% endif %}"}
  - id: side
    use: table
    with:
      rows: "{{ each }}"
      columns: {Word: item, Text: "<{{ text or '-' }}>{{ louder }}", Again: row.item ~ mark}
      sort: item
      descending: true
outputs:
  - {name: rows, kind: table, value: {columns: "{{ side.columns }}", rows: "{{ side.rows }}"}}
  - {name: text, kind: markdown, value: "{{ side.text }}"}
"""


def rows(app_of, context, on_error, words=("a", "b")):
    result = finish(app_of(LOOP.replace("ERROR", on_error)), {"words": list(words)}, context)
    return result, result.outputs and result.output("rows").value["rows"]


def test_rows_are_results_with_their_item_and_make_a_table(app_of, context):
    result, found = rows(app_of, context, "stop", ("a", "c"))
    assert found == [["c", "<c>!2", "c!"], ["a", "<a>!2", "a!"]]
    assert "| Word | Text | Again |" in result.output("text").text


@pytest.mark.parametrize(
    ("on_error", "expected", "note"),
    [
        ("skip", [["a", "<a>!2", "a!"]], "Each for 'b' was left out: "),
        ("say", [["b", "<->!2", "b!"], ["a", "<a>!2", "a!"]], "Each for 'b' could not be done: "),
    ],
)
def test_what_cannot_be_done_is_left_out_or_stays_with_its_reason(app_of, context, on_error, expected, note):
    result, found = rows(app_of, context, on_error)
    assert found == expected and result.notes[0].startswith(note)


def test_a_loop_of_which_nothing_is_left_stops(app_of, context):
    for on_error in ("skip", "say"):
        result, _ = rows(app_of, context, on_error, ("b",))
        assert result.status == "failed" and "could be done for none of 1" in result.error
    result, _ = rows(app_of, context, "stop")
    assert result.status == "failed" and result.saved_minutes == 0


def test_no_on_error_passes_over_a_limit(app_of, context):
    app = app_of(LOOP.replace("ERROR", "skip") + "limits: {steps: 1}\n")
    assert "limit of 1 steps" in finish(app, {"words": ["a", "c"]}, context).error


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("{A: nothing}", "A, row 1: 'nothing' is unknown here"),
        ("{A: '{% for x in range(10**9) %}{% endfor %}'}", "A, row 1: "),
        ("{A: item.__class__}", "A, row 1: "),
    ],
)
def test_a_column_that_cannot_be_filled_says_which(app_of, context, columns, message):
    body = LOOP.replace("ERROR", "stop").replace(
        "{Word: item, Text: \"<{{ text or '-' }}>{{ louder }}\", Again: row.item ~ mark}", columns
    )
    result = finish(app_of(body), {"words": ["a"]}, context)
    assert result.status == "failed" and message in result.error


def test_a_column_that_is_no_expression_is_refused_when_checked(app_of):
    with pytest.raises(AppError, match=r"columns.Word: .*mend the expression"):
        app_of(LOOP.replace("ERROR", "stop").replace("Word: item", "Word: item +"))


CHOOSE = """\
inputs:
  - {name: n, type: number}
steps:
  - {id: way, use: choose, with: {options: {big: n > 100, small: "{{ n > 10 }}"}OTHERWISE}}
  - {id: big, use: write, when: way.choice == 'big', with: {draft: Big.}}
outputs:
  - {name: way, kind: markdown, value: "{{ way.choice }} {{ big.text or '' }}"}
"""


@pytest.mark.parametrize(("n", "text"), [(500, "big Big."), (50, "small "), (5, "tiny ")])
def test_the_first_condition_that_holds_is_taken(app_of, context, n, text):
    body = CHOOSE.replace("OTHERWISE", ", otherwise: tiny")
    assert finish(app_of(body), {"n": n}, context).output("way").text.strip() == text.strip()


def test_nothing_chosen_is_said(app_of, context):
    result = finish(app_of(CHOOSE.replace("OTHERWISE", "")), {"n": 1}, context)
    assert "nothing was chosen of big, small: none of the conditions holds; add `otherwise`." in result.error


def test_a_wrong_name_in_a_condition_is_refused(app_of):
    with pytest.raises(AppError, match=r"options.big: the name 'm' is unknown"):
        app_of(CHOOSE.replace("OTHERWISE", "").replace("n > 100", "m > 100"))


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("Write to @wrod.", "'@wrod' is no input or step; did you mean 'word'"),
        ("Take @text.", "the step 'text' comes only later"),
        ("See @one.txet.", "the step 'one' gives no 'txet'; did you mean 'text'"),
    ],
)
def test_a_name_in_a_prompt_is_checked(app_of, prompt, message):
    steps = f"steps:\n  - {{id: one, use: write, with: {{draft: x}}}}\n  - {{id: two, use: write, with: {{prompt: '{prompt}'}}}}\n"
    with pytest.raises(AppError, match=message.replace("?", "")):
        app_of(BODY.replace("steps:\n", steps))


def test_addresses_are_no_names_and_two_signs_are_one(app_of, context):
    prompt = "prompt: 'Mail a@word.com on @@word.', "
    result = finish(app_of(BODY.replace("with: {", "with: {" + prompt)), {"word": "x"}, context)
    assert result.output("result").text == "Word: x"


def test_write_needs_a_prompt_or_a_draft_and_generate_is_gone(app_of):
    with pytest.raises(AppError, match="'write' needs 'prompt' or 'draft'; add one"):
        app_of(BODY.replace('{draft: "Word: {{ word }}"}', "{tone: warm}"))
    with pytest.raises(AppError, match="found 'generate'; write `write`"):
        app_of(BODY.replace("use: write", "use: generate"))


CALLER = """\
inputs:
  - {name: word, type: text}
saves_minutes: 3
steps:
  - {id: other, use: run_app, with: {app: APP, inputs: {word: "{{ word }}?"}}}
outputs:
  - {name: result, kind: markdown, value: "{{ other.text }} / {{ other.outputs.result.text }}"}
"""


def named(name, body):
    return parse_app(HEAD.replace("name: small", f"name: {name}") + body, f"{name}.yaml")


@pytest.fixture
def calling(context):
    """(apps) → the result of the first."""

    def call(*apps, word="x"):
        known = {app.name: app for app in apps}
        context.tools = Tools(app=known.__getitem__)
        return finish(apps[0], {"word": word}, context)

    return call


def test_an_app_calls_an_app(calling):
    result = calling(named("caller", CALLER.replace("APP", "small")), named("small", BODY + "saves_minutes: 50\n"))
    assert result.output("result").text == "Word: x? / Word: x?"
    assert result.saved_minutes == 3


def test_a_circle_is_refused(calling):
    result = calling(named("one", CALLER.replace("APP", "two")), named("two", CALLER.replace("APP", "one")))
    assert "in a circle (one → two → one); take one call out" in result.error


def test_calling_too_deep_is_refused(calling):
    apps = [named(f"a{n}", CALLER.replace("APP", f"a{n + 1}")) for n in range(6)]
    result = calling(*apps, named("a6", BODY))
    assert "and the limit is 3" in result.error


def test_the_audience_of_the_other_app_counts(calling):
    result = calling(named("caller", CALLER.replace("APP", "small")), named("small", BODY + "audience: [finance]\n"))
    assert result.status == "failed" and "The app small is for finance" in result.error


def test_an_app_that_asks_cannot_be_called(calling):
    asks = BODY.replace("steps:\n", "steps:\n  - {id: you, use: ask, with: {questions: [{name: q, type: text}]}}\n")
    result = calling(named("caller", CALLER.replace("APP", "small")), named("small", asks))
    assert "asks a person in between and can't be called" in result.error
