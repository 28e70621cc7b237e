"""The tables of jobs, items and labels, and how an item's words go when what they are from is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from assistant.records.trace import traces
from core.database import FOLLOWS, Json, UtcDateTime, metadata, personal
from review.items import ERASED, Item, item_of

_PORTION = 500


def forget_words(connection: sa.Connection, documents: Collection[str] = ()) -> int:
    """Takes the words out of items whose answer is deleted, or that rest on one of these documents; how many.

    Labels that are choices stay, for their counts; notes and labels that are texts go with the item.
    """
    wordy = {row.job for row in connection.execute(sa.select(jobs)) if row.spec["label"]["kind"] == "text"}
    found = list(_gone(connection, set(documents)))
    for job, number, item in found:
        texts = job in wordy
        blank = Item(ERASED, origin=ERASED, gold=None if texts else item.gold)
        own = items.update().where(items.c.job == job, items.c.number == number)
        given = labels.update().where(labels.c.job == job, labels.c.number == number)
        connection.execute(own.values(item=blank.kept()))
        connection.execute(given.values(note=""))
        if texts:
            connection.execute(own.where(items.c.decided_at.is_not(None)).values(decided=ERASED))
            connection.execute(given.where(labels.c.mark.in_(("done", "late", "draft"))).values(value=ERASED))
    return len(found)


def _gone(connection: sa.Connection, documents: set[str]) -> Iterator[tuple[str, int, Item]]:
    """(Job, number, item) of the items whose words have to go."""
    kept = set(connection.scalars(sa.select(traces.c.id)))
    for row in connection.execute(sa.select(items.c.job, items.c.number, items.c.item)):
        item = item_of(row.item)
        if (item.trace and item.trace not in kept) or documents & set(item.documents):
            yield row.job, row.number, item


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
    info={FOLLOWS: forget_words},
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
