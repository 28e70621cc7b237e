"""`debrief workflows …` from the terminal: on, list, run, history, pause, resume, approvals, and what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

import cli
from core.errors import ActionError, WorkflowError
from tests.workflows.house import House

DAILY = 'triggers: [{name: daily, title: Each day, schedule: "0 7 * * *", inputs: {subject: the day}}]'
WITH_FORM = """
actions:
  - {to: jira.issue, fields: {summary: "{{ subject }}"}}
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["workflows", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_day_at_the_terminal(house: House) -> None:
    house.app(DAILY)
    assert "note.daily  Note: Each day: debrief workflows on note daily" in run("list")
    assert "note.daily is on as" in run("on", "note", "daily", "--time-zone", "Europe/Berlin")
    told = json.loads(run("list", "--json"))
    (row,) = told["workflows"]
    assert row["state"] == "on" and row["next"].endswith("07:00 Europe/Berlin")
    assert "note.daily" not in {t["name"] for t in told["triggers"]}
    wanted = row["id"][:12]
    assert "About the day." in run("run", wanted)
    assert "About the day." in run("queue")
    assert " done " in run("history", wanted)
    run("pause", wanted)
    with pytest.raises(WorkflowError, match="resume it first"):
        run("run", wanted)
    assert "It goes on." in run("resume", wanted)
    assert "runs became due" in run("tick")
    with pytest.raises(WorkflowError, match="only they can run it by hand"):
        run("run", wanted, "--user", "ben@example.com")
    with pytest.raises(WorkflowError, match="There is no workflow 'xyz'"):
        run("history", "xyz")
    with pytest.raises(WorkflowError, match="Everybody's workflows are for administrators"):
        run("list", "--everybody")
    assert "ana@example.com" in run("list", "--everybody", "--user", "olga@example.com")
    with pytest.raises(WorkflowError, match="write it as NAME=VALUE"):
        run("on", "note", "daily", "--input", "subject")
    assert "note.daily is off." in run("off", wanted)


def test_approvals_at_the_terminal(house: House) -> None:
    entry = {
        "name": "tickets",
        "kind": "jira",
        "url": "http://127.0.0.1:9",
        "user": "a",
        "token": "b",
        "groups": ["staff"],
    }
    house.configure(actions=[entry])
    house.app(DAILY + WITH_FORM)
    until = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
    fixed = ("--set", "project=OPS", "--set", "project=WEB", "--set", "type=Bug", "--vary", "summary")
    assert "is approved for note 1.0 as" in run("approve", "note", "tickets.issue", "--until", until, *fixed)
    (row,) = json.loads(run("approvals", "--json"))["approvals"]
    assert row["state"] == "valid" and "project is OPS or WEB" in row["words"] and "may vary: summary" in row["words"]
    assert "waits for you again" in run("revoke", row["id"][:12])
    assert "revoked" in run("approvals")
    with pytest.raises(ActionError, match="so it can't vary"):
        run("approve", "note", "tickets.issue", "--until", until, "--vary", "project")
