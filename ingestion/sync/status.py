"""How each source stands: its last run, when it last succeeded, and what became of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from core.settings import SourceSettings
from ingestion.state import SyncRun, SyncState, documents, runs


@dataclass(frozen=True)
class SourceStatus:
    """One source, as of its last run.

    Attributes:
        last: Its newest run; None before the first.
        succeeded_at: When a run of it last ended well, UTC.
        outcomes: How many documents ended how.
    """

    settings: SourceSettings
    last: SyncRun | None = None
    succeeded_at: datetime | None = None
    outcomes: dict[str, int] = field(default_factory=dict)


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
