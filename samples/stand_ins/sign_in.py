"""An authorisation server on loopback: codes with PKCE, tokens that end, refresh tokens that are used once, revocation.

Whoever opens its address of permission is taken for the person, who permits everything unless `denies` says otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import time
from typing import Any
from urllib.parse import urlencode

from flask import Flask, redirect, request

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

Json = dict[str, Any]
CLIENT, SECRET = "debrief", "application-secret"


class SignInService:
    """What the server keeps.

    Attributes:
        lasts_s: So long an access token counts.
        denies: What the next person answers instead of permitting, such as "access_denied".
        issuer: What it calls itself in its answers (RFC 9207); empty: it doesn't.
        rotates: Whether a refresh token is used once; one that comes again ends all that were made of it.
    """

    def __init__(self) -> None:
        self.app = Flask("sign_in")
        self.lasts_s = 3_600.0
        self.denies = self.issuer = ""
        self.rotates = True
        self.codes: dict[str, Json] = {}
        self.access: dict[str, tuple[float, str]] = {}
        self.refresh: dict[str, str] = {}
        self.spent: dict[str, str] = {}
        self.asked: list[Json] = []
        self._numbers = itertools.count(1)

    def accepts(self, authorization: str) -> bool:
        """Whether a request is signed with an access token that counts."""
        return self.access.get(authorization.removeprefix("Bearer "), (0.0, ""))[0] > time.time()

    def granted(self, family: str) -> Json:
        """New tokens."""
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.access[access] = (time.time() + self.lasts_s, family)
        self.refresh[refresh] = family
        return {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lasts_s}

    def end(self, family: str) -> None:
        """Ends all tokens that come from one permission."""
        self.access = {t: found for t, found in self.access.items() if found[1] != family}
        self.refresh = {t: found for t, found in self.refresh.items() if found != family}


class SignInStandIn(StandIn):
    """A running server and what it keeps."""

    service: SignInService


def start(port: int = 0) -> SignInStandIn:
    """The server."""
    service = SignInService()
    app = service.app

    @app.get("/authorize")
    def authorize() -> Any:
        told = request.args.to_dict()
        service.asked.append(told)
        answer = {"state": told["state"], **({"iss": service.issuer} if service.issuer else {})}
        if service.denies:
            answer |= {"error": service.denies, "error_description": "The person said no."}
        else:
            code = f"code-{next(service._numbers)}"
            service.codes[code] = told
            answer["code"] = code
        return redirect(f"{told['redirect_uri']}?{urlencode(answer)}")

    @app.post("/token")
    def token() -> Any:
        form = request.form.to_dict()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return {"error": "invalid_client"}, 401
        return _from_code(service, form) if form["grant_type"] == "authorization_code" else _renewed(service, form)

    @app.post("/revoke")
    def revoke() -> Any:
        service.end(service.refresh.get(request.form["token"], ""))
        return "", 200

    refused = Answer("500 Internal Server Error", b'{"error": "server_error"}')
    slow = Answer("429 Too Many Requests", b"<p>Slow down")
    server = SignInStandIn("sign_in", app.wsgi_app, {"error": refused, "throttle": slow, "expire": refused}, port)
    server.service = service
    return server


def _from_code(service: SignInService, form: Json) -> Any:
    begun = service.codes.pop(form.get("code", ""), None)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if (
        begun is None
        or begun.get("code_challenge_method") != "S256"
        or begun.get("code_challenge") != challenge
        or begun["redirect_uri"] != form.get("redirect_uri")
    ):
        return {"error": "invalid_grant", "error_description": "The code doesn't count."}, 400
    return {**service.granted(form["code"]), "scope": begun.get("scope", "")}


def _renewed(service: SignInService, form: Json) -> Any:
    old = form.get("refresh_token", "")
    family = service.refresh.get(old)
    if family is None:
        service.end(service.spent.get(old, ""))
        return {"error": "invalid_grant", "error_description": "The refresh token doesn't count."}, 400
    if not service.rotates:
        return {key: value for key, value in service.granted(family).items() if key != "refresh_token"}
    service.spent[old] = family
    del service.refresh[old]
    return service.granted(family)
