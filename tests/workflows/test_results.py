"""Where results go: the queue, mail, channels, forms; standing approvals. What texts can't change: `evals/bench/injection.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from actions.approvals import Terms
from actions.proposals import of_user
from core.audit import recorded
from core.errors import ActionError, WorkflowError
from samples.stand_ins import tickets
from tests.evals.mail_server import mail_server
from tests.workflows.house import ANA, APP, BEN, House
from workflows import results
from workflows.approving import approve_app, listed, revoke_approval
from workflows.kept import Workflow, for_review, history
from workflows.switching import Switch, switch_on
from workflows.work import run_now

DAILY = """
triggers:
  - {name: daily, schedule: "0 7 * * *", unchanged: skip, inputs: {subject: "{{ event.due[:10] }}"}}
"""
TICKET = """
actions:
  - to: jira.issue
    title: Ticket
    fields: {summary: "{{ subject }}", description: "{{ text.text }}", type: Bug, project: "{{ subject[:3] }}"}
triggers:
  - {name: daily, schedule: "0 7 * * *", inputs: {subject: "OPS is slow"}}
"""


@pytest.fixture
def jira() -> Iterator[tickets.TicketStandIn]:
    with tickets.jira() as server:
        yield server


def systems(jira: tickets.TicketStandIn) -> list[dict[str, object]]:
    entry = {
        "name": "tickets", "kind": "jira", "url": jira.url, "user": tickets.USER, "token": tickets.TOKEN,
        "groups": ["staff"],
    }  # fmt: skip
    return [entry]


def test_mail_folder_and_webhook(house: House, tmp_path: Path) -> None:
    with tickets.webhook() as hook, mail_server() as mail:
        channels = {
            "team": {"url": hook.url, "groups": ["staff"]},
            "shelf": {"folder": str(tmp_path / "shelf"), "groups": ["everyone"]},
            "board": {"to": ["board@example.com"], "groups": ["directors"]},
        }
        server = {"host": "127.0.0.1", "port": mail.port, "starttls": False, "sender": "debrief@example.com"}
        house.configure(workflows={"channels": channels, "mail": server})
        house.app(DAILY)
        with pytest.raises(WorkflowError, match=r"channel board is for directors, and ana@example\.com isn't among"):
            switch_on(house.parts, "note", "daily", ANA, Switch(results=("board",)))
        made, _ = switch_on(house.parts, "note", "daily", ANA, Switch(results=("mail", "team", "shelf")))
        assert house.tick(hours=4) == 1
        run = history(house.parts.engine, [made.id])[0]
        assert run.problem == "" and run.delivered == ("review", "mail", "team", "shelf", "actions")
        assert mail.to == ["ana@example.com"] and mail.messages[0]["Subject"] == "Note: 2026-10-19"
        assert "About 2026-10-19." in mail.messages[0].get_content()
        (posted,) = hook.service.records
        assert "About 2026-10-19." in json.dumps(posted)
        assert "About 2026-10-19." in next((tmp_path / "shelf").rglob("result.md")).read_text(encoding="utf-8")
        # The mail server is away: the rest is there already, and only what is missing is handed over later.
        mail.refuse = "MAIL"
        assert house.tick(days=1) == 1
        run = history(house.parts.engine, [made.id])[0]
        assert run.state == "queued" and run.delivered == ("review",) and "can't be mailed" in run.problem
        mail.refuse = ""
        assert house.tick(minutes=2) == 1
        assert history(house.parts.engine, [made.id])[0].state == "done"
        assert len(mail.messages) == 2 and len(hook.service.records) == 2


def test_what_says_the_same_as_the_last_time_isn_t_handed_over(house: House) -> None:
    house.app(DAILY.replace("{{ event.due[:10] }}", "x"))
    made, _ = switch_on(house.parts, "note", "daily", ANA)
    assert house.tick(hours=4) == 1 and house.tick(days=1) == 1
    assert len(for_review(house.parts.engine, ANA)) == 1
    assert "Nothing has changed" in history(house.parts.engine, [made.id])[0].problem


def _due(house: House, jira: tickets.TicketStandIn) -> Workflow:
    house.configure(actions=systems(jira))
    house.app(TICKET)
    return switch_on(house.parts, "note", "daily", ANA)[0]


def test_a_form_waits_unless_it_is_approved_beforehand(house: House, jira: tickets.TicketStandIn) -> None:
    workflow = _due(house, jira)
    assert house.tick(hours=4) == 1
    (form,) = of_user(house.parts.engine, ANA)
    assert form.state == "proposed" and jira.service.records == []
    until = house.now + timedelta(days=30)
    terms = Terms({"project": ("OPS",), "type": ("Bug",)}, ("summary", "description"), until)
    made = approve_app(house.parts, ANA, "note", "tickets.issue", terms)
    assert house.tick(days=1) == 1
    (record,) = jira.service.records
    assert "OPS is slow" in json.dumps(record)
    used = next(e for e in recorded(house.parts.engine) if e.action == "used approval")
    assert used.user == "ana@example.com" and used.facts["approval"] == made.id
    # Taken back, over, another person, another text of the app: each goes into review.
    revoke_approval(house.parts, ANA, made.id)
    assert house.tick(days=1) == 1 and len(jira.service.records) == 1
    approve_app(house.parts, ANA, "note", "tickets.issue", terms)
    other, _ = switch_on(house.parts, "note", "daily", BEN)
    assert house.tick(days=1) == 2 and len(jira.service.records) == 2
    assert {f.state for f in of_user(house.parts.engine, BEN)} == {"proposed"}
    house.app(TICKET, APP.replace("About", "Of"))
    assert house.tick(days=1) == 2 and len(jira.service.records) == 2
    assert [row["state"] for row in listed(house.parts, ANA)] == ["outdated", "revoked"]
    house.app(TICKET)
    assert house.tick(days=1) == 2 and len(jira.service.records) == 3
    assert house.tick(days=30) == 2 and len(jira.service.records) == 3
    assert [row["state"] for row in listed(house.parts, ANA)] == ["expired", "revoked"]
    assert other.id != workflow.id


def test_what_an_approval_may_not_leave_open(house: House, jira: tickets.TicketStandIn) -> None:
    _due(house, jira)
    later = house.now + timedelta(days=9)
    wrong: list[tuple[str, Terms, str]] = [
        ("tickets.issue", Terms({}, ("summary",), later), "says whom or what is reached; name the values"),
        ("tickets.issue", Terms({}, ("project",), later), "so it can't vary; name its values"),
        ("tickets.issue", Terms({"projct": ("OPS",)}, (), later), "did you mean 'project'"),
        ("tickets.issue", Terms({"project": ("OPS",)}, ("type",), house.now), "ends within 366 days"),
        ("tickets.issue", Terms({"project": ("OPS",)}, (), later + timedelta(days=999)), "ends within 366 days"),
        ("tickets.issue", Terms({"project": ("OPS",), "type": ("Bug",)}, ("type",), later), "both fixed and varying"),
        ("tickets.comment", Terms({"issue": ("OPS-1",)}, (), later), "fills in no form for tickets.comment"),
    ]
    for action, terms, says in wrong:
        with pytest.raises((ActionError, WorkflowError), match=says):
            approve_app(house.parts, ANA, "note", action, terms)
    with pytest.raises(ActionError, match="There is no valid approval"):
        revoke_approval(house.parts, BEN, "")


def test_a_crash_while_it_is_handed_over_neither_loses_nor_doubles(
    house: House, jira: tickets.TicketStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = _due(house, jira)
    approve_app(
        house.parts, ANA, "note", "tickets.issue",
        Terms({"project": ("OPS",), "type": ("Bug",)}, ("summary", "description"), house.now + timedelta(days=9)),
    )  # fmt: skip
    whole = results.propose

    def cut(handover: results.Handover) -> None:
        whole(handover)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(results, "propose", cut)
        with pytest.raises(KeyboardInterrupt):
            house.tick(hours=4)
    run = history(house.parts.engine, [workflow.id])[0]
    assert run.state == "running" and run_now(house.parts, run.id) is None
    house.now += timedelta(minutes=40)
    assert house.tick(minutes=1) == 1
    assert history(house.parts.engine, [workflow.id])[0].state == "done"
    assert len(jira.service.records) == 1 and len(of_user(house.parts.engine, ANA)) == 1
