"""Bearer tokens of the identity provider: signature, issuer, audience and time, by keys that the provider publishes.

    claims = BearerTokens(settings.api).claims(token)        # or IdentityError, with what is wrong

The provider's keys are kept for an hour; a token signed by one that isn't known yet has them fetched again, at most
once a minute, so that a provider may change its keys and nobody can make us ask it for each bad token.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import IdentityError, SettingsError
from core.settings import ApiSettings

# No symmetric ones: whoever checks such a token could also write it.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_FRESH_S, _PAUSE_S, _TIMEOUT_S = 3_600.0, 60.0, 10.0
# Clocks differ by so much.
_LEEWAY_S = 30
_MOST_CHARS = 20_000


class BearerTokens:
    """Checks tokens of the issuer in the settings. Safe for several threads."""

    def __init__(
        self, settings: ApiSettings, client: httpx.Client | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._clock = settings, clock
        self._client = client or httpx.Client(timeout=_TIMEOUT_S)
        self._keys, self._fetched, self._tried = KeySet([]), -math.inf, -math.inf
        self._lock = threading.Lock()

    def claims(self, token: str) -> Mapping[str, Any]:
        """What the token says of its person. Raises IdentityError: it isn't one for us, or is over."""
        wanted = self._settings
        if not wanted.issuer:
            raise IdentityError("Bearer tokens aren't taken here (api.issuer isn't set); use an API key.")
        if len(token) > _MOST_CHARS:
            raise IdentityError(
                f"The token has {len(token):,} characters, over {_MOST_CHARS:,}; ask for a smaller one."
            )
        try:
            read = jwt.decode(token, self._keys_for(_key_id(token)), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": wanted.issuer},
                aud={"essential": True, "value": wanted.audience},
                exp={"essential": True},
            ).validate(read.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise IdentityError(_said(error, wanted)) from error
        return read.claims

    def _keys_for(self, key_id: str) -> KeySet:
        with self._lock:
            now = self._clock()
            known = any(key.kid == key_id for key in self._keys.keys)
            if (now - self._fetched > _FRESH_S or not known) and now - self._tried > _PAUSE_S:
                self._tried = now
                try:
                    self._keys = KeySet.import_key_set(self._json(self._settings.jwks_url or self._published()))
                    self._fetched = now
                except (httpx.HTTPError, ValueError, KeyError, TypeError, JoseError) as error:
                    # Keys that were good an hour ago still tell good tokens from bad ones.
                    if not self._keys.keys:
                        raise IdentityError(
                            f"The keys of {self._settings.issuer} can't be read ({type(error).__name__}), so no token "
                            "can be checked now; try again in a minute."
                        ) from error
            return self._keys

    def _published(self) -> str:
        issuer = self._settings.issuer
        told = self._json(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if told["issuer"] != issuer:
            raise SettingsError(f"api.issuer is {issuer}, and its configuration says {told['issuer']}; write that one.")
        return str(told["jwks_uri"])

    def _json(self, url: str) -> Any:
        address = urlsplit(url)
        if address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise SettingsError(f"The keys of tokens come from {url}; they must come by https.")
        answer = self._client.get(url)
        answer.raise_for_status()
        return answer.json()


def _key_id(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers().get("kid", ""))


def _said(error: Exception, wanted: ApiSettings) -> str:
    kind = type(error).__name__
    if "Expired" in kind:
        return "The token has expired; get a new one from the identity provider."
    if "Claim" in kind:
        claim = getattr(error, "claim", "") or getattr(error, "claim_name", "") or str(error)
        return (
            f"The token isn't for this service (claim {claim}); it must have iss {wanted.issuer} and aud "
            f"{wanted.audience}, and say when it ends."
        )
    return f"The token can't be accepted ({kind}); send one that {wanted.issuer} has signed."
