"""Runs of apps, in the database: what each version was used for, and every person's own results to come back to.

The counts hold neither inputs nor outputs, and stay. A result is kept beside them for the person who ran the app and
nobody else, until that person deletes it or `retention.conversations_days` is over.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from apps.kept.waiting import keep_waiting, waiting
from apps.run import OfferedForm, OutputValue, SourceQuote
from apps.runner import RunResult, Status
from core import audit
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import AppError
from core.types import User

runs = sa.Table(
    "app_runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False, info=personal("anonymise")),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("minutes_saved", sa.Float, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    # 1 useful, -1 not useful, null not said
    sa.Column("rating", sa.Integer, nullable=True),
)
results = sa.Table(
    "app_run_results",
    metadata,
    sa.Column("run", sa.ForeignKey("app_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("inputs", Json, nullable=False),
    sa.Column("outputs", Json, nullable=False),
    sa.Column("evidence", Json, nullable=False),
    sa.Column("notes", Json, nullable=False),
    # NULL in results of a version without actions.
    sa.Column("actions", Json),
)


@dataclass(frozen=True, slots=True)
class PastRun:
    """One line of a person's history.

    Attributes:
        started_at: UTC.
        subject: The first inputs in a few words, such as "Acme AG, purchasing"; empty when nothing was put in.
        rating: 1 useful, -1 not useful, None not said.
    """

    id: str
    app: str
    version: str
    started_at: datetime
    seconds: float
    status: Status
    subject: str
    rating: int | None


def record_run(engine: Engine, result: RunResult, user: User) -> str:
    """Counts a run and keeps its result for `user`; the run's id. Of files that were put in, only the names stay.

    A run that asks a person is kept with all that it needs to go on, as long as it waits.
    """
    run = uuid.uuid4().hex
    with engine.begin() as connection:
        connection.execute(runs.insert().values(id=run, user=user.email, started_at=utc_now(), **_counted(result)))
        connection.execute(results.insert().values(run=run, **_kept(result)))
        _audited(connection, run, result, user)
    if result.status == "waiting":
        keep_waiting(engine, run, result)
    return run


def record_resumed(engine: Engine, run: str, result: RunResult) -> None:
    """Keeps what came of a run that went on, in the place of what it was; one that asks again waits again."""
    with engine.begin() as connection:
        connection.execute(waiting.delete().where(waiting.c.run == run))
        connection.execute(runs.update().where(runs.c.id == run).values(**_counted(result)))
        connection.execute(results.update().where(results.c.run == run).values(**_kept(result)))
    if result.status == "waiting":
        keep_waiting(engine, run, result)


def _audited(connection: sa.Connection, run: str, result: RunResult, user: User) -> None:
    used = list(dict.fromkeys(e.document_id for e in result.evidence if e.document_id))
    facts = {"run": run, "status": result.status, "documents": used}
    audit.append(connection, user, audit.RAN, f"{result.app} {result.version}", result.status, **facts)


def _counted(result: RunResult) -> dict[str, Any]:
    return {
        "app": result.app,
        "version": result.version,
        "seconds": result.seconds,
        "status": result.status,
        "tokens": result.tokens,
        "minutes_saved": result.saved_minutes,
        "error": result.error[:500],
    }


def _kept(result: RunResult) -> dict[str, Any]:
    outputs = [{**asdict(o), "content": base64.b64encode(o.content).decode()} for o in result.outputs]
    return {
        "inputs": dict(result.inputs),
        "outputs": outputs,
        "evidence": [asdict(e) for e in result.evidence],
        "notes": list(result.notes),
        "actions": [asdict(form) for form in result.offers],
    }


def my_runs(engine: Engine, user: User, app: str = "", limit: int = 50) -> list[PastRun]:
    """The person's runs whose results are kept, the latest first; of one app if `app` is given."""
    query = sa.select(runs, results.c.inputs).join(results, results.c.run == runs.c.id)
    query = query.where(runs.c.user == user.email)
    if app:
        query = query.where(runs.c.app == app)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)).all()
    return [
        PastRun(
            row.id,
            row.app,
            row.version,
            row.started_at,
            row.seconds,
            row.status,
            _subject(row.inputs),
            row.rating,
        )
        for row in rows
    ]


