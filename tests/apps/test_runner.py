"""Running: states, inputs, conditions, loops, limits, cancelling; expressions stay in their sandbox."""

import pytest

from apps.language.expressions import ExpressionError
from apps.language.isolated import evaluate, truth
from apps.publish.load import parse_app
from apps.run.inputs import InputsWrong
from apps.runner import RunResult, StepState, finish, run_app
from core.errors import AppError
from core.types import User
from tests.apps.conftest import BODY, HEAD


def test_states_then_the_result(app_of, context):
    events = list(run_app(app_of(BODY), {"word": "x"}, context))
    assert [e.state for e in events if isinstance(e, StepState)] == ["waiting", "running", "done"]
    assert isinstance(events[-1], RunResult)
    assert events[-1].output("result").text == "Word: x"


def test_every_wrong_input_is_named(app_of, context):
    body = BODY.replace(
        "  - {name: word, type: text}",
        "  - {name: word, type: text}\n  - {name: n, type: number, max: 5}\n  - {name: day, type: date}",
    )
    with pytest.raises(InputsWrong) as caught:
        run_app(app_of(body), {"n": "9", "day": "soon", "wrd": 1}, context)
    assert {p.field for p in caught.value.problems} == {"word", "n", "day", "wrd"}
    assert "over the most 5" in str(caught.value)


def test_conditions_and_loops(app_of, context):
    body = """\
    inputs:
      - {name: words, type: multi_choice, choices: [a, b, c]}
    steps:
      - id: each
        use: write
        for_each: words
        with: {draft: "<{{ item }}>"}
      - id: never
        use: write
        when: "'c' in words"
        with: {draft: c}
    outputs:
      - {name: result, kind: markdown, value: "{{ each | map(attribute='text') | join }}{{ never.text or '-' }}"}
    """
    assert finish(app_of(body), {"words": ["a", "b"]}, context).output("result").text == "<a><b>-"


def test_the_audience_is_kept(app_of, context):
    with pytest.raises(AppError, match="is for finance"):
        run_app(app_of(BODY + "audience: [finance]\n"), {"word": "x"}, context)


@pytest.mark.parametrize(
    ("limits", "draft", "message"),
    [
        ("{output_chars: 100}", "{% for n in range(99) %}long {% endfor %}", "over 100 characters"),
        ("{seconds: 0.000001}", "x", "limit of 1e-06 seconds"),
    ],
)
def test_limits_stop_a_run_and_say_which(context, limits, draft, message):
    app = parse_app(HEAD + BODY.replace("Word: {{ word }}", draft) + f"limits: {limits}\n", "small.yaml")
    result = finish(app, {"word": "x"}, context)
    assert result.status == "failed"
    assert message in result.error


def test_the_step_limit_counts_a_loops_calls(app_of, context):
    body = BODY.replace("use: write", "use: write\n    for_each: '[1, 2, 3]'").replace("text.text", "text[0].text")
    result = finish(app_of(body + "limits: {steps: 2}\n"), {"word": "x"}, context)
    assert "limit of 2 steps" in result.error


def test_a_cancelled_run_says_so(app_of, context):
    context.cancelled = lambda: True
    result = finish(app_of(BODY), {"word": "x"}, context)
    assert (result.status, result.outputs, result.saved_minutes) == ("cancelled", (), 0.0)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ word.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ word.format.__globals__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ range(10**9) | list }}",
        "{{ [].append(1) }}",
        "{{ 'x' * 10**10 }}",
        "{{ 'x' * 999999999 }}",
        "{{ 9**9**9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'x'.ljust(999999999) }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'x' | center(999999999) }}",
    ],
)
def test_expressions_can_only_read(attack):
    with pytest.raises(ExpressionError):
        evaluate(attack, {"word": "x"})
    with pytest.raises(ExpressionError):
        evaluate(f"text {attack}", {"word": "x"})


def test_an_expression_keeps_its_type_and_a_condition_is_refused_for_unknown_names():
    assert evaluate("{{ [1, 2] }}", {}) == [1, 2]
    assert evaluate("{{ a }} and {{ a }}", {"a": 1}) == "1 and 1"
    with pytest.raises(ExpressionError, match="'b' is unknown"):
        truth("b", {"a": 1})


def test_someone_elses_group_does_not_open_an_app(app_of, context):
    app = app_of(BODY + "audience: [emea]\n")
    assert finish(app, {"word": "x"}, context).status == "completed"
    context.user = User("b@example.com")
    with pytest.raises(AppError):
        run_app(app, {"word": "x"}, context)
