from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from apps.kept.assumptions import minutes_assumed
from apps.kept.runs import record_run
from apps.kept.usage import app_months
from apps.runner import RunResult
from assistant.records.trace import Trace, Traces
from assistant.records.usage import thumbs_since
from core.audit import recorded
from core.database import open_database, utc_now
from core.llm import Call, ModelUsage
from core.settings import load_settings
from core.types import Answer, Chunk, Citation, Passage, User
from evals.suite.feedback import Gap
from ingestion.state import DocumentRecord, SyncState

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
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


def test_apps_are_counted_by_month(used: sa.Engine) -> None:
    for status, minutes in (("completed", 25.0), ("failed", 0.0)):
        record_run(used, RunResult("mail", "1.0", status, saved_minutes=minutes), ANA)
    (month,) = app_months(used, ALWAYS)
    assert (month.app, month.runs, month.completed, month.people, month.minutes) == ("mail", 2, 1, 1, 25.0)
    assert app_months(used, utc_now() + timedelta(hours=1)) == []
    page = shown("Apps")
    hours = {m.label: m.value for m in page.metric}
    assert hours["Hours saved"] == "0.4"
    page.number_input(key="min-mail").set_value(60.0).run()
    assert {m.label: m.value for m in page.metric}["Hours saved"] == "1.0"
    assert minutes_assumed(used) == {}
    page.button(key="minutes-save").click().run()
    assert {m.label: m.value for m in shown("Apps").metric}["Hours saved"] == "1.0"
    (entry,) = recorded(used, actions=["changed minutes saved"])
    assert (entry.user, entry.subject, entry.detail) == ("root@northgate.example", "mail", "60 minutes a run")
    page = shown("Apps").button(key="minutes-own").click().run()
    assert {m.label: m.value for m in page.metric}["Hours saved"] == "0.4"
    assert page.button(key="minutes-own").disabled
    assert minutes_assumed(used) == {}


def test_models_are_counted_and_who_has_little_left_is_named(used: sa.Engine, workspace: Path) -> None:
    settings = workspace / "debrief.yaml"
    settings.write_text(settings.read_text() + "\nllm: {budget: {tokens_per_person_day: 1000, cost_per_month: 10}}\n")
    nothing = shown("Models")
    assert any("No language model was asked" in html.proto.body for html in nothing.get("html"))
    usage = ModelUsage(used)
    usage.record(Call("answer", "openai:one", 900, 50, 0.02, 1.0), "ana@northgate.example", "")
    usage.record(Call("write", "openai:two", 100, 50, 0.5, 1.0), "ben@northgate.example", "mail")
    page = shown("Models")
    figures = {m.label: m.value for m in page.metric}
    assert (figures["Calls"], figures["Tokens read"], figures["Cost"]) == ("2", "1,000", "0.52")
    text = " ".join(html.proto.body for html in page.get("html"))
    assert text.index("openai:two") < text.index("openai:one")
    assert "5% of a cost of 10 in a month is used" in text
    assert "ana@northgate.example (95%)" in text and "ben@northgate.example (" not in text
    page.segmented_control(key="models-by").set_value("Person").run()
    assert "ben@northgate.example" in " ".join(html.proto.body for html in page.get("html"))


def shown(tab: str) -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["insights-tab"] = tab
    return page.run()


def script() -> None:
    from chat_ui.insights import page as insights
    from core.types import User

    insights.page(User("root@northgate.example", ("admins",)))


def test_the_page_shows_figures_and_charts(used: sa.Engine) -> None:
    page = shown("Questions")
    assert not page.exception
    figures = {m.label: m.value for m in page.metric}
    assert (figures["No answer"], figures["Of them, last 7 days"]) == ("33%", "2")
    assert len(page.get("vega_lite_chart") or page.get("arrow_vega_lite_chart")) == 4


def test_what_was_not_answered_comes_by_topic(used: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    gap = Gap("office parking", "missing", 2, 1, "files:b", "Old", "Hana", ("Where is the office?",), ("t1",))
    monkeypatch.setattr("chat_ui.quality.review.find_gaps", lambda *_: [gap])
    st.cache_resource.clear()
    text = html(shown("Not answered"))
    assert "office parking" in text
    assert "Where is the office?" in text
    assert "Hana" in text


def test_thumbs_open_their_trace_and_leave_out_what_the_administrator_may_not_read(used: sa.Engine) -> None:
    page = shown("Thumbs")
    assert "It is 500." in html(page)
    box = page.selectbox(key="thumbs-trace-None")
    page = box.set_value(box.options and thumbs_since(used, ALWAYS)[0]).run()
    text = html(page)
    assert "What is the price?" in text
    assert "The answer&#x27;s words are left out" in text or "The answer's words are left out" in text
    assert "480 [1]" not in text
    assert len(recorded(used, actions=["opened trace"])) == 1


def test_never_used_apps_and_cited_documents_are_named(used: sa.Engine) -> None:
    record_run(used, RunResult("mail", "1.0", "completed", saved_minutes=25.0), ANA)
    assert "follow up email" in " ".join(c.value for c in shown("Apps").caption)
    text = html(shown("Documents"))
    assert "Never cited: 1" in " ".join(h.value for h in shown("Documents").header)
    assert "files:b" in text


def html(page: AppTest) -> str:
    assert not page.exception
    return "\n".join(element.body for element in page.get("html") if "<style>" not in element.body)


def test_without_questions_the_page_says_so(workspace: Path) -> None:
    page = AppTest.from_function(script, default_timeout=20).run()
    assert "Nothing was asked in this time" in page.get("html")[0].body


def test_others_dont_get_the_page(app: Callable[[], AppTest]) -> None:
    page = app().run()
    titles = {info["page_name"] for info in page._registered_pages.values()}
    assert "Chat" in " ".join(titles)
    assert "Insights" not in " ".join(titles)
