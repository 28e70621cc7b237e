"""What `debrief serve` serves beside the interfaces: whether it is alive, and the headers and doors around all."""

from __future__ import annotations

import hmac
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import streamlit as st
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_ui.parts.server_sessions import ServerSessions
from chat_ui.scim_routes import scim_routes
from core import metrics
from core.database import DatabaseError, Engine, open_database
from core.errors import DebriefError, IndexMissing
from core.settings import load_settings
from core.tracing import send_traces
from operations.figures import Figures
from retrieval.engines.open import open_generations

# In development whoever reaches the port is the development user, so the address that `serve` prints has a key in it.
KEY = "DEBRIEF_PAGE_KEY"
_COOKIE = "debrief_key"
# Numbers and names of what runs inside, for nobody who hasn't signed in.
_CLOSED = ("/_stcore/metrics",)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OPEN = ("/healthz", "/readyz", "/metrics", "/_stcore/health")  # /metrics asks for its own token
# These ask for a token or a key of their own at each request.
_OWN_DOOR = ("/api/", "/mcp", "/q/", "/.well-known/oauth-protected-resource")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
    "Referrer-Policy": "same-origin",
}


class Doors:
    """Lets in who has the key, if there is one, and marks what goes out."""

    def __init__(self, app: ASGIApp, key: str, secure: bool, hosts: Collection[str]) -> None:
        """Who comes in.

        Args:
            secure: Browsers come by https, so that cookies needn't go by anything else.
            hosts: The names of this server in browsers, with a port where it isn't the usual one; loopback is known.
        """
        self._app, self._key, self._secure = app, key, secure
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None and scope["path"].endswith("/auth/login"):
            await _signing_in(self._app, scope, receive, self._marking(send))
        elif refusal is None:
            await self._app(scope, receive, self._marking(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, self._marking(send))

    def _refusal(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if path.endswith(_CLOSED):
            return PlainTextResponse("Not found", 404)
        if path.endswith(_OPEN):
            return None
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not self._is_ours(host):
            return PlainTextResponse("This server isn't known by that name; add it to auth.hosts in debrief.yaml.", 421)
        origin = urlsplit(headers.get("origin", "")).netloc.lower()
        if scope["type"] == "websocket" and origin != host and origin not in self._hosts:
            # A page of somebody else's, in a browser that has the cookie.
            return PlainTextResponse("Another site's page may not open this.", 403)
        if not self._key or path.startswith(_OWN_DOOR):
            return None
        (given,) = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[-1:]
        if _same(given, self._key) and scope["type"] == "http":
            answer = RedirectResponse("/" + path.lstrip("/"), 303)
            answer.set_cookie(_cookie(scope), self._key, httponly=True, samesite="lax")
            return answer
        kept = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(_cookie(scope))
        if kept is not None and _same(kept.value, self._key):
            return None
        return PlainTextResponse("Open the address that `debrief serve` has printed; its key lets you in.", 403)

    def _is_ours(self, host: str) -> bool:
        name = urlsplit(f"//{host}").hostname or ""
        return host in self._hosts or name in self._hosts or name in _LOOPBACK

    def _marking(self, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    message["headers"] = [_secured(name, value) for name, value in message["headers"]]
            await send(message)

        return marked


async def _signing_in(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Streamlit goes back to the page without a word when it can't reach the identity provider: says so instead."""
    unreachable = False

    async def looked_at(message: Message) -> None:
        nonlocal unreachable
        if message["type"] == "http.response.start":
            unreachable = Headers(raw=message["headers"]).get("location", "").startswith("/")
        if not unreachable:
            await send(message)

    await app(scope, receive, looked_at)
    if unreachable:
        said = "The identity provider can't be reached, so nobody can sign in now; try again in some minutes. "
        known = "Who is signed in already stays so. Administrators: see server_metadata_url in .streamlit/secrets.toml."
        await PlainTextResponse(said + known, 503)(scope, receive, send)


def _cookie(scope: Scope) -> str:
    """A cookie counts for every port of a host, and several servers may run on one."""
    return f"{_COOKIE}_{(scope.get('server') or ('', 0))[1]}"


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    plain = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return (name, value + b"; Secure") if plain else (name, value)


def alive(_request: Request) -> Response:
    """That the server answers."""
    return JSONResponse({"status": "ok"})


def ready(_request: Request) -> Response:
    """Whether questions can be answered: the database opens and there is an index. Says which of them doesn't."""
    states: dict[str, str] = {}
    for name, check in (("database", _database), ("index", _index)):
        try:
            check()
            states[name] = "ok"
        except DebriefError as error:
            # The sentence may hold paths, and anybody may ask.
            states[name] = type(error).__name__
    fine = set(states.values()) == {"ok"}
    return JSONResponse({"status": "ok" if fine else "not ready", **states}, 200 if fine else 503)


def figures(request: Request) -> Response:
    """The figures for Prometheus, for who has the settings' token."""
    settings = load_settings()
    token = settings.metrics.token
    if token is None:
        return PlainTextResponse("There are no metrics here; set metrics.token.", 404)
    if not _same(request.headers.get("authorization", ""), f"Bearer {token.get_secret_value()}"):
        return PlainTextResponse("Send the settings' metrics.token as Authorization: Bearer.", 401)
    try:
        return Response(metrics.text(Figures(settings, _engine())), media_type=CONTENT_TYPE_PLAIN_0_0_4)
    except (DebriefError, DatabaseError) as error:
        return PlainTextResponse(f"{type(error).__name__}: see /readyz and the log.", 503)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return open_database(load_settings())


def _database() -> None:
    open_database(load_settings()).dispose()


def _index() -> None:
    if open_generations(load_settings()).current is None:
        raise IndexMissing("There is no index yet; run `debrief sync`.")


def _scim_token() -> str:
    token = load_settings().auth.scim_token
    return token.get_secret_value() if token is not None else ""


def _hosts(secrets: Mapping[str, object], named: Iterable[str]) -> set[str]:
    """The names under which browsers come: where they come back to after signing in, and those of the settings."""
    return {urlsplit(str(secrets.get("redirect_uri", ""))).netloc, *named} - {""}


def _by_https(secrets: Mapping[str, object]) -> bool:
    return str(secrets.get("redirect_uri", "")).startswith("https://")


def _secrets() -> Mapping[str, object]:
    try:
        return dict(st.secrets.get("auth", {}))
    except FileNotFoundError:
        return {}


def _end_with_the_service() -> None:
    """Waits for the end of stdin, which `debrief serve` holds open, and ends this process: its port is free again."""
    with suppress(OSError):
        while sys.stdin.buffer.read(4_096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if os.environ.get("DEBRIEF_SERVED"):
    threading.Thread(target=_end_with_the_service, daemon=True).start()


def _send_traces() -> None:
    """Traces of answers go where the settings say; settings that can't be read are the pages' to say."""
    with suppress(DebriefError):
        if endpoint := load_settings().metrics.otlp_endpoint:
            send_traces(endpoint)


_send_traces()


def page_routes() -> list[Route]:
    """The routes that aren't Streamlit's."""
    return [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", figures),
        *scim_routes(_scim_token(), _engine),
    ]


def page_middleware() -> list[Middleware]:
    """What stands before every route."""
    auth, secrets = load_settings().auth, _secrets()
    return [
        Middleware(Doors, key=os.environ.get(KEY, ""), secure=_by_https(secrets), hosts=_hosts(secrets, auth.hosts)),
        Middleware(ServerSessions, engine=_engine, hours=auth.session_hours),
    ]
