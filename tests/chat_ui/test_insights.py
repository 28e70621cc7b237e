from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from apps.runner import RunResult
from apps.runs import record_run
from assistant.trace import Trace, Traces
from chat_ui.usage import app_months, citations, latency, questions_since, share, thumbs_since, topics
from core.database import open_database
from core.settings import load_settings
from core.types import Answer, Chunk, Citation, Passage, User
from ingestion.state import DocumentRecord, SyncState

ANA, BEN = User("ana@northgate.example"), User("ben@northgate.example")


@pytest.fixture
def used(workspace: Path) -> sa.Engine:
    """A database with three questions of two people, one of them unanswered, and one thumb."""
    engine = open_database(load_settings())
    SyncState(engine).commit(
        "files", [DocumentRecord("files:a", "files", "Plan"), DocumentRecord("files:b", "files", "Old")], "c"
    )
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
    questions = questions_since(used, "2000-01-01")
    assert len(questions) == 3
    assert share(questions, "no_evidence") == pytest.approx(1 / 3)
    assert latency(questions) == (pytest.approx(0.4), pytest.approx(0.94))
    assert questions_since(used, "2999-01-01") == []
    assert latency([]) == (0.0, 0.0)


def test_thumbs_come_with_their_question(used: sa.Engine) -> None:
    (thumb,) = thumbs_since(used, "2000-01-01")
    assert (thumb["rating"], thumb["reasons"], thumb["comment"]) == ("down", "wrong", "It is 500.")
    assert thumb["question"] == "What is the price?"


def test_cited_and_never_cited_documents(used: sa.Engine) -> None:
    assert citations(used, questions_since(used, "2000-01-01")) == ([("Plan", 2)], [("files:b", "Old")])


def test_alike_questions_are_one_topic(used: sa.Engine) -> None:
    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1, 0] if "?" in t and "office" not in t else [0, 1] for t in texts], dtype=np.float32)

    found = topics(questions_since(used, "2000-01-01"), encode)
    assert [len(topic.questions) for topic in found] == [2, 1]
    assert found[1].nearest == ("Old",)
    assert topics([], encode) == []


def test_apps_are_counted_by_month(used: sa.Engine) -> None:
    for status, minutes in (("completed", 25.0), ("failed", 0.0)):
        record_run(used, RunResult("mail", "1.0", status, saved_minutes=minutes), ANA)
    (month,) = app_months(used, "2000-01-01")
    assert (month.app, month.runs, month.completed, month.people, month.minutes) == ("mail", 2, 1, 1, 25.0)
    assert app_months(used, "2999-01-01") == []
    page = AppTest.from_function(script, default_timeout=60).run()
    hours = {m.label: m.value for m in page.metric}
    assert hours["Hours saved"] == "0.4"
    page.number_input(key="min-mail").set_value(60.0).run()
    assert {m.label: m.value for m in page.metric}["Hours saved"] == "1.0"


def script() -> None:
    from chat_ui.views import insights
    from core.types import User

    insights.page(User("root@northgate.example", ("admins",)))


def test_the_page_shows_figures_and_tables(used: sa.Engine) -> None:
    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    assert {m.label: m.value for m in page.metric}["No answer"] == "33%"
    shown = "\n".join(element.body for element in page.get("html"))
    assert "Where is the office?" in shown
    assert "It is 500." in shown


def test_without_questions_the_page_says_so(workspace: Path) -> None:
    page = AppTest.from_function(script, default_timeout=20).run()
    assert "Nothing was asked in this time" in page.get("html")[0].body


def test_others_dont_get_the_page(app: Callable[[], AppTest]) -> None:
    page = app().run()
    titles = {info["page_name"] for info in page._registered_pages.values()}
    assert "Chat" in " ".join(titles)
    assert "Insights" not in " ".join(titles)
