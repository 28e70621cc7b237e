"""The write path: connector.changes → parse → enrich → vet → chunk → embed → index.replace → state.commit.

Work goes in stretches (`ingestion/sync/commit.py`), so that whatever stops the process loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from core.errors import DebriefError
from core.identity import save_memberships
from core.settings import SourceSettings
from core.types import Connector, Cursor
from ingestion.enrich.relations import related
from ingestion.state import Counts, DocumentRecord, RunState, SyncRun
from ingestion.sync.agreement import bring_together
from ingestion.sync.commit import SyncCommit
from ingestion.sync.source_sync import SourceSync, SyncContext

log = logging.getLogger(__name__)


def sync_sources(
    context: SyncContext, pairs: Sequence[tuple[SourceSettings, Connector | DebriefError]]
) -> list[SyncRun]:
    """Syncs the sources one after the other; one that fails doesn't stop the others.

    Args:
        pairs: Each source with its connector, or with the error that opening it raised. When the generation has
            to be rebuilt (another embedding model, chunking or rules), these must be all sources.
    """
    if context.generations.current is None and not context.options.dry_run:
        # The state may be older than a deleted data folder; without an index it says nothing true.
        context.state.reset()
    rebuild = context.generations.needs_rebuild()
    stretch = SyncCommit(context.state, context.generations, rebuild)
    cursors: dict[str, Cursor | None] = {}
    finished: list[tuple[SyncRun, RunState, Counts, str]] = []
    try:
        if not context.options.dry_run:
            bring_together(context.state, context.generations, stretch, rebuild)
        with ThreadPoolExecutor(context.parse_workers, thread_name_prefix="prepare") as executor:
            for source, connector in pairs:
                run = context.state.start(source.name)
                if isinstance(connector, DebriefError):
                    finished.append((run, "FAILED", Counts(), str(connector)))
                elif context.stop.is_set():
                    finished.append((run, "STOPPED", Counts(), "Stopped on request before this source began."))
                else:
                    part = SourceSync(context, source, connector, stretch, rebuild)
                    state, message = part.run(run, executor, publish_often=not rebuild)
                    finished.append((run, state, part.counts, message))
                    cursors[source.name] = part.cursor
                    if not rebuild and not context.options.dry_run:
                        stretch.publish({source.name: part.cursor}, f"sync {source.name}")
        if not context.options.dry_run:
            finished = _close(context, stretch, rebuild, cursors, finished)
    finally:
        stretch.discard()
    return [_finished(context, *parts) for parts in finished]


def _finished(context: SyncContext, run: SyncRun, state: RunState, counts: Counts, message: str) -> SyncRun:
    level = logging.ERROR if state == "FAILED" else logging.INFO
    values = {"source": run.source, "state": state, "seconds": counts.seconds, "reason": message}
    log.log(level, "sync of %(source)s: %(state)s after %(seconds).1f s %(reason)s", values)
    return context.state.finish(run, state, counts, message)


def _close(
    context: SyncContext,
    stretch: SyncCommit,
    rebuild: bool,
    cursors: dict[str, Cursor | None],
    finished: list[tuple[SyncRun, RunState, Counts, str]],
) -> list[tuple[SyncRun, RunState, Counts, str]]:
    """Publishes a rebuilt generation if every source is in it, and brings relations up to date."""
    broken = [run.source for run, state, _, _ in finished if state in ("FAILED", "STOPPED")]
    if rebuild and broken and context.generations.current is not None:
        kept = f"The rebuilt index was not published, since {', '.join(broken)} is missing in it; the old one serves."
        return [(run, "FAILED", counts, f"{message} {kept}".strip()) for run, _, counts, message in finished]
    _forget_removed_sources(context, stretch)
    _relate(context, stretch)
    final: dict[str, Cursor | None] = dict.fromkeys(stretch.records)
    stretch.publish({**final, **(cursors if rebuild else {})}, "sync")
    return finished


def _forget_removed_sources(context: SyncContext, stretch: SyncCommit) -> None:
    for source in context.state.sources() - context.configured:
        ids = sorted(context.state.present(source))
        stretch.writer.index.delete(ids)
        for record in context.state.known(ids).values():
            reason = f"The source {source} is no longer in the settings."
            stretch.remember(replace(record, outcome="deleted", reason=reason, chunks=0, delete_pending=False))
        save_memberships(context.engine, source, {})


def _relate(context: SyncContext, stretch: SyncCommit) -> None:
    today = datetime.now(UTC)
    pending = {i: record for group in stretch.records.values() for i, record in group.items()}
    if not pending and context.state.relations_current(today):
        return

    def records() -> Iterator[DocumentRecord]:
        yield from (pending.get(record.id, record) for record in context.state.indexed())
        committed = context.state.known(pending)
        yield from (record for i, record in sorted(pending.items()) if i not in committed)

    def indexed() -> Iterator[DocumentRecord]:
        return (record for record in records() if record.chunks)

    for record in related(indexed, context.preparation.rules.vetting, today):
        stretch.writer.index.set_metadata(record.id, record.attributes)
        stretch.remember(record)
    context.state.mark_related(today)
