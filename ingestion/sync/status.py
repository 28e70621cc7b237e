"""How each source stands: its last run, when it last succeeded, and what became of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from core.settings import SourceSettings
from ingestion.state import SyncRun, SyncState, documents, runs

Standing = Literal["good", "partly", "late", "failing", "paused", "new"]


@dataclass(frozen=True)
class SourceStatus:
    """One source, as of its last run.

    Attributes:
        last: Its newest run; None before the first.
        succeeded_at: When a run of it last ended well, UTC.
        copied_at: When a run last brought what the source had, but for documents that failed.
        failing_since: When the first run began that has failed since then; None unless the last one failed.
        outcomes: How many documents ended how.
        seen_before: How many items its last run that went through looked at.
    """

    settings: SourceSettings
    last: SyncRun | None = None
    succeeded_at: datetime | None = None
    copied_at: datetime | None = None
    failing_since: datetime | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    seen_before: int = 0


def statuses(engine: sa.Engine, sources: Sequence[SourceSettings]) -> list[SourceStatus]:
    """Every configured source, in the order of the settings."""
    counted = sa.select(documents.c.source, documents.c.outcome, sa.func.count()).group_by(
        documents.c.source, documents.c.outcome
    )
    with engine.connect() as connection:
        outcomes: dict[str, dict[str, int]] = {}
        for source, outcome, count in connection.execute(counted):
            outcomes.setdefault(source, {})[outcome] = count
        succeeded = _last_ended(connection, ("SUCCEEDED",))
        copied = _last_ended(connection, ("SUCCEEDED", "INCOMPLETE"))
    state = SyncState(engine)
    return [
        SourceStatus(
            source,
            next(iter(state.runs(source.name, limit=1)), None),
            succeeded.get(source.name),
            copied.get(source.name),
            _failing_since(engine, source.name, copied.get(source.name)),
            outcomes.get(source.name, {}),
            seen_before(state, source.name),
        )
        for source in sources
    ]


def standing(status: SourceStatus, late: timedelta | None, now: datetime) -> tuple[Standing, str]:
    """How the source stands, in words that a person can act on.

    Args:
        late: How long a scheduled sync is overdue.
    """
    copy = f"last good copy {age(now - status.copied_at)}" if status.copied_at else "there is no copy yet"
    if status.last is not None and status.last.state == "SYNCING":
        copy = f"{how_far(status.last, status.seen_before)}; {copy}"
    if status.settings.paused:
        return "paused", f"paused, {copy}"
    if status.failing_since is not None:
        return "failing", f"failed since {_moment(status.failing_since, now)}, {copy}"
    if status.copied_at is None:
        return "new", "not yet synced"
    if late is not None:
        return "late", f"late by {age(late, '')}, {copy}"
    if status.outcomes.get("failed"):
        failed = status.outcomes["failed"]
        return "partly", f"{failed:,} document{'s' * (failed > 1)} couldn't be read, {copy}"
    return "good", ("on time, " if status.settings.schedule else "by hand, ") + copy


def how_far(run: SyncRun, before: int) -> str:
    """How far a run is that goes on, and when it will be done, as far as that can be told.

    Args:
        before: How many items the last run that went through looked at; 0 if there was none.
    """
    seen, seconds = run.counts.seen, run.counts.seconds
    left = remaining(run, before)
    if left is None:
        return f"{seen:,} looked at, the end isn't known" if seen else "just begun"
    total = max(run.counts.total, before)
    return f"{seen:,} of about {total:,} looked at in {age(timedelta(seconds=seconds), '')}, about {age(left, '')} left"


def remaining(run: SyncRun, before: int) -> timedelta | None:
    """How long a run that goes on will take still, at its pace so far; None if that can't be told."""
    seen, seconds = run.counts.seen, run.counts.seconds
    total = max(run.counts.total, before)
    if not seen or not seconds or total <= seen:
        return None
    return timedelta(seconds=seconds * (total - seen) / seen)


def seen_before(state: SyncState, source: str) -> int:
    """How many items the source's last run that went through looked at; 0 if there was none."""
    found = (run for run in state.runs(source) if run.state in ("SUCCEEDED", "INCOMPLETE"))
    last = next(found, None)
    return last.counts.seen if last is not None else 0


def age(lag: timedelta, ending: str = " ago") -> str:
    """A duration as people say it: "30 minutes ago"."""
    minutes = int(lag.total_seconds() // 60)
    if minutes < 1:
        return "just now" if ending else "less than a minute"
    for size, unit in ((2 * 1_440, "day"), (120, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // {"day": 1_440, "hour": 60, "minute": 1}[unit]
            return f"{number} {unit}{'s' * (number > 1)}{ending}"
    raise AssertionError(minutes)


def _moment(at: datetime, now: datetime) -> str:
    today = at.date() == now.date()
    return f"{at:%H:%M} UTC" if today else f"{at:%Y-%m-%d %H:%M} UTC"


def _last_ended(connection: sa.Connection, states: Sequence[str]) -> dict[str, datetime]:
    query = sa.select(runs.c.source, sa.func.max(runs.c.finished_at)).where(runs.c.state.in_(states))
    return {row.source: row[1] for row in connection.execute(query.group_by(runs.c.source)) if row[1]}


def _failing_since(engine: sa.Engine, source: str, copied_at: datetime | None) -> datetime | None:
    """When the first of the failed runs since the last good one began, if the newest that has ended failed."""
    ended = sa.select(runs.c.state, runs.c.started_at).where(runs.c.source == source, runs.c.state != "SYNCING")
    if copied_at is not None:
        ended = ended.where(runs.c.finished_at > copied_at)
    with engine.connect() as connection:
        rows = connection.execute(ended.order_by(runs.c.id)).all()
    if not rows or rows[-1].state not in ("FAILED", "ABORTED"):
        return None
    return next((row.started_at for row in rows if row.state in ("FAILED", "ABORTED")), None)
