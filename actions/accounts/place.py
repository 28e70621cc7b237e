"""Where one system's people sign in: what its kind says, and what the settings say otherwise."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from actions.kinds.kind import ActionKind, KindSettings, OAuthSettings, SignIn
from core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Place:
    """A system's authorisation server, as our application there speaks to it. `url` is the system that it signs for."""

    name: str
    title: str
    client: OAuthSettings
    sign_in: SignIn
    url: str
    timeout_s: float

    @property
    def mark(self) -> str:
        """The SHA-256 of whom a token is from and for: one that was given for another place is never sent to this."""
        told = [self.url, self.sign_in.authorize_url, self.sign_in.token_url, self.client.client_id]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def is_of(self, issuer: str) -> bool:
        """Whether an answer by this name is from here: the name of the settings, else any of the server's own."""
        if self.client.issuer:
            return issuer == self.client.issuer
        return not issuer or _origin(issuer) == _origin(self.sign_in.authorize_url)


def place_of(kind: ActionKind, settings: KindSettings, file: object) -> Place | None:
    """Where the system's people sign in; None where one account writes for all.

    Raises:
        SettingsError: the account for all isn't given, or not all that a sign-in needs.
    """
    if settings.oauth is None:
        for key in kind.account:
            if not getattr(settings, key):
                also = ", or `oauth`, with which people sign in as themselves" if kind.sign_in else ""
                raise SettingsError(f"{file}: {settings.name}: the key '{key}' is missing; add it{also}.")
        return None
    if kind.sign_in is None:
        raise SettingsError(
            f"{file}: {settings.name}: {kind.title} has no sign-in of a person's own; take `oauth` out, and give the "
            "account that writes."
        )
    known, own = kind.sign_in(settings), settings.oauth
    sign_in = SignIn(
        own.authorize_url or known.authorize_url,
        own.token_url or known.token_url,
        own.revoke_url or known.revoke_url,
        own.scopes or known.scopes,
        {**known.parameters, **own.parameters},
    )
    for key in ("authorize_url", "token_url"):
        if not getattr(sign_in, key):
            raise SettingsError(f"{file}: {settings.name}: the key 'oauth.{key}' is missing; add it.")
    title = settings.title or f"{kind.title} ({settings.name})"
    return Place(settings.name, title, own, sign_in, str(getattr(settings, "url", "")), settings.timeout_s)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
