"""A sync that somebody starts from the page: a process of its own, since parsing would slow down pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chat_ui.parts import session
from core import audit
from core.types import User

_children: list[subprocess.Popen[bytes]] = []


def start_sync(name: str | None, user: User) -> None:
    """Starts the sync of one source, or of all."""
    command = [str(Path(sys.executable).with_name("debrief")), "--settings", str(session.settings().file), "sync"]
    process = subprocess.Popen([*command, name] if name else command, stdout=subprocess.DEVNULL)
    _children.append(process)
    _children[:] = [child for child in _children if child.poll() is None]
    audit.record(session.database(), user, "started sync", name or "All sources")
