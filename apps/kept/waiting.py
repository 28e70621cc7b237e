"""Runs that wait for a person: kept with the app as it was and all that it had read, until the answers come.

    keep_waiting(engine, run, result)
    app, result = waiting_run(engine, run, user)        # then apps.runner.resume(app, result, answers, context)

What is kept is the person's own and goes with the run's result: it is shown to nobody else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from apps.language import App, AppFile
from apps.language.expressions import OWN_PHRASES, Skipped
from apps.language.spec import Input
from apps.run import SourceQuote
from apps.runner import RunResult
from core.database import Engine, Json, metadata
from core.errors import AppError
from core.types import User

waiting = sa.Table(
    "app_runs_waiting",
    metadata,
    sa.Column("run", sa.ForeignKey("app_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("app", Json, nullable=False),
    sa.Column("state", Json, nullable=False),
)
_FILES = TypeAdapter(AppFile)
_QUESTIONS = TypeAdapter(tuple[Input, ...])
# Values that JSON hasn't stand under this key as (what, value).
_KIND = "$kind"


def keep_waiting(engine: Engine, run: str, result: RunResult) -> None:
    """Keeps a run that asks a person. Raises AppError when a step gave something that can't be kept."""
    assert result.asked_by is not None
    state = {
        "asks": _QUESTIONS.dump_python(result.asks, mode="json", by_alias=True),
        "asks_in": result.asks_in,
        "values": {k: packed(v) for k, v in (result.values or {}).items() if k != OWN_PHRASES},
        "evidence": [asdict(e) for e in result.evidence],
        "notes": list(result.notes),
        "seconds": result.seconds,
        "tokens": result.tokens,
        "error": result.error,
        "until": None if result.asks_until is None else result.asks_until.isoformat(),
        "otherwise": packed(result.otherwise),
    }
    written = result.asked_by.model_dump(mode="json", by_alias=True)
    with engine.begin() as connection:
        connection.execute(waiting.insert().values(run=run, app=written, state=state))


def waiting_run(engine: Engine, run: str, user: User) -> tuple[App, RunResult]:
    """The app as it was when the run stopped, and the run so far.

    Raises:
        AppError: it isn't this person's, waits for nothing, or was made by a Debrief whose apps were other.
    """
    runs = metadata.tables["app_runs"]
    query = sa.select(waiting).join(runs, runs.c.id == waiting.c.run)
    with engine.connect() as connection:
        row = connection.execute(query.where((waiting.c.run == run) & (runs.c.user == user.email))).first()
    if row is None:
        raise AppError(
            f"No run {run!r} of {user.email} waits for an answer; `debrief apps waiting` lists those that do."
        )
    state = row.state
    try:
        app, asks = App.model_validate(row.app), _QUESTIONS.validate_python(state["asks"])
    except ValueError as error:
        raise AppError(f"The run {run} was made by another version of Debrief; run the app again.") from error
    return app, RunResult(
        app=app.name,
        version=app.version,
        status="waiting",
        evidence=tuple(SourceQuote(**e) for e in state["evidence"]),
        notes=tuple(state["notes"]),
        seconds=state["seconds"],
        tokens=state["tokens"],
        error=state["error"],
        values={k: unpacked(v) for k, v in state["values"].items()},
        asks=asks,
        asks_in=state["asks_in"],
        otherwise=unpacked(state.get("otherwise", {})),
    )


def overdue_runs(engine: Engine, now: datetime) -> list[tuple[str, str]]:
    """(run, whose) of the runs that nobody has answered in time, the oldest first."""
    runs = metadata.tables["app_runs"]
    wanted = sa.select(waiting.c.run, waiting.c.state, runs.c.user).join(runs, runs.c.id == waiting.c.run)
    with engine.connect() as connection:
        rows = connection.execute(wanted.order_by(runs.c.started_at)).all()
    return [(r.run, r.user) for r in rows if (until := r.state.get("until")) and datetime.fromisoformat(until) <= now]


def packed(value: Any) -> Any:
    """The value as JSON. Raises AppError when it is none that a run has."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Skipped():
            return {_KIND: ["skipped", list(value)]}
        case Mapping():
            return {str(key): packed(part) for key, part in value.items()}
        case list() | tuple():
            return [packed(part) for part in value]
        case bytes():
            return {_KIND: ["bytes", base64.b64encode(value).decode()]}
        case datetime() | date():
            return value.isoformat()
        case AppFile():
            return {_KIND: ["file", _FILES.dump_python(value, mode="json")]}
    raise AppError(f"The run can't wait: a step gave a {type(value).__name__}, which can't be kept; ask before it.")


def unpacked(value: Any) -> Any:
    """The value that `packed` made JSON of."""
    if isinstance(value, list):
        return [unpacked(part) for part in value]
    if not isinstance(value, dict):
        return value
    match value.get(_KIND):
        case ["skipped", fields]:
            return Skipped(tuple(fields))
        case ["bytes", text]:
            return base64.b64decode(text)
        case ["file", file]:
            return _FILES.validate_python(file)
    return {key: unpacked(part) for key, part in value.items()}
