"""Conversations that their owner has shared with named people: to be read, and branched, with the reader's own rights.

Nothing of the answers is stored for a reader. What they may see is decided anew each time, by the access lists of that
moment (`shared_view.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from apps.kept.runs import results, stored_result
from apps.run import OutputValue
from apps.runner import RunResult
from assistant.records.conversations import Conversation, StoredTurn, conversations, load_answer, turns
from assistant.records.copies import CopyRequest, CopyRequests
from assistant.records.shared_view import SharedTurn, named_documents, shared_turn
from assistant.records.still_readable import Readable
from assistant.records.trace import traces
from assistant.records.versions import Version, Versions
from core import audit
from core.database import Engine, UtcDateTime, metadata, personal, utc_now
from core.errors import AppError, QuestionError
from core.types import User, folded

shares = sa.Table(
    "conversation_shares",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user", sa.String(320), primary_key=True, index=True, info=personal("delete")),
    sa.Column("shared_at", UtcDateTime, nullable=False),
)
_MOST = 50
# A turn, the record of how it was made, and what its app's run rests on.
_Seen = tuple[StoredTurn, Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class SharedConversation:
    """A conversation of somebody else's that a person may read."""

    conversation: Conversation
    owner: str


class Sharing:
    """Who may read whose conversation, and what of it."""

    def __init__(self, engine: Engine, readable: Readable) -> None:
        self._engine, self._readable = engine, readable
        self.requests = CopyRequests(engine, self.share)

    def share(self, conversation_id: str, owner: User, addresses: Iterable[str]) -> list[str]:
        """Lets these people read the conversation; the addresses that are new among them.

        Raises:
            QuestionError: it isn't this person's, an address is none, or they are over 50.
        """
        wanted = dict.fromkeys(folded(address.strip()) for address in addresses)
        for address in wanted:
            if not _is_address(address):
                raise QuestionError(f"{address!r} is no e-mail address; write one like name@company.example.")
        before = self.people(conversation_id, owner)
        new = [a for a in wanted if a not in before and a != owner.email.lower()]
        if len(before) + len(new) > _MOST:
            raise QuestionError(f"A conversation is shared with at most {_MOST} people, and these are more.")
        with self._engine.begin() as connection:
            for address in new:
                row = {"conversation_id": conversation_id, "user": address, "shared_at": utc_now()}
                connection.execute(shares.insert().values(**row))
            if new:
                facts = {"conversation": conversation_id, "people": new}
                audit.append(
                    connection, owner, "shared conversation", conversation_id, f"with {', '.join(new)}", **facts
                )
        return new

    def stop(self, conversation_id: str, owner: User, address: str) -> None:
        """Takes the conversation back from somebody. Raises QuestionError if it isn't this person's."""
        self._owned(conversation_id, owner)
        c = shares.c
        with self._engine.begin() as connection:
            connection.execute(shares.delete().where(c.conversation_id == conversation_id, c.user == address))
            facts = {"conversation": conversation_id, "people": [address]}
            audit.append(connection, owner, "stopped sharing", conversation_id, f"with {address}", **facts)

    def people(self, conversation_id: str, owner: User) -> list[str]:
        """Whom the conversation is shared with. Raises QuestionError if it isn't this person's."""
        self._owned(conversation_id, owner)
        query = sa.select(shares.c.user).where(shares.c.conversation_id == conversation_id).order_by(shares.c.user)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def with_me(self, reader: User, limit: int = 50) -> list[SharedConversation]:
        """The conversations that others have shared with the person, the latest first."""
        query = (
            sa.select(conversations)
            .join(shares, shares.c.conversation_id == conversations.c.id)
            .where(shares.c.user == folded(reader.email))
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [SharedConversation(Conversation(r.id, r.title, r.created_at, r.updated_at), r.user) for r in rows]

    def find(self, conversation_id: str, reader: User) -> SharedConversation | None:
        """The conversation, if it is shared with the person."""
        there = (c for c in self.with_me(reader, limit=10_000) if c.conversation.id == conversation_id)
        return next(there, None)

    def turns(self, conversation_id: str, reader: User) -> list[SharedTurn]:
        """The turns as the reader may see them now.

        Raises:
            QuestionError: the conversation isn't shared with the person.
        """
        if self.find(conversation_id, reader) is None:
            raise QuestionError(
                "This conversation isn't shared with you, or no longer; ask whoever sent you its address."
            )
        seen = self._stored(conversation_id)
        named = set().union(*(named_documents(turn.answer, record, run) for turn, record, run in seen))
        readable = self._readable(named, reader)
        granted = {o for o, state in self.requests.of(conversation_id, reader).items() if state == "granted"}
        made = Versions(self._engine).of(conversation_id)
        return [
            _edited(shared_turn(*one, readable, granted=number in granted), made.get((number, ""), ()))
            for number, one in enumerate(seen)
        ]

    def preview(self, request: CopyRequest, owner: User, asker: User) -> SharedTurn | None:
        """The answer as the asker of a copy would see it; None where the conversation or the answer is gone.

        Raises:
            QuestionError: the conversation isn't the owner's.
        """
        self._owned(request.conversation_id, owner)
        seen = self._stored(request.conversation_id)
        if not 0 <= request.ordinal < len(seen):
            return None
        one = seen[request.ordinal]
        return shared_turn(*one, self._readable(named_documents(one[0].answer, one[1], one[2]), asker), granted=True)

    def result(self, conversation_id: str, run: str, reader: User) -> RunResult:
        """An app's result in a shared conversation, with its tables, charts and files.

        Raises:
            QuestionError: the conversation isn't shared with the person.
            AppError: the result isn't kept any more, or rests on what they may not read.
        """
        if run not in {one.run for one in self.turns(conversation_id, reader) if one.run}:
            raise AppError("This result rests on documents that you may not read; run the app yourself.")
        found = self.find(conversation_id, reader)
        assert found is not None
        kept = stored_result(self._engine, run, reader, self._readable, owner=found.owner)
        edited = {output: made[-1].text for (_, output), made in self._versions_of(conversation_id, run).items()}
        return replace(kept, outputs=tuple(_with_text(o, edited.get(o.name, "")) for o in kept.outputs))

    def _versions_of(self, conversation_id: str, run: str) -> dict[tuple[int, str], list[Version]]:
        """What the owner has made of a run's outputs, in the last turn that shows it."""
        query = sa.select(turns.c.ordinal, turns.c.answer).where(turns.c.conversation_id == conversation_id)
        with self._engine.connect() as connection:
            shows = [row.ordinal for row in connection.execute(query) if row.answer.get("run") == run]
        made = Versions(self._engine).of(conversation_id)
        return {key: of for key, of in sorted(made.items()) if key[0] in shows}

    def _stored(self, conversation_id: str) -> list[_Seen]:
        """Each turn with the record of how it was made, and what its app's run rests on."""
        with self._engine.connect() as connection:
            query = sa.select(turns).where(turns.c.conversation_id == conversation_id).order_by(turns.c.ordinal)
            rows = connection.execute(query).all()
            found = [StoredTurn(r.question, r.standalone, load_answer(r.answer), r.asked_at) for r in rows]
            records = {r.id: r.record for r in connection.execute(_in(traces.c.id, (t.answer.trace_id for t in found)))}
            runs = {r.run: r.evidence for r in connection.execute(_in(results.c.run, (t.answer.run for t in found)))}
        return [(turn, records.get(turn.answer.trace_id), runs.get(turn.answer.run, ())) for turn in found]

    def _owned(self, conversation_id: str, owner: User) -> None:
        c = conversations.c
        query = sa.select(c.id).where(c.id == conversation_id, c.user == owner.email.lower())
        with self._engine.connect() as connection:
            if connection.execute(query).first() is None:
                raise QuestionError(f"You have no conversation {conversation_id!r}; share one of your own.")


def _edited(one: SharedTurn, made: Sequence[Version]) -> SharedTurn:
    """The turn with its answer as the owner has edited it, where the reader sees all that it rests on."""
    if not made or one.hidden or one.withheld or one.query or not one.turn.answer.found:
        return one
    return replace(one, turn=replace(one.turn, answer=replace(one.turn.answer, text=made[-1].text)))


def _with_text(output: OutputValue, text: str) -> OutputValue:
    """The output with the text that its owner has made of it."""
    if not text:
        return output
    if output.kind == "email":
        whole = output.text.replace(str(output.value["body"]), text)
        return replace(output, value={**output.value, "body": text}, text=whole)
    return replace(output, kind="markdown", text=text)


def _in(column: sa.Column[str], values: Iterable[str]) -> sa.Select[tuple[object, ...]]:
    return sa.select(column.table).where(column.in_({value for value in values if value}))


def _is_address(text: str) -> bool:
    name, _, host = text.partition("@")
    return bool(name) and "." in host and " " not in text and len(text) <= 320
