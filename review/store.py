"""Jobs, items and labels in the state database: each item goes to so many reviewers, no label is lost or doubled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core import audit
from core.database import Engine, Json, UtcDateTime, begin_alone, metadata, personal, utc_now
from core.errors import ReviewError
from core.nearest import nearest
from core.types import User
from review.items import Item, item_of
from review.spec import Job, Value

State = Literal["open", "paused", "closed"]
Mark = Literal["draft", "done", "skipped", "escalated"]
# A reviewer who opened an item and went away holds it so long.
HELD = timedelta(minutes=45)
_LOCK = 7_240_024

jobs = sa.Table(
    "review_jobs",
    metadata,
    sa.Column("job", sa.String(60), primary_key=True),
    sa.Column("spec", Json, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("owner", sa.String(320), nullable=False, info=personal("anonymise")),
    sa.Column("removed", Json, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
items = sa.Table(
    "review_items",
    metadata,
    sa.Column("job", sa.String(60), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("item", Json, nullable=False),
    sa.Column("decided", Json),
    sa.Column("decided_by", sa.String(320), nullable=False, info=personal("anonymise")),
    sa.Column("decided_at", UtcDateTime),
)
labels = sa.Table(
    "review_labels",
    metadata,
    sa.Column("job", sa.String(60), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("reviewer", sa.String(320), primary_key=True, info=personal("anonymise")),
    sa.Column("mark", sa.String(10), nullable=False),
    sa.Column("value", Json),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Given:
    """One reviewer's label of one item, as far as it is."""

    number: int
    reviewer: str
    mark: Mark
    value: Value | None
    note: str
    begun_at: datetime
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Foreign:
    """A label that somebody gave elsewhere; `reviewer` says who, without an address."""

    number: int
    reviewer: str
    value: Value


@dataclass(frozen=True, slots=True)
class Kept:
    """A job with its state. `removed` are reviewers who were taken out; their labels stay and count."""

    job: Job
    state: State
    owner: str
    removed: tuple[str, ...]

    def has(self, people: Sequence[str], user: User) -> bool:
        """Whether the person is one of these addresses, or in one of these groups."""
        own = {user.email.lower(), *(alias.lower() for alias in user.aliases), *(f"group:{g}" for g in user.groups)}
        return bool(own & {entry if entry.startswith("group:") else entry.lower() for entry in people})

    def reviews(self, user: User) -> bool:
        """Whether the person labels in this job."""
        return self.has(self.job.people, user) and user.email.lower() not in self.removed

    def leads(self, user: User) -> bool:
        """Whether the person sees all labels and decides where they differ."""
        return self.has(self.job.leads, user) or user.email.lower() == self.owner


