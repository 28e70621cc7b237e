"""What the documents' owners have to do: contradictions, what is out of date, ownerless, doubled, unused or missing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import quote

import sqlalchemy as sa

from assistant.records.usage import citing_answers, questions_since
from core import audit
from core.database import Engine, UtcDateTime, metadata, personal, utc_now
from core.identity import Directory
from core.settings import Settings
from core.types import User
from ingestion.state import DocumentRecord, SyncState
from operations.conflicts import Conflict, conflicts
from retrieval.engines.open import open_generations

Kind = Literal["contradiction", "out of date", "no owner", "nearly the same", "never used", "asked for and missing"]
# In the order of what harms most.
KINDS: tuple[Kind, ...] = (
    "contradiction", "asked for and missing", "out of date", "nearly the same", "no owner", "never used",
)  # fmt: skip
COLUMNS = ("kind", "title", "document", "source", "owner", "what is wrong", "what to do", "address", "times")
_OWNERS = ("owner", "account_owner", "authors", "author")
_DAYS = 90
# With fewer questions, that nobody used a document says nothing.
_ENOUGH_QUESTIONS = 50
_OLD = timedelta(days=730)
_NOT_CURRENT = ("superseded", "expired")

dismissals = sa.Table(
    "worklist_dismissals",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, info=personal("who took what off the list is evidence")),
    sa.Column("dismissed_at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)


class Missing(Protocol):
    """A topic that people asked about and the documents don't serve."""

    @property
    def topic(self) -> str:
        """Its shortest question."""
        ...

    @property
    def kind(self) -> Literal["missing", "bad"]:
        """Whether nothing answered, or an answer was rated down."""
        ...

    @property
    def count(self) -> int:
        """How many questions."""
        ...

    @property
    def document(self) -> str:
        """The id of what came closest; empty if nothing did."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the list.

    Attributes:
        document: The id of the document that has to change; empty when there is none yet.
        wrong, remedy: What is wrong, and what to do; a sentence each.
        times: How often it was asked for, or how many documents it is about.
    """

    kind: Kind
    document: str
    title: str
    source: str
    owner: str
    wrong: str
    remedy: str
    url: str = ""
    times: int = 1

    @property
    def subject(self) -> str:
        """What a dismissal is about: the same finding, and not the next one of this document."""
        return hashlib.sha256(f"{self.document}\n{self.wrong}".encode()).hexdigest()

    def row(self) -> tuple[object, ...]:
        """The columns of the CSV file."""
        return (self.kind, self.title, self.document, self.source, self.owner, self.wrong, self.remedy, self.url,
                self.times)  # fmt: skip

    def mail(self) -> str:
        """A mailto: address with subject and text, for an owner whose address is known; else empty."""
        if "@" not in self.owner or any(sign in self.owner for sign in "?&, \n"):
            return ""
        text = f"{self.title}\n{self.url or self.document}\n\n{self.wrong}\n{self.remedy}\n"
        return f"mailto:{quote(self.owner, safe='@')}?subject={quote(f'{self.title}: {self.kind}')}&body={quote(text)}"


def worklist(settings: Settings, engine: Engine, directory: Directory, missing: Iterable[Missing]) -> list[Task]:
    """Everything that isn't dismissed, what harms most first.

    Raises:
        IndexMissing: nothing has been synced yet.
    """
    records = {record.id: record for record in SyncState(engine).indexed()}
    current = {i for i, record in records.items() if record.vetting not in _NOT_CURRENT and not record.duplicate_of}
    contradicting = conflicts(open_generations(settings).read().chunks(), current.__contains__)
    tasks = [
        *_contradictions(contradicting, records),
        *_missing(missing, records),
        *_out_of_date(records.values(), utc_now()),
        *_doubled(records),
        *_ownerless(records.values()),
        *_unused(engine, records.values()),
    ]
    gone = _dismissed(engine)
    named = {person.name.casefold(): email for email, person in directory.entries.items() if person.name}
    return [_addressed(task, named) for task in tasks if (task.kind, task.subject) not in gone]


def dismiss(engine: Engine, task: Task, user: User, reason: str) -> None:
    """Takes the finding off the list, for everybody; another finding about the document comes up all the same."""
    row = {"user": user.email, "dismissed_at": utc_now(), "reason": reason.strip()[:500]}
    d = dismissals.c
    with engine.begin() as connection:
        connection.execute(dismissals.delete().where(d.kind == task.kind, d.subject == task.subject))
        connection.execute(dismissals.insert().values(kind=task.kind, subject=task.subject, **row))
    audit.record(engine, user, "dismissed work", task.document or task.title, f"{task.kind}: {reason}")


def restore_dismissed(engine: Engine, user: User) -> int:
    """Puts everything that was dismissed back onto the list; how many findings."""
    with engine.begin() as connection:
        number = int(connection.execute(dismissals.delete()).rowcount)
    audit.record(engine, user, "restored dismissed work", f"{number} findings")
    return number


