from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.records.trace import CONVERSATION, Trace, Traces
from assistant.records.usage import (
    askers,
    citing_answers,
    days_between,
    latency,
    median_by_day,
    questions_before,
    questions_since,
    share,
    thumbs_since,
    unserved_questions,
)
from core.database import open_database, utc_now
from core.settings import Settings
from core.types import Answer, Chunk, Citation, Passage, User

ALWAYS, TOMORROW = datetime(2000, 1, 1, tzinfo=UTC), utc_now() + timedelta(days=1)
ANA, BEN = User("ana@northgate.example"), User("ben@northgate.example")


@pytest.fixture
def used(tmp_path: Path) -> sa.Engine:
    """A database with three questions of two people, one of them unanswered, and one thumb."""
    engine = open_database(Settings(root=tmp_path))
    citation = Citation(1, "files:a", "Plan", "", "q", 0, 1)
    traces = Traces(engine)
    for user, question, answer, seconds in (
        (ANA, "What does it cost?", Answer("480 [1]", (citation,)), 0.2),
        (BEN, "Where is the office?", Answer("", outcome="no_evidence"), 0.4),
        (BEN, "What is the price?", Answer("480 [1]", (citation,)), 1.0),
    ):
        trace = Trace(question, seconds={"search": seconds})
        trace.found([Passage(Chunk("x", "files:b", 0, "t", title="Old"), 1.0)])
        trace.finish(answer)
        traces.save(trace, user)
    traces.rate(trace.id, BEN, "down", ["wrong"], "It is 500.")
    return engine


def test_figures(used: sa.Engine) -> None:
    questions = questions_since(used, ALWAYS)
    assert len(questions) == 3
    assert share(questions, "no_evidence") == pytest.approx(1 / 3)
    assert latency(questions) == (pytest.approx(0.4), pytest.approx(0.94))
    assert questions_since(used, TOMORROW) == []
    assert latency([]) == (0.0, 0.0)


def test_thumbs_come_with_their_question(used: sa.Engine) -> None:
    (thumb,) = thumbs_since(used, ALWAYS)
    assert (thumb.rating, thumb.reasons, thumb.comment) == ("down", ("wrong",), "It is 500.")
    assert thumb.question == "What is the price?"


def test_an_answer_counts_once_for_each_document_that_it_cites(used: sa.Engine) -> None:
    questions = questions_since(used, ALWAYS)
    assert citing_answers(questions) == {"files:a": 2}
    assert {q.closest for q in questions} == {("files:b",)}


def test_of_more_than_wanted_the_newest_come_oldest_first(used: sa.Engine) -> None:
    found = questions_since(used, ALWAYS, 2)
    assert [q.question for q in found] == ["Where is the office?", "What is the price?"]
    assert [t.question for t in thumbs_since(used, ALWAYS, 1)] == ["What is the price?"]


def test_unserved_are_questions_without_an_answer_and_with_a_bad_one(used: sa.Engine) -> None:
    assert [q.outcome for q in unserved_questions(used, ALWAYS)] == ["no_evidence", "answered"]
    assert unserved_questions(used, TOMORROW) == []


def test_who_asks_and_how_often(used: sa.Engine) -> None:
    found = askers(used)
    assert {user: asker.questions for user, asker in found.items()} == {ANA.email: 1, BEN.email: 2}
    assert found[BEN.email].last_at == questions_since(used, ALWAYS)[-1].asked_at


def test_what_was_asked_before_in_a_conversation(used: sa.Engine) -> None:
    for question in ("one", "two", "three"):
        Traces(used).save(Trace(question, outcome="answered"), ANA, "talk")
    last = questions_since(used, ALWAYS)[-1]
    assert questions_before(used, "talk", last.asked_at, 1) == ["two"]
    assert questions_before(used, "talk", last.asked_at, 5) == ["one", "two"]
    assert questions_before(used, "", last.asked_at, 5) == []


def test_an_evaluation_is_nobodys_question(used: sa.Engine) -> None:
    trace = Trace("Asked by the evaluation?", seconds={"search": 9.0})
    trace.finish(Answer("", outcome="no_evidence"))
    Traces(used).save(trace, ANA, CONVERSATION)
    assert len(questions_since(used, ALWAYS)) == 3


def test_latency_by_day(used: sa.Engine) -> None:
    ((day, median, slow),) = median_by_day(questions_since(used, ALWAYS))
    assert len(day) == 10
    assert (median, slow) == (pytest.approx(0.4), pytest.approx(0.94))


def test_a_day_without_questions_stands_in_the_charts() -> None:
    assert days_between("2026-02-27", "2026-03-02") == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
