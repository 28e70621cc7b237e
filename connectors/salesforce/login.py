"""Signing in to Salesforce, and what an answer that isn't what was asked for means."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, SecretStr, model_validator

from connectors.common import TRANSIENT_STATUS, KindSettings, Retry, retry_after_s
from core.errors import CredentialError

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
OF_A_DAY = frozenset(("REQUEST_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"))


class SalesforceLogin(KindSettings):
    """How to reach an organisation: as a connected app by itself (`client_secret`), or for a user (`private_key`).

    Attributes:
        url: Its own address, "https://company.my.salesforce.com".
        client_id: The connected app's consumer key.
        client_secret: Its consumer secret, for the client credentials flow. Write it as ${NAME}.
        username, private_key: For the JWT flow: whom the app acts for, and its key in PEM, as ${file:…} or ${NAME}.
        audience: Of the JWT: "https://test.salesforce.com" for a sandbox.
    """

    url: str = Field(pattern=r"^https?://[^\s/]+/?$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    username: str = ""
    private_key: SecretStr | None = None
    audience: str = "https://login.salesforce.com"
    api_version: str = Field(default="62.0", pattern=r"^\d+\.0$")
    connect_timeout_s: float = Field(default=10.0, gt=0)
    read_timeout_s: float = Field(default=120.0, gt=0)
    attempts: int = Field(default=5, ge=1)

    @model_validator(mode="after")
    def _has_a_way_in(self) -> SalesforceLogin:
        if self.client_secret is None and (self.private_key is None or not self.username):
            raise ValueError("it has no way to sign in; give `client_secret`, or `username` and `private_key`")
        return self


@dataclass
class Answered(Exception):
    """An answer that isn't what was asked for."""

    status_code: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(f"{self.status_code} {self.code} {self.message}"[:300].split())


def token(settings: SalesforceLogin, session: Any) -> str:
    """A token for a new session.

    Raises:
        Answered: it isn't given one.
        CredentialError: the private key is none.
    """
    answer = session.post(f"{settings.url.rstrip('/')}/services/oauth2/token", data=_grant(settings))
    body = answer.json()
    if answer.status_code != 200:
        raise Answered(answer.status_code, str(body.get("error")), str(body.get("error_description")), answer.headers)
    return str(body["access_token"])


def answered(error: Any, headers: Mapping[str, str]) -> Answered:
    """The error with the code that the body names."""
    said = error.content
    first = said[0] if isinstance(said, list) and said else said
    first = first if isinstance(first, Mapping) else {}
    return Answered(int(error.status), str(first.get("errorCode") or ""), str(first.get("message") or ""), headers)


def classify(error: Exception) -> Retry | None:
    """Whether it is worth another try."""
    import requests

    if isinstance(error, Answered):
        # The limit of a day won't end within the patience of a sync.
        is_transient = error.status_code in TRANSIENT_STATUS and error.code not in OF_A_DAY
        return Retry(retry_after_s(error.headers)) if is_transient else None
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return None
    return Retry() if isinstance(error, requests.RequestException | ValueError) else None


def _grant(settings: SalesforceLogin) -> dict[str, str]:
    """What asks for a token."""
    if settings.client_secret is not None:
        secret = settings.client_secret.get_secret_value()
        return {"grant_type": "client_credentials", "client_id": settings.client_id, "client_secret": secret}
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    assert settings.private_key is not None
    said = {
        "iss": settings.client_id,
        "sub": settings.username,
        "aud": settings.audience,
        "exp": int(time.time()) + 180,
    }
    try:
        key = RSAKey.import_key(settings.private_key.get_secret_value())
        return {"grant_type": _JWT, "assertion": jwt.encode({"alg": "RS256"}, said, key)}
    except (ValueError, TypeError) as error:
        raise CredentialError(
            f"The source {settings.name} can't sign in: `private_key` is no RSA key in PEM ({error}); name its file as "
            "${file:/path}.",
            "invalid",
        ) from error
