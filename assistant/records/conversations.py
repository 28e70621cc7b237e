"""Conversations in the database: kept, listed, renamed, deleted, exported, and forgotten after a number of days.

A conversation belongs to the address that began it; every call names the person, and somebody else's conversation is
the same as none.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from assistant.records import pending
from assistant.records.still_readable import Readable, as_readable, documents_of, without_attachments
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import QuestionError
from core.types import Answer, Boost, Chunk, Citation, Passage, Principal, User, Why

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False, index=True),
)
turns = sa.Table(
    "conversation_turns",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("standalone", sa.Text, nullable=False),
    sa.Column("answer", Json, nullable=False),
    # Question and answer without case, for `find`: databases fold letters beyond ASCII differently, or not at all.
    # NULL in turns of an older version.
    sa.Column("searched", sa.Text),
)

_TITLE_CHARS = 80
_SNIPPET_CHARS = 90


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation's place in the list. Times are UTC."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    turns: int = 0


@dataclass(frozen=True, slots=True)
class ConversationHit:
    """A conversation in which words were found, and where: a few words around them, empty if in the title alone."""

    conversation: Conversation
    snippet: str


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question and its answer. `standalone` is the question as it was searched for."""

    question: str
    standalone: str
    answer: Answer
    asked_at: datetime


