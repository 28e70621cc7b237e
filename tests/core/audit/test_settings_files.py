"""Settings' files that somebody edits beside the pages stand in the audit trail."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core import audit
from core.audit.schedule import note_files_once
from core.audit.settings_files import CHANGED
from core.database import open_database
from core.settings import load_settings

SETTINGS = "data_dir: data\nauth: {mode: development, development_user: ana@x.example, users_file: users.yaml}\n"


def test_a_file_that_was_edited_is_noted_once(tmp_path: Path) -> None:
    file, users = tmp_path / "debrief.yaml", tmp_path / "users.yaml"
    file.write_text(SETTINGS)
    users.write_text("users: [{email: ana@x.example}]\n")

    def noted() -> list[tuple[str, str]]:
        note_files_once(str(file))
        engine = open_database(load_settings(file))
        found = [(e.subject, e.detail) for e in reversed(audit.recorded(engine, actions=[CHANGED]))]
        engine.dispose()
        return found

    first = [("debrief.yaml", "seen for the first time"), ("users.yaml", "seen for the first time")]
    assert noted() == noted() == first
    users.write_text("users: [{email: ana@x.example}, {email: eva@x.example}]\n")
    assert noted() == noted() == [*first, ("users.yaml", "changed")]
    engine = open_database(load_settings(file))
    newest = audit.recorded(engine, actions=[CHANGED], limit=1)[0]
    assert newest.facts["sha256"] == hashlib.sha256(users.read_bytes()).hexdigest()
    engine.dispose()
    file.write_text("data_dir: [")
    assert note_files_once(str(file)) is None, "a broken file ends in the log"
