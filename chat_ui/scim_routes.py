"""The SCIM 2.0 endpoint, /scim/v2: where an identity provider with the settings' token pushes users and groups."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import audit, scim
from core.database import Engine

_PREFIX = "/scim/v2"
_MOST_BYTES = 5_000_000
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def scim_routes(token: str, engine: Callable[[], Engine]) -> list[Route]:
    """The routes; none without a token, so that nobody can be pushed where nobody has asked for it."""
    if not token:
        return []

    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return _failed(401, "The token isn't the one of auth.scim_token.")
        if int(request.headers.get("content-length") or 0) > _MOST_BYTES:
            return _failed(413, "The request is too large.")
        try:
            body = await request.json() if request.method in ("POST", "PUT", "PATCH") else {}
            return await run_in_threadpool(_answered, request, body if isinstance(body, dict) else {}, engine())
        except scim.ScimError as error:
            return _failed(error.status, str(error))
        except ValueError:
            return _failed(400, "The request isn't JSON.")

    handler = cast(Callable[[Request], Awaitable[Response]], answer)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [
        Route(f"{_PREFIX}/ServiceProviderConfig", handler, methods=["GET"]),
        Route(f"{_PREFIX}/{{kind}}", handler, methods=["GET", "POST"]),
        Route(f"{_PREFIX}/{{kind}}/{{id}}", handler, methods=methods),
    ]


def _answered(request: Request, body: dict[str, Any], engine: Engine) -> Response:
    kind, identifier = request.path_params.get("kind"), request.path_params.get("id", "")
    if kind is None:
        yes, no = {"supported": True}, {"supported": False}
        return _sent({"patch": yes, "filter": {**yes, "maxResults": 1_000}, "bulk": no, "sort": no, "etag": no})
    if kind not in ("Users", "Groups"):
        raise scim.ScimError(404, f"There is no {kind!r}; there are Users and Groups.")
    if request.method == "GET":
        return _sent(scim.read(engine, kind, identifier) if identifier else _listed(request, kind, engine))
    audit.record(engine, audit.SERVICE, "was told by SCIM", f"{kind} {identifier}".rstrip(), request.method)
    if request.method == "POST":
        return _sent(scim.create(engine, kind, body), 201)
    if request.method == "DELETE":
        scim.delete(engine, kind, identifier)
        return Response(status_code=204)
    if request.method == "PUT":
        return _sent(scim.replace(engine, kind, identifier, body))
    return _sent(scim.patch(engine, kind, identifier, body.get("Operations") or ()))


def _listed(request: Request, kind: scim.Kind, engine: Engine) -> dict[str, Any]:
    asked = request.query_params
    everything = scim.found(engine, kind, asked.get("filter", ""))
    begin, count = max(1, int(asked.get("startIndex", 1))), max(0, int(asked.get("count", 1_000)))
    shown = everything[begin - 1 : begin - 1 + count]
    if "members" in asked.get("excludedAttributes", ""):
        shown = [{name: value for name, value in found.items() if name != "members"} for found in shown]
    page = {"startIndex": begin, "itemsPerPage": len(shown), "totalResults": len(everything)}
    return {"schemas": [_LIST], **page, "Resources": shown}


def _sent(value: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(value, status, media_type="application/scim+json")


def _failed(status: int, detail: str) -> Response:
    return _sent({"schemas": [_ERROR], "status": str(status), "detail": detail}, status)
