"""Personal API keys, and service keys that name a person at each call. The database has a key's hash alone.

key, secret = create_key(engine, ana, "notebook", ("ask", "search"), days=90)     # `secret` is shown once
found = open_key(engine, secret)                                                 # an ApiKey, or IdentityError
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa

from core import audit
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import IdentityError
from core.types import User

# `actions` fills in forms for other systems, `confirm` sends them: a program that may do the first needn't the second.
Scope = Literal["search", "ask", "apps", "data", "actions", "confirm", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "dbr_"
_MOST_DAYS = 366
_NOTED = timedelta(minutes=1)

keys = sa.Table(
    "api_keys",
    metadata,
    # Stands in the key itself, so that one can be told by its beginning.
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("service", sa.Boolean, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key. Times are UTC.

    Attributes:
        user: Whose it is; of a service key, who made it.
        service: It is nobody's own: each call names the person for whom it is made.
        used_at: Its last use, to the minute.
    """

    id: str
    user: str
    name: str
    service: bool
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def state(self) -> str:
        """ "valid", "expired" or "revoked"."""
        return "revoked" if self.revoked_at else "expired" if self.expires_at <= utc_now() else "valid"


def create_key(
    engine: Engine, user: User, name: str, scopes: Sequence[str], days: int, *, service: bool = False
) -> tuple[ApiKey, str]:
    """A new key and its text, which isn't kept. Raises IdentityError: name, scopes or days are wrong."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise IdentityError(f"A key can't have the scopes {unknown or 'none'}; choose from {', '.join(SCOPES)}.")
    if not 1 <= days <= _MOST_DAYS:
        raise IdentityError(f"A key can't be valid for {days} days; choose 1 to {_MOST_DAYS}.")
    if not name.strip() or len(name) > 80:
        raise IdentityError("A key needs a name of at most 80 characters, such as what it is for.")
    if service and "operate" in scopes:
        raise IdentityError("A service key can't have the scope operate: administrators act by themselves.")
    identifier, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), utc_now()
    made = ApiKey(
        identifier, user.email, " ".join(name.split()), service, tuple(scopes), now, now + timedelta(days=days)
    )
    values = {name: getattr(made, name) for name in ApiKey.__slots__}
    with engine.begin() as connection:
        connection.execute(keys.insert().values(**{**values, "scopes": list(scopes), "hash": _hash(secret)}))
        kind = "service key" if service else "key"
        audit.append(connection, user, "created key", f"{kind} {identifier} {made.name}", ", ".join(scopes))
    return made, f"{PREFIX}{identifier}_{secret}"


def open_key(engine: Engine, text: str) -> ApiKey:
    """The key whose text this is, noted as used now. Raises IdentityError: there is none, or it is over."""
    identifier, _, secret = text.removeprefix(PREFIX).partition("_")
    with engine.connect() as connection:
        row = connection.execute(sa.select(keys).where(keys.c.id == identifier[:16])).first()
    if row is None or not hmac.compare_digest(row.hash, _hash(secret)):
        raise IdentityError("There is no such API key; create one with `debrief keys create`, or on the page Keys.")
    key = _key(row)
    if key.state != "valid":
        when = key.revoked_at or key.expires_at
        raise IdentityError(f"The API key {key.id} is {key.state} since {when:%Y-%m-%d %H:%M} UTC; create a new one.")
    if key.used_at is None or utc_now() - key.used_at > _NOTED:
        with engine.begin() as connection:
            connection.execute(keys.update().where(keys.c.id == key.id).values(used_at=utc_now()))
    return key


def listed_keys(engine: Engine, email: str = "") -> list[ApiKey]:
    """The keys of a person, or of all, the newest first."""
    query = sa.select(keys).order_by(keys.c.created_at.desc(), keys.c.id)
    if email:
        query = query.where(keys.c.user == email.lower())
    with engine.connect() as connection:
        return [_key(row) for row in connection.execute(query)]


def revoke_key(engine: Engine, by: User, identifier: str, owner: str = "") -> ApiKey:
    """The key, which opens nothing any more. Raises IdentityError: there is none, or it isn't `owner`'s."""
    found = next((key for key in listed_keys(engine, owner) if key.id == identifier), None)
    if found is None:
        raise IdentityError(f"There is no key {identifier!r}; `debrief keys list` shows them.")
    with engine.begin() as connection:
        connection.execute(keys.update().where(keys.c.id == identifier).values(revoked_at=utc_now()))
        audit.append(connection, by, "revoked key", f"key {identifier} {found.name}", f"of {found.user}")
    return found


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    values = {name: value for name, value in row._mapping.items() if name != "hash"}
    return ApiKey(**{**values, "scopes": tuple(values["scopes"])})
