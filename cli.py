"""The `debrief` command. Each folder keeps its commands in `commands.py`; this module mounts them and serves."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from core.console import err, out
from core.errors import DebriefError, SettingsError
from core.settings import Settings, load_settings
from core.types import Parsed
from ingestion.parse import ParserPool
from ingestion.schedule import build_scheduler

# Telemetry of every dependency is off, whatever its own default is; set before any of them is imported.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "false")
os.environ.setdefault("LANGCHAIN_TRACING_V2", "false")
os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

COMMAND_MODULES = (
    "connectors.commands",
    "ingestion.commands",
    "ingestion.parse.commands",
    "ingestion.doctor",
    "ingestion.source_commands",
    "retrieval.commands",
    "assistant.commands",
    "evals.commands",
    "evals.weights_commands",
    "evals.app_commands",
    "evals.run_commands",
    "evals.case_commands",
)
PAGE = Path(__file__).resolve().parent / "chat_ui" / "app.py"

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


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port of the chat page.")] = 8501,
    host: Annotated[str, typer.Option(help="The address to listen on; beyond loopback needs auth.mode: oidc.")] = "",
    schedule: Annotated[bool, typer.Option(help="Also run the scheduled syncs and the weekly evaluation.")] = True,
) -> None:
    """Serves the pages, and runs the scheduled syncs and the weekly evaluation, until Ctrl-C."""
    settings = load_settings()
    address = _address(settings, host, port)
    scheduler = build_scheduler(settings) if schedule else None
    if scheduler is not None:
        from evals.schedule import add_weekly_job

        add_weekly_job(scheduler, settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    options = {"server.port": port, "server.address": address, "server.headless": "true"}
    flags = [f"--{name}={value}" for name, value in options.items()]
    environment = {**os.environ, "DEBRIEF_SETTINGS": str(settings.file)}
    page = subprocess.Popen([sys.executable, "-m", "streamlit", "run", str(PAGE), *flags], env=environment)
    out.print(f"The page is at http://{address}:{port} — Ctrl-C stops it.")
    try:
        if scheduler is not None:
            scheduler.resume()
        code = page.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        page.terminate()
        page.wait()
    raise typer.Exit(code)


def _address(settings: Settings, host: str, port: int) -> str:
    loopback = host in ("", "localhost", "127.0.0.1", "::1")
    if settings.auth.mode == "development" and not loopback:
        raise SettingsError(
            f"auth.mode is development, which lets everyone in as {settings.auth.development_user}, so the page is "
            f"served on this machine only, not on {host}; set auth.mode: oidc in {settings.file} first."
        )
    address = host or ("127.0.0.1" if settings.auth.mode == "development" else "0.0.0.0")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} on {address} can't be used ({error.strerror}); stop what uses it, or choose another "
                "with --port."
            ) from error
    return address


def _parsed(body: bytes, name: str) -> Parsed:
    """A file's text, read in a process of its own."""
    with ParserPool(load_settings().parsing) as pool:
        return pool.parse(body, name)


for _name in COMMAND_MODULES:
    import_module(_name).register(app)
import_module("assistant.app_commands").register(app, _parsed)


def main() -> None:
    """Runs the command; a `DebriefError` becomes one sentence on stderr and exit code 1."""
    try:
        app()
    except DebriefError as error:
        err.print(f"[bold red]Error:[/] {error}", markup=True)
        sys.exit(1)
