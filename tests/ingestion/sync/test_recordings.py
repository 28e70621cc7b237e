"""A recording in a source: found by what was said, opened by who may, forgotten with its document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli import app
from core.database import open_database
from core.settings import load_settings
from ingestion.recordings import media_file, utterances
from ingestion.state import SyncState
from samples.spoken import spoken, write
from tests.ingestion.parse.recording.conftest import MODEL, SAID, needs_speech


@needs_speech
def test_a_recording_is_found_by_what_was_said_and_forgotten_with_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    write(calls / "board.ogg", spoken(SAID))
    (calls / "board.ogg.metadata.json").write_text(json.dumps({"metadata": {"recording": "f" * 32}}))
    settings = {
        "sources": [{"name": "calls", "kind": "files", "path": "calls", "public": True}],
        "parsing": {"recordings": {"model": str(MODEL)}},
        "auth": {"mode": "development", "development_user": "ana@x.example", "users_file": "users.yaml"},
    }
    (tmp_path / "debrief.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "users.yaml").write_text("users:\n  - {email: ana@x.example}\n")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    cli = CliRunner()
    assert cli.invoke(app, ["sync"]).exit_code == 0
    asked = json.loads(cli.invoke(app, ["ask", "--json", "Who calls the customer?"]).stdout)
    assert "call the customer" in json.dumps(asked).casefold()
    loaded = load_settings()
    state = SyncState(open_database(loaded))
    record = state.record("calls:board.ogg")
    assert record is not None and record.outcome == "indexed"
    key = record.attributes["recording"]
    assert key != "f" * 32, "a source must not name another's recording"
    assert media_file(loaded, key) and utterances(loaded, key)
    (calls / "board.ogg").unlink()
    (calls / "board.ogg.metadata.json").unlink()
    (calls / "note.md").write_text("# Note\nNothing was said.")
    assert cli.invoke(app, ["sync", "--confirm-deletes"]).exit_code == 0
    assert media_file(loaded, key) is None and not utterances(loaded, key)
