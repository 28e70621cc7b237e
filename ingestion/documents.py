"""What the pages show of sources and documents: who may read them, what became of them, and how a sync stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from core.database import Engine
from core.identity import Directory
from core.types import EVERYONE, UNKNOWN_GROUPS, Principal, User, folded
from ingestion.state import DocumentRecord, documents, record_of
from ingestion.sync.schedule import trigger_for
from ingestion.sync.status import SourceStatus
from retrieval.query import may_read
from retrieval.query.filters import Filter, matches

# A scheduled run that is not done after so long is late.
_ALLOWED = timedelta(hours=1)
# As cron counts them.
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
OUTCOMES = ("indexed", "held", "dropped", "failed", "deleted")


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document of the index, with its access lists as they are now."""

    id: str
    source: str
    title: str
    url: str
    allow: frozenset[Principal]
    deny: frozenset[Principal]


def listed_documents(engine: Engine, ids: Collection[str] | None = None) -> Iterator[ListedDocument]:
    """Every indexed document, or those of them with these ids."""
    d = documents.c
    query = sa.select(d.id, d.source, d.title, d.url, d.allow, d.deny).where(d.outcome == "indexed")
    wanted = sorted(ids) if ids is not None else []
    portions = [wanted[begin : begin + 500] for begin in range(0, len(wanted), 500)] if ids is not None else [None]
    with engine.connect() as connection:
        for portion in portions:
            for r in connection.execute(query if portion is None else query.where(d.id.in_(portion))):
                yield ListedDocument(r.id, r.source, r.title, r.url, frozenset(r.allow), frozenset(r.deny))


def readable_ids(engine: Engine, ids: Collection[str], reader: User) -> set[str]:
    """Those of the documents that the person may read today."""
    return {d.id for d in listed_documents(engine, ids) if may_read(reader, d.allow, d.deny)}


def attribute_values(engine: Engine, reader: User, names: Sequence[str]) -> dict[str, list[str]]:
    """Attribute → its values in the documents that the person may read, by name. "source" counts as an attribute."""
    found: dict[str, set[str]] = {name: set() for name in names}
    d = documents.c
    query = sa.select(d.source, d.attributes, d.allow, d.deny).where(d.outcome == "indexed")
    with engine.connect() as connection:
        for source, attributes, allow, deny in connection.execute(query):
            if may_read(reader, allow, deny):
                for name in names:
                    value = source if name == "source" else attributes.get(name)
                    found[name].update(str(v) for v in (value if isinstance(value, list) else [value]) if v)
    return {name: sorted(values, key=str.casefold) for name, values in found.items()}


def weighable_attributes(engine: Engine, most: int = 60) -> list[str]:
    """The attributes of indexed documents that have a few values, by name: what a weight can tell apart."""
    found: dict[str, set[str]] = {}
    query = sa.select(documents.c.attributes).where(documents.c.outcome == "indexed")
    with engine.connect() as connection:
        for attributes in connection.scalars(query):
            for name, value in attributes.items():
                values = found.setdefault(name, set())
                if len(values) <= most:
                    values.update(str(v) for v in (value if isinstance(value, list) else [value]) if v)
    return sorted(name for name, values in found.items() if 2 <= len(values) <= most)


