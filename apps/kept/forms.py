"""Collections: many people fill in one app's form, what they put in is appended, and comes out as a table or CSV.

    open_collection(engine, app, "q4-feedback", ana, note="By Friday, please.")
    submit(engine, app, "q4-feedback", {"customer": "Acme AG", "score": 4}, ben)
    collected_csv(engine, app, "q4-feedback", ana)

Who opened a collection, and who owned the app then, see everything in it and may close it; others see their own.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from apps.language import App
from apps.run import check_inputs
from apps.run.inputs import plain
from apps.runner import may_use
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import AppError
from core.nearest import nearest
from core.spreadsheet import csv_text
from core.types import User

_OTHERS = "what others have put in belongs to them"
collections = sa.Table(
    "app_collections",
    metadata,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column(
        "opened_by",
        sa.String,
        nullable=False,
        info=personal(_OTHERS),
    ),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime, nullable=True),
    # Of the app when the collection was opened: a later version may name anybody.
    sa.Column(
        "owner",
        sa.String,
        nullable=False,
        default="",
        info=personal(_OTHERS),
    ),
)
submissions = sa.Table(
    "app_submissions",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False, info=personal("delete")),
    sa.Column("submitted_at", UtcDateTime, nullable=False),
    sa.Column("values", Json, nullable=False),
)
_NAME = re.compile(r"[\w][\w .-]{0,59}")


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection and how many have answered. `closed_at` is None while it takes answers."""

    app: str
    name: str
    note: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    owner: str = ""
    submissions: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's filled-in form. Files stand in `values` by their names."""

    id: str
    user: str
    submitted_at: datetime
    version: str
    values: Mapping[str, Any]


def open_collection(engine: Engine, app: App, name: str, user: User, note: str = "") -> Collection:
    """Begins a collection of the app's inputs, or opens a closed one again.

    Args:
        note: What the people who fill it in should know.

    Raises:
        AppError: the person may not use the app, the name won't do, or somebody else's collection has it.
    """
    _check_use(app, user)
    name = name.strip()
    if _NAME.fullmatch(name) is None:
        raise AppError(f"A collection can't be called {name!r}; use up to 60 letters, digits, spaces, points or -.")
    if not app.inputs:
        raise AppError(f"The app {app.name} has no inputs, so there is nothing to collect; choose another app.")
    known = next((c for c in collections_of(engine, app) if c.name == name), None)
    if known is None:
        row = {"note": note.strip()[:1000], "opened_by": user.email, "opened_at": utc_now(), "closed_at": None}
        row["owner"] = app.owner
        with engine.begin() as connection:
            connection.execute(collections.insert().values(app=app.name, name=name, **row))
    else:
        _check_owner(known, user)
        values = {"closed_at": None, "note": note.strip()[:1000] or known.note}
        with engine.begin() as connection:
            connection.execute(collections.update().where(_is(known)).values(**values))
    return find_collection(engine, app, name)


def close_collection(engine: Engine, app: App, name: str, user: User) -> None:
    """Takes no more answers from now on; what came in stays. Raises AppError: no such one, or not the person's."""
    found = find_collection(engine, app, name)
    _check_owner(found, user)
    with engine.begin() as connection:
        connection.execute(collections.update().where(_is(found)).values(closed_at=utc_now()))


def collections_of(engine: Engine, app: App) -> list[Collection]:
    """The app's collections with their counts, the newest first."""
    query = (
        sa.select(
            collections,
            sa.func.count(submissions.c.id).label("submissions"),
            sa.func.count(sa.distinct(submissions.c.user)).label("people"),
        )
        .outerjoin(
            submissions,
            (submissions.c.app == collections.c.app) & (submissions.c.collection == collections.c.name),
        )
        .where(collections.c.app == app.name)
        .group_by(*collections.c)
        .order_by(collections.c.opened_at.desc(), collections.c.name)
    )
    with engine.connect() as connection:
        return [Collection(**row) for row in connection.execute(query).mappings()]


def find_collection(engine: Engine, app: App, name: str) -> Collection:
    """The collection of that name. Raises AppError when there is none, with the nearest."""
    known = collections_of(engine, app)
    found = next((c for c in known if c.name == name), None)
    if found is None:
        names = [c.name for c in known]
        raise AppError(f"The app {app.name} has no collection {name!r}; {nearest(name, names, 'collections')}")
    return found


def submit(engine: Engine, app: App, collection: str, given: Mapping[str, Any], user: User) -> str:
    """Appends one person's inputs to a collection; the submission's id. Files are kept by name only.

    Raises:
        AppError: the person may not use the app, there is no such collection, or it is closed.
        InputsWrong: as for a run.
    """
    _check_use(app, user)
    found = find_collection(engine, app, collection)
    if found.closed_at is not None:
        raise AppError(f"The collection {found.name} was closed on {found.closed_at:%d %B %Y}; ask {found.opened_by}.")
    values = check_inputs(app, given)
    identifier = uuid.uuid4().hex
    with engine.begin() as connection:
        connection.execute(
            submissions.insert().values(
                id=identifier,
                app=app.name,
                version=app.version,
                collection=found.name,
                user=user.email,
                submitted_at=utc_now(),
                values={k: plain(v) for k, v in values.items()},
            )
        )
    return identifier


def submissions_of(engine: Engine, app: App, collection: str, user: User) -> list[Submission]:
    """What was put in, oldest first: everything for who opened it and the app's owner, for others their own.

    Raises:
        AppError: there is no such collection.
    """
    found = find_collection(engine, app, collection)
    query = sa.select(submissions).where((submissions.c.app == app.name) & (submissions.c.collection == found.name))
    if not sees_all(found, user):
        query = query.where(submissions.c.user == user.email)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(submissions.c.submitted_at, submissions.c.id)).all()
    return [Submission(row.id, row.user, row.submitted_at, row.version, row._mapping["values"]) for row in rows]


def collected_table(found: Sequence[Submission]) -> tuple[list[str], list[list[str]]]:
    """Column names and rows; a field that a later version of the app has is empty for the earlier ones."""
    fields = list(dict.fromkeys(key for s in found for key in s.values))
    rows = [
        [f"{s.submitted_at:%Y-%m-%d %H:%M}", s.user, s.version, *(_cell(s.values.get(f)) for f in fields)]
        for s in found
    ]
    return ["submitted_at", "user", "version", *fields], rows


def collected_csv(engine: Engine, app: App, collection: str, user: User) -> str:
    """`submissions_of` as CSV; cells that begin like a formula are made text."""
    return csv_text(*collected_table(submissions_of(engine, app, collection, user)))


def sees_all(collection: Collection, user: User) -> bool:
    """Whether the person sees everybody's answers and may close the collection."""
    return user.email in (collection.opened_by, collection.owner)


def _check_use(app: App, user: User) -> None:
    if not may_use(app, user):
        raise AppError(f"The app {app.name} is not open to {user.email}; ask {app.owner}.")


def _check_owner(collection: Collection, user: User) -> None:
    if not sees_all(collection, user):
        raise AppError(
            f"The collection {collection.name} is {collection.opened_by}'s, and only {_keepers(collection)} may do "
            "this; ask them, or use another name."
        )


def _keepers(collection: Collection) -> str:
    return " or ".join(dict.fromkeys(filter(None, ("they", collection.owner))))


def _is(collection: Collection) -> sa.ColumnElement[bool]:
    return (collections.c.app == collection.app) & (collections.c.name == collection.name)


def _cell(value: Any) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
