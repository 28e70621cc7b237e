"""What an author is writing, kept for them from one change to the next until it is published or thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from apps.publish.load import AppText
from core.database import Engine, UtcDateTime, metadata, personal, utc_now
from core.types import User

drafts = sa.Table(
    "app_drafts",
    metadata,
    sa.Column("user", sa.String(320), primary_key=True, info=personal("delete")),
    # An app's name, or of one that was never published an id of its own.
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("title", sa.String(60), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("examples", sa.Text, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An unpublished text of an app."""

    id: str
    title: str
    text: str
    examples: str
    changed_at: datetime


def keep_draft(engine: Engine, user: User, draft: str, title: str, text: AppText) -> None:
    """Keeps the text in the place of the one before."""
    values = {"title": title[:60], "text": text.yaml, "examples": text.examples, "changed_at": utc_now()}
    here = _here(user, draft)
    with engine.begin() as connection:
        if connection.execute(drafts.update().where(here).values(**values)).rowcount == 0:
            connection.execute(drafts.insert().values(user=user.email, id=draft, **values))


def drafts_of(engine: Engine, user: User) -> dict[str, Draft]:
    """The person's drafts by id, the newest first."""
    query = sa.select(drafts).where(drafts.c.user == user.email).order_by(drafts.c.changed_at.desc())
    with engine.connect() as connection:
        rows = connection.execute(query)
        return {r.id: Draft(r.id, r.title, r.text, r.examples, r.changed_at) for r in rows}


def forget_draft(engine: Engine, user: User, draft: str) -> None:
    """Throws a draft away."""
    with engine.begin() as connection:
        connection.execute(drafts.delete().where(_here(user, draft)))


def _here(user: User, draft: str) -> sa.ColumnElement[bool]:
    return (drafts.c.user == user.email) & (drafts.c.id == draft)
