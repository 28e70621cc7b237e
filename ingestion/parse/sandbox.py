"""`ParserPool`: each file parsed in a process of its own, with limits on time, memory and output.

A file that hangs, crashes or unpacks to gigabytes costs that one document and yields a reason.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from core.errors import Encrypted, ParseError, TooLarge, Unsupported
from core.types import Parsed, Section
from ingestion.parse.draft import ParseLimits
from ingestion.parse.worker import read_frame, write_frame

if TYPE_CHECKING:  # the worker imports this package too, and has no use for the settings' machinery
    from core.settings import ParsingSettings

log = logging.getLogger(__name__)
START_TIMEOUT_S = 60.0
GRACE_S = 10.0  # what the worker may take on top of a file's time to report
_ERRORS = {error.__name__: error for error in (ParseError, Encrypted, TooLarge, Unsupported)}
_ROOT = Path(__file__).resolve().parents[2]
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from ingestion.parse.worker import serve; serve()"


@dataclass(frozen=True, slots=True)
class ParserUsage:
    """What parsing one file gave and cost.

    Attributes:
        error: Why there is no `parsed`.
        seconds, peak_mb: Wall time and peak memory of the file's own process.
        contained: True if that process died (a crash in a library) and was replaced.
    """

    parsed: Parsed | None
    error: ParseError | None
    seconds: float
    peak_mb: float
    contained: bool = False


def limits_of(settings: ParsingSettings) -> ParseLimits:
    """The limits that debrief.yaml sets."""
    return ParseLimits(
        max_bytes=settings.max_bytes,
        max_unpacked_bytes=settings.max_unpacked_bytes,
        timeout_s=settings.timeout_s,
        max_memory_mb=settings.max_memory_mb,
        ocr=settings.ocr,
    )


class ParserPool:
    """Parses files in separate processes; safe to use from several threads at once.

    Workers start on first use, fork for each file, and are replaced when they fail. Close the pool, or use it as
    a context manager.
    """

    def __init__(self, settings: ParsingSettings | None = None, limits: ParseLimits | None = None) -> None:
        self.limits = limits or (limits_of(settings) if settings else ParseLimits())
        self.workers = settings.workers if settings else 2
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self.workers):
            self._idle.put(None)
        self._closed = False

    def parse(self, body: bytes, name: str, media_type: str = "") -> Parsed:
        """The sections of one file.

        Raises:
            Encrypted, TooLarge, Unsupported, ParseError: as `formats.parse`, and when the file takes too long
                (`retry` is then True), takes too much memory, or crashes its parser.
        """
        measured = self.measure(body, name, media_type)
        if measured.parsed is None:
            raise measured.error or ParseError(f"{name}: the parser gave no result.")
        return measured.parsed

    def measure(self, body: bytes, name: str, media_type: str = "") -> ParserUsage:
        """As `parse`, with what it cost; errors are returned, not raised."""
        if self._closed:
            raise ValueError("The parser pool is closed.")
        if len(body) > self.limits.max_bytes:
            limit = self.limits.max_bytes
            text = (
                f"{name}: it has {len(body):,} bytes, over the limit of {limit:,}; split it or raise parsing.max_bytes."
            )
            return ParserUsage(None, TooLarge(text), 0.0, 0.0)
        worker = self._idle.get()
        try:
            if worker is not None and not worker.alive():
                _log_replaced("it had ended by itself")
                worker = None
            worker = worker or _Worker()
            return worker.run(body, name, media_type, self.limits)
        except (OSError, EOFError, ValueError) as error:
            if worker is not None:
                worker.stop()
            worker = None
            _log_replaced(str(error))
            text = (
                f"{name}: the parsing process stopped without a result ({error}); it was replaced, sync again to retry."
            )
            failure = ParseError(text)
            failure.retry = True
            return ParserUsage(None, failure, 0.0, 0.0, contained=True)
        finally:
            if self._closed and worker is not None:
                worker.stop()
                worker = None
            self._idle.put(worker)

    def map(self, files: Iterable[tuple[bytes, str, str]]) -> Iterator[Parsed | ParseError]:
        """Parses (body, name, media type) in parallel; results in order, errors as values."""
        pending: queue.SimpleQueue[Future[ParserUsage]] = queue.SimpleQueue()
        with ThreadPoolExecutor(self.workers) as threads:
            for body, name, media_type in files:
                pending.put(threads.submit(self.measure, body, name, media_type))
                if pending.qsize() > 2 * self.workers:
                    yield _result(pending.get().result())
            while not pending.empty():
                yield _result(pending.get().result())

    def close(self) -> None:
        """Stops the workers."""
        self._closed = True
        for _ in range(self.workers):
            with contextlib.suppress(queue.Empty):
                worker = self._idle.get_nowait()
                if worker is not None:
                    worker.stop()
                self._idle.put(None)

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    """One worker process and its pipes."""

    def __init__(self) -> None:
        path = [str(_ROOT), *(entry for entry in sys.path if entry)]
        # Of the environment only what a program needs to run: a parser has no use for keys.
        keep = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT")
        environment = {key: os.environ[key] for key in keep if key in os.environ}
        environment |= {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps(path)],
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
            raise OSError(f"the parsing process didn't start: {said[-1] if said else 'no message'}")

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def run(self, body: bytes, name: str, media_type: str, limits: ParseLimits) -> ParserUsage:
        """Parses one file in this worker."""
        request = json.dumps({"name": name, "media_type": media_type, "limits": asdict(limits)}).encode()
        # The worker never gets stuck reading, but a dead one must not block us in a write.
        watchdog = threading.Timer(limits.timeout_s + GRACE_S, self.stop)
        watchdog.daemon = True
        watchdog.start()
        try:
            write_frame(self._write, request)
            write_frame(self._write, body)
            raw = self._reply(limits.timeout_s + GRACE_S)
        finally:
            watchdog.cancel()
        if raw is None:
            raise EOFError("no reply")
        return _measured(json.loads(raw), name, limits)

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


def _measured(reply: dict[str, Any], name: str, limits: ParseLimits) -> ParserUsage:
    seconds, peak_mb = float(reply["seconds"]), float(reply["peak_mb"])
    name = name or "The file"
    if "sections" in reply:
        sections = tuple(
            Section(str(text), tuple(map(str, path)), page, str(locator), kind, tuple(tuple(map(str, r)) for r in rows))
            for text, path, page, locator, kind, rows in reply["sections"]
        )
        metadata = {key: tuple(value) if isinstance(value, list) else value for key, value in reply["metadata"].items()}
        return ParserUsage(Parsed(sections, reply["title"], metadata, tuple(reply["warnings"])), None, seconds, peak_mb)
    if "error" in reply:
        return ParserUsage(None, _ERRORS.get(reply["error"], ParseError)(reply["message"]), seconds, peak_mb)
    ended = reply.get("ended")
    if ended == "time":
        error = ParseError(
            f"{name}: parsing it took longer than {limits.timeout_s:g} s; split it, or raise parsing.timeout_s."
        )
        error.retry = True
        return ParserUsage(None, error, seconds, peak_mb)
    if ended == "memory":
        return ParserUsage(None, TooLarge(f"{name}: {limits.out_of_memory()}."), seconds, peak_mb)
    if ended == "reply":
        return ParserUsage(None, TooLarge(f"{name}: its text is too long; split it."), seconds, peak_mb)
    died = f"signal {reply['signal']}" if reply.get("signal") else "an error"
    _log_replaced(f"{died} in a file's own process")
    text = f"{name}: its parser crashed ({died}): the file is probably damaged; save it again or get a fresh copy."
    return ParserUsage(None, ParseError(text), seconds, peak_mb, contained=True)


def _log_replaced(reason: str) -> None:
    # Without the file's name, which may be a person's own; `debrief docs list --outcome failed` names documents.
    log.warning("a parser process was replaced: %(reason)s", {"reason": reason})


def _result(measured: ParserUsage) -> Parsed | ParseError:
    return measured.parsed or measured.error or ParseError("The parser gave no result.")
