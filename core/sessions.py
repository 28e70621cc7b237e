"""Sign-ins, kept on the server: the browser has a random key and nothing of what the identity provider said.

A token with hundreds of groups makes 15 kB of cookies, more than servers take in a request's head; and what lies in a
browser signs in as long as its signature holds, whatever has been ended here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now

sessions = sa.Table(
    "sessions",
    metadata,
    # The hash of the browser's key: whoever reads the database signs in as nobody.
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, default="", info=personal("delete")),
    sa.Column("cookies", Json, nullable=False),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)


def begin_session(engine: Engine, cookies: Mapping[str, str], hours: float) -> str:
    """Keeps what would otherwise lie in the browser; the key to it. Forgets sessions that are over."""
    key, now = secrets.token_urlsafe(32), utc_now()
    values = {"begun_at": now, "expires_at": now + timedelta(hours=hours), "cookies": dict(cookies), "user": ""}
    with engine.begin() as connection:
        connection.execute(sessions.delete().where(sessions.c.expires_at < now))
        connection.execute(sessions.insert().values(id=_id(key), **values))
    return key


def session_cookies(engine: Engine, key: str) -> dict[str, str]:
    """What is kept under the key; nothing if the session is over, or there never was one."""
    if not key:
        return {}
    query = sa.select(sessions.c.cookies).where(sessions.c.id == _id(key), sessions.c.expires_at > utc_now())
    with engine.connect() as connection:
        return dict(connection.scalar(query) or {})


def open_session(engine: Engine, key: str, email: str) -> bool:
    """Whether the session is open, and from now on whose it is."""
    here = sessions.c.id == _id(key)
    query = sa.select(sessions.c.user).where(here, sessions.c.expires_at > utc_now())
    with engine.connect() as connection:
        known = connection.scalar(query) if key else None
    if known == "":
        with engine.begin() as connection:
            connection.execute(sessions.update().where(here).values(user=email))
    return known is not None


def end_session(engine: Engine, key: str) -> None:
    """Signs nobody in with this key any more."""
    with engine.begin() as connection:
        connection.execute(sessions.delete().where(sessions.c.id == _id(key)))


def end_sessions_of(engine: Engine, email: str) -> int:
    """Ends every sign-in of the person; how many."""
    with engine.begin() as connection:
        return connection.execute(sessions.delete().where(sessions.c.user == email)).rowcount


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
