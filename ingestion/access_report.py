"""What an administrator looks for in who may read what: too open, closed to all, unknown names, old lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.database import Engine, utc_now
from core.groups import group_checks
from core.identity import Directory, denied, normalised
from core.nearest import nearest
from core.types import EVERYONE, Principal
from ingestion.documents import ListedDocument, listed_documents
from ingestion.state import runs

_OLD = timedelta(days=2)
_WIDEST = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        kind: "open to everyone", "open to nobody", "unknown group", "unknown person", "old access lists", …
        subject: A document's id, a group, a person, a source.
        detail: What is known of it; a sentence or a number.
    """

    kind: str
    subject: str
    detail: str


def access_report(engine: Engine, directory: Directory, grace_minutes: int) -> list[Finding]:
    """Everything worth a look, by kind."""
    documents = list(listed_documents(engine))
    return [
        *_old(engine),
        *_directories(engine, grace_minutes),
        *_open_and_closed(documents, directory),
        *_unknown(documents, directory),
        *_widest(documents, directory),
    ]


def _open_and_closed(documents: list[ListedDocument], directory: Directory) -> Iterator[Finding]:
    for document in documents:
        if EVERYONE in document.allow and not document.deny:
            yield Finding("open to everyone", document.id, document.title)
        elif not document.allow:
            yield Finding("open to nobody", document.id, f"{document.title}: it has no access list")
        elif directory.entries and not _readers(document, directory) and EVERYONE not in document.allow:
            yield Finding("open to nobody", document.id, f"{document.title}: nobody who is known is on its list")


def _unknown(documents: list[ListedDocument], directory: Directory) -> Iterator[Finding]:
    """Groups and people that access lists name and nothing else does, with how many documents name them."""
    named: Counter[Principal] = Counter(p for d in documents for p in {*normalised(d.allow), *normalised(d.deny)})
    members = {m for found in directory.members.values() for m in found}
    people = {*directory.entries, *directory.aliases, *(m.removeprefix("user:") for m in members if "user:" in m)}
    groups = {*directory.members, *(m.removeprefix("group:") for m in members if "group:" in m)}
    for principal, count in sorted(named.items()):
        kind, _, name = principal.partition(":")
        if kind == "group" and name not in groups:
            yield Finding("unknown group", name, f"named by {count} documents; {nearest(name, groups, 'groups')}")
        elif kind == "user" and people and directory.address_of(name) not in people:
            hint = nearest(name, people, "people")
            yield Finding("unknown person", name, f"named by {count} documents; {hint}")


def _widest(documents: list[ListedDocument], directory: Directory) -> Iterator[Finding]:
    """The documents that most of the known people may read, of those that aren't everyone's."""
    counted = [(len(_readers(d, directory)), d) for d in documents if EVERYONE not in d.allow]
    for count, document in sorted(counted, key=lambda found: (-found[0], found[1].id))[:_WIDEST]:
        if count:
            share = f"{count} of {len(directory.entries)} known people"
            yield Finding("widest read", document.id, f"{document.title}: {share}")


def _readers(document: ListedDocument, directory: Directory) -> set[str]:
    """The listed people who may read the document."""
    allow, deny = normalised(document.allow), denied(document.deny)
    return {
        email
        for email in directory.entries
        if (user := directory.user(email)).principals() & allow and not user.denials() & deny
    }


def _old(engine: Engine) -> Iterator[Finding]:
    """Sources whose access lists haven't been read for days."""
    last = sa.select(runs.c.source, sa.func.max(runs.c.finished_at)).where(runs.c.state == "SUCCEEDED")
    with engine.connect() as connection:
        for source, at in connection.execute(last.group_by(runs.c.source)).all():
            if at is not None and utc_now() - at > _OLD:
                yield Finding("old access lists", source, f"last read on {_day(at)}")


def _directories(engine: Engine, grace_minutes: int) -> Iterator[Finding]:
    for check in group_checks(engine).values():
        told = f"told its groups on {_day(check.checked_at)}" if check.checked_at else "has never told its groups"
        state = "groups too old" if check.is_stale(grace_minutes) else "groups"
        yield Finding(state, check.source, f"{told}. {check.problem}".rstrip(". ") + ".")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
