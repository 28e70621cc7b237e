"""The audit log: who opened, started or changed what. Questions, app runs and versions have tables of their own.

An entry says that something happened, never what a document or a question says. Entries are only ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from core.database import metadata
from core.types import User

entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
    sa.Column("user", sa.String(320), nullable=False, index=True),
    sa.Column("action", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that a person did.

    Attributes:
        at: UTC, ISO 8601 to the second.
        action: "asked", "ran app", "changed weights", …
        subject: What it was done to: a document's id, an app, a run, a file.
        detail: What else an auditor needs; one line.
    """

    at: str
    user: str
    action: str
    subject: str
    detail: str = ""


def record(engine: sa.Engine, user: User, action: str, subject: str, detail: str = "") -> None:
    """Adds an entry of now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    row = {"at": now, "user": user.email.lower(), "action": action, "subject": subject[:500], "detail": detail}
    with engine.begin() as connection:
        connection.execute(entries.insert().values(**row))


def recorded(engine: sa.Engine, since: str, actions: Sequence[str] = (), limit: int = 2_000) -> list[AuditEntry]:
    """The newest entries from `since` (ISO 8601) on, the newest first."""
    query = sa.select(entries).where(entries.c.at >= since).order_by(entries.c.at.desc(), entries.c.id.desc())
    if actions:
        query = query.where(entries.c.action.in_(actions))
    with engine.connect() as connection:
        return [AuditEntry(r.at, r.user, r.action, r.subject, r.detail) for r in connection.execute(query.limit(limit))]
