"""The interfaces beside the pages: nothing of them is imported before somebody calls them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from fastapi import FastAPI

    from service.parts import Parts

_PATHS = ("/api/{rest:path}", "/mcp", "/q/{rest:path}", "/.well-known/oauth-protected-resource/{rest:path}")


def mounted_routes(parts: Callable[[], Parts]) -> list[Route]:
    """The routes of the interfaces, over parts that are opened with the first request."""
    mounted = Mounted(parts)
    return [Route(path, mounted, include_in_schema=False) for path in _PATHS]


class Mounted:
    """Builds the application when it is first called, and lets it live as long as the server."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts
        self._opening = asyncio.Lock()
        self._app: FastAPI | None = None
        self._life: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await self._opened()
        # The server's routes have left their marks, which those of the application would take for their own.
        await app({k: v for k, v in scope.items() if k not in ("endpoint", "path_params", "router")}, receive, send)

    async def _opened(self) -> ASGIApp:
        async with self._opening:
            if self._app is None:
                app = await run_in_threadpool(self._built)
                started = asyncio.Event()
                self._life = asyncio.create_task(_live(app, started))
                await started.wait()
                self._app = app
            return self._app

    def _built(self) -> FastAPI:
        from service.app import rest_app

        return rest_app(self._parts())


async def _live(app: FastAPI, started: asyncio.Event) -> None:
    async with app.router.lifespan_context(app):
        started.set()
        await asyncio.Event().wait()
