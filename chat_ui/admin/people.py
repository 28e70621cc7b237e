"""People and groups as Debrief sees them: the users file, the sources' own groups, and who has signed in with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.records.usage import Asker, askers
from chat_ui.parts.session import SIGNED_IN
from core import audit
from core.database import Engine
from core.identity import Directory, keeping_sources
from core.types import Attributes


@dataclass(frozen=True, slots=True)
class Person:
    """One person.

    Attributes:
        groups: All, through nested groups too; those of the last sign-in where there was one.
        listed: Whether the users file has the person.
        last_seen: When they last signed in or asked; None if never.
    """

    email: str
    name: str
    groups: tuple[str, ...]
    attributes: Attributes
    listed: bool
    questions: int
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `sources` keep it; empty when the users file or the sign-in does."""

    name: str
    members: tuple[str, ...]
    people: int
    sources: tuple[str, ...]


def people(engine: Engine, directory: Directory) -> list[Person]:
    """Everybody who is listed or was ever here, those last seen first."""
    asked = askers(engine)
    visits: dict[str, audit.AuditEntry] = {}
    for entry in audit.recorded(engine, actions=[SIGNED_IN]):
        visits.setdefault(entry.user, entry)
    found = []
    for email in sorted({*directory.entries, *asked, *visits}):
        asker, visit = asked.get(email), visits.get(email)
        claimed = visit.subject.split(", ") if visit is not None and visit.subject else ()
        listed = directory.entries.get(email)
        found.append(
            Person(
                email,
                listed.name if listed is not None else "",
                directory.groups_of(email, claimed),
                listed.attributes if listed is not None else {},
                listed is not None,
                asker.questions if asker is not None else 0,
                _last_seen(asker, visit),
            )
        )
    return sorted(found, key=lambda p: p.last_seen or datetime.min.replace(tzinfo=UTC), reverse=True)


def _last_seen(asker: Asker | None, visit: audit.AuditEntry | None) -> datetime | None:
    moments = [asker.last_at] if asker is not None else []
    moments += [visit.at] if visit is not None else []
    return max(moments, default=None)


def groups(engine: Engine, directory: Directory, everybody: Sequence[Person]) -> list[Group]:
    """Every group with its direct members and how many people are in it, by name."""
    kept = keeping_sources(engine)
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
