"""`ProcessPool`: requests answered by processes of their own; one that hangs, crashes or wants too much is replaced."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from core.isolation.worker import read_frame, write_frame

START_TIMEOUT_S = 60.0
GRACE_S = 10.0  # what a process may take on top of a request's time to report
_ROOT = Path(__file__).resolve().parents[2]
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {} import serve; serve()"

Ending = Literal["done", "time", "memory", "reply", "crash"]


class Stopped(Exception):
    """The process ended without an answer; it was replaced."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may cost: wall time in seconds, memory in MiB."""

    timeout_s: float
    max_memory_mb: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended.

    Attributes:
        ended: "reply" when the answer would be too long, "crash" with the `signal` that ended it, or 0.
        reply: The work's answer, if `ended` is "done".
        seconds, peak_mb: Wall time and peak memory of the request's own process.
    """

    ended: Ending
    signal: int
    seconds: float
    peak_mb: float
    reply: bytes


class ProcessPool:
    """Answers requests in up to `size` processes; safe to use from several threads at once.

    Processes start on first use, fork for each request, and are replaced when they fail. Close the pool, or use it as
    a context manager.
    """

    def __init__(self, module: str, size: int, replaced: Callable[[str], None] = lambda _: None) -> None:
        """`module` has the `serve` that a process runs; `replaced` is told why one was."""
        self._module, self._size, self._replaced = module, size, replaced
        self._idle: queue.LifoQueue[IsolatedProcess | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)
        self._closed = False

    def run(self, request: bytes, body: bytes, bounds: Bounds) -> Outcome:
        """The work's answer. Raises Stopped when the process ended without one."""
        if self._closed:
            raise ValueError("The pool of processes is closed.")
        process = self._idle.get()
        try:
            if process is not None and not process.alive():
                self._replaced("it had ended by itself")
                process = None
            process = process or IsolatedProcess(self._module)
            return process.run(request, body, bounds)
        except (OSError, EOFError, ValueError) as error:
            if process is not None:
                process.stop()
            process = None
            self._replaced(str(error))
            raise Stopped(str(error)) from error
        finally:
            if self._closed and process is not None:
                process.stop()
                process = None
            self._idle.put(process)

    def close(self) -> None:
        """Stops the processes."""
        self._closed = True
        for _ in range(self._size):
            with contextlib.suppress(queue.Empty):
                process = self._idle.get_nowait()
                if process is not None:
                    process.stop()
                self._idle.put(None)


class IsolatedProcess:
    """One process and its pipes."""

    def __init__(self, module: str) -> None:
        path = [str(_ROOT), *(entry for entry in sys.path if entry)]
        # Of the environment only what a program needs to run: this work has no use for keys.
        keep = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT")
        environment = {key: os.environ[key] for key in keep if key in os.environ}
        environment |= {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT.format(module), json.dumps(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._write, self._read = self._process.stdin.fileno(), self._process.stdout.fileno()
        if self._reply(START_TIMEOUT_S) != b"ready":
            self._process.kill()
            said = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            raise OSError(f"the process didn't start: {said[-1] if said else 'no message'}")

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def run(self, request: bytes, body: bytes, bounds: Bounds) -> Outcome:
        """Answers one request in this process. Raises EOFError, OSError or ValueError when it can't."""
        # The process never gets stuck reading, but a dead one must not block us in a write.
        watchdog = threading.Timer(bounds.timeout_s + GRACE_S, self.stop)
        watchdog.daemon = True
        watchdog.start()
        try:
            for part in (json.dumps(asdict(bounds)).encode(), request, body):
                write_frame(self._write, part)
            ended = self._reply(bounds.timeout_s + GRACE_S)
            reply = read_frame(self._read) if ended is not None else None
        finally:
            watchdog.cancel()
        if ended is None or reply is None:
            raise EOFError("no reply")
        return Outcome(**json.loads(ended), reply=reply)

    def stop(self) -> None:
        """Ends the process and what it forked."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _reply(self, timeout_s: float) -> bytes | None:
        deadline = time.monotonic() + timeout_s
        ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
        return read_frame(self._read) if ready else None
