"""Who is at a page or an interface: the person of the identity provider's token, or the development user on loopback.

Identity comes from the session's cookie, which Streamlit signs, from a bearer token, or from debrief.yaml; never from
the URL.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import IdentityError
from core.identity import Directory, home_address
from core.settings import AuthSettings
from core.types import UNKNOWN_GROUPS, User, folded

# A proxy in front of a loopback server lets strangers in, and says so with one of these.
FORWARDING_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")

# What .streamlit/secrets.toml must have under [auth].
PROVIDER_SECRETS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


class SessionExpired(IdentityError):
    """The identity provider's sign-in is no longer valid."""


@dataclass(frozen=True)
class Connection:
    """How the browser reached the server.

    Attributes:
        bind_address: The address that the server listens on; empty means all.
        headers: The request's headers.
        client: The browser's address as the server sees it; None when it is the server's own machine.
    """

    bind_address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str | None = None


def development_user(auth: AuthSettings, directory: Directory, connection: Connection) -> User:
    """The fixed user of a development server.

    Raises:
        IdentityError: somebody outside this machine could be asking, or the user isn't set or known.
    """
    reason = _reachable(connection)
    if reason:
        raise IdentityError(
            f"The development user is served to this machine alone, and {reason}; start the server with "
            "--server.address 127.0.0.1 and open it there, or set auth.mode to oidc for other people to sign in."
        )
    if not auth.development_user:
        raise IdentityError("auth.mode is development and auth.development_user is empty; name a user there.")
    if directory.entries:
        return directory.user(auth.development_user)
    return directory.person(auth.development_user)


def claims_user(claims: Mapping[str, Any], auth: AuthSettings, directory: Directory, now: float) -> User:
    """The person that the identity token names, with the groups of its claim and of the directory.

    Args:
        now: Seconds since 1970, UTC.

    Raises:
        SessionExpired: the token's time is over, or it says none.
        IdentityError: the token has no address, or one that the provider hasn't verified.
    """
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or not now < expires < math.inf:
        raise SessionExpired("Your sign-in has expired; sign in again.")
    written = str(claims.get("email") or claims.get("preferred_username") or "").strip()
    email = home_address(written)
    if "@" not in email:
        raise IdentityError(
            "The identity provider names no e-mail address; add the scope `email` to client_kwargs in secrets.toml."
        )
    if not written.isascii() and folded(written).isascii():
        raise IdentityError(f"The address {written!a} has letters that only look like others; mend it at the provider.")
    # Some providers send it as text; whatever isn't a plain yes is a no.
    if claims.get("email_verified", True) not in (True, "true", "True"):
        raise IdentityError(f"The identity provider hasn't verified {email}; verify the address there.")
    claimed = _claimed_groups(claims, auth.groups_claim)
    if claims_aged(claims, auth, directory, now):
        raise SessionExpired("Your groups were told too long ago; sign in again to go on with those of today.")
    return directory.person(email, claimed, str(claims.get("name") or ""))


def claims_aged(claims: Mapping[str, Any], auth: AuthSettings, directory: Directory, now: float) -> bool:
    """Whether the token's groups are older than `auth.claims_minutes`; never where it names none, or a directory tells
    them all."""
    if auth.claims_minutes is None or not auth.groups_claim or auth.groups_claim not in claims or directory.whole:
        return False
    told = claims.get("iat")
    return not isinstance(told, int | float) or now - told > 60 * auth.claims_minutes


def claimed_since(claims: Mapping[str, Any], auth: AuthSettings, directory: Directory) -> float | None:
    """When the token told the groups that nobody else tells, in seconds since 1970; None when no group rests on it.

    Such a group counts until the token ends, whatever the identity provider has changed since.
    """
    claimed = set(_claimed_groups(claims, auth.groups_claim)) - {UNKNOWN_GROUPS} - directory.told
    told = claims.get("iat")
    return float(told) if claimed and not directory.whole and isinstance(told, int | float) else None


def check_provider(secrets: Mapping[str, object], authlib: bool) -> None:
    """Makes sure that the identity provider can be asked.

    Args:
        secrets: The section [auth] of .streamlit/secrets.toml.
        authlib: Whether the package is installed.

    Raises:
        IdentityError: something is missing; the message says what, and never a value.
    """
    if not authlib:
        raise IdentityError("Sign-in needs the package Authlib, which isn't installed; run `pip install authlib`.")
    missing = [name for name in PROVIDER_SECRETS if not secrets.get(name)]
    if missing:
        raise IdentityError(
            f"auth.mode is oidc and [auth] in .streamlit/secrets.toml has no {', '.join(missing)}; "
            "add what your identity provider gave you, as docs/sign-in.md shows."
        )
    if not str(secrets["redirect_uri"]).endswith("/oauth2callback"):
        raise IdentityError(
            f"redirect_uri in .streamlit/secrets.toml is {secrets['redirect_uri']}; it must end with /oauth2callback."
        )


def _reachable(connection: Connection) -> str:
    """Why somebody else could reach the server; empty when nobody can."""
    if not _loopback(connection.bind_address):
        return f"this server listens on {connection.bind_address or 'every address'}"
    if connection.client is not None and not _loopback(connection.client):
        return f"you come from {connection.client}"
    headers = {name.lower(): value for name, value in connection.headers.items()}
    forwarded = next((name for name in FORWARDING_HEADERS if name.lower() in headers), "")
    if forwarded:
        return f"a proxy forwards requests to it (header {forwarded})"
    host = headers.get("host", "localhost")
    # A foreign host name that resolves to this machine is how a web page elsewhere would reach it.
    if not _loopback(_without_port(host)):
        return f"it was opened as {host}"
    return ""


def _loopback(address: str) -> bool:
    if address.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rsplit(":", 1)[0] if host.count(":") == 1 else host


def _claimed_groups(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The groups of the claim, and `UNKNOWN_GROUPS` if the provider left some or all of them out."""
    if not name:
        return ()
    # Entra gives the claim's address in the place of over 200 groups, or says that there are some.
    elsewhere = claims.get("_claim_names")
    overflow = bool(claims.get("hasgroups")) or (isinstance(elsewhere, Mapping) and name in elsewhere)
    groups = _groups(claims.get(name))
    return (*groups, UNKNOWN_GROUPS) if overflow or name not in claims else groups


def _groups(claim: object) -> tuple[str, ...]:
    if isinstance(claim, str):
        return tuple(filter(None, (part.strip() for part in claim.split(","))))
    if isinstance(claim, list | tuple):
        return tuple(str(group) for group in claim if str(group))
    return ()
