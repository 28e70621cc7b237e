"""Whatever an author writes between braces costs this process nothing: not memory, not time, not its life."""

import resource
import time
from datetime import date

import pytest

from apps.language.app_file import AppFile
from apps.language.expressions import ExpressionError, Guard, Skipped
from apps.language.isolated import evaluate
from core.types import Parsed, Section

VALUES = {"q": "a" * 20_000, "rows": [{"n": 1}, {"n": 2}], "gone": Skipped(("text",))}
DOUBLED = "{% set a = q %}" + "{% set a = a ~ a %}" * 24 + "{{ a }}"
FILE = AppFile("a.txt", Parsed((Section("one two"),)))


@pytest.mark.parametrize(
    "text",
    [
        "{{ (1).to_bytes(1500000000, 'big') }}",
        "{{ q.replace('a', q) }}",
        "{{ range(100000) | join(q) }}",
        "{{ q.translate({97: q}) }}",
        DOUBLED,
        "{{ 1.5 | number(digits=1000000000) }}",
        "{{ rows | tojson(indent=2000000000) }}",
        "{{ rows | batch(90000000, 'x') | list }}",
        "{{ rows | slice(100000000) | list }}",
        "{{ 'x'.ljust(999999999) }}",
        "{% set x %}{% for i in range(99999) %}{{ q }}{% endfor %}{% endset %}{{ x | length }}",
        "{% filter upper %}{% for i in range(99999) %}{{ q }}{% endfor %}{% endfilter %}",
    ],
)
def test_nothing_huge_is_made(text):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ExpressionError):
        evaluate(text, VALUES, guard=Guard(deadline=time.monotonic() + 3))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) if range(99999) | sum < 0 %}{% endfor %}",
    ],
)
def test_nothing_runs_for_ever(text):
    begin = time.monotonic()
    with pytest.raises(ExpressionError, match="time is up"):
        evaluate(text, VALUES, guard=Guard(deadline=begin + 1))
    assert time.monotonic() - begin < 5
    assert evaluate("{{ rows | length }}", VALUES) == 2


@pytest.mark.parametrize(
    "text", ["{{ rows | map('nofilter') | list }}", "{{ rows | map }}", "{{ q | dictsort(by='x') }}"]
)
def test_a_wrong_filter_ends_in_a_sentence(text):
    with pytest.raises(ExpressionError):
        evaluate(text, VALUES)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("{{ rows | map(attribute='n') }}", [1, 2]),
        ("{{ [file] | list }}", [FILE]),
        ("{{ [gone] | first }}", {"text": None}),
        ("{{ file.text | upper }}", "ONE TWO"),
        ("{{ today | as_date }}", date(2026, 11, 28)),
    ],
)
def test_values_come_back_as_they_are(text, given):
    assert evaluate(text, {**VALUES, "file": FILE, "today": "2026-11-28"}) == given


def test_what_is_no_value_is_refused():
    with pytest.raises(ExpressionError, match="no value"):
        evaluate("{{ [q.upper] | first }}", VALUES)
