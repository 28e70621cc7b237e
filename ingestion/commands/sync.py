"""`debrief sync`, `debrief docs …` and `debrief index …`."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from connectors.source_edit import source_named
from core import logs
from core.console import LogFormatOption, LogLevelOption, err, out, print_json, progress
from core.database import open_database
from core.settings import load_settings
from core.spreadsheet import csv_text
from ingestion.report import COLUMNS, report
from ingestion.state import Counts, DocumentRecord, SyncRun, SyncState
from ingestion.sync.explain import explain
from ingestion.sync.open import open_sync
from ingestion.sync.rollback import roll_back
from ingestion.sync.source_sync import SyncOptions
from ingestion.sync.sync import sync_sources
from retrieval.engines import open_generations

docs_app = typer.Typer(no_args_is_help=True, help="What became of the documents, and why.")
index_app = typer.Typer(no_args_is_help=True, help="The index's generations.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of the write path."""
    app.command("sync")(sync)
    app.add_typer(docs_app, name="docs")
    app.add_typer(index_app, name="index")


def sync(
    sources: Annotated[list[str] | None, typer.Argument(help="Sources to sync; none named: all.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Fetch and write everything again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    confirm_deletes: Annotated[bool, typer.Option("--confirm-deletes", help="Delete even very many.")] = False,
    as_json: AsJson = False,
    *,
    log_format: LogFormatOption = "text",
    log_level: LogLevelOption = "warning",
) -> None:
    """Brings the index up to date with the sources. Exit code 1 if a source failed."""
    logs.set_up(log_format, log_level)
    options = SyncOptions(full=full, dry_run=dry_run, confirm_deletes=confirm_deletes)
    with open_sync(load_settings(), sources or [], options) as (context, pairs), progress() as bar:
        tasks = {source.name: bar.add_task(source.name, total=None, rate="") for source, _ in pairs}

        def show(source: str, counts: Counts) -> None:
            rate = f"{counts.chunks} chunks, {counts.chunks / max(counts.seconds, 0.1):.0f}/s"
            bar.update(tasks[source], completed=counts.seen, total=counts.total or None, rate=rate)

        context.on_progress = show
        # The first Ctrl-C ends the sync at the next batch with all that was done kept; a second one ends at once.
        previous = signal.signal(signal.SIGINT, lambda *_: _stop(context.stop))
        try:
            runs = sync_sources(context, pairs)
        finally:
            signal.signal(signal.SIGINT, previous)
        failed = {run.source: _failures(context.state, run) for run in runs}
    if as_json:
        print_json({"runs": runs, "failures": [record for records in failed.values() for record in records]})
    else:
        _print_runs(runs, failed, dry_run)
    if any(run.state == "FAILED" for run in runs):
        raise typer.Exit(1)


def _stop(event: threading.Event) -> None:
    event.set()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    err.print("Stopping after this batch; press Ctrl-C again to stop at once.")


def _failures(state: SyncState, run: SyncRun) -> list[DocumentRecord]:
    return [record for record in state.records(run.source) if record.reason and record.run_id == run.id]


def _print_runs(runs: list[SyncRun], failed: dict[str, list[DocumentRecord]], dry_run: bool) -> None:
    title = "What a sync would change" if dry_run else None
    table = Table(title=title, box=None, pad_edge=False, header_style="bold")
    for name in (
        "source",
        "state",
        "seen",
        "added",
        "modified",
        "access",
        "deleted",
        "failed",
        "chunks",
        "embedded",
        "s",
    ):
        table.add_column(name, justify="left" if name in ("source", "state") else "right")
    for run in runs:
        c = run.counts
        numbers = (c.seen, c.added, c.modified, c.access_only, c.deleted, c.failed, c.chunks, c.embedded)
        table.add_row(run.source, run.state, *map(str, numbers), f"{c.seconds:.1f}")
    out.print(table)
    for run in runs:
        if run.message:
            out.print(f"{run.source}: {run.message}")
        for record in failed[run.source]:
            if record.outcome in ("failed", "held", "dropped") or record.reason.startswith("The version of"):
                out.print(f"  {record.outcome}  {record.id}: {record.reason}")


@docs_app.command("list")
def list_documents(
    text: Annotated[str, typer.Argument(help="Part of an id or title.")] = "",
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    outcome: Annotated[str | None, typer.Option(help="indexed, held, dropped, failed or deleted.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lists documents with what became of them."""
    records = SyncState(open_database(load_settings())).records(source, outcome, text)
    if as_json:
        print_json({"documents": [_plain(record) for record in records]})
        return
    for record in records:
        out.print(f"{record.outcome:8} {record.vetting or '-':10} {record.id}  {record.reason}")
    err.print(f"{len(records)} documents: {_tally(record.outcome for record in records)}")


@docs_app.command("report")
def report_documents(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    run: Annotated[int | None, typer.Option(help="Only what this run was the last to touch.")] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Only documents with something to do.")] = False,
    export: Annotated[Path | None, typer.Option("--csv", help="Write the report to this CSV file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Says of each document: crawled, indexed, who may read it, metadata, why, and what to do."""
    settings = load_settings()
    if source is not None:
        source_named(settings, source)
    lines = report(SyncState(open_database(settings)).records(source, run=run))
    lines = [line for line in lines if line.remedy or not problems]
    if export is not None:
        export.write_text(csv_text(COLUMNS, (line.row() for line in lines)), encoding="utf-8", newline="")
        err.print(f"Wrote {len(lines)} documents to {export}.")
    elif as_json:
        print_json({"documents": lines})
    else:
        for line in lines:
            out.print(f"{line.id}  crawled: {line.crawled}; indexed: {line.indexed}; {line.metadata}; {line.access}")
            if line.reason or line.remedy:
                out.print(f"  {line.reason} {line.remedy}".rstrip())
        err.print(f"{len(lines)} documents, {sum(bool(line.remedy) for line in lines)} with something to do.")


@docs_app.command("explain")
def explain_document(
    document: Annotated[str, typer.Argument(help="A document's id, address, or part of its title.")],
    as_json: AsJson = False,
) -> None:
    """Says why a document is found or not: outcome, reason, rules that fired, vetting, access."""
    settings = load_settings()
    records = explain(SyncState(open_database(settings)), document, settings.sources)
    if as_json:
        print_json({"documents": [_plain(record) for record in records]})
        return
    for record in records:
        out.print(f"[bold]{record.id}[/]  {record.title}", markup=True)
        out.print(f"  outcome    {record.outcome}, {record.chunks} chunks. {record.reason}")
        out.print(f"  vetting    {record.vetting or 'not vetted'}. {' '.join(record.lacks)}")
        out.print(f"  rules      {', '.join(record.fired) or 'none fired'}")
        out.print(f"  may read   {', '.join(record.allow) or 'nobody: it has no access list'}")
        out.print(f"  may not    {', '.join(record.deny) or '-'}")
        out.print(f"  repeats    {record.duplicate_of or '-'}")
        out.print(f"  attributes {', '.join(f'{k}={v}' for k, v in sorted(record.attributes.items()))}")
        for warning in record.warnings:
            out.print(f"  warning    {warning}")


@docs_app.command("vet")
def vet_documents(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    export: Annotated[Path | None, typer.Option("--csv", help="Write the list to this CSV file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lists the documents that aren't vetted, with what each lacks, for their owners to work off."""
    records = [
        record
        for record in SyncState(open_database(load_settings())).records(source)
        if record.outcome in ("indexed", "held") and record.vetting != "vetted"
    ]
    rows = [
        (record.vetting, str(record.attributes.get("owner", "")), record.id, record.title, " ".join(record.lacks))
        for record in records
    ]
    header = ("vetting", "owner", "id", "title", "lacks")
    if export is not None:
        export.write_text(csv_text(header, rows), encoding="utf-8", newline="")
        err.print(f"Wrote {len(rows)} documents to {export}.")
    elif as_json:
        print_json({"documents": [dict(zip(header, row, strict=True)) for row in rows]})
    else:
        for vetting, owner, document, _, lacks in rows:
            out.print(f"{vetting:10} {owner or '(no owner)':30} {document}: {lacks}")
        err.print(f"{len(rows)} documents aren't vetted: {_tally(row[0] for row in rows)}")


@index_app.command("history")
def index_history(as_json: AsJson = False) -> None:
    """Lists the index's generations, newest first; the one that serves is marked."""
    generations = open_generations(load_settings())
    infos = generations.history()
    if as_json:
        print_json({"current": generations.current, "generations": infos})
        return
    for info in infos:
        mark = "*" if info == generations.current else " "
        out.print(
            f"{mark} {info.name}  {info.created_at}  {info.documents} documents, {info.chunks} chunks  {info.note}"
        )


@index_app.command("rollback")
def index_rollback(
    generation: Annotated[
        str, typer.Argument(help="A generation of `debrief index history`; default: the previous.")
    ] = "",
) -> None:
    """Lets an older generation serve again, with today's access lists; `debrief sync --full` renews its texts."""
    settings = load_settings()
    done = roll_back(settings, SyncState(open_database(settings)), generation or None)
    out.print(
        f"The texts of {done.generation.name} of {done.generation.created_at} serve now: {done.kept} documents with "
        f"today's access lists; {done.removed} that are gone since stay out. To renew the texts: debrief sync --full"
    )


@index_app.command("gc")
def index_gc() -> None:
    """Removes old generations and what a crash left behind."""
    removed = open_generations(load_settings()).gc()
    out.print(
        f"Removed {len(removed)} generations: {', '.join(removed)}." if removed else "There was nothing to remove."
    )


def _plain(record: DocumentRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__ if name != "signature"}


def _tally(values: Iterable[str]) -> str:
    counts = Counter(values)
    return ", ".join(f"{count} {value}" for value, count in counts.most_common()) or "none"
