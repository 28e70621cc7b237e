"""The page Workflows: a trigger is switched on, runs, its result is looked at; a form is approved beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.approvals import approvals_of
from apps.run import Tools
from chat_ui.parts import session
from core.database import open_database
from core.settings import load_settings
from core.types import User
from tests.chat_ui.chat.test_page import html
from tests.workflows.house import APP
from workflows.kept import all_workflows, for_review

ANA = User("ana@northgate.example", name="Ana Keller")
REST = """
actions:
  - {to: webhook.post, fields: {subject: "{{ subject }}", text: "{{ text.text }}"}}
triggers:
  - {name: daily, title: Each day, schedule: "0 7 * * *"}
"""


@pytest.fixture
def note(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "tools", Tools)
    folder = workspace / "apps"
    folder.mkdir()
    (folder / "note.yaml").write_text(APP.replace("audience: [staff]\n", "") + REST, encoding="utf-8")
    file = workspace / "debrief.yaml"
    entry = "actions:\n  - {name: hook, kind: webhook, url: 'http://127.0.0.1:9', groups: [everyone], token: x}\n"
    file.write_text(file.read_text(encoding="utf-8") + f"apps_dir: {folder}\n" + entry, encoding="utf-8")


def opened(app):
    at = app()
    at.session_state["open-page"] = "workflows"
    return at.run()


def test_switched_on_run_looked_at_and_off(app, note) -> None:
    engine = open_database(load_settings())
    page = opened(app)
    assert "No result waits for you" in html(page) and "Nothing runs by itself yet" in html(page)
    page.selectbox(key="trigger").set_value("note.daily").run()
    submit = "FormSubmitter:switch-on-note.daily-Switch on"
    page.button(key=submit).click().run()
    assert "&#x27;Subject&#x27; is missing" in html(page) and all_workflows(engine) == []
    page.text_input(key="input-note.daily-subject").set_value("the day")
    page.button(key=submit).click().run()
    (workflow,) = all_workflows(engine)
    page.button(key=f"workflow-{workflow.id}-run").click().run()
    (run,) = for_review(engine, ANA)
    assert "About the day." in html(page) and not page.exception
    page.button(key=f"review-{run.id}-done").click().run()
    assert for_review(engine, ANA) == [] and "No result waits for you" in html(page)
    page.button(key=f"workflow-{workflow.id}-pause").click().run()
    assert "Paused by ana@northgate.example" in html(page)
    page.button(key=f"workflow-{workflow.id}-pause").click().run()
    page.button(key=f"workflow-{workflow.id}-off").click().run()
    assert all_workflows(engine) == [] and not page.exception


def test_a_form_is_approved_beforehand_and_the_approval_taken_back(app, note) -> None:
    engine = open_database(load_settings())
    page = opened(app)
    name = next(n for n in page.selectbox(key="approve-what").options if n.startswith("Note"))
    page.selectbox(key="approve-what").set_value(name).run()
    page.checkbox(key=f"vary-{name}-subject").set_value(True)
    page.button(key=f"FormSubmitter:approve-{name}-Approve").click().run()
    (made,) = approvals_of(engine, ANA)
    assert made.vary == ("subject",) and "may vary: Subject" in html(page)
    page.button(key=f"revoke-{made.id}").click().run()
    assert approvals_of(engine, ANA)[0].revoked_at is not None and not page.exception
