"""The `debrief` command. Each folder keeps its commands in `commands.py`; this module only mounts them."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from core.console import err
from core.errors import DebriefError

# Telemetry of every dependency is off, whatever its own default is; set before any of them is imported.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "false")
os.environ.setdefault("LANGCHAIN_TRACING_V2", "false")
os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

COMMAND_MODULES: tuple[str, ...] = ()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def options(
    settings: Annotated[
        Path | None, typer.Option("--settings", help="The settings file; default: $DEBRIEF_SETTINGS or ./debrief.yaml.")
    ] = None,
) -> None:
    """Debrief: answers from your documents, with citations, and no-code apps."""
    if settings is not None:
        os.environ["DEBRIEF_SETTINGS"] = str(settings)


for _name in COMMAND_MODULES:
    import_module(_name).register(app)


def main() -> None:
    """Runs the command; a `DebriefError` becomes one sentence on stderr and exit code 1."""
    try:
        app()
    except DebriefError as error:
        err.print(f"[bold red]Error:[/] {error}", markup=True)
        sys.exit(1)
