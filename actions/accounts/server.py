"""What we ask an authorisation server: a token for a code, a new token, the end of one (Authlib).

Source: RFC 6749, RFC 7636 (PKCE), RFC 7009 (revocation)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from actions.accounts.place import Place
from core.errors import Busy, NotConnected, Refused
from core.text.invisible import visible

_Result = TypeVar("_Result")


def opened(place: Place, redirect: str = "") -> OAuth2Client:
    """The client of our application there; no redirect is followed, so that no secret goes elsewhere."""
    secret = place.client.client_secret.get_secret_value() if place.client.client_secret else None
    how = f"client_secret_{place.client.client_auth}" if secret else "none"
    return OAuth2Client(
        place.client.client_id,
        secret,
        token_endpoint_auth_method=how,
        revocation_endpoint_auth_method=how,
        scope=" ".join(place.sign_in.scopes) or None,
        redirect_uri=redirect,
        code_challenge_method="S256",
        timeout=place.timeout_s,
        follow_redirects=False,
    )


def token_for(place: Place, code: str, verifier: str, redirect: str) -> dict[str, Any]:
    """The token for a code. Raises Refused, or Busy when no proper answer comes."""
    with opened(place, redirect) as client:
        return _token(place, lambda: client.fetch_token(place.sign_in.token_url, grant_type="authorization_code",
                                                        code=code, code_verifier=verifier))  # fmt: skip


def renewed(place: Place, token: Mapping[str, Any]) -> dict[str, Any]:
    """A new token for an old one.

    Raises:
        NotConnected: the server renews it no more. Refused, Busy: as `token_for`.
    """
    with opened(place) as client:
        # Without scopes: what was permitted, and not what the settings ask for by now.
        client.scope = None
        return _token(place, lambda: client.refresh_token(place.sign_in.token_url, str(token["refresh_token"])))


def revoke(place: Place, token: Mapping[str, Any]) -> str:
    """Ends the token at its server; why it may go on there, in words, or "" when it is ended."""
    if not place.sign_in.revoke_url:
        return "it has no address for that"
    hint = "refresh_token" if token.get("refresh_token") else "access_token"
    try:
        with opened(place) as client:
            said = client.revoke_token(place.sign_in.revoke_url, str(token[hint]), hint)
    except (OAuthError, httpx2.HTTPError, ValueError) as error:
        return _words(error)
    return "" if said.status_code < 300 else f"it answers {said.status_code}"


def _token(place: Place, ask: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    try:
        token = dict(ask())
    except OAuthError as error:
        if error.error == "invalid_grant":
            raise NotConnected(f"{place.title} doesn't accept your sign-in ({_words(error)}).") from error
        raise Refused(
            f"{place.title} gives no token ({_words(error)}); have the client_id, client_secret and redirect address "
            f"of {place.name} checked in the settings."
        ) from error
    except httpx2.HTTPError as error:
        raise Busy(f"{place.title} gives no token now ({_words(error)}); try again in a moment.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(f"{place.title} answers with no token; have the token_url of {place.name} checked.") from error
    if not token.get("access_token") or str(token.get("token_type", "bearer")).casefold() != "bearer":
        raise Refused(f"{place.title} answers with no bearer token; have the token_url of {place.name} checked.")
    return token


def _words(error: Exception) -> str:
    return visible(" ".join(str(error).split()))[:200].rstrip(".;") or type(error).__name__
