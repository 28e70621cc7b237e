"""Questions that are being answered: stored before the work begins, so that none is lost with a tab or a server.

A row goes when its answer is stored, in the same transaction. One whose work has ended without an answer says why.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.database import Engine, UtcDateTime, metadata, utc_now

questions = sa.Table(
    "conversation_questions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    # Why there is no answer; empty while it is worked on.
    sa.Column("problem", sa.Text, nullable=False, default=""),
)


@dataclass(frozen=True, slots=True)
class PendingQuestion:
    """A question without an answer yet. `asked_at` is UTC; `problem` says why there will be none."""

    id: str
    question: str
    asked_at: datetime
    problem: str = ""


class PendingQuestions:
    """The unanswered questions of conversations. Whoever calls answers for whose conversation it is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, conversation_id: str, question: str) -> str:
        """Stores a question before its work begins; its id. What was asked in vain before is forgotten."""
        identifier, c = uuid.uuid4().hex, questions.c
        with self._engine.begin() as connection:
            connection.execute(questions.delete().where(c.conversation_id == conversation_id, c.problem != ""))
            connection.execute(
                questions.insert().values(
                    id=identifier, conversation_id=conversation_id, asked_at=utc_now(), question=question, problem=""
                )
            )
        return identifier

    def of(self, conversation_id: str) -> list[PendingQuestion]:
        """The conversation's questions without an answer, in order."""
        query = sa.select(questions).where(questions.c.conversation_id == conversation_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(questions.c.asked_at)).all()
        return [PendingQuestion(row.id, row.question, row.asked_at, row.problem) for row in rows]

    def fail(self, identifier: str, problem: str) -> None:
        """Says why there is no answer."""
        with self._engine.begin() as connection:
            connection.execute(questions.update().where(questions.c.id == identifier).values(problem=problem))

    def remove(self, identifier: str) -> None:
        """Forgets the question, whose answer is stored."""
        with self._engine.begin() as connection:
            connection.execute(questions.delete().where(questions.c.id == identifier))


def answered(connection: sa.Connection, conversation_id: str, question: str) -> None:
    """Forgets the first question with these words, within the transaction that stores its answer."""
    c = questions.c
    same = (c.conversation_id == conversation_id) & (c.question == question)
    first = connection.scalar(sa.select(c.id).where(same).order_by(c.asked_at).limit(1))
    if first is not None:
        connection.execute(questions.delete().where(c.id == first))
