"""What routes get beside their own arguments: the caller with a scope, and the parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.security import HTTPBearer

from core.types import User
from service.caller import ON_BEHALF_OF, Caller, Callers, Forbidden
from service.once import Once
from service.parts import Parts
from service.problems import responses

# Declares the scheme in the document; who it is, `Callers` says.
_BEARER = HTTPBearer(auto_error=False, description="A token of the identity provider, or an API key.")
_ALWAYS = responses(400, 401, 403, 408, 413, 422, 429, 500, 503)

Cursor = Annotated[str, Query(max_length=2_000, description="`next` of the part before.")]
Limit = Annotated[int, Query(ge=1, le=200)]
IdempotencyKey = Annotated[
    str, Header(max_length=200, description="With the same key, the same request is done once a day.")
]


def router(tag: str) -> APIRouter:
    """A router whose routes are done once for each `Idempotency-Key`, and answer errors as problems."""
    return APIRouter(prefix="/api/v1", tags=[tag], route_class=Once, responses=_ALWAYS, dependencies=[Depends(_BEARER)])


def caller(scope: str = "") -> Callable[..., Caller]:
    """A dependency: who calls, if their key or token has the scope."""

    def found(
        request: Request,
        _named: Annotated[
            str, Header(alias=ON_BEHALF_OF, max_length=320, description="With a service key: the person.")
        ] = "",
    ) -> Caller:
        callers: Callers = request.app.state.callers
        known: Caller = getattr(request.state, "caller", None) or callers.of(request)
        if scope:
            known.needs(scope)
        return known

    return found


def parts(request: Request) -> Parts:
    """A dependency: the parts of this server."""
    given: Parts = request.app.state.parts
    return given


def of_admin(known: Caller, given: Parts, groups: tuple[str, ...] = ()) -> User:
    """The caller as somebody who runs this installation, or who is in one of `groups`. Raises Forbidden."""
    allowed = {*given.settings.auth.admin_groups, *groups}
    if not allowed & set(known.user.groups):
        raise Forbidden(f"This is for {', '.join(sorted(allowed))}, and {known.user.email} is in none of these groups.")
    return known.user


With = Annotated[Parts, Depends(parts)]
Anybody = Annotated[Caller, Depends(caller())]
Searching = Annotated[Caller, Depends(caller("search"))]
Asking = Annotated[Caller, Depends(caller("ask"))]
Running = Annotated[Caller, Depends(caller("apps"))]
Filling = Annotated[Caller, Depends(caller("actions"))]
Confirming = Annotated[Caller, Depends(caller("confirm"))]
OverData = Annotated[Caller, Depends(caller("data"))]
Operating = Annotated[Caller, Depends(caller("operate"))]
EVENTS: dict[str, Any] = {"text/event-stream": {"schema": {"type": "string"}}}
