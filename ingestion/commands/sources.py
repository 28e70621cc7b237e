"""`debrief sources`: each source with its last sync, counts, lag and health."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer
from rich.table import Table

from connectors.commands import sources_app
from connectors.health import HealthRow, LastRuns, health_row, lag_text
from core.console import out, print_json
from core.database import open_database, utc_now
from core.settings import Settings, SourceSettings, load_settings
from ingestion.state import SyncState
from ingestion.sync.schedule import trigger_for
from ingestion.sync.status import how_far, seen_before

_COLOURS = {"ok": "green", "by hand": "green", "failing": "red", "late": "red"}


def register(app: typer.Typer) -> None:
    """Adds the list, which is also what `debrief sources` does by itself."""
    sources_app.callback(invoke_without_command=True)(sources)
    sources_app.command("list")(list_sources)


def sources(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Lists the sources, and adds, tests, changes, pauses and resumes one."""
    if context.invoked_subcommand is None:
        _list(as_json)


def list_sources(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Lists the sources, as `debrief sources` does by itself."""
    _list(as_json)


def _list(as_json: bool) -> None:
    settings = load_settings()
    state = SyncState(open_database(settings))
    rows = [source_health(source, settings, state) for source in settings.sources]
    if as_json:
        print_json({"sources": rows})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("source", "kind", "health", "last sync (UTC)", "lag", "documents", "failed"):
        table.add_column(name, justify="right" if name in ("lag", "documents", "failed") else "left")
    for row in rows:
        last = f"{row.last_sync:%Y-%m-%d %H:%M}" if row.last_sync else "never"
        health = f"[{_COLOURS.get(row.health, 'yellow')}]{row.health}[/]"
        table.add_row(row.source, row.kind, health, last, lag_text(row.lag), str(row.documents), str(row.failed))
    out.print(table)
    for row in rows:
        if row.message:
            out.print(f"{row.source}: {row.message}")
    for run in state.runs():
        if run.state == "SYNCING":
            out.print(f"{run.source} is being synced: {how_far(run, seen_before(state, run.source))}.")


def source_health(source: SourceSettings, settings: Settings, state: SyncState) -> HealthRow:
    """How one source stands, from its runs and documents."""
    runs = [run for run in state.runs(source.name) if run.state != "SYNCING"]
    good = next((run for run in runs if run.state in ("SUCCEEDED", "INCOMPLETE")), None)
    succeeded_at = good.finished_at if good is not None else None
    due_at = None
    if source.schedule and succeeded_at is not None:
        due = trigger_for(source, settings.file).get_next_fire_time(None, succeeded_at)
        due_at = due.astimezone(UTC) if due is not None else None
    known = state.records(source.name)
    last = LastRuns(
        paused=source.paused,
        state=runs[0].state if runs else "",
        succeeded_at=succeeded_at,
        due_at=due_at,
        message=runs[0].message if runs else "",
        documents=sum(record.outcome == "indexed" for record in known),
        failed=sum(record.outcome == "failed" for record in known),
    )
    return health_row(source.name, source.kind, last, utc_now())
