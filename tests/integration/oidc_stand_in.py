"""An identity provider on loopback that speaks OpenID Connect: discovery, sign-in form, code for token, keys, sign-out.

It refuses what a real one refuses: an unknown client or return address, a wrong secret, a code that was used or is
somebody else's, a proof (PKCE) that doesn't fit. Tokens are signed with RS256 by a key made at the start.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


@dataclass
class Provider:
    """The running provider.

    Attributes:
        people: Login name → the claims that its tokens carry, besides the protocol's own.
        lifetime_s: How long a new token is valid, in seconds.
        now: Login name → what is true of them now, as the userinfo endpoint tells it; None: they have left.
        codes: Codes that were given out and not used yet, each with what was asked for.
    """

    url: str = ""
    client_id: str = "debrief"
    client_secret: str = "kept-by-the-deployment"
    redirect_uri: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    lifetime_s: float = 3_600.0
    now: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "stand-in", "use": "sig"}))

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/leave",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email", "profile"],
        }

    def id_token(self, person: str, nonce: str) -> str:
        """A signed token about the person."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": f"subject-{person}",
            "aud": self.client_id,
            "iat": now,
            "exp": int(now + self.lifetime_s),
            **({"nonce": nonce} if nonce else {}),
            **self.people[person],
        }
        return jwt.encode({"alg": "RS256", "kid": "stand-in"}, claims, self.key, algorithms=["RS256"])

    def refusal(self, asked: dict[str, str]) -> str:
        """Why a request for sign-in is refused; empty when it isn't."""
        if asked.get("client_id") != self.client_id:
            return "unknown client"
        if asked.get("redirect_uri") != self.redirect_uri:
            return "this return address isn't registered"
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "only the code flow with the scope openid"
        return ""


@contextmanager
def oidc_stand_in(people: dict[str, dict[str, Any]]) -> Iterator[Provider]:
    """The provider, running until the block ends. Its client's return address is set by the test."""
    provider = Provider(people=people)

    class Handler(_Handler):
        served = provider

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: Provider

    def log_message(self, *_: object) -> None:
        """Keeps the test's output quiet."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path:
            case "/.well-known/openid-configuration":
                self._json(200, self.served.metadata())
            case "/keys":
                self._json(200, {"keys": [self.served.key.as_dict(private=False)]})
            case "/authorize":
                self._form(asked)
            case "/userinfo":
                person = self.served.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                claims = self.served.now.get(person or "", self.served.people.get(person or ""))
                if person is None or claims is None:
                    self._json(401, {"error": "invalid_token"})
                else:
                    self._json(200, {"sub": f"subject-{person}", **claims})
            case "/leave":
                self._to(asked.get("post_logout_redirect_uri", self.served.url))
            case _:
                self._json(404, {"error": "not_found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        match urlsplit(self.path).path:
            case "/authorize":
                self._signed_in(sent)
            case "/token":
                self._token(sent)
            case _:
                self._json(404, {"error": "not_found"})

    def _form(self, asked: dict[str, str]) -> None:
        refusal = self.served.refusal(asked)
        if refusal:
            self._html(400, f"<p>{refusal}</p>")
            return
        hidden = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in asked.items())
        names = "".join(f'<button name="person" value="{name}">{name}</button>' for name in self.served.people)
        self._html(
            200, f'<h1>Sign in to the company</h1><form method="post" action="/authorize">{hidden}{names}</form>'
        )

    def _signed_in(self, sent: dict[str, str]) -> None:
        if self.served.refusal(sent) or sent.get("person") not in self.served.people:
            self._json(400, {"error": "invalid_request"})
            return
        code = secrets.token_urlsafe(16)
        self.served.codes[code] = sent
        self._to(f"{sent['redirect_uri']}?{urlencode({'code': code, 'state': sent.get('state', '')})}")

    def _token(self, sent: dict[str, str]) -> None:
        if self._client(sent) != (self.served.client_id, self.served.client_secret):
            self._json(401, {"error": "invalid_client"})
            return
        asked = self.served.codes.pop(sent.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != sent.get("redirect_uri") or not _proven(asked, sent):
            self._json(400, {"error": "invalid_grant"})
            return
        access = secrets.token_urlsafe(16)
        self.served.tokens[access] = asked["person"]
        token = self.served.id_token(asked["person"], asked.get("nonce", ""))
        self._json(200, {"access_token": access, "token_type": "Bearer", "expires_in": 3_600, "id_token": token})

    def _client(self, sent: dict[str, str]) -> tuple[str, str]:
        header = self.headers.get("Authorization", "")
        if header.startswith("Basic "):
            name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            return name, secret
        return sent.get("client_id", ""), sent.get("client_secret", "")

    def _to(self, url: str) -> None:
        self.send_response(302)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, value: object) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _html(self, status: int, body: str) -> None:
        self._send(
            status, "text/html; charset=utf-8", f"<!doctype html><html lang=en><body>{body}</body></html>".encode()
        )

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _proven(asked: dict[str, str], sent: dict[str, str]) -> bool:
    challenge = asked.get("code_challenge")
    if challenge is None:
        return True
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