class Conversations:
    """The stored conversations of all people, one person's at a time."""

    def __init__(self, engine: Engine, readable: Readable | None = None) -> None:
        """With `readable`, answers are as their person may see them today, wherever they come out."""
        self._engine, self._readable = engine, readable

    def start(self, user: User, title: str = "New conversation") -> str:
        """A new conversation's id."""
        identifier, now = uuid.uuid4().hex, utc_now()
        with self._engine.begin() as connection:
            connection.execute(
                conversations.insert().values(
                    id=identifier, user=user.email.lower(), title=title[:_TITLE_CHARS], created_at=now, updated_at=now
                )
            )
        return identifier

    def append(self, conversation_id: str, user: User, question: str, standalone: str, answer: Answer) -> int:
        """Adds a turn, and returns its place; the first one names a conversation that has no name yet.

        What was put into an app's form belongs to the turn that asked for it, so the answer takes its place.

        Raises:
            QuestionError: there is no such conversation of this person.
        """
        with self._engine.begin() as connection:
            row = self._owned(connection, conversation_id, user)
            own = turns.c.conversation_id == conversation_id
            last = connection.execute(sa.select(turns).where(own).order_by(turns.c.ordinal.desc()).limit(1)).first()
            ordinal, now = (0 if last is None else last.ordinal + 1), utc_now()
            if last is not None and _completes(last, question, answer):
                ordinal = last.ordinal
                connection.execute(turns.delete().where(own & (turns.c.ordinal == ordinal)))
            connection.execute(
                turns.insert().values(
                    conversation_id=conversation_id,
                    ordinal=ordinal,
                    asked_at=now,
                    question=question,
                    standalone=standalone,
                    answer=dump_answer(answer),
                    searched=f"{question}\n{answer.text}".casefold(),
                )
            )
            pending.answered(connection, conversation_id, question)
            title = _title(question) if ordinal == 0 and row.title == "New conversation" else row.title
            connection.execute(
                conversations.update().where(conversations.c.id == conversation_id).values(updated_at=now, title=title)
            )
        return ordinal

    def of(self, user: User, limit: int = 100) -> list[Conversation]:
        """The person's conversations, the latest first."""
        return self._listed(user, limit, sa.true())

    def find(self, user: User, wanted: str, limit: int = 100) -> list[ConversationHit]:
        """The person's conversations whose titles, questions and answers have all words of `wanted`, the latest first.

        A word also counts inside a longer one, and case doesn't count.
        """
        words = wanted.casefold().split()
        has = [
            sa.or_(
                sa.func.lower(conversations.c.title).contains(word, autoescape=True),
                conversations.c.id.in_(sa.select(turns.c.conversation_id).where(_says(word))),
            )
            for word in words
        ]
        found = self._listed(user, limit, sa.and_(sa.true(), *has))
        hits = ((c, self._texts(c, user)) for c in found)
        # The stored words find more than the person may be shown of them today.
        return [
            ConversationHit(c, _snippet(c, texts, words))
            for c, texts in hits
            if all(word in "\n".join((c.title, *texts)).casefold() for word in words)
        ]

    def turns(self, conversation_id: str, user: User) -> list[StoredTurn]:
        """The turns in order.

        Raises:
            QuestionError: there is no such conversation of this person.
        """
        query = sa.select(turns).where(turns.c.conversation_id == conversation_id).order_by(turns.c.ordinal)
        with self._engine.connect() as connection:
            self._owned(connection, conversation_id, user)
            found = [
                StoredTurn(r.question, r.standalone, load_answer(r.answer), r.asked_at)
                for r in connection.execute(query)
            ]
        if self._readable is None:
            return found
        readable = self._readable(set().union(*(documents_of(turn.answer) for turn in found)), user)
        return [replace(turn, answer=as_readable(turn.answer, readable)) for turn in found]

    def last_change(self, conversation_id: str, user: User) -> datetime | None:
        """When the person's conversation last changed; None if they have no such conversation."""
        c = conversations.c
        query = sa.select(c.updated_at).where(c.id == conversation_id, c.user == user.email.lower())
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def branch(self, user: User, title: str, copied: Iterable[StoredTurn]) -> str:
        """A new conversation of the person's that begins with these turns; its id."""
        identifier = self.start(user, title)
        for turn in copied:
            self.append(identifier, user, turn.question, turn.standalone, turn.answer)
        return identifier

    def rename(self, conversation_id: str, user: User, title: str) -> None:
        """Gives the conversation another title. Raises QuestionError if it isn't this person's."""
        with self._engine.begin() as connection:
            self._owned(connection, conversation_id, user)
            named = conversations.update().where(conversations.c.id == conversation_id)
            connection.execute(named.values(title=" ".join(title.split())[:_TITLE_CHARS] or "New conversation"))

    def delete(self, conversation_id: str, user: User) -> None:
        """Forgets the conversation and its turns. Raises QuestionError if it isn't this person's."""
        with self._engine.begin() as connection:
            self._owned(connection, conversation_id, user)
            connection.execute(turns.delete().where(turns.c.conversation_id == conversation_id))
            connection.execute(conversations.delete().where(conversations.c.id == conversation_id))

    def export(self, conversation_id: str, user: User) -> str:
        """The conversation as Markdown, with the sources of each answer. Raises QuestionError as `turns`."""
        title = next((c.title for c in self.of(user, limit=10_000) if c.id == conversation_id), "Conversation")
        parts = [f"# {title}"]
        for turn in self.turns(conversation_id, user):
            parts.append(f"## {turn.question}\n\n{turn.answer.text}")
            sources = [
                f"[{c.marker}] {c.title or c.document_id}{f', {c.locator}' if c.locator else ''}"
                + (f" – {c.url}" if c.url else "")
                for c in turn.answer.citations
            ]
            if sources:
                parts.append("\n".join(f"- {source}" for source in dict.fromkeys(sources)))
        return "\n\n".join(parts) + "\n"

    def forget_older_than(self, days: int) -> int:
        """Deletes everybody's conversations that nobody has continued for `days`; how many."""
        before = utc_now() - timedelta(days=days)
        old = sa.select(conversations.c.id).where(conversations.c.updated_at < before)
        with self._engine.begin() as connection:
            connection.execute(turns.delete().where(turns.c.conversation_id.in_(old)))
            return connection.execute(conversations.delete().where(conversations.c.updated_at < before)).rowcount

    def _listed(self, user: User, limit: int, condition: sa.ColumnElement[bool]) -> list[Conversation]:
        count = sa.func.count(turns.c.ordinal)
        query = (
            sa.select(conversations, count.label("turns"))
            .outerjoin(turns, turns.c.conversation_id == conversations.c.id)
            .where(conversations.c.user == user.email.lower(), condition)
            .group_by(*conversations.c)
            .order_by(conversations.c.updated_at.desc(), conversations.c.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [Conversation(r.id, r.title, r.created_at, r.updated_at, r.turns) for r in connection.execute(query)]

    def _texts(self, conversation: Conversation, user: User) -> list[str]:
        """The conversation's questions and answers in order, each on one line."""
        turns = self.turns(conversation.id, user)
        return [" ".join(text.split()) for turn in turns for text in (turn.question, turn.answer.text)]

    def _owned(self, connection: sa.Connection, conversation_id: str, user: User) -> sa.Row[Any]:
        row = connection.execute(
            sa.select(conversations).where(
                conversations.c.id == conversation_id, conversations.c.user == user.email.lower()
            )
        ).one_or_none()
        if row is None:
            raise QuestionError(f"You have no conversation {conversation_id!r}; leave it out to begin a new one.")
        return row


def _says(word: str) -> sa.ColumnElement[bool]:
    """Whether a turn has the word."""
    return sa.func.coalesce(turns.c.searched, sa.func.lower(turns.c.question)).contains(word, autoescape=True)


def _snippet(conversation: Conversation, texts: Sequence[str], words: Sequence[str]) -> str:
    """A few words around those of `words` that the title lacks; empty if it has them all."""
    words = [word for word in words if word not in conversation.title.casefold()]
    if not words:
        return ""
    best = max(texts, key=lambda text: sum(word in text.casefold() for word in words), default="")
    return _around(best, words)


def _around(text: str, words: Sequence[str]) -> str:
    """At most `_SNIPPET_CHARS` of the text around the first of the words that it has."""
    found = re.search("|".join(map(re.escape, words)), text, re.IGNORECASE)
    begin = max(0, (found.start() if found else 0) - _SNIPPET_CHARS // 3)
    begin = text.find(" ", begin) + 1 if begin else 0
    shown = text[begin : begin + _SNIPPET_CHARS]
    if begin + _SNIPPET_CHARS < len(text):
        shown = shown.rsplit(" ", 1)[0] + " …"
    return f"… {shown}" if begin else shown


def load_answer(raw: Mapping[str, Any]) -> Answer:
    """An answer as it was stored. Access lists aren't stored with it."""
    return Answer(
        **{
            **raw,
            "citations": tuple(Citation(**c) for c in raw["citations"]),
            "passages": tuple(_passage(p) for p in raw["passages"]),
            "nearest": tuple(_passage(p) for p in raw["nearest"]),
            "choices": tuple(raw["choices"]),
            "notes": tuple(raw["notes"]),
            "offers": tuple(raw.get("offers", ())),
        }
    )


def _completes(last: sa.Row[Any], question: str, answer: Answer) -> bool:
    """Whether the answer is what the last turn's form of an app was filled in for."""
    by_app = answer.route.startswith("app:") and last.answer["route"] == answer.route
    return by_app and last.answer["outcome"] == "needs_input" and last.question == question


def dump_answer(answer: Answer) -> dict[str, Any]:
    """An answer as it is stored, which `load_answer` reads."""
    # Who may read a chunk changes after the answer; what is stored must not say otherwise.
    nobody: frozenset[Principal] = frozenset()
    own = without_attachments(answer)
    passages, nearest = (
        tuple(replace(p, chunk=replace(p.chunk, allow=nobody, deny=nobody)) for p in found)
        for found in (own.passages, own.nearest)
    )
    return asdict(replace(answer, passages=passages, nearest=nearest))


def _passage(raw: Mapping[str, Any]) -> Passage:
    chunk = dict(raw["chunk"])
    why = dict(raw["why"])
    chunk |= {
        "heading_path": tuple(chunk["heading_path"]),
        "rows": tuple(tuple(row) for row in chunk.get("rows", ())),
        "allow": frozenset(),
        "deny": frozenset(),
        "metadata": {k: tuple(v) if isinstance(v, list) else v for k, v in chunk["metadata"].items()},
    }
    why["boosts"] = tuple(Boost(**b) for b in why["boosts"])
    return Passage(Chunk(**chunk), raw["score"], Why(**why), raw["vector_similarity"])


def _title(question: str) -> str:
    title = " ".join(question.split())
    return title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1].rsplit(" ", 1)[0] + "…"
