"""A person's connections: begun and finished in the browser, renewed before they end, ended when they wish.

A sign-in that comes back counts once, within ten minutes, for the person who began it, from the server at which it was
begun: nobody can slip their own account, or another server's code, under somebody else.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

from actions.accounts.kept import Account, accounts_of, connected_accounts, is_account, put, row_of, sign_in_requests
from actions.accounts.place import Place
from actions.accounts.server import opened, renewed, revoke, token_for
from core import audit
from core.database import Engine, utc_now
from core.errors import ActionError, Busy, NotConnected, Refused
from core.sealed import opened as unsealed
from core.sealed import sealed
from core.settings import Settings
from core.text.invisible import visible
from core.types import User

_WITHIN = timedelta(minutes=10)
_EARLY = timedelta(seconds=120)
_AGAIN = "begin again on the page Connected accounts"


@dataclass(frozen=True)
class Accounts:
    """The connections of this installation's people. Every step stands in the audit trail, and no token does."""

    settings: Settings
    engine: Engine
    now: Callable[[], datetime] = utc_now

    def begin(self, place: Place, user: User, redirect: str) -> str:
        """The address at which the person signs in; they come back to `redirect`."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        kept = json.dumps({"verifier": verifier, "redirect": redirect, "mark": place.mark})
        with self.engine.begin() as connection:
            old = sign_in_requests.c.made_at < self.now() - _WITHIN
            connection.execute(sign_in_requests.delete().where(old))
            connection.execute(sign_in_requests.insert().values(
                state=_hash(state), user=user.email.lower(), system=place.name, sealed=sealed(self.settings, kept),
                made_at=self.now(),
            ))  # fmt: skip
        with opened(place, redirect) as client:
            told = dict(place.sign_in.parameters)
            address, _ = client.create_authorization_url(
                place.sign_in.authorize_url, state=state, code_verifier=verifier, **told
            )
            return str(address)

    def finish(self, places: Mapping[str, Place], address: str, user: User) -> Account:
        """The connection of a person who came back with this address.

        Raises:
            ActionError: it isn't the return of a sign-in that this person began just now.
            Refused, Busy: the system gives no token.
        """
        told = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        place, begun = self._begun(places, told, user)
        if told.get("error") or not told.get("code"):
            why = visible(" ".join([told.get("error", "no code"), told.get("error_description", "")]))[:200].strip()
            audit.record(self.engine, user, "account refused", place.name, why)
            raise Refused(f"{place.title} didn't let you sign in ({why}); {_AGAIN}.")
        try:
            token = token_for(place, told["code"], str(begun["verifier"]), str(begun["redirect"]))
        except ActionError as error:
            audit.record(self.engine, user, "account refused", place.name, str(error))
            if isinstance(error, NotConnected):
                raise Refused(f"{str(error).rstrip('.')}; {_AGAIN}.") from error
            raise
        with self.engine.begin() as connection:
            put(connection, user.email, place.name, {**self._row(place, token), "connected_at": self.now()})
            audit.append(connection, user, "connected account", place.name, scopes=_scopes(place, token))
        return next(a for a in accounts_of(self.engine, user.email) if a.system == place.name)

    def _begun(self, places: Mapping[str, Place], told: Mapping[str, str], user: User) -> tuple[Place, dict[str, Any]]:
        """The place, and what was kept when the sign-in began. Whatever it comes to, it counts this once."""
        where = sign_in_requests.c.state == _hash(told.get("state", ""))
        with self.engine.begin() as connection:
            row = connection.execute(sa.select(sign_in_requests).where(where)).first()
            connection.execute(sign_in_requests.delete().where(where))
        place = places.get(row.system) if row is not None else None
        problem = ""
        if row is None or row.made_at < self.now() - _WITHIN:
            problem = "This sign-in is unknown, over, or was used already"
        elif row.user != user.email.lower():
            problem = "This sign-in was begun by somebody else"
        elif place is None or not place.is_of(told.get("iss", "")):
            problem = "This answer isn't from the system at which the sign-in was begun"
        if not problem and row is not None and place is not None:
            begun: dict[str, Any] = json.loads(unsealed(self.settings, row.sealed))
            if begun["mark"] == place.mark:
                return place, begun
            problem = f"The settings of {place.name} have changed since"
        audit.record(self.engine, user, "account refused", row.system if row is not None else "", problem)
        raise ActionError(f"{problem}; {_AGAIN}.")

    def why_not(self, place: Place, user: User) -> str:
        """Why nothing can be signed as this person there, with the remedy; empty when it can."""
        try:
            self._kept(place, user)
        except NotConnected as error:
            return str(error)
        return ""

    def bearer(self, place: Place, user: User, refused: str = "") -> str:
        """The person's token, renewed where it is about to end, or is the one that the system has just `refused`.

        Raises:
            NotConnected: there is none, or it can't be renewed. Refused, Busy: the server doesn't renew it now.
        """
        token = self._kept(place, user)
        access, ends = str(token["access_token"]), _ends(token)
        if access != refused and (ends is None or ends > self.now() + _EARLY):
            return access
        try:
            return self._renewed(place, user, token)
        except Busy:
            if access != refused and ends is not None and ends > self.now():
                return access
            raise

    def disconnect(self, place: Place | None, system: str, email: str, by: User) -> str:
        """Forgets the connection, and ends it at the system; what became of it, in a sentence.

        Raises:
            ActionError: there is no such connection.
        """
        with self.engine.begin() as connection:
            row = row_of(connection, email, system)
            if row is None:
                raise ActionError(f"{email} isn't connected to {system}; `debrief actions connected` lists who is.")
            connection.execute(connected_accounts.delete().where(is_account(email, system)))
            audit.append(connection, by, "disconnected account", system, "", person=email.lower())
        kept = self._opened(row.sealed)
        # A token of another place isn't shown to this one, not even to be ended.
        is_there = place is not None and kept.get("mark") == place.mark
        why = revoke(place, kept["token"]) if place is not None and is_there else "its settings have changed"
        title = place.title if place is not None else system
        if why:
            return (
                f"Forgotten here; at {title} it may go on ({why}): take Debrief out in your account's settings there."
            )
        return f"Forgotten here, and ended at {title}."

    def _kept(self, place: Place, user: User) -> dict[str, Any]:
        with self.engine.connect() as connection:
            row = row_of(connection, user.email, place.name)
        if row is None:
            raise NotConnected(f"You aren't signed in to {place.title} yet; {_how(place)}.")
        if row.problem:
            raise NotConnected(f"{row.problem} To go on, {_how(place)}.")
        kept = self._opened(row.sealed)
        if kept.get("mark") != place.mark:
            raise NotConnected(f"The settings of {place.title} have changed since you signed in; {_how(place)}.")
        return dict(kept["token"])

    def _opened(self, text: str) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(unsealed(self.settings, text))
        return kept

    def _renewed(self, place: Place, user: User, token: Mapping[str, Any]) -> str:
        """A new access token, by this process or by another that was faster."""
        lease = self._leased(place, user)
        if not lease:
            return self._awaited(place, user, str(token["access_token"]))
        values: dict[str, Any] = {}
        try:
            current = self._kept(place, user)
            if current["access_token"] == token["access_token"]:
                values = self._row(place, current := self._asked_anew(place, current))
            return str(current["access_token"])
        except NotConnected as error:
            values = {"problem": str(error)}
            audit.record(self.engine, user, "account ended", place.name, str(error))
            raise NotConnected(f"{error} To go on, {_how(place)}.") from error
        finally:
            self._let_go(place, user, lease, values)

    @staticmethod
    def _asked_anew(place: Place, token: Mapping[str, Any]) -> dict[str, Any]:
        if not token.get("refresh_token"):
            raise NotConnected(f"Your sign-in to {place.title} has ended, and it gave nothing to renew it with.")
        # Servers that give a new refresh token want that one from now on; others say nothing and keep the old.
        return {"refresh_token": token["refresh_token"], **renewed(place, token)}

    def _leased(self, place: Place, user: User) -> str:
        lease = uuid.uuid4().hex
        free = connected_accounts.c.leased_until.is_(None) | (connected_accounts.c.leased_until < self.now())
        until = self.now() + timedelta(seconds=2 * place.timeout_s)
        with self.engine.begin() as connection:
            mine = connected_accounts.update().where(is_account(user.email, place.name) & free)
            taken = connection.execute(mine.values(lease=lease, leased_until=until)).rowcount
        return lease if taken else ""

    def _let_go(self, place: Place, user: User, lease: str, values: Mapping[str, Any]) -> None:
        mine = is_account(user.email, place.name) & (connected_accounts.c.lease == lease)
        with self.engine.begin() as connection:
            free = {"lease": "", "leased_until": None}
            connection.execute(connected_accounts.update().where(mine).values({**values, **free}))

    def _awaited(self, place: Place, user: User, old: str) -> str:
        """The token that another process is fetching. Raises Busy: it doesn't come."""
        until = time.monotonic() + place.timeout_s
        while time.monotonic() < until:
            time.sleep(0.1)
            if (found := str(self._kept(place, user)["access_token"])) != old:
                return found
        raise Busy(f"Your sign-in to {place.title} is being renewed; try again in a moment.")

    def _row(self, place: Place, token: Mapping[str, Any]) -> dict[str, Any]:
        kept = json.dumps({"token": dict(token), "mark": place.mark})
        return {
            "sealed": sealed(self.settings, kept), "scopes": _scopes(place, token), "renewed_at": self.now(),
            "ends_at": None if token.get("refresh_token") else _ends(token),
            "problem": "", "lease": "", "leased_until": None,
        }  # fmt: skip


def _how(place: Place) -> str:
    return f"connect on the page Connected accounts, or with `debrief actions connect {place.name}`"


def _scopes(place: Place, token: Mapping[str, Any]) -> str:
    """What was permitted: what the server says, else what was asked for."""
    told = token.get("scope")
    return " ".join(told) if isinstance(told, list) else str(told or " ".join(place.sign_in.scopes))


def _ends(token: Mapping[str, Any]) -> datetime | None:
    ends = token.get("expires_at")
    return datetime.fromtimestamp(ends, UTC) if isinstance(ends, int | float) else None


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