def dismissed_count(engine: Engine) -> int:
    """How many findings are dismissed."""
    return len(_dismissed(engine))


def _dismissed(engine: Engine) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        return {(r.kind, r.subject) for r in connection.execute(sa.select(dismissals.c.kind, dismissals.c.subject))}


def _task(kind: Kind, record: DocumentRecord, wrong: str, remedy: str, times: int = 1) -> Task:
    title = record.title or record.id
    return Task(kind, record.id, title, record.source, owner_of(record), wrong, remedy, record.url, times)


def owner_of(record: DocumentRecord) -> str:
    """Who answers for a document, as it says itself; empty when it doesn't."""
    found = next((value for name in _OWNERS if (value := record.attributes.get(name))), "")
    return str(found[0]) if isinstance(found, tuple) else str(found)


def _contradictions(found: Sequence[Conflict], records: Mapping[str, DocumentRecord]) -> Iterator[Task]:
    for one in found:
        # The one that was changed before the other is the one to look at first.
        first, second = sorted(
            ((one.document, one.sentence), (one.other, one.other_sentence)), key=lambda pair: _changed(records[pair[0]])
        )
        other = records[second[0]]
        wrong = f"It says “{first[1]}”; {other.title or other.id} says “{second[1]}”"
        yield _task("contradiction", records[first[0]], wrong, "Say which holds, and correct or retire the other.")


def _missing(found: Iterable[Missing], records: Mapping[str, DocumentRecord]) -> Iterator[Task]:
    for gap in found:
        if gap.kind != "missing":
            continue
        near = records.get(gap.document)
        wrong = f"{gap.count} question{'s' * (gap.count > 1)} found no answer, such as “{gap.topic}”"
        if near is None:
            yield Task("asked for and missing", "", gap.topic, "", "", wrong, "Write it down somewhere.", "", gap.count)
        else:
            remedy = "Add it there, or to a document of its own."
            yield _task("asked for and missing", near, f"{wrong}; this document came closest.", remedy, gap.count)


def _out_of_date(records: Iterable[DocumentRecord], now: datetime) -> Iterator[Task]:
    for record in records:
        changed = _changed(record)
        if record.vetting in _NOT_CURRENT:
            wrong, _, remedy = (record.lacks[0] if record.lacks else f"It is {record.vetting}; renew it.").partition(
                "; "
            )
            yield _task("out of date", record, f"{wrong.rstrip('.')}.", remedy[:1].upper() + remedy[1:])
        elif changed and changed < (now - _OLD).date().isoformat():
            wrong = f"It was last changed on {changed}, over two years ago."
            yield _task("out of date", record, wrong, "Read it again; save it anew if it still holds, or retire it.")


def _doubled(records: Mapping[str, DocumentRecord]) -> Iterator[Task]:
    for record in records.values():
        if record.duplicate_of:
            other = records.get(record.duplicate_of)
            name = (other.title or other.id) if other else record.duplicate_of
            wrong = f"It says nearly the same as {name} ({record.duplicate_of})."
            yield _task("nearly the same", record, wrong, "Keep one, and link to it from the other.")


def _ownerless(records: Iterable[DocumentRecord]) -> Iterator[Task]:
    by_source: dict[str, list[DocumentRecord]] = defaultdict(list)
    for record in records:
        by_source[record.source].append(record)
    for source, all_of_it in by_source.items():
        lacking = [record for record in all_of_it if not owner_of(record)]
        if len(lacking) > max(3, len(all_of_it) // 2):
            # Not each owner forgot it: the source's field isn't mapped, or it has none.
            wrong = f"{len(lacking)} of its {len(all_of_it)} documents name no owner."
            remedy = (
                f"Map the source's field to owner (mapping of {source}), or set owners by a rule (docs/metadata.md)."
            )
            yield Task("no owner", "", f"Source {source}", source, "", wrong, remedy, "", len(lacking))
        else:
            for record in lacking:
                yield _task("no owner", record, "It names no owner.", "Name one in its metadata.")


def _unused(engine: Engine, records: Iterable[DocumentRecord]) -> Iterator[Task]:
    since = utc_now() - timedelta(days=_DAYS)
    asked = questions_since(engine, since)
    if len(asked) < _ENOUGH_QUESTIONS:
        return
    used = citing_answers(asked)
    for record in records:
        if record.id not in used and record.vetting not in _NOT_CURRENT and not record.duplicate_of:
            wrong = f"None of the answers to {len(asked)} questions of {_DAYS} days rests on it."
            yield _task(
                "never used", record, wrong, "Retire it if nobody needs it, or say in its title what it is for."
            )


def _changed(record: DocumentRecord) -> str:
    """The day of its last change at the source, 2026-11-28; empty when nobody says."""
    return str(record.attributes.get("updated_at", ""))[:10]


def _addressed(task: Task, named: Mapping[str, str]) -> Task:
    """The task with its owner's address, where the owner is a known person's name."""
    return replace(task, owner=named.get(task.owner.casefold(), task.owner))
