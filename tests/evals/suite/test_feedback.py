import json

import numpy as np
import pytest
import sqlalchemy as sa

from assistant.records.trace import CONVERSATION, Trace, Traces
from core.database import metadata
from core.errors import DatasetError
from core.types import Answer, Citation, User
from evals.suite import feedback
from evals.suite.feedback import case_from_trace, find_gaps, topics_of

ANA, BOB = User("ana@x.example"), User("bob@x.example")
WORDS = ("parking", "salary", "retention")


class Words:
    """Vectors by the words of the question."""

    def encode_texts(self, texts):
        rows = np.array([[float(w in t) + 0.01 for w in WORDS] for t in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def engine(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")
    metadata.create_all(engine)
    return engine


def ask(engine, question, user=ANA, outcome="no_evidence", document="", rating=None, conversation=""):
    trace = Trace(question)
    citations = (Citation(1, document, "Title", "", "quote", 0, 1),) if document else ()
    trace.finish(Answer("text", citations, outcome=outcome))
    trace.passages = [{"document_id": "hr:near.md"}]
    traces = Traces(engine)
    traces.save(trace, user, conversation)
    if rating:
        traces.rate(trace.id, user, rating)
    return trace.id


def test_gaps_are_grouped_by_topic_with_owner_and_without_evaluations(engine, monkeypatch):
    monkeypatch.setattr(feedback, "open_embedder", lambda _settings: Words())
    monkeypatch.setattr(
        feedback, "_owners", lambda _settings: {"hr:near.md": ("Near", "hana@x"), "hr:bad.md": ("Bad", "omar@x")}
    )
    assert find_gaps(None, engine) == []
    ask(engine, "Where is the parking lot?")
    ask(engine, "Is there parking for guests?", BOB)
    ask(engine, "How is retention done?", outcome="answered", document="hr:bad.md", rating="down")
    ask(engine, "Is retention long?", outcome="answered", document="hr:bad.md", rating="down")
    ask(engine, "Who decides on retention?", outcome="answered", document="hr:other.md", rating="down")
    ask(engine, "What is the salary?", conversation=CONVERSATION)
    ask(engine, "How is salary paid?", outcome="answered", document="hr:pay.md", rating="up")
    retention, parking = find_gaps(None, engine)
    assert (parking.kind, parking.count, parking.people, parking.owner) == ("missing", 2, 2, "hana@x")
    assert parking.topic == "Where is the parking lot?"
    assert (retention.kind, retention.document, retention.owner) == ("bad", "hr:bad.md", "omar@x")


def test_one_question_is_a_topic():
    assert topics_of(np.ones((1, 3), dtype=np.float32)).tolist() == [0]


def test_a_trace_becomes_a_case_that_waits(engine):
    good = ask(engine, "How long?", outcome="answered", document="hr:a.md", rating="up")
    bad = ask(engine, "How long is it?", outcome="answered", document="hr:b.md", rating="down")
    case = case_from_trace(engine, good, facts=("90 days",))
    assert not case.reviewed and case.expected_documents == ("hr:a.md",) and case.origin == f"trace:{good}"
    assert case_from_trace(engine, bad).expected_documents == ()
    assert "thumbs-down" in case_from_trace(engine, bad).tags
    with pytest.raises(DatasetError, match="no trace 'nope'"):
        case_from_trace(engine, "nope")
    with pytest.raises(DatasetError, match="makes no case"):
        case_from_trace(engine, good, outcome="perhaps")
    json.dumps(case.model_dump(mode="json"))
