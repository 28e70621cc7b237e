"""Sign-ins that their people have ended: the browser's cookie stays valid until it expires, and says nothing of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from core.database import Engine, UtcDateTime, metadata, utc_now

sign_outs = sa.Table(
    "sign_outs",
    metadata,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)


def end_sign_in(engine: Engine, claims: Mapping[str, Any]) -> None:
    """Lets nobody in with these claims any more. Forgets those whose time is over by itself."""
    expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
    with engine.begin() as connection:
        connection.execute(sign_outs.delete().where(sign_outs.c.expires_at < utc_now()))
        if not connection.execute(sa.select(sign_outs).where(sign_outs.c.token == _token(claims))).first():
            connection.execute(sign_outs.insert().values(token=_token(claims), expires_at=expires))


def is_ended(engine: Engine, claims: Mapping[str, Any]) -> bool:
    """Whether the person has signed out of the sign-in with these claims."""
    with engine.connect() as connection:
        return connection.execute(sa.select(sign_outs).where(sign_outs.c.token == _token(claims))).first() is not None


def _token(claims: Mapping[str, Any]) -> str:
    """The sign-in without what it says: each has its own times and nonce."""
    return hashlib.sha256(json.dumps(dict(claims), sort_keys=True, default=str).encode()).hexdigest()
