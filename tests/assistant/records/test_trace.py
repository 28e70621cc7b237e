import logging
from pathlib import Path

import pytest

from assistant.records.trace import CONVERSATION, Trace, Traces
from core.database import open_database
from core.errors import QuestionError
from core.settings import Settings
from core.types import Answer, Citation, User

ANA, BEN = User("ana@example.com"), User("ben@example.com")


@pytest.fixture
def traces(tmp_path: Path) -> Traces:
    return Traces(open_database(Settings(data_dir=tmp_path)))


def saved(traces: Traces, user: User = ANA, question: str = "How much?") -> str:
    trace = Trace(question)
    with trace.stage("search"):
        pass
    trace.finish(Answer("Ten. [1]", (Citation(1, "d", "T", "", "Ten.", 0, 4),), confidence=0.9))
    traces.save(trace, user)
    return trace.id


def test_a_trace_is_seen_by_its_person_and_by_administrators(traces: Traces) -> None:
    trace_id = saved(traces)
    loaded = traces.load(trace_id, ANA)
    assert (loaded["question"], loaded["outcome"], loaded["citations"][0]["quote"]) == ("How much?", "answered", "Ten.")
    assert "search" in loaded["seconds"]
    with pytest.raises(QuestionError):
        traces.load(trace_id, BEN)
    assert traces.load(trace_id, BEN, everyone=True)["user"] == ANA.email


def test_an_answer_is_logged_once_without_what_was_asked_or_said(traces: Traces, caplog) -> None:
    # Named, since another test in this process may have set up the command line's levels.
    caplog.set_level(logging.DEBUG, logger="assistant.records.trace")
    trace_id = saved(traces, question="How much does the marker cost?")
    (record,) = caplog.records
    assert record.levelname == "INFO"
    assert record.getMessage() == f"answer {trace_id}: answered by search in {record.args['seconds']:.1f} s"
    assert "marker" not in caplog.text and "Ten" not in caplog.text
    caplog.clear()
    evaluated = Trace("How much?")
    traces.save(evaluated, ANA, CONVERSATION)
    assert [r.levelname for r in caplog.records] == ["DEBUG"], "a run of hundreds of cases isn't people asking"


def test_feedback_replaces_the_persons_earlier_one(traces: Traces) -> None:
    trace_id = saved(traces)
    traces.rate(trace_id, ANA, "up", ["accurate"])
    traces.rate(trace_id, ANA, "down", ["wrong", "out of date"], "x" * 2_000)
    (given,) = traces.feedback("down")
    assert (given["reasons"], len(given["comment"]), given["question"]) == (
        ["wrong", "out of date"],
        1_000,
        "How much?",
    )
    assert traces.feedback("up") == []
    with pytest.raises(QuestionError, match="Unknown reason 'rude'"):
        traces.rate(trace_id, ANA, "down", ["rude"])
    with pytest.raises(QuestionError):
        traces.rate(trace_id, BEN, "up")


def test_latest_lists_newest_first_and_by_outcome(traces: Traces) -> None:
    saved(traces, ANA, "one")
    saved(traces, BEN, "two")
    assert {row["question"] for row in traces.latest()} == {"one", "two"}
    assert [row["question"] for row in traces.latest(user=BEN)] == ["two"]
    assert traces.latest(outcome="no_evidence") == []
