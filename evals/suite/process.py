"""The evaluation that somebody starts from a page or an interface: a process of its own, one at a time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import DatasetError
from core.settings import Settings
from evals.suite.history import History


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is; `done` of `total` cases."""

    done: int
    total: int


class EvaluationProcess:
    """Shared by all pages and interfaces of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._total = 0

    def start(self, settings: Settings, suite: str, tags: Sequence[str], total: int) -> None:
        """Begins `debrief eval run`; parsing, searching and scoring must not slow down the pages.

        Raises:
            DatasetError: one is running already.
        """
        command = [str(Path(sys.executable).with_name("debrief")), "--settings", str(settings.file.absolute())]
        command += ["eval", "run", suite, *(word for tag in tags for word in ("--filter", tag))]
        with self._lock:
            if self.running:
                raise DatasetError("An evaluation is running already; wait until it has ended.")
            self._total = total
            # Read when the process has ended, so it outlives this method.
            self._said = tempfile.TemporaryFile()  # noqa: SIM115
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._said, cwd=settings.root)

    def stop(self) -> None:
        """Ends the run; what it has scored stays, and `debrief eval run --resume` goes on with it."""
        with self._lock:
            if self._process is not None and self.running:
                self._process.terminate()
                self._process.wait(timeout=20)

    @property
    def running(self) -> bool:
        """Whether one runs now."""
        return self._process is not None and self._process.poll() is None

    def progress(self, history: History) -> Progress:
        """How far it is; nothing done before its first case is scored."""
        newest = next(iter(history.latest(limit=1, finished=False)), None)
        under_way = newest is not None and not newest.finished_at
        return Progress(len(history.results(newest.id)) if newest is not None and under_way else 0, self._total)

    def problem(self) -> str:
        """Why the last one didn't end well, in its own words; empty if it did, or was stopped."""
        if self._process is None or self._said is None or self._process.poll() is None:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").splitlines()
        # The exit code alone doesn't tell: a failed gate has the code of an error.
        return next((line.removeprefix("Error:").strip() for line in lines if line.startswith("Error:")), "")
