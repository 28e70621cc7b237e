"""`ParserPool`: each file parsed in a process of its own, with limits on time, memory and output.

A file that hangs, crashes or unpacks to gigabytes costs that one document and yields a reason.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from core.errors import Encrypted, ParseError, TooLarge, Unsupported
from core.isolation import Bounds, Outcome, ProcessPool, Stopped
from core.types import Companion, Parsed, Section
from ingestion.parse.draft import ParseLimits
from ingestion.parse.media import is_recording
from ingestion.parse.recording.beside import utterances_of
from ingestion.parse.recording.transcribe import Recordings, with_rest

if TYPE_CHECKING:  # the worker imports this package too, and has no use for the settings' machinery
    from core.settings import ParsingSettings

log = logging.getLogger(__name__)
_ERRORS = {error.__name__: error for error in (ParseError, Encrypted, TooLarge, Unsupported)}


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

    def __init__(
        self, settings: ParsingSettings | None = None, limits: ParseLimits | None = None, kept: Path | None = None
    ) -> None:
        """`kept` is where recordings and what was heard in them stay; without it every parse listens anew."""
        self.limits = limits or (limits_of(settings) if settings else ParseLimits())
        self.workers = settings.workers if settings else 2
        self._processes = ProcessPool("ingestion.parse.worker", self.workers, _log_replaced)
        self._recordings = Recordings(settings.recordings, kept) if settings else None

    def parse(self, body: bytes, name: str, media_type: str = "", transcript: Companion | None = None) -> Parsed:
        """The sections of one file; of a recording, with the transcript that lies beside it.

        Raises:
            Encrypted, TooLarge, Unsupported, ParseError: as `formats.parse`, and when the file takes too long
                (`retry` is then True), takes too much memory, or crashes its parser.
        """
        measured = self._with(transcript, body, name) if transcript else self.measure(body, name, media_type)
        if measured.parsed is None:
            raise measured.error or ParseError(f"{name}: the parser gave no result.")
        return measured.parsed

    def measure(self, body: bytes, name: str, media_type: str = "") -> ParserUsage:
        """As `parse`, with what it cost; errors are returned, not raised."""
        if self._recordings and is_recording(body[:64], name, media_type):
            return self._heard(self._recordings, body, name)
        if len(body) > self.limits.max_bytes:
            limit = self.limits.max_bytes
            text = (
                f"{name}: it has {len(body):,} bytes, over the limit of {limit:,}; split it or raise parsing.max_bytes."
            )
            return ParserUsage(None, TooLarge(text), 0.0, 0.0)
        request = json.dumps({"name": name, "media_type": media_type, "limits": asdict(self.limits)}).encode()
        try:
            outcome = self._processes.run(request, body, Bounds(self.limits.timeout_s, self.limits.max_memory_mb))
        except Stopped as error:
            text = (
                f"{name}: the parsing process stopped without a result ({error}); it was replaced, sync again to retry."
            )
            failure = ParseError(text)
            failure.retry = True
            return ParserUsage(None, failure, 0.0, 0.0, contained=True)
        return _measured(outcome, name, self.limits)

    def _heard(self, recordings: Recordings, body: bytes, name: str, transcript: Parsed | None = None) -> ParserUsage:
        begun = time.monotonic()
        try:
            return ParserUsage(recordings.parse(body, name, transcript=transcript), None, time.monotonic() - begun, 0.0)
        except ParseError as error:
            return ParserUsage(None, error, time.monotonic() - begun, 0.0)

    def _with(self, transcript: Companion, body: bytes, name: str) -> ParserUsage:
        """A recording and its transcript as one document; the transcript alone if the recording can't be read."""
        written = self.measure(transcript.body, transcript.name)
        recordings = self._recordings
        heard = self._heard(recordings, body, name, written.parsed) if recordings else self.measure(body, name)
        if heard.parsed is None:
            if written.parsed is None:
                return heard
            warnings = (*written.parsed.warnings, str(heard.error))
            return replace(written, parsed=replace(written.parsed, warnings=warnings))
        if written.parsed is None:
            return replace(heard, parsed=replace(heard.parsed, warnings=(*heard.parsed.warnings, str(written.error))))
        if not utterances_of(written.parsed):
            return replace(heard, parsed=with_rest(heard.parsed, written.parsed, transcript.name))
        return heard

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
        self._processes.close()
        if self._recordings:
            self._recordings.close()

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _measured(outcome: Outcome, name: str, limits: ParseLimits) -> ParserUsage:
    seconds, peak_mb = outcome.seconds, outcome.peak_mb
    name = name or "The file"
    reply = _said(outcome)
    if "sections" in reply:
        sections = tuple(
            Section(str(text), tuple(map(str, path)), page, str(locator), kind, tuple(tuple(map(str, r)) for r in rows))
            for text, path, page, locator, kind, rows in reply["sections"]
        )
        metadata = {key: tuple(value) if isinstance(value, list) else value for key, value in reply["metadata"].items()}
        return ParserUsage(Parsed(sections, reply["title"], metadata, tuple(reply["warnings"])), None, seconds, peak_mb)
    if "error" in reply:
        return ParserUsage(None, _ERRORS.get(reply["error"], ParseError)(reply["message"]), seconds, peak_mb)
    if outcome.ended == "time":
        error = ParseError(
            f"{name}: parsing it took longer than {limits.timeout_s:g} s; split it, or raise parsing.timeout_s."
        )
        error.retry = True
        return ParserUsage(None, error, seconds, peak_mb)
    if outcome.ended == "memory":
        return ParserUsage(None, TooLarge(f"{name}: {limits.out_of_memory()}."), seconds, peak_mb)
    if outcome.ended == "reply":
        return ParserUsage(None, TooLarge(f"{name}: its text is too long; split it."), seconds, peak_mb)
    died = f"signal {outcome.signal}" if outcome.signal else "an error"
    _log_replaced(f"{died} in a file's own process")
    text = f"{name}: its parser crashed ({died}): the file is probably damaged; save it again or get a fresh copy."
    return ParserUsage(None, ParseError(text), seconds, peak_mb, contained=True)


def _said(outcome: Outcome) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        return dict(json.loads(outcome.reply))
    return {}


def _log_replaced(reason: str) -> None:
    # Without the file's name, which may be a person's own; `debrief docs list --outcome failed` names documents.
    log.warning("a parser process was replaced: %(reason)s", {"reason": reason})


def _result(measured: ParserUsage) -> Parsed | ParseError:
    return measured.parsed or measured.error or ParseError("The parser gave no result.")
