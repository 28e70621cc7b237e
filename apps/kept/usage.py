"""How the apps are used: runs, people and minutes saved, by version and by month. Neither inputs nor outputs count."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from apps.kept.runs import runs
from apps.runner import Status
from core.database import Engine


@dataclass(frozen=True, slots=True)
class Usage:
    """What a version was used for: runs, completed ones, people, minutes saved, thumbs."""

    app: str
    version: str
    runs: int
    completed: int
    people: int
    minutes_saved: float
    useful: int
    not_useful: int


@dataclass(frozen=True, slots=True)
class CountedRun:
    """One run of anybody's, as it is counted. `minutes_saved` is what the app says that it saves."""

    app: str
    version: str
    user: str
    started_at: datetime
    status: Status
    minutes_saved: float


@dataclass(frozen=True, slots=True)
class AppMonth:
    """One app's use in one month. `minutes` is what the app says that a completed run saves."""

    app: str
    month: str
    runs: int
    completed: int
    people: int
    minutes: float


def usage(engine: Engine) -> list[Usage]:
    """The use of every version, most used first."""
    completed = sa.func.sum(sa.case((runs.c.status == "completed", 1), else_=0))
    query = sa.select(
        runs.c.app,
        runs.c.version,
        sa.func.count().label("count"),
        completed.label("completed"),
        sa.func.count(sa.distinct(runs.c.user)).label("people"),
        sa.func.sum(runs.c.minutes_saved).label("minutes"),
        sa.func.sum(sa.case((runs.c.rating == 1, 1), else_=0)).label("useful"),
        sa.func.sum(sa.case((runs.c.rating == -1, 1), else_=0)).label("not_useful"),
    ).group_by(runs.c.app, runs.c.version)
    with engine.connect() as connection:
        found = [Usage(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda u: -u.runs)


def runs_since(engine: Engine, since: datetime, limit: int | None = None) -> list[CountedRun]:
    """Everybody's runs from then on, the newest first."""
    c = runs.c
    query = sa.select(c.app, c.version, c.user, c.started_at, c.status, c.minutes_saved).where(c.started_at >= since)
    with engine.connect() as connection:
        return [CountedRun(*row) for row in connection.execute(query.order_by(c.started_at.desc()).limit(limit))]


def app_months(engine: Engine, since: datetime) -> list[AppMonth]:
    """The use of every app by month from then on, the latest month first, most used apps first."""
    grouped: dict[tuple[str, str], list[CountedRun]] = defaultdict(list)
    for run in runs_since(engine, since):
        grouped[f"{run.started_at:%Y-%m}", run.app].append(run)
    found = [
        AppMonth(
            app,
            month,
            len(of_month),
            sum(run.status == "completed" for run in of_month),
            len({run.user for run in of_month}),
            max(run.minutes_saved for run in of_month),
        )
        for (month, app), of_month in grouped.items()
    ]
    return sorted(sorted(found, key=lambda m: -m.runs), key=lambda m: m.month, reverse=True)