def find_documents(
    engine: Engine,
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
    with engine.connect() as connection:
        for record in map(record_of, connection.execute(query).mappings()):
            if reader is None or may_read(reader, record.allow, record.deny):
                found.append(record)
                if len(found) == limit:
                    break
    return found


def documents_changed_since(
    engine: Engine, reader: User, condition: Filter | None, since: datetime | None
) -> list[DocumentRecord]:
    """Indexed documents that the person may read and that fit, written down since then (None: all)."""
    query = sa.select(documents).where(documents.c.outcome == "indexed").order_by(documents.c.changed_at)
    if since is not None:
        query = query.where(documents.c.changed_at > since)
    with engine.connect() as connection:
        found = [record_of(row) for row in connection.execute(query).mappings()]
    return [
        r
        for r in found
        if may_read(reader, r.allow, r.deny) and matches(condition, {**r.attributes, "source": r.source})
    ]


def titles(engine: Engine) -> dict[str, str]:
    """Id → title of every indexed document, by title, for administrators."""
    query = sa.select(documents.c.id, documents.c.title).where(documents.c.outcome == "indexed")
    query = query.order_by(documents.c.title)
    with engine.connect() as connection:
        return {row.id: row.title or row.id for row in connection.execute(query)}


def readers(record: DocumentRecord, directory: Directory) -> list[User]:
    """The people of the directory who may read the document, by name; others may through groups they sign in with."""
    people = (directory.user(email) for email in directory.entries)
    return sorted((p for p in people if may_read(p, record.allow, record.deny)), key=lambda p: p.name or p.email)


def why_readable(user: User, record: DocumentRecord, names: Mapping[str, str] | None = None) -> str:
    """One sentence: may the person read it, and through what.

    Args:
        names: What groups are called, as `Directory.names`.
    """
    named = partial(principal_name, names=names)
    mine = user.principals()
    mentioned = sorted(p for p in record.deny if folded(p) in user.denials())
    if mentioned:
        return f"No: {', '.join(map(named, mentioned))} is on the document's deny list, and deny beats allow."
    if record.deny and UNKNOWN_GROUPS in user.groups:
        return "No: the document denies some, and the identity provider left out which groups you are in."
    allowed = sorted(mine & set(record.allow))
    if not allowed:
        listed = ", ".join(map(named, sorted(record.allow))) or "nobody"
        return f"No: the document is for {listed}."
    return f"Yes, through {', '.join(map(named, allowed))}."


def what_to_do(user: User, record: DocumentRecord, names: Mapping[str, str] | None = None) -> str:
    """How the person could come to read the document, for whoever may decide that; empty when nothing is to be done."""
    if record.outcome != "indexed":
        return f"Nobody finds it: it is {record.outcome}. {record.reason}".strip()
    if why_readable(user, record).startswith("Yes"):
        return ""
    place = f"at its source, {record.source}"
    if any(folded(p) in user.denials() for p in record.deny):
        return f"Take them off the document's deny list {place}, if they are to read it; the next sync brings that."
    if record.deny and UNKNOWN_GROUPS in user.groups:
        return "Let Debrief ask the directory itself (`auth.graph`, or SCIM): see docs/sign-in.md."
    groups = [principal_name(p, names) for p in sorted(record.allow) if p.startswith("group:")]
    if groups:
        return (
            f"Put them into {' or '.join(groups[:3])} at your identity provider, or onto the document's list {place}."
        )
    if record.allow:
        return f"Put them onto the document's list {place}; the next sync brings that."
    return f"It has no list: give it one {place}, or say under `allow` of that source who reads what has none."


def principal_name(principal: str, names: Mapping[str, str] | None = None) -> str:
    """ "group:emea" → "the group emea", for a sentence; by the group's name where it has one."""
    kind, _, name = principal.partition(":")
    name = (names or {}).get(folded(name), name) if kind == "group" else name
    return "everyone" if principal == EVERYONE else f"the group {name}" if kind == "group" else name


def readable_counts(engine: Engine, reader: User) -> dict[str, tuple[int, int]]:
    """Source → (documents the person may read, documents in the index)."""
    counts: dict[str, tuple[int, int]] = {}
    for document in listed_documents(engine):
        mine, total = counts.get(document.source, (0, 0))
        counts[document.source] = (mine + may_read(reader, document.allow, document.deny), total + 1)
    return counts


def late_by(status: SourceStatus, file: Path, now: datetime) -> timedelta | None:
    """How long a scheduled sync that should have succeeded by now is overdue; None if none is, or none is scheduled.

    Args:
        file: The settings, for the message of a wrong schedule.

    Raises:
        SettingsError: the schedule isn't a cron expression.
    """
    if not status.settings.schedule or status.succeeded_at is None:
        return None
    trigger = trigger_for(status.settings, file)
    due = trigger.get_next_fire_time(None, status.succeeded_at + timedelta(seconds=1))
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
