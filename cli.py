"""The `debrief` command. Each folder keeps its commands in `commands.py`; this module mounts them and serves.

The modules of a command are imported when it is called: a question doesn't wait for the libraries of the connectors,
the evaluation and the scheduler.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import typer.core
from rich.markup import escape

from core import logs
from core.console import LogFormatOption, LogLevelOption, err, out
from core.errors import DebriefError, SettingsError
from core.masking import masked
from core.settings import ParsingSettings, Settings, load_settings
from core.types import Chunk, Document, Parsed
from operations.instance import the_only_instance

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from assistant.records.still_readable import Readable
    from core.database import Engine
    from evals.measures.questions import AskServer
    from evals.suite.feedback import Gap
    from ingestion.parse import ParserPool

# Telemetry of every dependency is off, whatever its own default is; set before any of them is imported.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "false")
os.environ.setdefault("LANGCHAIN_TRACING_V2", "false")
os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Command → its line in `debrief --help`, and the modules that bring it. A test holds both against the modules.
COMMANDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sync": ("Brings the index up to date with the sources.", ("ingestion.commands.sync",)),
    "ask": (
        "Answers a question from the documents that the user may read, with citations, or by the app that fits it.",
        ("assistant.commands.questions",),
    ),
    "search": ("Finds the passages that the user may read, best first.", ("retrieval.commands",)),
    "trace": (
        "Shows how an answer came about: searches, passages with their scores, checks, model, time in each stage.",
        ("assistant.commands.questions",),
    ),
    "style": ("Shows how your answers are written, or changes it.", ("assistant.commands.questions",)),
    "apps": (
        "No-code apps: write, test, publish and run them.",
        ("assistant.commands.apps", "evals.commands.app_cases"),
    ),
    "actions": ("Write into other systems, after a review.", ("actions.commands",)),
    "workflows": (
        "Apps that run by themselves: switch on, run, pause, history, standing approvals.",
        ("workflows.commands",),
    ),
    "review": (
        "Jobs for a private workforce: who labels what, and the result.",
        ("review.commands", "review.managed_commands"),
    ),
    "data": ("Questions over tables: ask, check and draft the layer, who sees what.", ("warehouse.commands",)),
    "vision": ("Objects in videos, found by what they are called.", ("vision.commands", "ingestion.commands.seen")),
    "accounts": ("How your company calls the facts of its customers.", ("assistant.commands.accounts",)),
    "sources": (
        "Lists the sources, and adds, tests, changes, pauses and resumes one.",
        ("connectors.commands", "connectors.edit_commands", "ingestion.commands.sources"),
    ),
    "docs": ("What became of the documents, and why.", ("ingestion.commands.sync", "operations.worklist_commands")),
    "access": ("Who may read what, and why.", ("ingestion.commands.access",)),
    "erase": (
        "Erases the text of deleted documents from the index's generations, stored answers, traces and results.",
        ("ingestion.commands.erase",),
    ),
    "person": ("What is kept about one person.", ("core.person.commands",)),
    "api": ("Serves the REST and MCP interfaces alone, until Ctrl-C.", ("service.commands.serve",)),
    "mcp": (
        "Serves MCP over stdin and stdout, as the person of the account that runs it.",
        ("service.commands.serve",),
    ),
    "keys": ("Keys for the REST and MCP interfaces.", ("service.commands.keys",)),
    "audit": ("The audit trail.", ("core.audit.commands",)),
    "index": ("The index's generations.", ("ingestion.commands.sync",)),
    "weights": ("Metadata weights: show, preview and tune them.", ("evals.commands.weights",)),
    "eval": (
        "Measure parsing, retrieval and answers on judged data.",
        (
            "evals.commands.measures",
            "evals.commands.questions",
            "evals.commands.routing",
            "evals.commands.runs",
            "evals.commands.cases",
            "evals.commands.apps",
            "evals.commands.data",
        ),
    ),
    "forget": (
        "Deletes everybody's old conversations, traces and audit entries, as `debrief serve` does each day.",
        ("assistant.commands.questions",),
    ),
    "capacity": (
        "Says what a deployment of a size needs: cores, memory, disk and cost, from measured figures.",
        ("operations.capacity_commands",),
    ),
    "backup": (
        "Copies the state database, the index and the settings' files to a new folder, and reads them again.",
        ("operations.commands",),
    ),
    "restore": (
        "Puts a backup's state database and index in the place of the present ones, which are kept aside.",
        ("operations.commands",),
    ),
    "parse": (
        "Shows a file's sections, metadata and chunks as the index would get them.",
        ("ingestion.commands.parse",),
    ),
    "model": ("Language models: on this machine, and what all of them are used for.", ("core.llm.commands",)),
    "doctor": (
        "Checks settings, users, model, index and sources, and says what to do.",
        ("ingestion.commands.doctor",),
    ),
}
# The modules that declare tables, for the commands that look into all of them. A test holds it against the modules.
TABLES = (
    "actions.accounts.kept",
    "actions.approvals",
    "actions.proposals",
    "apps.kept",
    "apps.kept.assumptions",
    "apps.publish.approval",
    "apps.publish.drafts",
    "apps.publish.versions",
    "assistant.answers.form.style",
    "assistant.records.running",
    "assistant.records",
    "assistant.records.erasing",
    "assistant.records.sharing",
    "chat_ui.admin.weights",
    "chat_ui.admin.guardrails",
    "connectors.source_edit",
    "core.groups",
    "core.identity",
    "core.keys",
    "core.llm.usage",
    "core.scim",
    "core.sessions",
    "evals.suite.history",
    "ingestion.state",
    "service.once",
    "operations.worklist",
    "review.tables",
    "workflows.kept",
)
_ALL_TABLES = ("person", "forget")
ERASING = "erasing"
PAGE = Path(__file__).resolve().parent / "served" / "server.py"


class LazyCommands(typer.core.TyperGroup):
    """The commands of `COMMANDS`; each one's modules are imported when it is called.

    Typer has its own copy of click and doesn't export its types, hence `Any`.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the table."""
        return [*super().list_commands(ctx), *COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command with its modules imported; None if there is none of this name."""
        return load_command(cmd_name) if cmd_name in COMMANDS else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, without importing any of them."""
        own = {name: command.get_short_help_str(200) for name, command in self.commands.items()}
        lines = own | {name: line for name, (line, _) in COMMANDS.items()}
        with formatter.section("Commands"):
            formatter.write_dl(list(lines.items()))


def load_command(name: str) -> Any:
    """A command of the table with everything that its modules add to it."""
    mounted = typer.Typer(rich_markup_mode=None)
    # These take files that a person names, and get from here what ingestion makes of one.
    given: dict[str, tuple[Any, ...]] = {
        "assistant.commands.questions": (_parsed, _readable),
        "core.person.commands": (_end_accounts,),
        "ingestion.commands.erase": (_erase_records,),
        "assistant.commands.apps": (_parsed, _cut),
        "evals.commands.questions": (_on_server,),
        "operations.worklist_commands": (_missing,),
    }
    if name in _ALL_TABLES:
        for module in TABLES:
            import_module(module)
    for module in COMMANDS[name][1]:
        import_module(module).register(mounted, *given.get(module, ()))
    return typer.main.get_group(mounted).commands[name]


app = typer.Typer(
    cls=LazyCommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.callback()
def options(
    settings: Annotated[
        Path | None, typer.Option("--settings", help="The settings file; default: $DEBRIEF_SETTINGS or ./debrief.yaml.")
    ] = None,
) -> None:
    """Debrief: answers from your documents, with citations, and no-code apps."""
    logs.quiet()
    if settings is not None:
        os.environ["DEBRIEF_SETTINGS"] = str(settings)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port of the chat page.")] = 8501,
    host: Annotated[str, typer.Option(help="The address to listen on; beyond loopback needs auth.mode: oidc.")] = "",
    schedule: Annotated[
        bool, typer.Option(help="Also run what is scheduled: syncs, the weekly evaluation, retention.")
    ] = True,
    log_format: LogFormatOption = "text",
    log_level: LogLevelOption = "info",
) -> None:
    """Serves the pages, and runs the scheduled syncs, evaluation and deletions, until Ctrl-C."""
    settings = load_settings()
    address = _address(settings, host, port)
    logs.set_up(log_format, log_level)
    options = {"server.port": port, "server.address": address, "server.headless": "true", "logger.level": "warning"}
    flags = [f"--{name}={value}" for name, value in options.items()]
    at_end = ExitStack()
    at_end.enter_context(the_only_instance(settings.data_path))
    # In development whoever reaches the port is let in, and a proxy on this machine looks like a browser on it.
    key = "" if settings.auth.mode == "oidc" else os.environ.get("DEBRIEF_PAGE_KEY") or secrets.token_urlsafe(16)
    environment = {**os.environ, "DEBRIEF_SETTINGS": str(settings.file), "DEBRIEF_PAGE_KEY": key, "DEBRIEF_SERVED": "1"}
    # What a service manager or `kill` sends ends the page, too, rather than leave it behind on its port.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # The page ends when this end of its stdin closes, however this process ends.
    page = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(PAGE), *flags], env=environment, stdin=subprocess.PIPE
    )
    out.print(f"The page is at http://{address}:{port}{f'/?key={key}' if key else ''} — Ctrl-C stops it.")
    out.print(f"REST is at http://{address}:{port}/api/v1, MCP at http://{address}:{port}/mcp.")
    with at_end:
        at_end.callback(page.wait)
        at_end.callback(page.terminate)
        try:
            if schedule:
                # Its libraries take two seconds to load, in which the page already comes up.
                at_end.enter_context(_leading(settings))
            code = page.wait()
        except KeyboardInterrupt:
            code = 0
    raise typer.Exit(code)


