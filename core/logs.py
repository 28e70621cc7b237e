"""What is logged, and how: to stderr, as text or as one JSON object a line; set up once in each process.

    log = logging.getLogger(__name__)
    log.info("generation %(generation)s serves now", {"generation": "generation-000007"})

    2026-11-28T05:00:12.345Z INFO retrieval.engines.generations: generation generation-000007 serves now
    {"time": "2026-11-28T05:00:12.345Z", "level": "info", "logger": "retrieval.engines.generations",
     "message": "generation generation-000007 serves now", "generation": "generation-000007"}

A mapping as the only argument fills the sentence, and its keys become keys of the JSON line. What a document, a
question or an answer says is never logged, nor a secret: errors of libraries are named by type and status, since their
messages may hold an address with a token, or the text that was sent.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, get_args

from core.errors import DebriefError, SettingsError
from core.masking import masked

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

# Where the two options of a command are read from when they aren't given, and how the page's process gets them.
FORMAT_VARIABLE = "DEBRIEF_LOG_FORMAT"
LEVEL_VARIABLE = "DEBRIEF_LOG_LEVEL"

# The level is for these. Libraries speak from WARNING on: below it, some of them log addresses and what they send.
PACKAGES = (
    "actions",
    "apps",
    "assistant",
    "chat_ui",
    "connectors",
    "core",
    "evals",
    "ingestion",
    "operations",
    "prompts",
    "retrieval",
    "review",
    "service",
    "vision",
    "warehouse",
    "workflows",
)

# The id of the answer that is being made, which is its trace's; each line that is logged meanwhile has it.
REQUEST: ContextVar[str] = ContextVar("request", default="")

_THROTTLED_STATUS = frozenset({429, 503, 529})


def set_up(form: LogFormat, level: LogLevel) -> None:
    """Sends all logging of this process to stderr. Processes that it starts may follow with `set_up_as_parent`."""
    os.environ[FORMAT_VARIABLE], os.environ[LEVEL_VARIABLE] = form, level
    formatter = JsonLines() if form == "json" else TextLines()
    handler = _Stderr()
    root = logging.getLogger()
    root.handlers[:] = [*(other for other in root.handlers if not isinstance(other, _Stderr)), handler]
    root.setLevel(logging.WARNING)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(level.upper())
    # Libraries that write by a handler of their own (Streamlit) keep it, and take the form.
    loggers = [root, *(each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger))]
    for own in {own for logger in loggers for own in logger.handlers}:
        own.setFormatter(formatter)
    logging.captureWarnings(True)


def quiet() -> None:
    """For processes without `set_up`: nothing of ours is written, where Python would write warnings as they are."""
    for package in PACKAGES:
        logging.getLogger(package).addHandler(logging.NullHandler())


def set_up_as_parent() -> None:
    """`set_up` as the environment says: as the process that started this one, else as text from INFO on.

    Raises:
        SettingsError: the environment names a form or level that doesn't exist.
    """
    set_up(
        _chosen(FORMAT_VARIABLE, "text", get_args(LogFormat)),
        _chosen(LEVEL_VARIABLE, "info", get_args(LogLevel)),
    )


@contextmanager
def scheduled(log: logging.Logger, job: str) -> Iterator[None]:
    """Logs a scheduled job's begin and end. A `DebriefError` ends in the log, any other one is the scheduler's."""
    begin = time.monotonic()
    log.info("job %(job)s begins", {"job": job})
    try:
        yield
    except DebriefError as error:
        log.error("job %(job)s failed: %(error)s", {"job": job, "error": str(error)})
    finally:
        log.info("job %(job)s ended after %(seconds).1f s", {"job": job, "seconds": round(time.monotonic() - begin, 3)})


def log_retry(log: logging.Logger, of: str, failed: BaseException | int | None, attempt: str) -> None:
    """Logs that a source or model is asked again; as a warning if it asks to slow down.

    Args:
        of: "source handbook".
        failed: The error, or the status of the answer.
        attempt: The try that comes: "2 of 5 in 0.5 s".
    """
    status = status_of(failed) if isinstance(failed, BaseException) else failed
    kind = type(failed).__name__ if isinstance(failed, BaseException) else "status"
    values = {"of": of, "cause": kind if status is None else f"{kind} {status}", "try": attempt}
    if status in _THROTTLED_STATUS:
        log.warning("%(of)s asks to slow down (%(cause)s): try %(try)s", values)
    else:
        log.info("%(of)s didn't answer (%(cause)s): try %(try)s", values)


def status_of(error: BaseException) -> int | None:
    """The HTTP status of the answer that the error is about, as httpx, requests, botocore or a vendor's SDK keep it."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    if isinstance(response, Mapping):  # botocore
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else None


class TextLines(logging.Formatter):
    """Time, level, logger and sentence. A line break in a value makes no line of its own."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _moment(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        of = f" (request {REQUEST.get()})" if REQUEST.get() else ""
        return masked(super().formatMessage(record)).replace("\r", "\\r").replace("\n", "\\n") + of


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the values of the message, and a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if REQUEST.get():
            line["request"] = REQUEST.get()
        if isinstance(record.args, Mapping):
            line = {**record.args, **line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, default=str, ensure_ascii=False))


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at that moment: a progress bar puts itself in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _chosen(variable: str, default: Any, known: tuple[str, ...]) -> Any:
    value = os.environ.get(variable) or default
    if value not in known:
        raise SettingsError(f"The environment variable {variable} is {value!r}; set it to one of {', '.join(known)}.")
    return value
