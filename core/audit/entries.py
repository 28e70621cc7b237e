"""The entries of the audit trail, each with a hash over itself and the one before it.

Entries are only ever added, and their old end is cut by retention alone. An entry says that something happened, and
with which outcome and documents; the words of a question stand in it only where the settings say so (`audit.texts`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from core.database import KEEP_TEXTS, Engine, Json, UtcDateTime, begin_alone, metadata, personal, utc_now
from core.types import User

_EVIDENCE = "no entry of the audit trail can go without the others' showing it; retention.audit_days ends them"
entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column(
        "user",
        sa.String(320),
        nullable=False,
        index=True,
        info=personal(_EVIDENCE),
    ),
    sa.Column("action", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("facts", Json),
    # Empty in entries of a version without the chain, until the first one is added to it.
    sa.Column("hash", sa.String(64), nullable=False, default=""),
)

# Who acts when nobody does: the schedule.
SERVICE = User("(service)")
# Kinds of entries that more than one place knows.
ASKED, RATED, RAN, PUBLISHED = "asked", "rated", "ran app", "published app"
CUT = "cut audit trail"
_LOCK = 74254
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that a person did.

    Attributes:
        at: UTC.
        action: "asked", "ran app", "changed weights", …
        subject: What it was done to: a document's id, an app, a run, a file.
        detail: What else an auditor needs; one line.
        facts: The same for machines: outcome, route, documents, trace.
        id: Its place in the chain, without gaps.
    """

    at: datetime
    user: str
    action: str
    subject: str
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    id: int = field(default=0, compare=False)
    hash: str = field(default="", compare=False)


def record(engine: Engine, user: User, action: str, subject: str, detail: str = "", **facts: object) -> None:
    """Adds an entry of now."""
    with engine.begin() as connection:
        append(connection, user, action, subject, detail, **facts)


def append(connection: sa.Connection, user: User, action: str, subject: str, detail: str = "", **facts: object) -> None:
    """Adds an entry in the transaction of what it tells of, as the last thing before its end.

    Last, since others who add one wait until the transaction ends.
    """
    begin_alone(connection, _LOCK)
    last = _last(connection)
    values: dict[str, Any] = {
        "id": 1 if last is None else last.id + 1,
        "at": utc_now(),
        "user": _stored(user.email.lower()),
        "action": action,
        "subject": _stored(subject)[:500],
        "detail": _stored(detail),
        "facts": json.loads(_stored(json.dumps(facts, default=str, ensure_ascii=False))),
    }
    values["hash"] = digest(last.hash if last is not None else "", values)
    connection.execute(entries.insert().values(**values))


def told(connection: sa.Connection, text: str) -> str:
    """The text as an entry may hold it: itself, or by default its SHA-256, which shows whether a text is the one."""
    if connection.get_execution_options().get(KEEP_TEXTS):
        return text
    return "sha256:" + hashlib.sha256(_stored(text).encode()).hexdigest()


def digest(before: str, values: Mapping[str, Any]) -> str:
    """The hash of an entry after the one whose hash is `before`; empty for the first.

    It is the SHA-256 of the JSON list [before, id, at, user, action, subject, detail, facts] in UTF-8, keys sorted,
    without blanks, `at` in UTC with microseconds.
    """
    at = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    parts = [before, values["id"], at, *(values[name] for name in ("user", "action", "subject", "detail", "facts"))]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cut(engine: Engine, before: datetime) -> int:
    """Deletes the entries from before then; how many. The entry that says so keeps the rest verifiable."""
    with engine.begin() as connection:
        begin_alone(connection, _LOCK)
        _last(connection)  # entries without a hash get theirs
        kept = connection.scalar(sa.select(sa.func.min(entries.c.id)).where(entries.c.at >= before))
        older = entries.c.id < kept if kept is not None else sa.true()
        newest = connection.execute(sa.select(entries).where(older).order_by(entries.c.id.desc()).limit(1)).first()
        if newest is None:
            return 0
        facts = {"until": newest.id, "hash": newest.hash}
        append(
            connection, SERVICE, CUT, f"entries up to {newest.id}", f"from before {before:%Y-%m-%d %H:%M} UTC", **facts
        )
        return connection.execute(entries.delete().where(entries.c.id <= newest.id)).rowcount


def recorded_actions(engine: Engine) -> list[str]:
    """Every kind of action that was ever recorded, by name."""
    with engine.connect() as connection:
        return sorted(connection.execute(sa.select(entries.c.action).distinct()).scalars())


def first_of(engine: Engine, action: str) -> datetime | None:
    """When the first kept entry of this action was made; None if there is none."""
    with engine.connect() as connection:
        found: datetime | None = connection.scalar(
            sa.select(sa.func.min(entries.c.at)).where(entries.c.action == action)
        )
        return found


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
        return [entry_of(row) for row in connection.execute(query.limit(limit))]


def entry_of(row: sa.Row[Any]) -> AuditEntry:
    """A row of the table."""
    return AuditEntry(row.at, row.user, row.action, row.subject, row.detail, row.facts or {}, row.id, row.hash)


def _last(connection: sa.Connection) -> sa.Row[Any] | None:
    """The newest entry, with its hash."""
    newest = sa.select(entries).order_by(entries.c.id.desc()).limit(1)
    last = connection.execute(newest).first()
    if last is None or last.hash:
        return last
    # Another version has written these. Once there is a hash, an entry without one is no such entry.
    if connection.scalar(sa.select(sa.func.count()).where(entries.c.hash != "")) == 0:
        _chain(connection)
    return connection.execute(newest).first()


def _chain(connection: sa.Connection) -> None:
    before = ""
    for number, row in enumerate(connection.execute(sa.select(entries).order_by(entries.c.id)).all(), 1):
        # Databases leave gaps in numbers that they count themselves.
        before = digest(before, {**row._mapping, "id": number})
        connection.execute(entries.update().where(entries.c.id == row.id).values(id=number, hash=before))


def _stored(text: str) -> str:
    """The text without what no database takes."""
    return _UNSTORABLE.sub("", text)
