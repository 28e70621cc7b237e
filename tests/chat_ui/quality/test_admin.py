from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant.records import Trace, Traces
from chat_ui.admin.audit_trail import ASKED, trail
from core.audit import record, recorded
from core.audit.entries import entries
from core.database import open_database
from core.settings import load_settings
from core.types import User
from evals.suite.history import History, Result
from evals.suite.runner import summarise
from evals.suite.scorers import Score

ROOT = User("root@northgate.example", ("admins",))


def script(view: str) -> None:
    from importlib import import_module

    from core.types import User

    import_module(f"chat_ui.{view}.page").page(User("root@northgate.example", ("admins",)))


def shown(view: str, tab: str) -> str:
    page = AppTest.from_function(script, kwargs={"view": view}, default_timeout=30)
    page.session_state[f"{view}-tab"] = tab
    page.run()
    assert not page.exception
    return "\n".join(element.body for element in page.get("html") if "<style>" not in element.body)


@pytest.fixture
def two_runs(workspace: Path) -> None:
    history = History(open_database(load_settings()))
    for fallen in (0, 8):
        run = history.start("suite", "sample", {"weights": f"w{fallen}"})
        for n in range(10):
            score = Score(
                "outcome", float(n >= fallen), "as expected" if n >= fallen else "no_evidence, expected answered"
            )
            history.add(
                run.id, Result(f"c{n}", "scored", f"Question {n}?", ROOT.email, ("policy", "en"), scores=(score,))
            )
        history.finish(run.id, summarise(history.results(run.id).values()), {"failed": [], "baseline": ""})


@pytest.mark.parametrize("tab", ["Runs", "Compare", "Cases", "To review"])
def test_without_a_run_every_tab_says_so(workspace: Path, tab: str) -> None:
    assert 'class="state ' in shown("quality", tab)


def test_what_got_worse_is_named_with_its_cases_and_settings(two_runs: None) -> None:
    text = shown("quality", "Compare")
    assert "Worse by more than chance: Right kind of answer" in text
    assert "Question 0?" in text
    assert "<code>w8</code>" in text
    assert "8 of 10 cases weren&#x27;t right" in shown("quality", "Runs")


@pytest.mark.parametrize("tab", ["Weights", "Guardrails", "People", "Groups", "Access", "Audit"])
def test_every_tab_of_the_admin_page_is_drawn(workspace: Path, tab: str) -> None:
    shown("admin", tab)


def test_the_trail_is_searched_by_person_action_and_words(workspace: Path) -> None:
    engine = open_database(load_settings())
    record(engine, ROOT, "changed weights", "weights.yaml", "policy high")
    record(engine, User("ana@northgate.example"), "looked at document", "files:a.md")
    everything = trail(engine, date(2000, 1, 1), date(2999, 1, 1))
    assert len(everything) == 2
    assert [r.entry.subject for r in trail(engine, date(2000, 1, 1), date(2999, 1, 1), person="ana")] == ["files:a.md"]
    assert [r.entry.user for r in trail(engine, date(2000, 1, 1), date(2999, 1, 1), words="POLICY weights")] == [
        ROOT.email
    ]
    assert trail(engine, date(2000, 1, 1), date(2999, 1, 1), wanted=[ASKED]) == []
    assert trail(engine, date(2000, 1, 1), date(2000, 1, 2)) == []


def test_a_question_of_the_trail_is_read_in_its_trace_and_counted_once(workspace: Path) -> None:
    engine = open_database(load_settings())
    trace = Trace("What is confidential?", outcome="answered")
    Traces(engine).save(trace, ROOT)
    (row,) = trail(engine, date(2000, 1, 1), date(2999, 1, 1), wanted=[ASKED])
    assert (row.entry.subject, row.trace_id) == ("What is confidential?", trace.id)
    assert recorded(engine, actions=[ASKED])[0].subject.startswith("sha256:")


def test_an_administrator_checks_the_trail_and_sees_what_was_altered(workspace: Path) -> None:
    engine = open_database(load_settings())
    record(engine, ROOT, "opened", "files:a.md")
    record(engine, ROOT, "opened", "files:b.md")
    page = AppTest.from_function(script, kwargs={"view": "admin"}, default_timeout=30)
    page.session_state["admin-tab"] = "Audit"
    page.run()
    page.button[0].click().run()
    assert "as they were written" in page.info[0].value
    with engine.begin() as connection:
        connection.execute(entries.update().where(entries.c.id == 1).values(subject="files:c.md"))
    page.button[0].click().run()
    assert "Entry 1 of" in page.error[0].value


def test_an_administrator_deletes_a_person_and_reads_what_stays(workspace: Path) -> None:
    engine = open_database(load_settings())
    Traces(engine).save(Trace("What is confidential?", outcome="answered"), User("ana@northgate.example"))
    page = AppTest.from_function(script, kwargs={"view": "admin"}, default_timeout=30)
    page.session_state["admin-tab"] = "People"
    page.run()
    page.selectbox(key="person-chosen").set_value("ana@northgate.example").run()
    page.button(key="end-ana@northgate.example").click().run()
    assert page.info[0].value == "0 sign-ins ended."
    assert page.button(key="delete-ana@northgate.example").disabled
    page.checkbox(key="sure-ana@northgate.example").check().run()
    page.button(key="delete-ana@northgate.example").click().run()
    assert "Deleted: 1 in answer_traces." in page.info[0].value and "audit_entries" in page.info[0].value
    assert Traces(engine).latest(user=User("ana@northgate.example")) == []
