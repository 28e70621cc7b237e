"""Webhooks of other systems, which begin workflows: signed by a secret of each, read up to a size, answered at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import DebriefError
from service.parts import Parts
from workflows.hooks import MOST_BYTES, NotSigned, received
from workflows.parts import Workflows


def endpoint(parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    """The route's function: 202 for an event that begins a run, 200 for one that doesn't."""
    # Nothing of the index is opened: a hook writes down an event, and the scheduler runs it.
    workflows = Workflows(parts.settings, parts.engine, parts.tools)

    async def hook(request: Request) -> Response:
        body = await _body(request)
        try:
            began = await run_in_threadpool(
                received, workflows, request.path_params["hook"], body, dict(request.headers)
            )
        except NotSigned as error:
            return _problem(401, str(error))
        except DebriefError as error:
            return _problem(413 if len(body) > MOST_BYTES else 422, str(error))
        return JSONResponse({"began": began}, 202 if began else 200)

    return hook


async def _body(request: Request) -> bytes:
    """The body, as far as it is looked at: one that is too long is cut, and then no signature fits it."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return body[: MOST_BYTES + 1]
    return body


def _problem(status: int, detail: str) -> Response:
    told = {"type": "about:blank", "title": "The hook refuses", "status": status, "detail": detail}
    return JSONResponse(told, status, media_type="application/problem+json")