class Store:
    """All jobs of a workspace."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def create(self, job: Job, drawn: Sequence[Item], owner: User) -> None:
        """Keeps a job and its items.

        Raises:
            ReviewError: there is one of this name, it has no items, or a gold label isn't what the job asks for.
        """
        if not drawn:
            raise ReviewError(f"The job {job.job} has no items; give some with --items, --answers or --run.")
        for item in drawn:
            if item.gold is not None:
                job.label.checked(item.gold, len(item.text))
        with self.engine.begin() as connection:
            begin_alone(connection, _LOCK)
            if connection.scalar(sa.select(jobs.c.job).where(jobs.c.job == job.job)):
                raise ReviewError(f"There is a job {job.job} already; choose another name, its labels are kept.")
            row = {"job": job.job, "spec": job.model_dump(mode="json"), "state": "open", "removed": []}
            connection.execute(jobs.insert().values(**row, owner=owner.email.lower(), made_at=utc_now()))
            rows = [{"job": job.job, "number": n, "item": i.kept(), "decided_by": ""} for n, i in enumerate(drawn, 1)]
            connection.execute(items.insert(), rows)
            audit.append(connection, owner, "made review job", job.job, f"{len(drawn)} items")

    def jobs(self) -> list[Kept]:
        """All jobs, the newest first."""
        with self.engine.connect() as connection:
            return [_kept(row) for row in connection.execute(sa.select(jobs).order_by(jobs.c.made_at.desc()))]

    def job(self, name: str) -> Kept:
        """The job of this name. Raises ReviewError: there is none."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.job == name)).first()
        if row is None:
            raise ReviewError(
                f"There is no job {name!r}; {nearest(name, [k.job.job for k in self.jobs()], 'there are')}"
            )
        return _kept(row)

    def items(self, name: str) -> dict[int, Item]:
        """Number → item of a job."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(items).where(items.c.job == name).order_by(items.c.number))
            return {row.number: item_of(row.item) for row in rows}

    def labels(self, name: str, marks: Sequence[Mark] = ("done",)) -> list[Given]:
        """The labels of a job, by item and reviewer."""
        wanted = sa.select(labels).where(labels.c.job == name, labels.c.mark.in_(marks))
        with self.engine.connect() as connection:
            return [_given(row) for row in connection.execute(wanted.order_by(labels.c.number, labels.c.reviewer))]

    def decisions(self, name: str) -> dict[int, tuple[Value, str]]:
        """Number → (value, who decided) where a lead has decided."""
        wanted = sa.select(items.c.number, items.c.decided, items.c.decided_by).where(
            items.c.job == name, items.c.decided_at.is_not(None)
        )
        with self.engine.connect() as connection:
            return {row.number: (row.decided, row.decided_by) for row in connection.execute(wanted)}

    def set_state(self, name: str, state: State, user: User) -> None:
        """Opens, pauses or closes a job. Raises ReviewError: the person doesn't lead it."""
        self.led(name, user)
        with self.engine.begin() as connection:
            connection.execute(jobs.update().where(jobs.c.job == name).values(state=state))
            audit.append(connection, user, f"review job {state}", name)

    def remove(self, name: str, reviewer: str, user: User) -> None:
        """Takes a reviewer out; what they labelled stays. Raises ReviewError: the person doesn't lead the job."""
        kept = self.led(name, user)
        with self.engine.begin() as connection:
            gone = sorted({*kept.removed, reviewer.lower()})
            connection.execute(jobs.update().where(jobs.c.job == name).values(removed=gone))
            held = (labels.c.job == name, labels.c.reviewer == reviewer.lower(), labels.c.mark == "draft")
            connection.execute(labels.delete().where(*held))
            audit.append(connection, user, "removed reviewer", name, reviewer.lower())

    def led(self, name: str, user: User) -> Kept:
        """The job, if the person leads it. Raises ReviewError: not so."""
        kept = self.job(name)
        if not kept.leads(user):
            raise ReviewError(f"You don't lead the job {name}; ask {', '.join(kept.job.leads)}.")
        return kept

    def decide(self, name: str, number: int, value: Value, user: User) -> None:
        """Keeps a lead's word on an item.

        Raises:
            ReviewError: the person doesn't lead the job, or the value isn't what it asks for.
        """
        kept = self.led(name, user)
        item = self.items(name).get(number)
        if item is None:
            raise ReviewError(f"The job {name} has no item {number}.")
        value = kept.job.label.checked(value, len(item.text))
        with self.engine.begin() as connection:
            own = (items.c.job == name, items.c.number == number)
            told = {"decided": value, "decided_by": user.email.lower(), "decided_at": utc_now()}
            connection.execute(items.update().where(*own).values(**told))
            audit.append(connection, user, "decided review item", f"{name}/{number}")

    def take_in(self, name: str, given: Sequence[Foreign], user: User) -> int:
        """Keeps labels that were given elsewhere, as done; how many are new.

        Raises:
            ReviewError: the person doesn't lead the job.
        """
        self.led(name, user)
        with self.engine.begin() as connection:
            begin_alone(connection, _LOCK)
            known = {
                (row.number, row.reviewer) for row in connection.execute(sa.select(labels).where(labels.c.job == name))
            }
            numbers = set(connection.scalars(sa.select(items.c.number).where(items.c.job == name)))
            now = utc_now()
            told = {"job": name, "mark": "done", "note": "", "begun_at": now, "at": now, "version": 1}
            new = {(one.number, one.reviewer): one.value for one in given if one.number in numbers}
            rows = [
                {**told, "number": number, "reviewer": who, "value": value}
                for (number, who), value in new.items()
                if (number, who) not in known
            ]
            if rows:
                connection.execute(labels.insert(), rows)
            audit.append(connection, user, "took in review labels", name, f"{len(rows)} labels")
        return len(rows)

    def give(self, kept: Kept, user: User, readable: Collection[int], now: datetime) -> Given | None:
        """The person's next item, held for them; the one that they have open if there is one; None when all is done.

        Args:
            readable: The numbers of the items that the person may see now.
        """
        name, me = kept.job.job, user.email.lower()
        with self.engine.begin() as connection:
            begin_alone(connection, _LOCK)
            rows = [_given(row) for row in connection.execute(sa.select(labels).where(labels.c.job == name))]
            mine = {given.number: given for given in rows if given.reviewer == me}
            for given in mine.values():
                if given.mark == "draft" and given.number in readable:
                    return given
            number = _next(kept.job.each, readable, rows, set(mine), now)
            if number is None:
                return None
            row = {"job": name, "number": number, "reviewer": me, "mark": "draft", "note": "", "begun_at": now}
            connection.execute(labels.insert().values(**row, at=now, version=0))
            return Given(number, me, "draft", None, "", now, now, 0)

    def put(self, name: str, held: Given, user: User, said: tuple[Mark, Value | None, str]) -> int:
        """Keeps what the person says of the item that they hold: a mark, a value and a note; its new version.

        Raises:
            ReviewError: it was kept in another window meanwhile, or the item isn't theirs any more.
        """
        mark, value, note = said
        own = (labels.c.job == name, labels.c.number == held.number, labels.c.reviewer == user.email.lower())
        with self.engine.begin() as connection:
            told = {"mark": mark, "value": value, "note": note, "at": utc_now(), "version": held.version + 1}
            done = connection.execute(labels.update().where(*own, labels.c.version == held.version).values(**told))
            if not done.rowcount:
                row = connection.execute(sa.select(labels).where(*own)).first()
                if row is None:
                    raise ReviewError("This item isn't yours any more; load the page again for the next one.")
                raise ReviewError("You have changed this item in another window; load the page again to see how.")
            if mark != "draft":
                audit.append(connection, user, f"review label {mark}", f"{name}/{held.number}")
        return held.version + 1


def _next(
    each: int, readable: Collection[int], rows: Sequence[Given], mine: Collection[int], now: datetime
) -> int | None:
    """The first item that lacks a label and isn't held by enough others; those that were begun come first."""
    taken: dict[int, int] = {}
    for given in rows:
        if given.mark == "done" or (given.mark == "draft" and now - given.at < HELD):
            taken[given.number] = taken.get(given.number, 0) + 1
    free = [number for number in sorted(readable) if number not in mine and taken.get(number, 0) < each]
    return min(free, key=lambda number: (-taken.get(number, 0), number), default=None)


def _kept(row: sa.Row[Any]) -> Kept:
    return Kept(Job.model_validate(row.spec), row.state, row.owner, tuple(row.removed))


def _given(row: sa.Row[Any] | Mapping[str, Any]) -> Given:
    values = dict(getattr(row, "_mapping", row))
    values.pop("job")
    return Given(**values)
