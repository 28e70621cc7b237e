"""MCP over streamable HTTP at /mcp: who asks is looked at with every request, and a session is its person's alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import DebriefError
from core.keys import SCOPES
from service.caller import Caller, Callers
from service.mcp.server import Context, mcp_server
from service.parts import Parts
from service.problems import problem_of, sent

_CALLER = "debrief.caller"


class McpOverHttp:
    """The ASGI application at /mcp; `running` keeps it going as long as the server."""

    def __init__(self, parts: Parts, callers: Callers, challenge: str) -> None:
        self._parts, self._callers, self._challenge = parts, callers, challenge
        self._app: ASGIApp | None = None

    @asynccontextmanager
    async def running(self, _: Any) -> AsyncIterator[None]:
        """The lifespan of the application that this is a part of."""
        before, size = self._app, int(self._parts.settings.api.max_body_mb * 1_000_000)
        # A manager of sessions lives once.
        manager = StreamableHTTPSessionManager(app=mcp_server(self._parts, _caller), max_request_body_size=size)
        async with manager.run():
            self._app = StreamableHTTPASGIApp(manager)
            yield
        self._app = before

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        assert self._app is not None, "the lifespan has begun"
        try:
            caller = await run_in_threadpool(self._callers.of, request)
        except DebriefError as error:
            problem = problem_of(error)
            headers = {"WWW-Authenticate": self._challenge} if problem.status == 401 else {}
            await sent(problem, headers)(scope, receive, send)
            return
        # By this the SDK refuses a session of somebody else's.
        token = AccessToken(token="", client_id=caller.means, scopes=sorted(caller.scopes), subject=caller.user.email)
        await self._app({**scope, _CALLER: caller, "user": AuthenticatedUser(token)}, receive, send)


def resource_metadata(parts: Parts) -> JSONResponse:
    """What an MCP client reads to find where its person signs in (RFC 9728)."""
    api = parts.settings.api
    told = {
        "resource": f"{api.url.rstrip('/')}/mcp",
        "authorization_servers": [api.issuer],
        "scopes_supported": [f"debrief.{scope}" for scope in SCOPES],
        "bearer_methods_supported": ["header"],
        "resource_name": f"Debrief of {parts.settings.company}",
    }
    return JSONResponse(told, headers={"Access-Control-Allow-Origin": "*"})


def _caller(ctx: Context) -> Caller:
    assert ctx.request is not None, "it came over HTTP"
    known: Caller = ctx.request.scope[_CALLER]
    return known
