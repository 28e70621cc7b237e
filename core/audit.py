"""The audit log: who opened, started or changed what. Questions, app runs and versions have tables of their own.

An entry says that something happened, never what a document or a question says. Entries are only ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.database import Engine, UtcDateTime, metadata, utc_now
from core.types import User

entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("user", sa.String(320), nullable=False, index=True),
    sa.Column("action", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that a person did.

    Attributes:
        at: UTC.
        action: "asked", "ran app", "changed weights", …
        subject: What it was done to: a document's id, an app, a run, a file.
        detail: What else an auditor needs; one line.
    """

    at: datetime
    user: str
    action: str
    subject: str
    detail: str = ""


def record(engine: Engine, user: User, action: str, subject: str, detail: str = "") -> None:
    """Adds an entry of now."""
    row = {"at": utc_now(), "user": user.email.lower(), "action": action, "subject": subject[:500], "detail": detail}
    with engine.begin() as connection:
        connection.execute(entries.insert().values(**row))


def recorded_actions(engine: Engine) -> list[str]:
    """Every kind of action that was ever recorded, by name."""
    with engine.connect() as connection:
        return sorted(connection.execute(sa.select(entries.c.action).distinct()).scalars())


def recorded(
    engine: Engine, since: datetime | None = None, actions: Sequence[str] = (), limit: int = 2_000
) -> list[AuditEntry]:
    """The newest entries from `since` on, the newest first; None means from the first on."""
    query = sa.select(entries).order_by(entries.c.at.desc(), entries.c.id.desc())
    if since is not None:
        query = query.where(entries.c.at >= since)
    if actions:
        query = query.where(entries.c.action.in_(actions))
    with engine.connect() as connection:
        return [AuditEntry(r.at, r.user, r.action, r.subject, r.detail) for r in connection.execute(query.limit(limit))]
