"""`debrief actions`: a form from the terminal, what is wrong with it, and the mark with which it is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from actions.connections import open_actions
from core.errors import ActionError, SettingsError
from core.settings import ActionSettings, Settings
from core.types import User
from samples.stand_ins import tickets

USERS = "users:\n  - {email: ana@example.com, name: Ana Ruiz}\n  - {email: ben@example.com}\ngroups:\n  ops: {members: ['user:ana@example.com']}\n"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["actions", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.mark.integration
def test_propose_edit_confirm_find_undo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tickets.jira() as jira:
        entry = {
            "name": "tickets", "kind": "jira", "url": jira.url, "user": tickets.USER, "token": tickets.TOKEN,
            "groups": ["ops"], "fixed": {"project": "OPS"},
        }  # fmt: skip
        auth = {"development_user": "ana@example.com", "users_file": "users.yaml"}
        (tmp_path / "debrief.yaml").write_text(json.dumps({"auth": auth, "actions": [entry]}), encoding="utf-8")
        (tmp_path / "users.yaml").write_text(USERS, encoding="utf-8")
        monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
        made = json.loads(run("propose", "tickets.issue", "--set", "type=Bug", "--set", "summary=VPN", "--json"))
        form = made["id"]
        assert [p["field"] for p in made["problems"]] == ["description"]
        assert "Description is missing; fill it in." in run("show", form)
        edited = json.loads(run("edit", form, "--set", "description=It drops.", "--set", "project=DEV", "--json"))
        assert edited["form"]["values"]["project"] == "OPS"
        with pytest.raises(ActionError, match="changed since it was shown"):
            run("confirm", form, made["mark"][:12])
        assert jira.service.records == []
        assert "tickets.issue is written: OPS-1 VPN" in run("confirm", form, edited["mark"][:12])
        assert "OPS-1 VPN" in run("find", "tickets", "vpn")
        assert "undone" in run("undo", form)
        assert jira.service.records == []
        with pytest.raises(ActionError, match=r"did you mean 'tickets\.issue'"):
            run("propose", "tickets.isue")
        with pytest.raises(ActionError, match="has no field 'sumary'"):
            run("propose", "tickets.issue", "--set", "sumary=x")
        with pytest.raises(ActionError, match="write it as FIELD=VALUE"):
            run("propose", "tickets.issue", "--set", "summary")
        with pytest.raises(ActionError, match=r"is for ops, and ben@example\.com isn't among them"):
            run("propose", "tickets.issue", "--user", "ben@example.com")
        assert "No action is open to you" in run("list", "--user", "ben@example.com")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "jiira"}, "did you mean 'jira'"),
        ({"kind": "jira", "url": "http://jira.example.com", "user": "u", "token": "t"}, "begins with https://"),
        ({"kind": "jira", "url": "https://j.example", "user": "u"}, "'token' is missing"),
        ({"kind": "jira", "url": "https://j.example", "user": "u", "token": "t", "tokn": "t"}, "unknown key"),
        ({"kind": "webhook", "url": "https://h.example", "operations": ["pots"]}, "did you mean 'post'"),
        ({"kind": "webhook", "url": "https://h.example", "fixed": {"subjct": "x"}}, "did you mean 'subject'"),
    ],
)
def test_wrong_settings_are_one_sentence(entry: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        open_actions(Settings(actions=(ActionSettings(name="it", **entry),)))


def test_without_groups_nobody_may() -> None:
    entry = ActionSettings(name="it", kind="webhook", url="https://h.example")
    known = open_actions(Settings(actions=(entry,)))
    assert known.known and known.of(User("ana@example.com", ("admins",))) == {}
