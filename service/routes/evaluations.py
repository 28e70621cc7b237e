"""Evaluations: how right the assistant was, and starting one."""

from __future__ import annotations

from core import audit
from core.errors import DatasetError, QuestionError
from evals.suite import chosen_cases, load_suite, suite_file
from evals.suite.history import EvaluationRun, History
from service import operation_models as m
from service import shapes
from service.caller import Caller
from service.models import Page
from service.parts import Parts
from service.problems import Conflict, NotFound, responses
from service.routes.common import Cursor, IdempotencyKey, Limit, Operating, With, of_admin, router

routes = router("evaluations")
_MOST = 1_000


@routes.get("/evaluations")
def evaluations(caller: Operating, parts: With, cursor: Cursor = "", limit: Limit = 50) -> Page[m.EvaluationOut]:
    """The evaluations, the newest first; for administrators and evaluation.reader_groups."""
    found = _known(caller, parts)
    part, more = shapes.page_of(found, lambda r: r.id, cursor, limit)
    return Page(items=[_evaluation(r) for r in part], next=more)


@routes.post("/evaluations", status_code=202, responses=responses(404, 409))
def start(
    body: m.EvaluationIn, caller: Operating, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.EvaluationStarted:
    """Starts an evaluation, one at a time; for administrators."""
    user, suite = of_admin(caller, parts), body.suite or parts.settings.evaluation.suite
    try:
        known = load_suite(suite_file(parts.settings, suite))
    except DatasetError as error:
        raise QuestionError(str(error)) from error
    cases = chosen_cases(known, body.tags)
    if not cases:
        raise QuestionError(f"No reviewed case of {suite} has the tags {', '.join(body.tags)}; leave them out.")
    try:
        parts.evaluation().start(parts.settings, suite, body.tags, len(cases))
    except DatasetError as error:
        raise Conflict(str(error)) from error
    audit.record(parts.engine, user, "started evaluation", suite, ", ".join(body.tags))
    return _state(suite, parts)


@routes.get("/evaluations/running")
def running(caller: Operating, parts: With) -> m.EvaluationStarted:
    """How far the evaluation is that this server runs; for administrators and evaluation.reader_groups."""
    of_admin(caller, parts, parts.settings.evaluation.reader_groups)
    return _state(parts.settings.evaluation.suite, parts)


@routes.get("/evaluations/{run}", responses=responses(404))
def evaluation(run: str, caller: Operating, parts: With) -> m.EvaluationOut:
    """One evaluation."""
    found = next((r for r in _known(caller, parts) if r.id == run), None)
    if found is None:
        raise NotFound(f"There is no evaluation {run[:40]!r}; /api/v1/evaluations lists them.")
    return _evaluation(found)


def _known(caller: Caller, parts: Parts) -> list[EvaluationRun]:
    of_admin(caller, parts, parts.settings.evaluation.reader_groups)
    return History(parts.engine).latest(limit=_MOST, finished=False)


def _state(suite: str, parts: Parts) -> m.EvaluationStarted:
    process = parts.evaluation()
    progress = process.progress(History(parts.engine))
    return m.EvaluationStarted(
        suite=suite, cases=progress.total, done=progress.done, running=process.running, problem=process.problem()
    )


def _evaluation(run: EvaluationRun) -> m.EvaluationOut:
    summary = {name: {"value": x.value, "error": x.error, "cases": x.n} for name, x in run.summary.items()}
    return m.EvaluationOut(
        id=run.id, kind=run.kind, suite=run.suite, started_at=run.started_at, finished_at=run.finished_at,
        summary=shapes.plain(summary), verdict=shapes.plain(run.verdict),
    )  # fmt: skip
