"""Proposals in the state database: a filled-in form, what became of it, and where its delivery stands.

proposed → queued → sending → written → undone
    ↓         ↑___________|  |→ stuck      (a person has to look)
cancelled                    |→ proposed   (refused: the form is kept, with the reason)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from actions.kinds.kind import Record
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import ActionError
from core.types import User

State = Literal["proposed", "queued", "sending", "written", "undone", "cancelled", "stuck"]
# What may still reach the other system, or has to be looked at.
OPEN: tuple[State, ...] = ("proposed", "queued", "sending", "stuck")
proposals = sa.Table(
    "action_proposals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    sa.Column("action", sa.String(120), nullable=False),
    sa.Column("form", Json, nullable=False),
    sa.Column("state", sa.String(12), nullable=False, index=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("confirmed_at", UtcDateTime),
    sa.Column("begun_at", UtcDateTime),
    # When it is to be sent next; or until when whoever is sending it has it alone.
    sa.Column("due_at", UtcDateTime, index=True),
    sa.Column("lease", sa.String(32), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("unsure", sa.Boolean, nullable=False),
    sa.Column("record", Json),
    sa.Column("problem", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that a field's value was taken from, and where they stand."""

    quote: str
    title: str = ""
    locator: str = ""
    document_id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What a person reviews.

    Attributes:
        values: Field → value; `offered` are those that it began with, before a person changed any.
        evidence: Field → what its value rests on.
        before: The record as it was when it was proposed; empty for a new one.
        origin: Where it was asked for: an app's run, a conversation, a command.
        person: How the person is called in the other system's record.
    """

    values: Mapping[str, str]
    offered: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    person: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A form and what became of it. `problem` is one sentence where something has to be done."""

    id: str
    user: str
    action: str
    form: Form
    state: State
    made_at: datetime
    confirmed_at: datetime | None = None
    begun_at: datetime | None = None
    due_at: datetime | None = None
    lease: str = ""
    attempts: int = 0
    unsure: bool = False
    record: Record | None = None
    problem: str = ""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what would be written and where; a person confirms what has this one."""
        told = json.dumps([self.id, self.action, dict(self.form.values)], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def add(connection: sa.Connection, made: Proposal) -> None:
    """Keeps a new proposal."""
    row = {column.name: getattr(made, column.name) for column in proposals.columns if column.name != "form"}
    connection.execute(proposals.insert().values(**row, form=asdict(made.form)))


def stored(connection: sa.Connection, wanted: str, user: User | None = None) -> Proposal:
    """The proposal of this id; only the person's own if `user` is given. Raises ActionError: there is none."""
    row = connection.execute(sa.select(proposals).where(proposals.c.id == wanted)).first()
    if row is None or (user is not None and row.user != user.email.lower()):
        whose = f" of {user.email}" if user is not None else ""
        raise ActionError(f"There is no form {wanted!r}{whose}; `debrief actions list` shows those that there are.")
    return proposal_of(row)


def proposal_of(row: sa.Row[Any]) -> Proposal:
    """A row of the table."""
    values = dict(row._mapping)
    told = values.pop("form")
    evidence = {name: tuple(Evidence(**e) for e in found) for name, found in told.pop("evidence").items()}
    record = values.pop("record")
    return Proposal(**values, form=Form(**told, evidence=evidence), record=Record(**record) if record else None)


def of_user(engine: Engine, user: User, states: tuple[State, ...] = (), limit: int = 50) -> list[Proposal]:
    """The person's proposals, the newest first; of these states if some are given."""
    query = sa.select(proposals).where(proposals.c.user == user.email.lower())
    if states:
        query = query.where(proposals.c.state.in_(states))
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(proposals.c.made_at.desc(), proposals.c.id).limit(limit)).all()
    return [proposal_of(row) for row in rows]


def shown_to(made: Proposal, user: User, readable: Callable[[Collection[str], User], set[str]]) -> Proposal:
    """The form without the words of documents that its person may no longer read."""
    named = {e.document_id for found in made.form.evidence.values() for e in found if e.document_id}
    closed = named - readable(named, user) if named else set()
    if not closed:
        return made
    kept = {name: tuple(e for e in found if e.document_id not in closed) for name, found in made.form.evidence.items()}
    return replace(made, form=replace(made.form, evidence=kept))


def from_origin(engine: Engine, user: User, key: str, value: str) -> list[Proposal]:
    """The person's proposals that came from there, the oldest first: all of one app's run, or of one conversation."""
    found = of_user(engine, user, limit=500)
    return [p for p in reversed(found) if p.form.origin.get(key) == value]


def forget_proposals_older_than(engine: Engine, days: int) -> int:
    """Deletes everybody's forms from before that wait for nothing; how many. The audit trail still tells of them."""
    old = (proposals.c.made_at < utc_now() - timedelta(days=days)) & proposals.c.state.not_in(("queued", "sending"))
    with engine.begin() as connection:
        return connection.execute(proposals.delete().where(old)).rowcount