@app.command()
def schedule(log_format: LogFormatOption = "text", log_level: LogLevelOption = "info") -> None:
    """Runs what is scheduled without pages, until Ctrl-C; of several such processes one at a time does."""
    settings = load_settings()
    logs.set_up(log_format, log_level)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), _leading(settings):
        Event().wait()


@contextmanager
def _leading(settings: Settings) -> Iterator[None]:
    """A thread that runs the schedule whenever this process leads; it ends with the block."""
    from core.database import open_database
    from operations.leader import Leader

    leader, stopped = Leader(open_database(settings), settings.data_path, lambda: _scheduler(settings)), Event()
    # Here, not in the thread: a schedule that can't be read ends the command.
    if not leader.stand():
        out.print("Another process runs the schedule; this one takes over when it ends.")
    thread = Thread(target=leader.run, args=(stopped,), name="schedule")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _scheduler(settings: Settings) -> BackgroundScheduler:
    """What is scheduled, running."""
    from actions.schedule import add_outbox_job
    from assistant.records.retention import add_daily_job
    from core.audit.schedule import add_anchor_job, add_files_job
    from evals.schedule import add_weekly_job
    from ingestion.groups import add_group_job
    from ingestion.sync.schedule import build_scheduler, follow_settings
    from workflows.schedule import add_workflow_job

    import_module("review.tables")  # what it keeps of answers goes with those that get too old
    scheduler = build_scheduler(settings)
    follow_settings(scheduler, settings)
    add_weekly_job(scheduler, settings)
    add_daily_job(scheduler, settings)
    add_anchor_job(scheduler, settings)
    add_files_job(scheduler, settings)
    _add_erasing_job(scheduler, settings)
    add_group_job(scheduler, settings)
    add_outbox_job(scheduler, settings)
    add_workflow_job(scheduler, settings)
    scheduler.resume()
    return scheduler


