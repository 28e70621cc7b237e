"""Takes Streamlit's sign-in cookies out of the browser: they are kept on the server, under a key that the browser has.

Streamlit signs what the identity provider said into cookies of its own. On the way out these become a session of the
database and one small cookie; on the way in they are put back, so Streamlit reads what it has written. Cookies of that
name that come from outside are left out, so that an old one, or a copied one, signs nobody in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME

from core.database import Engine
from core.sessions import begin_session, end_session, session_cookies

COOKIE = "debrief_session"
# All of Streamlit's that say who somebody is: `_streamlit_user`, its parts, and the tokens.
_STREAMLIT = "_streamlit_user"


class ServerSessions:
    """The cookies of a sign-in, exchanged on the way in and out."""

    def __init__(self, app: ASGIApp, engine: Callable[[], Engine], hours: float) -> None:
        self._app, self._engine, self._hours = app, engine, hours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        sent = SimpleCookie(Headers(scope=scope).get("cookie", ""))
        key = sent[COOKIE].value if COOKIE in sent else ""
        kept = await run_in_threadpool(session_cookies, self._engine(), key) if key and _asks_who(scope) else {}

        async def exchanged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = await run_in_threadpool(self._outgoing, message, key)
            await send(message)

        await self._app(_incoming(scope, sent, kept), receive, exchanged)

    def _outgoing(self, message: Message, key: str) -> Message:
        """The answer's head with a session in the place of Streamlit's cookies."""
        set_now: dict[str, str] = {}
        ended, headers = False, []
        for name, value in message.get("headers", ()):
            cookie = value.decode("latin-1")
            if name.lower() != b"set-cookie" or not cookie.startswith(_STREAMLIT):
                headers.append((name, value))
                continue
            parsed = SimpleCookie(cookie)
            for part, morsel in parsed.items():
                ended = ended or (part == _STREAMLIT and not morsel.value)
                if morsel.value:
                    set_now[part] = morsel.value
        if (set_now or ended) and key:
            # A sign-in gets a new key, so that one which somebody has planted is worth nothing.
            end_session(self._engine(), key)
        if set_now:
            new = begin_session(self._engine(), set_now, self._hours)
            headers.append(_cookie(new, int(self._hours * 3600)))
        elif ended:
            headers.append(_cookie("", 0))
        return {**message, "headers": headers}


def access_token(cookies: Mapping[str, str]) -> str:
    """The access token among Streamlit's cookies; empty where there is none."""

    def one(name: str) -> bytes | None:
        signed = cookies.get(name, "").encode("latin-1")
        return decode_signed_value(get_cookie_secret(), name, signed) if signed else None

    tokens = get_cookie_with_chunks(one, TOKENS_COOKIE_NAME)
    return str(json.loads(tokens).get("access_token", "")) if tokens else ""


def _cookie(key: str, seconds: int) -> tuple[bytes, bytes]:
    return b"set-cookie", f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}".encode()


def _asks_who(scope: Scope) -> bool:
    """Whether Streamlit looks at who is there: at the pages' connection, and at signing in and out."""
    path = scope["path"]
    return scope["type"] == "websocket" or "/auth/" in path or path.endswith("/oauth2callback")


def _incoming(scope: Scope, sent: SimpleCookie, kept: dict[str, str]) -> Scope:
    """The request with the cookies that are kept, and without such as came from outside."""
    cookies = {name: morsel.coded_value for name, morsel in sent.items() if not name.startswith(_STREAMLIT)} | kept
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"cookie"]
    if cookies:
        joined = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers.append((b"cookie", joined.encode("latin-1")))
    return {**scope, "headers": headers}
