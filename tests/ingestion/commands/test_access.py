"""`debrief access check`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.database import open_database
from core.errors import IdentityError
from core.settings import load_settings
from ingestion.commands.access import access_app
from ingestion.state import DocumentRecord, SyncState

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
    result = CliRunner().invoke(access_app, [person, document])
    assert result.exit_code == code
    assert all(" ".join(part.split()) in " ".join(result.output.split()) for part in said), result.output


@pytest.mark.parametrize("asked", [["ana@x.example", "a:none"], ["cy@x.example", "a:plan"]])
def test_who_or_what_isnt_known_is_said(workspace: None, asked: list[str]) -> None:
    assert isinstance(CliRunner().invoke(access_app, asked).exception, IdentityError)
