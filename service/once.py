"""Requests that may be sent twice: with an `Idempotency-Key`, the second gets the first one's answer.

An answer is kept for a day under the person and the hash of the key. The same key with another request is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from core.database import Engine, UtcDateTime, metadata, personal, utc_now
from core.errors import QuestionError
from service.caller import Caller
from service.problems import Conflict

HEADER = "idempotency-key"
_KEPT = timedelta(days=1)
_RUNNING = 0

once = sa.Table(
    "api_once",
    metadata,
    sa.Column("user", sa.String(320), primary_key=True, info=personal("delete")),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("request", sa.String(64), nullable=False),
    # 0 while it is being answered
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
)


class Once(APIRoute):
    """A route whose writing requests are done once for each key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with what was answered before in front of it."""
        answered = super().get_route_handler()

        async def handler(request: Request) -> Response:
            key = request.headers.get(HEADER, "")
            if not key or request.method not in ("POST", "PUT", "PATCH"):
                return await answered(request)
            if "text/event-stream" in request.headers.get("accept", ""):
                raise QuestionError("An Idempotency-Key goes with an answer in one piece; accept application/json.")
            caller: Caller = await run_in_threadpool(request.app.state.callers.of, request)
            request.state.caller = caller
            engine: Engine = request.app.state.parts.engine
            here = (caller.user.email, hashlib.sha256(key.encode()).hexdigest())
            said = _fingerprint(request, await request.body())
            before = await run_in_threadpool(_begin, engine, here, said)
            if before is not None:
                return before
            kept = False
            try:
                response = await answered(request)
                if response.status_code < 500 and hasattr(response, "body"):
                    await run_in_threadpool(_keep, engine, here, response)
                    kept = True
                return response
            finally:
                if not kept:
                    await run_in_threadpool(_forget, engine, here)

        return handler


def _fingerprint(request: Request, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((request.method.encode(), str(request.url).encode(), body))).hexdigest()


def _begin(engine: Engine, here: tuple[str, str], said: str) -> Response | None:
    """What was answered before; None if this is the first time, which is noted."""
    user, key = here
    try:
        with engine.begin() as connection:
            connection.execute(once.delete().where(once.c.at < utc_now() - _KEPT))
            values = {"user": user, "key": key, "request": said, "status": _RUNNING, "body": "", "at": utc_now()}
            connection.execute(once.insert().values(**values))
        return None
    except IntegrityError:
        with engine.connect() as connection:
            row = connection.execute(sa.select(once).where(once.c.user == user, once.c.key == key)).first()
    if row is None:
        return _begin(engine, here, said)
    if row.request != said:
        raise QuestionError("This Idempotency-Key was sent with another request; take a new key for each request.")
    if row.status == _RUNNING:
        raise Conflict("The request with this Idempotency-Key is still being answered; ask again in a moment.")
    headers = {"Idempotency-Replayed": "true"}
    return Response(row.body, row.status, headers, media_type="application/json")


def _keep(engine: Engine, here: tuple[str, str], response: Response) -> None:
    user, key = here
    values = {"status": response.status_code, "body": bytes(response.body).decode()}
    with engine.begin() as connection:
        connection.execute(once.update().where(once.c.user == user, once.c.key == key).values(**values))


def _forget(engine: Engine, here: tuple[str, str]) -> None:
    user, key = here
    with engine.begin() as connection:
        connection.execute(once.delete().where(once.c.user == user, once.c.key == key))
