from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from assistant.records.trace import Trace, Traces
from chat_ui.parts import session
from chat_ui.quality import page as quality
from core.audit import recorded
from core.database import open_database
from core.settings import load_settings
from core.types import Answer, Citation, User
from evals.suite.review import waiting_cases
from evals.suite.suites import Case, load_suite, save_suite
from tests.chat_ui.chat.test_page import html

ROOT = User("root@northgate.example", ("admins",))
CASES = (
    Case(id="c1", question="What does it cost?", user=ROOT.email, expected_facts=("480",), tags=("price",)),
    Case(id="t1", question="How long is it kept?", user=ROOT.email, reviewed=False, origin="trace:1"),
    Case(id="t2", question="Who owns it?", user=ROOT.email, expected_facts=("Hana",), reviewed=False),
)


@pytest.fixture(autouse=True)
def drawn_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is drawn for any person, without the sign-in that app.py asks."""
    monkeypatch.setattr(session, "still_there", lambda user: user)


@pytest.fixture
def suite(workspace: Path) -> Path:
    """The suite that the settings name, with one case that counts and two that wait."""
    file = workspace / "debrief.yaml"
    file.write_text(file.read_text() + "evaluation: {cases_dir: cases, suite: own}\n")
    (workspace / "cases").mkdir()
    save_suite(workspace / "cases" / "own.jsonl", list(CASES))
    return workspace / "cases" / "own.jsonl"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What stands in for `debrief` when the page starts an evaluation: it runs until it is stopped."""
    script = tmp_path / "bin" / "debrief"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\nexec sleep 60\n')
    script.chmod(0o755)
    monkeypatch.setattr("evals.suite.process.sys", SimpleNamespace(executable=str(script.with_name("python"))))
    quality.evaluation_process.clear()
    yield script
    quality.evaluation_process().stop()
    quality.evaluation_process.clear()


def script(groups: tuple[str, ...]) -> None:
    from chat_ui.quality import page as quality
    from core.types import User

    quality.page(User("root@northgate.example", groups))


def opened(tab: str = "Runs", groups: tuple[str, ...] = ROOT.groups) -> AppTest:
    page = AppTest.from_function(script, kwargs={"groups": groups}, default_timeout=30)
    page.session_state["quality-tab"] = tab
    return page.run()


def press(page: AppTest, label: str, number: int = 0) -> AppTest:
    return [button for button in page.button if button.label == label][number].click().run()


def until(true: Callable[[], bool]) -> None:
    """Waits for another process."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it didn't come about in 10 s"
        time.sleep(0.01)


def audited(action: str) -> list[str]:
    return [entry.subject for entry in recorded(open_database(load_settings()), actions=[action])]


def test_an_accepted_case_counts_with_the_corrections(suite: Path) -> None:
    page = opened("To review")
    assert "Waiting: 2 cases." in page.caption[0].value
    page.text_area[0].set_value("90 days\n\n three months ")
    page = press(page, "Accept")
    accepted = next(case for case in load_suite(suite) if case.id == "t1")
    assert (accepted.reviewed, accepted.expected_facts) == (True, ("90 days", "three months"))
    assert [case.id for case in waiting_cases(suite)] == ["t2"]
    assert audited("accepted case") == ["t1"]
    assert "How long is it kept?" not in html(page)


def test_a_case_that_expects_nothing_is_not_accepted(suite: Path) -> None:
    page = press(opened("To review"), "Accept")
    assert "names neither a fact nor a document" in html(page)
    assert len(waiting_cases(suite)) == 2
    assert audited("accepted case") == []


def test_a_rejected_case_is_gone(suite: Path) -> None:
    page = press(opened("To review"), "Reject", 1)
    assert [case.id for case in load_suite(suite)] == ["c1", "t1"]
    assert audited("rejected case") == ["t2"]
    assert "Who owns it?" not in html(page)


def test_an_evaluation_is_started_followed_and_stopped(suite: Path, command: Path) -> None:
    page = press(opened(), "Run 1 cases now")
    assert quality.evaluation_process().running
    assert audited("started evaluation") == ["own"]
    page = opened()
    assert next(b for b in page.button if b.label == "Run 1 cases now").disabled
    assert not press(page, "Stop").exception
    assert not quality.evaluation_process().running
    assert "didn't end well" not in html(opened())


def test_tags_choose_the_cases_that_are_run(suite: Path, command: Path) -> None:
    page = opened()
    page.multiselect(key="quality-run-tags").set_value(["price"]).run()
    press(page, "Run 1 cases now")
    asked = command.with_name("asked")
    until(lambda: asked.exists() and asked.read_text().endswith("\n"))
    assert asked.read_text().split()[2:] == ["eval", "run", "own", "--filter", "price"]


def test_why_a_run_could_not_be_made_is_said(suite: Path, command: Path) -> None:
    command.write_text("#!/bin/sh\necho 'Error: the index is missing; run debrief sync.' >&2\nexit 1\n")
    press(opened(), "Run 1 cases now")
    until(lambda: not quality.evaluation_process().running)
    shown = html(opened())
    assert "The evaluation didn&#x27;t end well" in shown
    assert "the index is missing; run debrief sync." in shown


def test_only_administrators_start_one(suite: Path) -> None:
    assert not [button for button in opened(groups=("readers",)).button if "now" in button.label]


def author_script(groups: tuple[str, ...], trace_id: str) -> None:
    from chat_ui.chat.case_button import case_button
    from core.types import Answer, User

    case_button(Answer("480 [1]", trace_id=trace_id), User("root@northgate.example", groups), "turn-1")


def asked_about(suite: Path) -> str:
    trace = Trace("What does the plan cost?")
    trace.finish(Answer("480 [1]", (Citation(1, "files:plan", "Plan", "", "480", 0, 3),)))
    Traces(open_database(load_settings())).save(trace, ROOT)
    return trace.id


def test_an_author_makes_a_case_of_an_answer(suite: Path) -> None:
    trace = asked_about(suite)
    page = AppTest.from_function(author_script, kwargs={"groups": ROOT.groups, "trace_id": trace}).run()
    page.text_area[0].set_value("480 euros")
    page.text_input[0].set_value("price, plan")
    page = press(page, "Make the case")
    assert "It waits for its review" in html(page)
    made = next(case for case in waiting_cases(suite) if case.id == f"t{trace}")
    assert (made.question, made.expected_facts, made.tags) == (
        "What does the plan cost?",
        ("480 euros",),
        ("price", "plan"),
    )
    assert (made.expected_documents, made.reviewed) == (("files:plan",), False)
    assert audited("made case") == [f"t{trace}"]


def test_others_have_no_button_for_it(suite: Path) -> None:
    page = AppTest.from_function(author_script, kwargs={"groups": ("emea",), "trace_id": asked_about(suite)}).run()
    assert not page.button
