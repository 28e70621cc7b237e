"""Who calls, and questions over data."""

from __future__ import annotations

from service import models as m
from service import shapes
from service.problems import NotFound, responses
from service.routes.common import (
    Anybody,
    IdempotencyKey,
    OverData,
    With,
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
