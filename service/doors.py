"""Around every request: how large and how slow it may be, and the tag by which an unchanged answer isn't sent again."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import Problem, sent

log = logging.getLogger(__name__)
# So much of a body that is too large is read and thrown away: whoever still sends doesn't read the refusal.
_DRAINED = 8


class Limits:
    """Refuses what is too large or too slow. A client that doesn't read is let go."""

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        self._app, self._max_bytes, self._seconds = app, max_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounded = _Bounded(receive, send, self._max_bytes, self._seconds)
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > self._max_bytes:
            bounded.refuse(413, self._too_large(int(length)))
            await bounded.drain(self._max_bytes * _DRAINED)
        else:
            bounded.too_large = self._too_large
            try:
                await self._app(scope, bounded.receive, bounded.send)
            except _Gone:
                log.warning(
                    "a client took no part of its answer for %(s)g seconds and was let go", {"s": self._seconds}
                )
                return
        if bounded.refusal is not None and not bounded.started:
            await bounded.refusal(scope, receive, send)

    def _too_large(self, size: int) -> str:
        return f"The request has {size:,} bytes or more, and {self._max_bytes:,} is the limit; send less."


class _Gone(Exception):
    """The client doesn't read."""


class _Bounded:
    """One request's two directions, counted and timed."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int, seconds: float) -> None:
        self._receive, self._send, self._max_bytes, self._seconds = receive, send, max_bytes, seconds
        self._end = asyncio.get_running_loop().time() + seconds
        self._read, self._whole = 0, False
        self.refusal: ASGIApp | None = None
        self.started = False
        self.too_large: Callable[[int], str] = str

    def refuse(self, status: int, detail: str) -> None:
        """Has this answered instead of whatever is made of the request."""
        title = {408: "Request Timeout", 413: "Content Too Large"}[status]
        self.refusal = sent(Problem(title=title, status=status, detail=detail), {"Connection": "close"})

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to go
        left = self._end - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except TimeoutError:
            self.refuse(408, f"The request wasn't sent within {self._seconds:g} seconds; send it again, faster.")
            return {"type": "http.disconnect"}
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._read > self._max_bytes:
            self.refuse(413, self.too_large(self._read))
            await self.drain(self._max_bytes * _DRAINED)
            return {"type": "http.disconnect"}
        return message

    async def drain(self, most: int) -> None:
        """Reads on for a while, and keeps nothing."""
        left = self._end - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.0, left)):
                while most > 0:
                    message = await self._receive()
                    most -= len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return

    async def send(self, message: Message) -> None:
        if self.refusal is not None and not self.started:
            return  # the refusal comes instead
        self.started = True
        try:
            await asyncio.wait_for(_sending(self._send(message)), self._seconds)
        except TimeoutError as error:
            raise _Gone from error


async def _sending(sent: Awaitable[None]) -> None:
    await sent


class Tagged:
    """Gives each JSON answer to a GET an ETag, and answers 304 where the client has it already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        begun: Message | None = None
        body = b""

        async def tagged(message: Message) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if message["status"] != 200 or not kind.startswith("application/json"):
                    await send(message)
                    return
                begun = message
                return
            if begun is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            tag = tag_of(body)
            headers = MutableHeaders(raw=begun["headers"])
            headers["etag"], headers["cache-control"] = tag, "private, no-cache"
            if tag in (part.strip() for part in known.split(",")):
                del headers["content-length"]
                begun, body = {**begun, "status": 304, "headers": headers.raw}, b""
            await send(begun)
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, tagged)


def tag_of(body: bytes) -> str:
    """The ETag of an answer with this body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
