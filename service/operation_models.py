"""The shapes of what administrators see and start: sources, syncs, evaluations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from service.models import Sent


class SourceOut(BaseModel):
    """A source, and how it stands."""

    name: str
    kind: str
    schedule: str
    standing: Literal["good", "partly", "late", "failing", "paused", "new", "wrong schedule"]
    told: str = Field(description="The same in words.")
    syncing: bool
    succeeded_at: datetime | None
    failing_since: datetime | None
    outcomes: dict[str, int] = Field(description="How many of its documents ended how.")
    last_run: int | None = Field(description="/sync-runs/{last_run} tells of it.")


class SyncIn(Sent):
    """Which sources to sync; none named: all that aren't paused."""

    sources: list[str] = Field(default=[], max_length=100)


class SyncRunOut(BaseModel):
    """One sync of one source."""

    id: int
    source: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    counts: dict[str, float]
    message: str


class EvaluationOut(BaseModel):
    """One evaluation: each measure's mean, error and number of cases."""

    id: str
    kind: str
    suite: str
    started_at: datetime
    finished_at: datetime | None
    summary: dict[str, dict[str, float | int | None]]
    verdict: dict[str, Any]


class SyncDocumentOut(BaseModel):
    """What became of one document that a sync has touched, and of no later one."""

    id: str
    title: str
    url: str
    outcome: str
    reason: str
    warnings: list[str]
    chunks: int
    changed_at: datetime


class SyncStarted(BaseModel):
    """A sync that was started; its run may come a moment later, then `runs` is empty."""

    sources: list[str]
    runs: list[SyncRunOut]


class EvaluationIn(Sent):
    """What to run; without a suite the one of the settings, without tags all its cases."""

    suite: str = Field("", max_length=200)
    tags: list[str] = Field(default=[], max_length=50)


class EvaluationStarted(BaseModel):
    """An evaluation that runs now."""

    suite: str
    cases: int
    done: int
    running: bool
    problem: str = Field("", description="Why the last one didn't end well.")
