"""Every evaluation in one format, kept in the database: sample suites and foreign sets alike.

A run has an environment (all that can change a result), a summary (metric → mean, standard error, n) and, for suites,
one result a case, stored as soon as it is there, so that a broken-off run can be resumed.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.database import Engine, Json, UtcDateTime, metadata, utc_now
from core.errors import DatasetError
from evals.metrics import Measured
from evals.suite.scorers import Score

runs = sa.Table(
    "evaluation_runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("suite", sa.String(300), nullable=False, index=True),
    sa.Column("started_at", UtcDateTime, nullable=False, index=True),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("environment", Json, nullable=False),
    sa.Column("summary", Json, nullable=False),
    sa.Column("verdict", Json, nullable=False),
)
results = sa.Table(
    "evaluation_results",
    metadata,
    sa.Column("run_id", sa.ForeignKey("evaluation_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case_id", sa.String(60), primary_key=True),
    sa.Column("record", Json, nullable=False),
)

State = Literal["scored", "not_run", "error"]
Summary = Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Result:
    """One case of a run.

    Attributes:
        state: "not_run": its source or app isn't here; "error": the system failed.
        message: Why it has no scores.
    """

    case_id: str
    state: State
    question: str = ""
    user: str = ""
    tags: tuple[str, ...] = ()
    expected: str = ""
    outcome: str = ""
    answer: str = ""
    trace_id: str = ""
    message: str = ""
    scores: tuple[Score, ...] = ()

    def value(self, metric: str) -> float | None:
        """The case's value of a metric; None if it has none."""
        return next((s.value for s in self.scores if s.metric == metric), None)


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """One evaluation. `finished_at` is None while it runs, or if it broke off."""

    id: str
    kind: str
    suite: str
    started_at: datetime
    finished_at: datetime | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    summary: Summary = field(default_factory=dict)
    verdict: Mapping[str, Any] = field(default_factory=dict)


class History:
    """The stored runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, kind: str, suite: str, environment: Mapping[str, Any]) -> EvaluationRun:
        """A new run, without results."""
        run = EvaluationRun(uuid.uuid4().hex[:12], kind, suite, utc_now(), environment=environment)
        with self._engine.begin() as connection:
            connection.execute(
                runs.insert().values(
                    id=run.id,
                    kind=kind,
                    suite=suite[:300],
                    started_at=run.started_at,
                    finished_at=None,
                    environment=dict(environment),
                    summary={},
                    verdict={},
                )
            )
        return run

    def add(self, run_id: str, result: Result) -> None:
        """Keeps a case's result; a second one replaces the first."""
        key = (results.c.run_id == run_id, results.c.case_id == result.case_id)
        with self._engine.begin() as connection:
            connection.execute(results.delete().where(*key))
            connection.execute(results.insert().values(run_id=run_id, case_id=result.case_id, record=asdict(result)))

    def finish(self, run_id: str, summary: Summary, verdict: Mapping[str, Any] | None = None) -> EvaluationRun:
        """Closes the run with its means and what gates and baseline say."""
        values = {name: [_plain(m.value), _plain(m.error), m.n] for name, m in summary.items()}
        with self._engine.begin() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.id == run_id)
                .values(finished_at=utc_now(), summary=values, verdict=dict(verdict or {}))
            )
        return self.run(run_id)

    def run(self, run_id: str) -> EvaluationRun:
        """The run with this id, or the only one whose id begins so.

        Raises:
            DatasetError: there is none, or several.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(runs).where(runs.c.id.startswith(run_id, autoescape=True))).all()
        if not run_id or len(rows) != 1:
            count = "no" if not rows else f"{len(rows)}"
            raise DatasetError(
                f"There is {count} evaluation with the id {run_id!r}; `debrief eval history` lists them."
            )
        return _run(rows[0])

    def results(self, run_id: str) -> dict[str, Result]:
        """The run's results by case."""
        query = sa.select(results).where(results.c.run_id == run_id).order_by(results.c.case_id)
        with self._engine.connect() as connection:
            return {row.case_id: _result(row.record) for row in connection.execute(query)}

    def latest(self, suite: str = "", *, kind: str = "", limit: int = 20, finished: bool = True) -> list[EvaluationRun]:
        """The newest runs, the newest first."""
        query = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)
        for column, wanted in ((runs.c.suite, suite), (runs.c.kind, kind)):
            query = query.where(column == wanted) if wanted else query
        if finished:
            query = query.where(runs.c.finished_at.is_not(None))
        with self._engine.connect() as connection:
            return [_run(row) for row in connection.execute(query)]

    def record_run(
        self, kind: str, suite: str, environment: Mapping[str, Any], summary: Mapping[str, float | Measured | None]
    ) -> EvaluationRun:
        """Keeps a finished evaluation of a foreign set: its figures, without cases."""
        run = self.start(kind, suite, environment)
        measured = {
            name: value if isinstance(value, Measured) else Measured(float(value), math.nan, 0)
            for name, value in summary.items()
            if value is not None
        }
        return self.finish(run.id, measured)


def _run(row: sa.Row[Any]) -> EvaluationRun:
    summary = {name: Measured(_number(v), _number(e), n) for name, (v, e, n) in row.summary.items()}
    return EvaluationRun(
        row.id,
        row.kind,
        row.suite,
        row.started_at,
        row.finished_at,
        row.environment,
        summary,
        row.verdict,
    )


def _result(raw: dict[str, Any]) -> Result:
    return Result(**{**raw, "tags": tuple(raw["tags"]), "scores": tuple(Score(**s) for s in raw["scores"])})


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
