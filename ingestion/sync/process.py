"""A sync that somebody starts from a page or an interface: a process of its own, since parsing would slow them down."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from core import audit
from core.database import Engine
from core.settings import Settings
from core.types import User

_children: list[SyncProcess] = []


class SyncProcess:
    """`debrief sync` as it runs."""

    def __init__(self, settings: Settings, names: Sequence[str]) -> None:
        command = [str(Path(sys.executable).with_name("debrief")), "--settings", str(settings.file.absolute()), "sync"]
        # Read when the process has ended, so it outlives this method.
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        # Its sentences are read here, so they aren't to be broken into lines.
        wide = {**os.environ, "COLUMNS": "4000"}
        self._process = subprocess.Popen(
            [*command, *names], stdout=subprocess.DEVNULL, stderr=self._said, env=wide, cwd=settings.root
        )

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def problem(self) -> str:
        """Why it has ended without syncing, in its own words; empty while it runs, or when it ended well."""
        if self.running or not self._process.returncode:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").splitlines()
        return next((line.removeprefix("Error:").strip() for line in lines if line.startswith("Error:")), "")


def start_sync(settings: Settings, engine: Engine, names: Sequence[str], user: User) -> SyncProcess:
    """Starts the sync of the named sources, or of all; the audit trail says who did."""
    started = SyncProcess(settings, names)
    _children.append(started)
    # Looking at those that have ended takes them off the system's table.
    _children[:] = [child for child in _children if child.running]
    audit.record(engine, user, "started sync", ", ".join(names) or "All sources")
    return started
