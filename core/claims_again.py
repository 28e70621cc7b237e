"""Groups that a sign-in told too long ago, asked for again, so that who has left one loses it without signing in anew.

    again = ClaimsAgain("https://login.example.com/.well-known/openid-configuration")
    claims = again.recent(session, claims, lambda: access_token, auth=…, directory=…, now=…)

A provider that tells no groups at its userinfo endpoint can't be asked: then the claims stay as old as they are, and
`claims_user` ends the sign-in with a sentence.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.identity import Directory
from core.settings import AuthSettings
from core.signin import SessionExpired, claims_aged

log = logging.getLogger(__name__)
_TIMEOUT_S, _PAUSE_S, _KEPT_S = 5.0, 60.0, 86_400.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a provider last said: `groups` at `at`; `tried_at` is when it was last asked. Seconds since 1970."""

    groups: Any
    at: float
    tried_at: float
    ended: bool = False
    unreachable: bool = False


class ClaimsAgain:
    """Asks the provider's userinfo endpoint, once in `auth.claims_minutes` for each sign-in. Safe for threads."""

    def __init__(self, metadata_url: str, client: httpx.Client | None = None) -> None:
        self._metadata_url, self._client = metadata_url, client or httpx.Client(timeout=_TIMEOUT_S)
        self._told: dict[str, _Told] = {}
        self._lock = threading.Lock()

    def recent(
        self,
        sign_in: str,
        claims: Mapping[str, Any],
        token: Callable[[], str],
        *,
        auth: AuthSettings,
        directory: Directory,
        now: float,
    ) -> Mapping[str, Any]:
        """The claims with the groups of now, where they are too old and the provider tells them again.

        Args:
            sign_in: What the sign-in is known by here.
            token: Its access token.

        Raises:
            SessionExpired: the provider knows the sign-in no longer.
        """
        if not claims_aged(claims, auth, directory, now):
            return claims
        minutes = auth.claims_minutes or 0
        with self._lock:
            told = self._told.get(sign_in)
        if told is None or (now - told.at > 60 * minutes and now - told.tried_at > _PAUSE_S):
            told = self._asked(claims, token(), auth.groups_claim, told, now)
            self._keep(sign_in, told, now)
        if told.ended:
            raise SessionExpired("Your sign-in has ended at the identity provider; sign in again.")
        grace = 60 * max(minutes, auth.groups_grace_minutes) if told.unreachable else 60 * minutes
        if told.groups is None or now - told.at > grace:
            return claims
        return {**claims, auth.groups_claim: told.groups, "iat": now if told.unreachable else told.at}

    def _asked(self, claims: Mapping[str, Any], token: str, name: str, before: _Told | None, now: float) -> _Told:
        signed_in = claims.get("iat")
        first = _Told(claims.get(name), float(signed_in) if isinstance(signed_in, int | float) else 0.0, now)
        try:
            answer = self._client.get(self._endpoint(), headers={"Authorization": f"Bearer {token}"})
            if answer.status_code in (401, 403):
                return _Told(None, now, now, ended=True)
            said = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("the identity provider can't be asked for groups: %(kind)s", {"kind": type(error).__name__})
            return replace(before or first, tried_at=now, unreachable=True)
        # Another person's answer, or one without groups, says nothing about this one's.
        mine = isinstance(said, Mapping) and said.get("sub") == claims.get("sub")
        return _Told(said[name] if mine and name in said else None, now, now)

    def _endpoint(self) -> str:
        told = self._client.get(self._metadata_url).raise_for_status().json()
        url = urlsplit(str(told["userinfo_endpoint"]))
        if url.scheme != "https" and url.hostname not in _LOOPBACK:
            raise ValueError("the userinfo endpoint must be reached by https")
        return url.geturl()

    def _keep(self, sign_in: str, told: _Told, now: float) -> None:
        with self._lock:
            self._told = {k: v for k, v in self._told.items() if now - v.tried_at < _KEPT_S}
            self._told[sign_in] = told
