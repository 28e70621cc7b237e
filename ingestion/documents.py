"""What the Sources page shows: each source's last sync, and documents with what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from core.identity import Directory
from core.types import EVERYONE, User
from ingestion.state import DocumentRecord, documents
from ingestion.sync.schedule import trigger_for
from ingestion.sync.status import SourceStatus
from retrieval.query import may_read

# A scheduled run that is not done after so long is late.
_ALLOWED = timedelta(hours=1)
# As cron counts them.
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
OUTCOMES = ("indexed", "held", "dropped", "failed", "deleted")


def find_documents(
    engine: sa.Engine,
    reader: User | None,
    *,
    text: str = "",
    source: str | None = None,
    outcomes: Sequence[str] = (),
    limit: int = 200,
) -> list[DocumentRecord]:
    """The first `limit` documents by title, newest change first.

    Args:
        reader: Only what this person may read; None (for administrators) means all.
        text: Words that must all stand in the title, the id or the address.
    """
    query = sa.select(documents).order_by(documents.c.changed_at.desc(), documents.c.id)
    if source:
        query = query.where(documents.c.source == source)
    if outcomes:
        query = query.where(documents.c.outcome.in_(outcomes))
    place = documents.c.title + " " + documents.c.id + " " + documents.c.url
    for word in text.split():
        query = query.where(place.icontains(word, autoescape=True))
    found: list[DocumentRecord] = []
    for record in _records(engine, query):
        if reader is None or may_read(reader, record.allow, record.deny):
            found.append(record)
            if len(found) == limit:
                break
    return found


def titles(engine: sa.Engine) -> dict[str, str]:
    """Id → title of every indexed document, for administrators."""
    query = sa.select(documents.c.id, documents.c.title).where(documents.c.outcome == "indexed")
    with engine.connect() as connection:
        return {row.id: row.title or row.id for row in connection.execute(query)}


def readers(record: DocumentRecord, directory: Directory) -> list[User]:
    """The people of the directory who may read the document, by name; others may through groups they sign in with."""
    people = (directory.user(email) for email in directory.entries)
    return sorted((p for p in people if may_read(p, record.allow, record.deny)), key=lambda p: p.name or p.email)


def why_readable(user: User, record: DocumentRecord) -> str:
    """One sentence: may the person read it, and through what."""
    mine = user.principals()
    denied = sorted(mine & set(record.deny))
    if denied:
        return f"No: {', '.join(map(principal_name, denied))} is on the document's deny list, and deny beats allow."
    allowed = sorted(mine & set(record.allow))
    if not allowed:
        listed = ", ".join(map(principal_name, sorted(record.allow))) or "nobody"
        return f"No: the document is for {listed}."
    return f"Yes, through {', '.join(map(principal_name, allowed))}."


def principal_name(principal: str) -> str:
    """ "group:emea" → "the group emea", for a sentence."""
    kind, _, name = principal.partition(":")
    return "everyone" if principal == EVERYONE else f"the group {name}" if kind == "group" else name


def readable_counts(engine: sa.Engine, reader: User) -> dict[str, tuple[int, int]]:
    """Source → (documents the person may read, documents in the index)."""
    counts: dict[str, tuple[int, int]] = {}
    query = sa.select(documents.c.source, documents.c.allow, documents.c.deny).where(documents.c.outcome == "indexed")
    with engine.connect() as connection:
        for source, allow, deny in connection.execute(query):
            mine, total = counts.get(source, (0, 0))
            counts[source] = (mine + may_read(reader, allow, deny), total + 1)
    return counts


def _records(engine: sa.Engine, query: sa.Select[tuple[object, ...]]) -> Iterator[DocumentRecord]:
    with engine.connect() as connection:
        for row in connection.execute(query).mappings():
            values = dict(row)
            for name in ("allow", "deny", "lacks", "fired", "warnings"):
                values[name] = tuple(values[name])
            yield DocumentRecord(**values)


def late_by(status: SourceStatus, file: Path, now: datetime) -> timedelta | None:
    """How long a scheduled sync that should have succeeded by now is overdue; None if none is, or none is scheduled.

    Args:
        file: The settings, for the message of a wrong schedule.
        now: With its zone.

    Raises:
        SettingsError: the schedule isn't a cron expression.
    """
    if not status.settings.schedule or status.succeeded_at is None:
        return None
    trigger = trigger_for(status.settings, file)
    due = trigger.get_next_fire_time(None, status.succeeded_at.replace(tzinfo=UTC) + timedelta(seconds=1))
    # A run takes its time, and syncs wait for each other.
    return now - due if due is not None and now - due > _ALLOWED else None


def running(found: Iterable[SourceStatus]) -> bool:
    """Whether a sync is under way."""
    return any(status.last is not None and status.last.state == "SYNCING" for status in found)


def schedule_words(cron: str, zone: str) -> str:
    """A cron expression as people say it, as far as it is a plain one; else as it is."""
    if not cron:
        return "by hand"
    minute, hour, day, month, weekday = (*cron.split(), *[""] * 5)[:5]
    if not (minute.isdigit() and hour.isdigit() and day == month == "*"):
        return f"{cron} {zone}"
    time = f"{int(hour):02}:{int(minute):02} {zone}"
    if weekday == "*":
        return f"daily, {time}"
    return f"{_WEEKDAYS[int(weekday) % 7]}s, {time}" if weekday.isdigit() else f"{cron} {zone}"
