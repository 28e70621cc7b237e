"""Sources and their syncs, for administrators: how each stands, what a run did with which document, starting one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from core.errors import QuestionError, SettingsError
from ingestion.documents import OUTCOMES, late_by
from ingestion.state import SyncRun, SyncState
from ingestion.sync.alive import abort_dead_runs
from ingestion.sync.open import choose_sources
from ingestion.sync.process import SyncProcess, start_sync
from ingestion.sync.status import SourceStatus, standing, statuses
from service import operation_models as m
from service import shapes
from service.models import Page
from service.parts import Parts
from service.problems import Conflict, NotFound, responses
from service.routes.common import Cursor, IdempotencyKey, Limit, Operating, With, of_admin, router

routes = router("syncs")
_MOST = 1_000
# So long a process may take until it has begun, or said why it doesn't.
_BEGINS_S, _LOOK_S = 20.0, 0.1
_OUTCOMES = "|".join(OUTCOMES)


@routes.get("/sources")
def sources(caller: Operating, parts: With, cursor: Cursor = "", limit: Limit = 50) -> Page[m.SourceOut]:
    """The sources, and how each stands; for administrators."""
    of_admin(caller, parts)
    abort_dead_runs(parts.settings, parts.engine)
    found = statuses(parts.engine, parts.settings.sources)
    part, more = shapes.page_of(found, lambda s: s.settings.name, cursor, limit)
    return Page(items=[_source(s, parts) for s in part], next=more)


@routes.get("/sync-runs")
def sync_runs(
    caller: Operating, parts: With, source: str = "", cursor: Cursor = "", limit: Limit = 50
) -> Page[m.SyncRunOut]:
    """The syncs of the sources, the newest first; for administrators."""
    of_admin(caller, parts)
    found = SyncState(parts.engine).runs(source or None, _MOST)
    part, more = shapes.page_of(found, lambda r: str(r.id), cursor, limit)
    return Page(items=[_run(r) for r in part], next=more)


@routes.post("/sync-runs", status_code=202, responses=responses(404, 409))
def start(body: m.SyncIn, caller: Operating, parts: With, idempotency_key: IdempotencyKey = "") -> m.SyncStarted:
    """Starts a sync, one at a time; for administrators. Its runs tell how it goes on."""
    user = of_admin(caller, parts)
    try:
        chosen = [source.name for source in choose_sources(parts.settings, body.sources)]
    except SettingsError as error:
        raise QuestionError(str(error)) from error
    abort_dead_runs(parts.settings, parts.engine)
    standing_now = statuses(parts.engine, parts.settings.sources)
    if busy := [s.settings.name for s in standing_now if s.last is not None and s.last.state == "SYNCING"]:
        raise Conflict(f"A sync of {', '.join(busy)} is running already; wait for its end.")
    before = next((run.id for run in SyncState(parts.engine).runs(limit=1)), 0)
    process = start_sync(parts.settings, parts.engine, body.sources, user)
    return m.SyncStarted(sources=chosen, runs=[_run(r) for r in _begun(process, before, parts)])


@routes.get("/sync-runs/{run}", responses=responses(404))
def sync_run(run: int, caller: Operating, parts: With) -> m.SyncRunOut:
    """One sync of one source; for administrators."""
    of_admin(caller, parts)
    abort_dead_runs(parts.settings, parts.engine)
    return _run(_one(run, parts))


@routes.get("/sync-runs/{run}/documents", responses=responses(404))
def report(
    run: int,
    caller: Operating,
    parts: With,
    outcome: Annotated[str, Query(pattern=f"^({_OUTCOMES})?$", description="Only documents that ended so.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[m.SyncDocumentOut]:
    """What became of each document that this run was the last to touch; for administrators."""
    of_admin(caller, parts)
    found = SyncState(parts.engine).records(source=_one(run, parts).source, outcome=outcome or None, run=run)
    part, more = shapes.page_of(found, lambda d: d.id, cursor, limit)
    items = [
        m.SyncDocumentOut(
            id=d.id, title=d.title, url=d.url, outcome=d.outcome, reason=d.reason, warnings=list(d.warnings),
            chunks=d.chunks, changed_at=d.changed_at,
        )
        for d in part
    ]  # fmt: skip
    return Page(items=items, next=more)


def _begun(process: SyncProcess, before: int, parts: Parts) -> Sequence[SyncRun]:
    """The runs that have begun since. Raises Conflict: the process has ended without syncing, and says why."""
    end = time.monotonic() + _BEGINS_S
    while time.monotonic() < end:
        running = process.running
        if problem := process.problem():
            raise Conflict(problem)
        found = [run for run in SyncState(parts.engine).runs(limit=_MOST) if run.id > before]
        if found or not running:
            return found
        time.sleep(_LOOK_S)
    return ()


def _one(run: int, parts: Parts) -> SyncRun:
    found = next((r for r in SyncState(parts.engine).runs(limit=_MOST) if r.id == run), None)
    if found is None:
        raise NotFound(f"There is no sync run {run} among the last {_MOST:,}; /api/v1/sync-runs lists them.")
    return found


def _source(status: SourceStatus, parts: Parts) -> m.SourceOut:
    now, last = datetime.now(UTC), status.last
    try:
        stands, told = standing(status, late_by(status, parts.settings.file, now), now)
    except SettingsError as error:
        stands, told = "wrong schedule", str(error)  # type: ignore[assignment]
    return m.SourceOut(
        name=status.settings.name, kind=status.settings.kind, schedule=status.settings.schedule, standing=stands,
        told=told, syncing=last is not None and last.state == "SYNCING", succeeded_at=status.succeeded_at,
        failing_since=status.failing_since, outcomes=status.outcomes, last_run=last.id if last is not None else None,
    )  # fmt: skip


def _run(run: SyncRun) -> m.SyncRunOut:
    return m.SyncRunOut(
        id=run.id, source=run.source, state=run.state, started_at=run.started_at, finished_at=run.finished_at,
        counts=asdict(run.counts), message=run.message,
    )  # fmt: skip
