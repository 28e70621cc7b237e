"""Who is connected to which system, and sign-ins that have begun, in the state database; secrets are encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.database import SECRET, Engine, UtcDateTime, metadata, personal

connected_accounts = sa.Table(
    "connected_accounts",
    metadata,
    sa.Column("user", sa.String(320), primary_key=True, info=personal("delete")),
    sa.Column("system", sa.String(120), primary_key=True),
    # The token as the server gave it, and the mark of the place that it is for.
    sa.Column("sealed", sa.Text, nullable=False, info={SECRET: True}),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("connected_at", UtcDateTime, nullable=False),
    sa.Column("renewed_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime),
    # Why it signs nothing any more, in a sentence.
    sa.Column("problem", sa.Text, nullable=False),
    # Who is renewing it, and until when alone: a token that is renewed twice at once is taken for stolen.
    sa.Column("lease", sa.String(32), nullable=False),
    sa.Column("leased_until", UtcDateTime),
)
sign_in_requests = sa.Table(
    "sign_in_requests",
    metadata,
    # The SHA-256 of the state, which only the person's browser has.
    sa.Column("state", sa.String(64), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    sa.Column("system", sa.String(120), nullable=False),
    sa.Column("sealed", sa.Text, nullable=False, info={SECRET: True}),
    sa.Column("made_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's connection to a system, without its secrets. `problem` says why it signs nothing any more."""

    user: str
    system: str
    scopes: str
    connected_at: datetime
    renewed_at: datetime
    ends_at: datetime | None
    problem: str


_SHOWN = [connected_accounts.c[name] for name in Account.__slots__]


def accounts_of(engine: Engine, email: str = "") -> list[Account]:
    """The person's connections, or everybody's, by person and system."""
    query = sa.select(*_SHOWN).order_by(connected_accounts.c.user, connected_accounts.c.system)
    if email:
        query = query.where(connected_accounts.c.user == email.lower())
    with engine.connect() as connection:
        return [Account(**row._mapping) for row in connection.execute(query)]


def row_of(connection: sa.Connection, email: str, system: str) -> sa.Row[tuple[object, ...]] | None:
    """The whole row of a connection."""
    return connection.execute(sa.select(connected_accounts).where(is_account(email, system))).first()


def is_account(email: str, system: str) -> sa.ColumnElement[bool]:
    """The condition for one connection."""
    return (connected_accounts.c.user == email.lower()) & (connected_accounts.c.system == system)


def put(connection: sa.Connection, email: str, system: str, values: Mapping[str, object]) -> None:
    """Keeps a connection in place of the one before."""
    connection.execute(connected_accounts.delete().where(is_account(email, system)))
    connection.execute(connected_accounts.insert().values(user=email.lower(), system=system, **values))
