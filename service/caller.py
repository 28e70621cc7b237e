"""Who calls: a person, by a token, by a key of their own, or named by a service key; never nobody, never everybody.

caller = callers.of(request)          # Caller, or Unauthorized / Forbidden
caller.needs("ask")
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from assistant.limits import UsageLimits
from core import audit
from core.claims_again import ClaimsAgain
from core.errors import IdentityError
from core.identity import Directory, load_directory
from core.keys import PREFIX, SCOPES, ApiKey, open_key
from core.scim import is_inactive
from core.settings import LimitSettings
from core.signin import Connection, claims_user, development_user
from core.types import UNKNOWN_GROUPS, User
from service.parts import Parts
from service.tokens import BearerTokens

ON_BEHALF_OF = "x-debrief-on-behalf-of"
# A token whose scopes begin so may do these alone: debrief.ask
_TOKEN_SCOPE = "debrief."


class Unauthorized(IdentityError):
    """Nobody is known to call; the message says what to send."""


class Forbidden(IdentityError):
    """The person is known, and may not do this, or not with this key."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, and what the call may do. `means` is how they are known: "token", "key 1a2b", "service key 1a2b"."""

    user: User
    scopes: frozenset[str]
    means: str

    def needs(self, scope: str) -> None:
        """Raises Forbidden: the key or token hasn't this scope."""
        if scope not in self.scopes:
            has = ", ".join(sorted(self.scopes)) or "none"
            raise Forbidden(f"This needs the scope {scope}, and the {self.means} has {has}; use one that has it.")


class Callers:
    """Tells the person of a request. Safe for several threads.

    Args:
        fresh_s: So long the directory of people and groups counts before it is read again.
    """

    def __init__(
        self,
        parts: Parts,
        tokens: BearerTokens | None = None,
        fresh_s: float = 15.0,
        again: ClaimsAgain | None = None,
    ) -> None:
        self._parts, self._tokens = parts, tokens or BearerTokens(parts.settings.api)
        issuer = parts.settings.api.issuer.rstrip("/")
        self._again = again or ClaimsAgain(f"{issuer}/.well-known/openid-configuration")
        self._fresh_s, self._directory, self._read_at = fresh_s, Directory(), -fresh_s - 1
        self._lock = threading.Lock()
        each = LimitSettings(
            questions_per_person_minute=parts.settings.api.requests_per_person_minute, running_per_person=0
        )
        self._limits = UsageLimits(each, noun="requests")

    def of(self, request: HTTPConnection) -> Caller:
        """The caller; the request is counted. Raises Unauthorized, Forbidden, or TooManyQuestions."""
        sent = request.headers.get("authorization", "")
        kind, _, credential = sent.partition(" ")
        # Clients of AWS sign with what nobody here has; their session token is the key.
        amazon = request.headers.get("x-amz-security-token", "") if kind.startswith("AWS4-") else ""
        caller = self.known(amazon or (credential if kind.lower() == "bearer" else ""), request)
        with self._limits.question(caller.user.email):
            return caller

    def known(self, credential: str, request: HTTPConnection) -> Caller:
        """The caller who has this credential. Raises as `of`."""
        try:
            if not credential:
                raise IdentityError("Send Authorization: Bearer with a token or an API key (`debrief keys create`).")
            if credential.startswith(PREFIX):
                return self._by_key(open_key(self._parts.engine, credential), request)
            if self._parts.settings.auth.mode == "development":
                return self._as_themselves(self._on_this_machine(credential, request), request)
            return self._as_themselves(self._by_token(credential), request)
        except Forbidden:
            raise
        except IdentityError as error:
            raise Unauthorized(str(error)) from error

    def person(self, email: str) -> User:
        """The person with this address as far as is known without a sign-in. Raises IdentityError: not active."""
        auth, directory = self._parts.settings.auth, self._people()
        if auth.mode == "development" and directory.entries:
            return directory.user(email)
        unknown = auth.mode == "oidc" and auth.groups_claim
        person = directory.person(email, (UNKNOWN_GROUPS,) if unknown else ())
        self._check_active(person)
        return person

    def _by_key(self, key: ApiKey, request: HTTPConnection) -> Caller:
        named = request.headers.get(ON_BEHALF_OF, "").strip()
        scopes = frozenset(key.scopes)
        if not key.service:
            return self._as_themselves(Caller(self.person(key.user), scopes, f"key {key.id}"), request)
        if "@" not in named:
            raise Forbidden(f"The service key {key.id} acts for people: name one in {ON_BEHALF_OF.title()}.")
        person = self.person(named)
        what = f"{request.scope.get('method', '')} {request.url.path}"
        audit.record(self._parts.engine, person, "was acted for", f"service key {key.id} {key.name}", what, key=key.id)
        return Caller(person, scopes, f"service key {key.id}")

    def _as_themselves(self, caller: Caller, request: HTTPConnection) -> Caller:
        """The caller, who names nobody else."""
        named, own = request.headers.get(ON_BEHALF_OF, "").strip(), caller.user.email
        if named and self._people().address_of(named) != own:
            raise Forbidden(f"The {caller.means} is {own}'s own and can't act for {named}; a service key can.")
        return caller

    def _by_token(self, token: str) -> Caller:
        auth, people, now = self._parts.settings.auth, self._people(), time.time()
        named = hashlib.sha256(token.encode()).hexdigest()
        claims = self._again.recent(
            named, self._tokens.claims(token), lambda: token, auth=auth, directory=people, now=now
        )
        person = claims_user(claims, auth, people, now)
        self._check_active(person)
        return Caller(person, _scopes_of(claims), "token")

    def _on_this_machine(self, credential: str, request: HTTPConnection) -> Caller:
        if not self._parts.key or not hmac.compare_digest(credential.encode(), self._parts.key.encode()):
            raise IdentityError("The key isn't the one that was printed at the start, and no API key either.")
        here = str((request.scope.get("server") or ("",))[0])
        client = request.client.host if request.client else None
        connection = Connection(here, dict(request.headers), client)
        user = development_user(self._parts.settings.auth, self._people(), connection)
        return Caller(user, frozenset(SCOPES), "key of this machine")

    def _check_active(self, person: User) -> None:
        if is_inactive(self._parts.engine, person.email):
            raise IdentityError(f"{person.email} isn't active at the identity provider any more; ask whoever runs it.")

    def _people(self) -> Directory:
        with self._lock:
            if time.monotonic() - self._read_at > self._fresh_s:
                self._directory = load_directory(self._parts.settings, self._parts.engine)
                self._read_at = time.monotonic()
            return self._directory


def _scopes_of(claims: Any) -> frozenset[str]:
    told = claims.get("scp") or claims.get("scope") or ""
    names = told.split() if isinstance(told, str) else [str(name) for name in told]
    ours = {name.removeprefix(_TOKEN_SCOPE) for name in names if name.startswith(_TOKEN_SCOPE)}
    return frozenset(ours & set(SCOPES)) if ours else frozenset(SCOPES)
