"""`debrief access check`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.audit import recorded
from core.audit.chain import verify
from core.database import open_database, utc_now
from core.errors import IdentityError
from core.settings import load_settings
from ingestion.access_history import CHANGED, AccessList, list_at
from ingestion.commands.access import access_app
from ingestion.state import DocumentRecord, SyncState, runs

USERS = """\
users: [{email: ana@x.example}, {email: ben@x.example}]
groups:
  dach: {members: ["user:ana@x.example", "user:ben@x.example"]}
  emea: {members: ["group:dach"]}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "debrief.yaml").write_text("auth: {users_file: users.yaml}\n")
    (tmp_path / "users.yaml").write_text(USERS)
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    records = [
        DocumentRecord("a:plan", "a", "Plan", allow=("group:emea",), deny=("user:ben@x.example",)),
        DocumentRecord("a:held", "a", "Held", allow=("everyone",), outcome="held", reason="It lacks an owner."),
    ]
    SyncState(open_database(load_settings())).commit("a", records, "c")


@pytest.mark.parametrize(
    ("person", "document", "code", "said"),
    [
        ("ANA@x.example", "a:plan", 0, ["emea, through the group dach", "Yes, through the group emea"]),
        ("ben@x.example", "a:plan", 1, ["It denies ben@x.example", "No: ben@x.example is on the document's deny list"]),
        ("ana@x.example", "a:held", 1, ["it is held. It lacks an owner."]),
    ],
)
def test_each_step_is_said(workspace: None, person: str, document: str, code: int, said: list[str]) -> None:
    result = CliRunner().invoke(access_app, ["check", person, document])
    assert result.exit_code == code
    assert all(" ".join(part.split()) in " ".join(result.output.split()) for part in said), result.output


def as_of(person: str, document: str, moment: datetime) -> tuple[int, str]:
    result = CliRunner().invoke(access_app, ["check", person, document, "--as-of", f"{moment:%Y-%m-%dT%H:%M}"])
    return result.exit_code, " ".join(result.output.split())


def test_who_might_read_it_then_is_worked_back_from_the_audit_trail(workspace: None) -> None:
    engine = open_database(load_settings())
    state = SyncState(engine)
    state.commit("a", [DocumentRecord("a:plan", "a", "Plan", allow=("group:emea",))], "d")
    state.commit("a", [DocumentRecord("a:plan", "a", "Plan", allow=("everyone",))], "e")
    unchanged = len(recorded(engine, actions=(CHANGED,)))
    state.commit("a", [DocumentRecord("a:plan", "a", "Plan", allow=("everyone",))], "f")
    assert len(recorded(engine, actions=(CHANGED,))) == unchanged == 3
    now = AccessList("indexed", ("everyone",))
    changes = reversed(recorded(engine, actions=(CHANGED,)))
    lists = [list_at(engine, "a:plan", now, change.at) for change in changes]
    # The moment of a change still has what was before it.
    assert lists[0] is None
    assert lists[1] == AccessList("indexed", ("group:emea",), ("user:ben@x.example",))
    assert lists[2] == AccessList("indexed", ("group:emea",))
    assert list_at(engine, "a:plan", now, utc_now()) == now
    assert verify(engine).problems == ()


def test_a_rebuilt_state_forgets_no_earlier_list(workspace: None) -> None:
    state = SyncState(open_database(load_settings()))
    before = utc_now()
    state.reset()
    state.commit("a", [DocumentRecord("a:plan", "a", "Plan", allow=("everyone",))], "d")
    found = list_at(open_database(load_settings()), "a:plan", AccessList("indexed", ("everyone",)), before)
    assert found == AccessList("indexed", ("group:emea",), ("user:ben@x.example",))


def test_the_command_says_what_it_rests_on(workspace: None) -> None:
    code, said = as_of("ana@x.example", "a:plan", utc_now() - timedelta(days=2))
    assert code == 1 and "It wasn't there yet" in said and "an earlier change wouldn't be seen" in said
    code, said = as_of("ana@x.example", "a:plan", utc_now() + timedelta(days=1))
    assert code == 0 and "the person's groups as of today" in said and "wouldn't be seen" not in said


@pytest.mark.parametrize("asked", [["ana@x.example", "a:none"], ["cy@x.example", "a:plan"]])
def test_who_or_what_isnt_known_is_said(workspace: None, asked: list[str]) -> None:
    assert isinstance(CliRunner().invoke(access_app, ["check", *asked]).exception, IdentityError)


def test_the_report_finds_what_is_too_open_closed_or_unknown(workspace: None, tmp_path: Path) -> None:
    records = [
        DocumentRecord("a:all", "a", "All", allow=("everyone",)),
        DocumentRecord("a:none", "a", "None"),
        DocumentRecord("a:gone", "a", "Gone", allow=("user:left@x.example", "group:emeaa")),
        DocumentRecord("a:old", "a", "Deleted", allow=("everyone",), outcome="deleted"),
    ]
    engine = open_database(load_settings())
    SyncState(engine).commit("a", records, "c")
    with engine.begin() as connection:
        then = utc_now() - timedelta(days=3)
        connection.execute(
            runs.insert().values(source="a", state="SUCCEEDED", started_at=then, finished_at=then, counts={})
        )
    shown = CliRunner().invoke(access_app, ["report", "--json"])
    found = {(f["kind"], f["subject"]): f["detail"] for f in json.loads(shown.stdout)["findings"]}
    assert set(found) == {
        ("open to everyone", "a:all"),
        ("open to nobody", "a:none"),
        ("open to nobody", "a:gone"),
        ("unknown group", "emeaa"),
        ("unknown person", "left@x.example"),
        ("widest read", "a:plan"),
        ("old access lists", "a"),
    }
    assert "emea" in found["unknown group", "emeaa"].removeprefix("emeaa")
    assert "1 of 2" in found["widest read", "a:plan"]
    file = tmp_path / "report.csv"
    CliRunner().invoke(access_app, ["report", "--csv", str(file), "--kind", "open to nobody"])
    assert file.read_text().splitlines()[1].startswith("open to nobody,a:") and len(file.read_text().splitlines()) == 3


def test_without_a_directory_there_is_nothing_to_refresh(workspace: None) -> None:
    assert "auth.graph isn't set" in str(CliRunner().invoke(access_app, ["refresh"]).exception)
