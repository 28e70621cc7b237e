"""Results as people have changed them: every version is kept with the conversation, the last one is shown.

What rests on a document that is gone is gone in all versions: the page shows them only beside an answer that is shown,
and erasing takes them out with it (`erasing.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.database import Engine, UtcDateTime, metadata, utc_now
from core.errors import QuestionError

versions = sa.Table(
    "result_versions",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    # Which output of an app; empty for an answer.
    sa.Column("output", sa.String(100), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
_MOST_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a result. `number` counts from 1; `made_at` is UTC."""

    number: int
    made_at: datetime
    text: str


class Versions:
    """The edited results of conversations. Whoever calls answers for whose conversation it is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, conversation_id: str) -> dict[tuple[int, str], list[Version]]:
        """(Turn, output) → its versions, the oldest first."""
        query = sa.select(versions).where(versions.c.conversation_id == conversation_id).order_by(versions.c.number)
        found: dict[tuple[int, str], list[Version]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault((row.ordinal, row.output), []).append(Version(row.number, row.made_at, row.text))
        return found

    def add(self, conversation_id: str, ordinal: int, output: str, text: str) -> None:
        """Keeps a version after those that there are. Raises QuestionError: it is over 200,000 characters."""
        if len(text) > _MOST_CHARS:
            raise QuestionError(f"The text has {len(text):,} characters and the limit is {_MOST_CHARS:,}; shorten it.")
        c = versions.c
        same = (c.conversation_id == conversation_id) & (c.ordinal == ordinal) & (c.output == output)
        with self._engine.begin() as connection:
            last = connection.scalar(sa.select(sa.func.max(c.number)).where(same)) or 0
            row = {"conversation_id": conversation_id, "ordinal": ordinal, "output": output, "number": last + 1}
            connection.execute(versions.insert().values(**row, made_at=utc_now(), text=text))
