"""Changes of the settings' files in the audit trail, whoever wrote them and with what: each by the file's hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from core.audit.entries import SERVICE, record, recorded
from core.database import Engine
from core.settings import Settings

CHANGED = "settings file is another"


def note_changed_files(settings: Settings, engine: Engine) -> list[str]:
    """Notes each settings file that isn't as it was last noted; their names."""
    known = {entry.subject: entry.facts.get("sha256") for entry in reversed(recorded(engine, actions=[CHANGED]))}
    changed = []
    for file in _files(settings):
        name, digest = os.path.relpath(file, settings.root), _digest(file)
        if known.get(name, "") != digest:
            told = "is gone" if not digest else "changed" if name in known else "seen for the first time"
            record(engine, SERVICE, CHANGED, name, told, sha256=digest)
            changed.append(name)
    return changed


def _files(settings: Settings) -> list[Path]:
    named = (settings.auth.users_file, settings.rules_file, settings.guardrails_file, settings.retrieval.weights_file)
    return [settings.file, *(settings.path(file) for file in named if file is not None)]


def _digest(file: Path) -> str:
    """The SHA-256 of the file; empty where there is none."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