class ResultWithheld(AppError):
    """A result that rests on a document that is gone, or that the person may no longer read."""


def stored_result(
    engine: Engine,
    run: str,
    user: User,
    readable: Callable[[Collection[str], User], set[str]] | None = None,
    *,
    owner: str = "",
) -> RunResult:
    """A run's result as it was shown, files included.

    Args:
        readable: Which of some documents a person may read now; without it the result is given as it was.
        owner: Whose run it is, where it was shown to `user` by somebody else.

    Raises:
        AppError: it isn't this person's run, or its result was deleted.
        ResultWithheld: one of its documents isn't readable any more.
    """
    query = sa.select(runs, results).join(results, results.c.run == runs.c.id)
    theirs = sa.func.lower(runs.c.user) == owner.lower() if owner else runs.c.user == user.email
    with engine.connect() as connection:
        row = connection.execute(query.where((runs.c.id == run) & theirs)).first()
    if row is None:
        raise AppError(f"There is no result of a run {run!r} of {user.email}; run the app again.")
    used = {e["document_id"] for e in row.evidence if e["document_id"]}
    closed = len(used - readable(used, user)) if readable is not None else 0
    if closed:
        raise ResultWithheld(
            f"This result isn't shown any more: {closed} of the {len(used)} documents that it rests on are gone, or "
            "closed to you now; run the app again."
        )
    outputs = (
        OutputValue(**{**o, "content": base64.b64decode(o["content"]), "actions": tuple(o["actions"])})
        for o in row.outputs
    )
    inputs = row.inputs
    return RunResult(
        app=row.app,
        version=row.version,
        status=row.status,
        outputs=tuple(outputs),
        evidence=tuple(SourceQuote(**e) for e in row.evidence),
        notes=tuple(row.notes),
        seconds=row.seconds,
        tokens=row.tokens,
        saved_minutes=row.minutes_saved,
        error=row.error,
        inputs=inputs,
        values=inputs,
        offers=tuple(_offer(form) for form in row.actions or ()),
    )


def _offer(kept: Mapping[str, Any]) -> OfferedForm:
    quotes = {name: tuple(SourceQuote(**quote) for quote in found) for name, found in kept["evidence"].items()}
    return OfferedForm(kept["to"], kept["title"], kept["fields"], quotes)


def forget_result(engine: Engine, run: str, user: User) -> None:
    """Deletes what a run was given and gave; that it took place stays counted. Raises AppError: not theirs."""
    mine = sa.select(runs.c.id).where((runs.c.id == run) & (runs.c.user == user.email))
    with engine.begin() as connection:
        connection.execute(waiting.delete().where(waiting.c.run.in_(mine)))
        if connection.execute(results.delete().where(results.c.run.in_(mine))).rowcount == 0:
            raise AppError(f"There is no result of a run {run!r} of {user.email}; delete one of your own.")


def forget_results_older_than(engine: Engine, days: int) -> int:
    """Deletes everybody's results of runs that began before; how many."""
    old = sa.select(runs.c.id).where(runs.c.started_at < utc_now() - timedelta(days=days))
    with engine.begin() as connection:
        connection.execute(waiting.delete().where(waiting.c.run.in_(old)))
        return connection.execute(results.delete().where(results.c.run.in_(old))).rowcount


def rate_run(engine: Engine, run: str, useful: bool, user: User) -> None:
    """Keeps whether a run's result was useful. Raises AppError when it isn't this person's run."""
    mine = (runs.c.id == run) & (runs.c.user == user.email)
    with engine.begin() as connection:
        if connection.execute(runs.update().where(mine).values(rating=1 if useful else -1)).rowcount == 0:
            raise AppError(f"There is no run {run!r} of {user.email}; rate a run of your own.")


def _subject(inputs: Mapping[str, Any], most: int = 80) -> str:
    parts = [", ".join(map(str, v)) if isinstance(v, list) else str(v) for v in inputs.values() if v not in (None, [])]
    text = " ".join(", ".join(parts[:3]).split())
    return text if len(text) <= most else text[: most - 1] + "…"
