"""The headline: counts that a person understands, of the suite and of everyday questions."""

from __future__ import annotations

from datetime import UTC, datetime

from core.types import Answer
from evals.measures.question_file import EverydayQuestion
from evals.measures.questions import AskedEveryday
from evals.report import Report
from evals.report.report import in_words
from evals.suite.everyday import measured
from evals.suite.history import EvaluationRun, Result, Score


def case(number: int, **scores: float) -> Result:
    ended = {"outcome": "no_evidence", "expected": "answered"}
    return Result(
        f"c{number}", "scored", **ended, scores=tuple(Score(name, value, "") for name, value in scores.items())
    )


def everyday(number: int, outcome: str, said: str, answerable: bool = True) -> AskedEveryday:
    question = EverydayQuestion(
        id=f"q{number}", question="?", answerable=answerable, must=(("25",),) if answerable else ()
    )
    return AskedEveryday(question, Answer(said, outcome=outcome), 0.1)  # type: ignore[arg-type]


def report_of(results: list[Result], asked: list[AskedEveryday]) -> Report:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    run = EvaluationRun("r1", "suite", "sample", now, now, {}, measured(asked), {})
    return Report(run, {r.case_id: r for r in results})


def test_what_is_not_right_is_counted_with_its_reason() -> None:
    results = [
        case(1, outcome=1, fact_coverage=1, answered_plainly=1),
        case(2, outcome=1, fact_coverage=1, answered_plainly=0),
        case(3, outcome=0, fact_coverage=0),
        case(4, outcome=1, fact_coverage=0.5),
        case(5, outcome=1, routing=0),
    ]
    first, second = in_words(report_of(results, []))
    assert first == (
        "3 of 5 cases weren't right: 1 were refused though the answer is there, "
        "1 lacked every fact, 1 went the wrong way."
    )
    assert second == "1 more were right, but only as findings, without a plain answer."


def test_everyday_questions_are_told_in_counts() -> None:
    asked = [
        everyday(1, "answered", "25 days"),
        everyday(2, "partly", "25 days"),
        everyday(3, "answered", "30 days"),
        everyday(4, "no_evidence", "nothing"),
        everyday(5, "partly", "something", answerable=False),
        everyday(6, "answered", "something", answerable=False),
    ]
    lines = in_words(report_of([case(1, outcome=1)], asked))
    assert lines[0] == "0 of 1 cases weren't right."
    assert lines[1] == (
        "Of 4 everyday questions in people's own words 2 were answered rightly, 1 of them plainly; 1 answers were wrong."
    )
    assert lines[2] == "Of 2 questions without an answer 1 weren't answered."