def _add_erasing_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the daily erasing, or removes it when nothing is to be erased."""
    if settings.retention.erase_days is None:
        if scheduler.get_job(ERASING) is not None:
            scheduler.remove_job(ERASING)
        return
    daily = {"trigger": "cron", "hour": 3, "minute": 30, "timezone": "UTC"}
    scheduler.add_job("cli:erase_once", args=[str(settings.file)], id=ERASING, replace_existing=True, **daily)


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
    return _parsers(load_settings().parsing).parse(body, name)


def _readable(settings: Settings) -> Readable:
    """Which of some documents a person may read now."""
    from core.database import open_database
    from ingestion.documents import readable_ids

    engine = open_database(settings)
    return lambda ids, user: readable_ids(engine, ids, user)


def _on_server(url: str) -> AskServer:
    """How a running server is asked, with the key of $DEBRIEF_KEY."""
    from service.client import asked_by_turns

    return asked_by_turns(url, os.environ.get("DEBRIEF_KEY", ""))


def _missing(settings: Settings, engine: Engine) -> list[Gap]:
    """The topics that people asked about and nothing answers."""
    from evals.suite.feedback import find_gaps

    return find_gaps(settings, engine)


def _erase_records(engine: Engine, ids: Collection[str]) -> dict[str, int]:
    """Takes these documents out of what is kept of conversations and reviews; kind of record → how many."""
    from assistant.records.erasing import erase_from_records
    from review.tables import forget_words

    counts = erase_from_records(engine, ids)
    with engine.begin() as connection:
        items = forget_words(connection, ids)
    return {**counts, **({"item": items} if items else {})}


def _end_accounts(settings: Settings, engine: Engine, email: str) -> list[str]:
    """Ends a person's own sign-ins at other systems; what became of each."""
    from actions.ending import end_accounts

    return end_accounts(settings, engine, email)


