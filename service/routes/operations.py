"""Who calls, questions over data, sync runs, evaluations."""

from __future__ import annotations

from dataclasses import asdict

from evals.suite.history import EvaluationRun, History
from ingestion.state import SyncState
from service import models as m
from service import shapes
from service.problems import NotFound, responses
from service.routes.common import (
    Anybody,
    Cursor,
    IdempotencyKey,
    Limit,
    Operating,
    OverData,
    With,
    of_admin,
    router,
)
from warehouse.query.values import query_of

routes = router("operations")
_MOST = 1_000


@routes.get("/me")
def me(caller: Anybody) -> m.Person:
    """Who calls, and what the key or token may do."""
    user = caller.user
    return m.Person(
        email=user.email, name=user.name, groups=list(user.groups), scopes=sorted(caller.scopes), means=caller.means
    )


@routes.post("/data/questions", responses=responses(404, 409))
def data(body: m.DataIn, caller: OverData, parts: With, idempotency_key: IdempotencyKey = "") -> m.DataOut:
    """Rows for a question over the company's tables, with the query in words; audited."""
    warehouse = parts.warehouse()
    if warehouse is None:
        raise NotFound("There are no tables to ask here; an administrator names a layer in the settings.")
    before = query_of(body.query) if body.query is not None else None
    found = warehouse.ask(body.question, caller.user, before, parts.assistant().models)
    return shapes.data(found)


@routes.get("/sync-runs")
def sync_runs(
    caller: Operating, parts: With, source: str = "", cursor: Cursor = "", limit: Limit = 50
) -> m.Page[m.SyncRunOut]:
    """The syncs of the sources, the newest first; for administrators."""
    of_admin(caller, parts)
    found = SyncState(parts.engine).runs(source or None, _MOST)
    part, more = shapes.page_of(found, lambda r: str(r.id), cursor, limit)
    items = [
        m.SyncRunOut(
            id=r.id, source=r.source, state=r.state, started_at=r.started_at, finished_at=r.finished_at,
            counts=asdict(r.counts), message=r.message,
        )
        for r in part
    ]  # fmt: skip
    return m.Page(items=items, next=more)


@routes.get("/evaluations")
def evaluations(caller: Operating, parts: With, cursor: Cursor = "", limit: Limit = 50) -> m.Page[m.EvaluationOut]:
    """The evaluations, the newest first; for administrators and evaluation.reader_groups."""
    of_admin(caller, parts, parts.settings.evaluation.reader_groups)
    found = History(parts.engine).latest(limit=_MOST, finished=False)
    part, more = shapes.page_of(found, lambda r: r.id, cursor, limit)
    return m.Page(items=[_evaluation(r) for r in part], next=more)


@routes.get("/evaluations/{run}", responses=responses(404))
def evaluation(run: str, caller: Operating, parts: With) -> m.EvaluationOut:
    """One evaluation."""
    of_admin(caller, parts, parts.settings.evaluation.reader_groups)
    found = next((r for r in History(parts.engine).latest(limit=_MOST, finished=False) if r.id == run), None)
    if found is None:
        raise NotFound(f"There is no evaluation {run[:40]!r}; /api/v1/evaluations lists them.")
    return _evaluation(found)


def _evaluation(run: EvaluationRun) -> m.EvaluationOut:
    summary = {name: {"value": x.value, "error": x.error, "cases": x.n} for name, x in run.summary.items()}
    return m.EvaluationOut(
        id=run.id, kind=run.kind, suite=run.suite, started_at=run.started_at, finished_at=run.finished_at,
        summary=shapes.plain(summary), verdict=shapes.plain(run.verdict),
    )  # fmt: skip
