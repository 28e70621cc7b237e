"""Forms that many people fill in: begun by one, filled in by all who may use the app, read by who began it."""

from __future__ import annotations

from fastapi.responses import PlainTextResponse

from apps.kept import Collection, open_collection, submit
from apps.kept.forms import (
    Submission,
    close_collection,
    collected_csv,
    collections_of,
    find_collection,
    sees_all,
    submissions_of,
)
from apps.language import App
from core import audit
from core.errors import AppError
from core.types import User
from service import shapes
from service import shared_models as m
from service.models import Page, RunIn
from service.parts import Parts
from service.problems import NotFound, responses
from service.routes.apps import form_values
from service.routes.common import Cursor, IdempotencyKey, Limit, Running, With, router

routes = router("apps")
_NOT_THERE = responses(404)


@routes.get("/apps/{name}/collections", responses=_NOT_THERE)
def collections(
    name: str, caller: Running, parts: With, cursor: Cursor = "", limit: Limit = 50
) -> Page[m.CollectionOut]:
    """The app's collections, the newest first."""
    found = collections_of(parts.engine, parts.app(name, caller.user).app)
    part, more = shapes.page_of(found, lambda c: c.name, cursor, limit)
    return Page(items=[_listed(c, caller.user) for c in part], next=more)


@routes.post("/apps/{name}/collections", status_code=201, responses=responses(404, 409))
def begin(
    name: str, body: m.CollectionIn, caller: Running, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.CollectionOut:
    """Begins a collection, or opens one's closed one again."""
    app = parts.app(name, caller.user).app
    return _listed(open_collection(parts.engine, app, body.name, caller.user, body.note), caller.user)


@routes.post("/apps/{name}/collections/{collection}/close", responses=responses(404, 409))
def close(
    name: str, collection: str, caller: Running, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.CollectionOut:
    """Takes no more answers; what came in stays."""
    app, found = _one(name, collection, caller.user, parts)
    close_collection(parts.engine, app, found.name, caller.user)
    return _listed(find_collection(parts.engine, app, found.name), caller.user)


@routes.get("/apps/{name}/collections/{collection}/answers", responses=_NOT_THERE)
def answers(
    name: str, collection: str, caller: Running, parts: With, cursor: Cursor = "", limit: Limit = 50
) -> Page[m.CollectedOut]:
    """What was put in, oldest first: everything for who began it and the app's owner, for others their own."""
    app, found = _one(name, collection, caller.user, parts)
    part, more = shapes.page_of(
        submissions_of(parts.engine, app, found.name, caller.user), lambda s: s.id, cursor, limit
    )
    return Page(items=[_answer(s) for s in part], next=more)


@routes.post("/apps/{name}/collections/{collection}/answers", status_code=201, responses=responses(404, 409))
def put_in(
    name: str, collection: str, body: RunIn, caller: Running, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.CollectedOut:
    """Fills in the form; of files their names are kept."""
    app, found = _one(name, collection, caller.user, parts)
    made = submit(parts.engine, app, found.name, form_values(app, app.inputs, body.inputs, parts), caller.user)
    return next(_answer(s) for s in submissions_of(parts.engine, app, found.name, caller.user) if s.id == made)


@routes.get(
    "/apps/{name}/collections/{collection}/export",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **_NOT_THERE},
)
def export(name: str, collection: str, caller: Running, parts: With) -> PlainTextResponse:
    """What `answers` lists, as CSV without formulas."""
    app, found = _one(name, collection, caller.user, parts)
    audit.record(parts.engine, caller.user, "exported", f"collection {app.name}/{found.name}")
    return PlainTextResponse(collected_csv(parts.engine, app, found.name, caller.user), media_type="text/csv")


def _one(name: str, collection: str, user: User, parts: Parts) -> tuple[App, Collection]:
    """(The app, its collection). Raises NotFound: there is none for the person."""
    app = parts.app(name, user).app
    try:
        return app, find_collection(parts.engine, app, collection)
    except AppError as error:
        raise NotFound(str(error)) from error


def _listed(one: Collection, user: User) -> m.CollectionOut:
    return m.CollectionOut(
        name=one.name, note=one.note, opened_by=one.opened_by, opened_at=one.opened_at, closed_at=one.closed_at,
        answers=one.submissions, people=one.people, sees_all=sees_all(one, user),
    )  # fmt: skip


def _answer(one: Submission) -> m.CollectedOut:
    return m.CollectedOut(
        id=one.id, user=one.user, submitted_at=one.submitted_at, version=one.version, values=dict(one.values)
    )
