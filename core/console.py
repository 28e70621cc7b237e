"""What commands print: people's output to stdout, progress and notes to stderr, JSON alone on stdout."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from core.logs import FORMAT_VARIABLE, LEVEL_VARIABLE, LogFormat, LogLevel

# The options of commands that log.
LogFormatOption = Annotated[
    LogFormat, typer.Option("--log-format", envvar=FORMAT_VARIABLE, help="How stderr is written to: json for machines.")
]
LogLevelOption = Annotated[
    LogLevel, typer.Option("--log-level", envvar=LEVEL_VARIABLE, help="From which level on is logged.")
]

# In a pipe or a file there is no width to fit into, and a table cut at 80 columns loses what it says.
_FILE_WIDTH = 200

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _FILE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _FILE_WIDTH)


def print_json(value: object) -> None:
    """Prints `value` (dataclasses, dates and sets allowed) as one JSON object on stdout."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def progress() -> Progress:
    """A progress bar on stderr with count, rate and remaining time; its tasks take a field `rate` (text)."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def _plain(value: Any) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return str(value)
