"""People and groups as Debrief sees them: the users file, the sources' own groups, and who has signed in with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from assistant.records.trace import CONVERSATION, traces
from chat_ui.parts.session import SIGNED_IN
from core import audit
from core.identity import Directory, memberships
from core.types import Attributes


@dataclass(frozen=True, slots=True)
class Person:
    """One person.

    Attributes:
        groups: All, through nested groups too; those of the last sign-in where there was one.
        listed: Whether the users file has the person.
        last_seen: When they last signed in or asked, UTC, ISO 8601; empty if never.
    """

    email: str
    name: str
    groups: tuple[str, ...]
    attributes: Attributes
    listed: bool
    questions: int
    last_seen: str


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `sources` keep it; empty when the users file or the sign-in does."""

    name: str
    members: tuple[str, ...]
    people: int
    sources: tuple[str, ...]


def people(engine: sa.Engine, directory: Directory) -> list[Person]:
    """Everybody who is listed or was ever here, those last seen first."""
    asked = (
        sa.select(traces.c.user, sa.func.count(), sa.func.max(traces.c.asked_at))
        .where(traces.c.conversation_id != CONVERSATION)
        .group_by(traces.c.user)
    )
    with engine.connect() as connection:
        counts = {user: (count, last) for user, count, last in connection.execute(asked)}
    visits: dict[str, audit.AuditEntry] = {}
    for entry in audit.recorded(engine, "", [SIGNED_IN]):
        visits.setdefault(entry.user, entry)
    found = []
    for email in sorted({*directory.entries, *counts, *visits}):
        count, last = counts.get(email, (0, ""))
        visit = visits.get(email)
        claimed = visit.subject.split(", ") if visit is not None and visit.subject else ()
        listed = directory.entries.get(email)
        found.append(
            Person(
                email,
                listed.name if listed is not None else "",
                directory.groups_of(email, claimed),
                listed.attributes if listed is not None else {},
                listed is not None,
                count,
                max(last, visit.at if visit is not None else ""),
            )
        )
    return sorted(found, key=lambda p: p.last_seen, reverse=True)


def groups(engine: sa.Engine, directory: Directory, everybody: Sequence[Person]) -> list[Group]:
    """Every group with its direct members and how many people are in it, by name."""
    kept: dict[str, set[str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(sa.select(memberships.c.group, memberships.c.source).distinct()):
            kept.setdefault(row.group, set()).add(row.source)
    names = {*directory.members, *(group for person in everybody for group in person.groups)}
    return [
        Group(
            name,
            tuple(sorted(directory.members.get(name, ()))),
            sum(name in person.groups for person in everybody),
            tuple(sorted(kept.get(name, ()))),
        )
        for name in sorted(names)
    ]
