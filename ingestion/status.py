"""How each source stands: its last run, when it last succeeded, and what became of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from core.settings import SourceSettings
from ingestion.schedule import trigger_for
from ingestion.state import Run, SyncState, documents, runs, utc_now

# A daily sync that is an hour overdue is late; before that it may be running or waiting for another one.
_GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class SourceStatus:
    """One source, as of its last run.

    Attributes:
        last: Its newest run; None before the first.
        succeeded_at: When a run of it last ended well, UTC.
        outcomes: How many documents ended how.
    """

    settings: SourceSettings
    last: Run | None = None
    succeeded_at: datetime | None = None
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def lag(self) -> timedelta | None:
        """How long ago it last succeeded; None if it never did."""
        return None if self.succeeded_at is None else utc_now() - self.succeeded_at

    def health(self, file: Path) -> str:
        """ "ok", or what is wrong in a few words: never synced, failed, syncing, incomplete, late.

        Args:
            file: The settings file, for the message about a wrong schedule.
        """
        if self.last is None:
            return "never synced"
        if self.last.state in ("SYNCING", "FAILED", "STOPPED", "ABORTED"):
            return self.last.state.lower()
        if self.settings.schedule and self.last.finished_at is not None:
            due = trigger_for(self.settings, file).get_next_fire_time(None, self.last.finished_at.replace(tzinfo=UTC))
            if due is not None and datetime.now(UTC) - due > _GRACE:
                return "late"
        return "incomplete" if self.last.state == "INCOMPLETE" else "ok"


def statuses(engine: sa.Engine, sources: Sequence[SourceSettings]) -> list[SourceStatus]:
    """Every configured source, in the order of the settings."""
    state = SyncState(engine)
    counted = sa.select(documents.c.source, documents.c.outcome, sa.func.count()).group_by(
        documents.c.source, documents.c.outcome
    )
    ended = sa.select(runs.c.source, sa.func.max(runs.c.finished_at)).where(runs.c.state == "SUCCEEDED")
    with engine.connect() as connection:
        outcomes: dict[str, dict[str, int]] = {}
        for source, outcome, count in connection.execute(counted):
            outcomes.setdefault(source, {})[outcome] = count
        succeeded = {row.source: row[1] for row in connection.execute(ended.group_by(runs.c.source))}
    found = []
    for source in sources:
        last = next(iter(state.runs(source.name, limit=1)), None)
        found.append(SourceStatus(source, last, succeeded.get(source.name), outcomes.get(source.name, {})))
    return found
