"""How a source stands: pure, from its settings and what is known of its last runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Health = Literal["ok", "degraded", "late", "failing", "never synced", "by hand", "paused"]

# A scheduled sync that is this late is worth a word; before, it may just be running.
_GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class LastRuns:
    """What the state knows of a source. Times are UTC.

    Attributes:
        state: Of the newest finished run: SUCCEEDED, INCOMPLETE, FAILED, STOPPED or ABORTED; empty if there is none.
        succeeded_at: When a run last went through (SUCCEEDED or INCOMPLETE).
        paused: Whether the settings leave it out of syncs.
        due_at: When the schedule wanted the run after that one; None without a schedule.
    """

    state: str = ""
    succeeded_at: datetime | None = None
    due_at: datetime | None = None
    message: str = ""
    documents: int = 0
    failed: int = 0
    paused: bool = False


@dataclass(frozen=True)
class HealthRow:
    """One line of `debrief sources`.

    Attributes:
        lag: How old the newest synced state is; None before the first sync.
    """

    source: str
    kind: str
    health: Health
    last_sync: datetime | None
    lag: timedelta | None
    documents: int
    failed: int
    message: str


def health_row(source: str, kind: str, runs: LastRuns, now: datetime) -> HealthRow:
    """How the source stands at `now`, and what to do about it."""
    health, message = _judged(source, runs, now)
    lag = None if runs.succeeded_at is None else max(now - runs.succeeded_at, timedelta())
    return HealthRow(source, kind, health, runs.succeeded_at, lag, runs.documents, runs.failed, message)


def _judged(source: str, runs: LastRuns, now: datetime) -> tuple[Health, str]:
    if runs.paused:
        return "paused", f"No sync reads it; run: debrief sources resume {source}"
    if not runs.state:
        return "never synced", f"Run: debrief sync {source}"
    if runs.state in ("FAILED", "ABORTED"):
        return "failing", runs.message or f"Its last run {runs.state.lower()}; run: debrief sources test {source}"
    if runs.due_at is not None and now - runs.due_at > _GRACE:
        return "late", f"It was due at {runs.due_at:%Y-%m-%d %H:%M} UTC; is `debrief serve` running?"
    if runs.state in ("INCOMPLETE", "STOPPED") or runs.failed:
        return "degraded", runs.message or f"{runs.failed} documents failed; see: debrief docs list --outcome failed"
    return ("ok" if runs.due_at is not None else "by hand"), ""


def lag_text(lag: timedelta | None) -> str:
    """A duration as people say it: "5 min", "3 h", "2 d"; a dash for None."""
    if lag is None:
        return "–"
    minutes = int(lag.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1_440} d"
