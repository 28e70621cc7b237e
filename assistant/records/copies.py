"""Requests for a copy: of a conversation that isn't shared with a person, or of an answer in one that is.

They go to the owner, who grants or refuses. A granted conversation is shared; of a granted answer the asker sees the
statements whose passages they may read, though a model or an app has written it. No grant shows a passage that the
asker may not read (`shared_view.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from assistant.records.conversations import conversations
from core import audit
from core.database import Engine, UtcDateTime, metadata, personal, utc_now
from core.errors import QuestionError
from core.types import User, folded

requests = sa.Table(
    "copy_requests",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    # Which answer; WHOLE for the conversation.
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("user", sa.String(320), primary_key=True, index=True, info=personal("delete")),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("note", sa.String(300), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
)
WHOLE = -1
State = Literal["open", "granted", "refused"]
# Open requests of one person: more would be a way to find out which addresses there are, or to annoy.
_MOST_OPEN = 20
_NOTE_CHARS = 300


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """One request. `ordinal` is the answer's place in the conversation, or `WHOLE`; `asked_at` is UTC."""

    conversation_id: str
    title: str
    ordinal: int
    asker: str
    asked_at: datetime
    note: str
    state: State

    @property
    def whole(self) -> bool:
        """Whether it is for the conversation."""
        return self.ordinal == WHOLE


class CopyRequests:
    """The requests of all people."""

    def __init__(self, engine: Engine, share: Callable[[str, User, list[str]], object]) -> None:
        """`share` lets people read a conversation: (its id, its owner, addresses)."""
        self._engine, self._share = engine, share

    def ask(self, conversation_id: str, asker: User, ordinal: int = WHOLE, note: str = "") -> None:
        """Asks the owner; a second time changes nothing, unless it was refused: then it is asked anew.

        Nobody is told by this whether a conversation of this id exists.

        Raises:
            QuestionError: the note is over 300 characters, or 20 requests of the person are open.
        """
        note = " ".join(note.split())
        if len(note) > _NOTE_CHARS:
            raise QuestionError(f"The note has {len(note)} characters and the limit is {_NOTE_CHARS}; shorten it.")
        c, who = requests.c, folded(asker.email)
        same = (c.conversation_id == conversation_id) & (c.ordinal == ordinal) & (c.user == who)
        there = sa.select(conversations.c.id).where(conversations.c.id == conversation_id, conversations.c.user != who)
        with self._engine.begin() as connection:
            many = connection.scalar(sa.select(sa.func.count()).where(c.user == who, c.state == "open")) or 0
            if many >= _MOST_OPEN:
                raise QuestionError(f"{many} requests of yours wait for an answer; ask again once some are decided.")
            known = connection.scalar(sa.select(c.state).where(same))
            if connection.execute(there).first() is not None and known in (None, "refused"):
                connection.execute(requests.delete().where(same))
                row = {"conversation_id": conversation_id, "ordinal": ordinal, "user": who, "note": note}
                connection.execute(requests.insert().values(**row, asked_at=utc_now(), state="open"))
            audit.append(connection, asker, "asked for a copy", conversation_id, note, answer=ordinal)

    def for_owner(self, owner: User) -> list[CopyRequest]:
        """The open requests for the person's conversations, the oldest first."""
        return self._found(conversations.c.user == owner.email.lower(), requests.c.state == "open")

    def of(self, conversation_id: str, asker: User) -> dict[int, State]:
        """What became of the person's requests for a conversation and its answers, by the answer's place."""
        theirs = requests.c.user == folded(asker.email)
        return {r.ordinal: r.state for r in self._found(requests.c.conversation_id == conversation_id, theirs)}

    def grant(self, request: CopyRequest, owner: User) -> None:
        """Lets the asker have the copy. Raises QuestionError: the conversation isn't this person's."""
        self._decide(request, owner, "granted")
        if request.whole:
            self._share(request.conversation_id, owner, [request.asker])

    def refuse(self, request: CopyRequest, owner: User) -> None:
        """Leaves the asker without it, who is told so. Raises QuestionError as `grant`."""
        self._decide(request, owner, "refused")

    def _decide(self, request: CopyRequest, owner: User, state: State) -> None:
        c = requests.c
        mine = sa.select(conversations.c.id).where(conversations.c.user == owner.email.lower())
        same = (c.conversation_id == request.conversation_id) & (c.ordinal == request.ordinal)
        this = same & (c.user == request.asker) & c.conversation_id.in_(mine)
        with self._engine.begin() as connection:
            if not connection.execute(requests.update().where(this).values(state=state)).rowcount:
                raise QuestionError("This request isn't there any more, or the conversation isn't yours.")
            done = f"{state} a copy"
            audit.append(connection, owner, done, request.conversation_id, request.asker, answer=request.ordinal)

    def _found(self, *conditions: sa.ColumnElement[bool]) -> list[CopyRequest]:
        query = (
            sa.select(requests, conversations.c.title)
            .join(conversations, conversations.c.id == requests.c.conversation_id)
            .where(*conditions)
            .order_by(requests.c.asked_at)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [CopyRequest(r.conversation_id, r.title, r.ordinal, r.user, r.asked_at, r.note, r.state) for r in rows]