def erase_once(settings_file: str) -> None:
    """A scheduled erasing of what is deleted or revoked for long enough. Errors end in the log."""
    from datetime import timedelta

    from assistant.records.erasing import erase_closed
    from core import audit
    from core.database import open_database, utc_now
    from core.identity import load_directory
    from ingestion.erase import due, erase_documents
    from ingestion.state import SyncState

    settings = load_settings(Path(settings_file))
    with logs.scheduled(logging.getLogger("cli"), ERASING):
        engine, before = open_database(settings), utc_now() - timedelta(days=settings.retention.erase_days or 0)
        directory, readable = load_directory(settings, engine), _readable(settings)
        erase_closed(engine, readable, directory.person, before)
        if ids := due(SyncState(engine), before):
            _erase_records(engine, ids)
            erase_documents(settings, SyncState(engine), ids)
            audit.record(engine, audit.SERVICE, "erased documents", f"{len(ids)} documents", "", documents=ids)


@lru_cache(maxsize=1)
def _parsers(settings: ParsingSettings) -> ParserPool:
    """The processes that read files; apps' tests read dozens."""
    from ingestion.parse import ParserPool

    pool = ParserPool(settings)
    atexit.register(pool.close)
    return pool


def _cut(document: Document, parsed: Parsed, language: str) -> list[Chunk]:
    """A document's chunks, as a sync makes them."""
    from ingestion.enrich import chunk_document

    return chunk_document(document, parsed, load_settings().chunking, language)


def main() -> None:
    """Runs the command; a `DebriefError` becomes one sentence on stderr and exit code 1."""
    try:
        app()
    except DebriefError as error:
        _fail(str(error))
    except OSError as error:
        # A full disk, a folder that can't be written: whatever command meets it.
        where = f" {error.filename}" if error.filename else ""
        _fail(f"The file or folder{where} can't be used ({error.strerror or error}); make it writable, or make room.")
    except UnicodeEncodeError as error:
        _fail(f"{error.object[error.start : error.end]!a} is no character that can be stored; leave it out.")
    except Exception as error:
        # Loaded already if it was raised, and a command that needs no database shouldn't load it.
        database = sys.modules.get("core.database")
        if database is None or not isinstance(error, database.DBAPIError):
            raise
        _fail(database.database_problem(error))


def _fail(message: str) -> NoReturn:
    err.print(f"[bold red]Error:[/] {escape(masked(message))}", markup=True)
    sys.exit(1)
