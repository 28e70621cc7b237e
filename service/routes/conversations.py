"""The person's own conversations."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response
from fastapi.responses import PlainTextResponse

from assistant.records import Conversation
from core import audit
from core.types import User
from service import models as m
from service import shapes
from service.doors import tag_of
from service.parts import Parts
from service.problems import Changed, NotFound, responses
from service.routes.common import Asking, Cursor, IdempotencyKey, Limit, With, router

routes = router("conversations")
_MOST = 10_000
_NOT_MINE = responses(404)
IfMatch = Annotated[str, Header(max_length=100, description="The ETag of the conversation as it was read.")]


@routes.get("/conversations")
def conversations(
    caller: Asking, parts: With, find: str = "", cursor: Cursor = "", limit: Limit = 50
) -> m.Page[m.ConversationOut]:
    """The person's conversations, the latest first; with `find`, those that have all its words."""
    own = parts.conversations()
    found = [hit.conversation for hit in own.find(caller.user, find, _MOST)] if find else own.of(caller.user, _MOST)
    part, more = shapes.page_of(found, lambda c: c.id, cursor, limit)
    return m.Page(items=[_listed(c) for c in part], next=more)


@routes.post("/conversations", status_code=201, responses=responses(409))
def begin(body: m.Title, caller: Asking, parts: With, idempotency_key: IdempotencyKey = "") -> m.ConversationOut:
    """Begins a conversation."""
    identifier = parts.conversations().start(caller.user, body.title)
    return _listed(own_conversation(identifier, caller.user, parts))


@routes.get("/conversations/{conversation}", responses=_NOT_MINE)
def conversation(conversation: str, caller: Asking, parts: With) -> m.ConversationWhole:
    """The conversation, each answer as it may be shown today."""
    return _whole(conversation, caller.user, parts)


@routes.patch("/conversations/{conversation}", responses=responses(404, 409, 412))
def rename(
    conversation: str,
    body: m.Title,
    caller: Asking,
    parts: With,
    if_match: IfMatch = "",
    idempotency_key: IdempotencyKey = "",
) -> m.ConversationOut:
    """Gives it another title."""
    _check_unchanged(conversation, if_match, caller.user, parts)
    parts.conversations().rename(conversation, caller.user, body.title)
    return _listed(own_conversation(conversation, caller.user, parts))


@routes.delete("/conversations/{conversation}", status_code=204, responses=responses(404, 412))
def delete(conversation: str, caller: Asking, parts: With, if_match: IfMatch = "") -> Response:
    """Forgets it."""
    _check_unchanged(conversation, if_match, caller.user, parts)
    parts.conversations().delete(conversation, caller.user)
    return Response(status_code=204)


@routes.get(
    "/conversations/{conversation}/export",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}, **_NOT_MINE},
)
def export(conversation: str, caller: Asking, parts: With) -> PlainTextResponse:
    """The conversation as Markdown, with the sources of each answer."""
    own_conversation(conversation, caller.user, parts)
    audit.record(parts.engine, caller.user, "exported", f"conversation {conversation}")
    return PlainTextResponse(parts.conversations().export(conversation, caller.user), media_type="text/markdown")


def _whole(identifier: str, user: User, parts: Parts) -> m.ConversationWhole:
    own_conversation(identifier, user, parts)
    turns = [
        m.TurnOut(question=t.question, asked_at=t.asked_at, answer=shapes.answer(t.answer, identifier))
        for t in parts.conversations().turns(identifier, user)
    ]
    return m.ConversationWhole(id=identifier, turns=turns)


def _check_unchanged(identifier: str, tag: str, user: User, parts: Parts) -> None:
    known = _whole(identifier, user, parts)
    if tag and tag != tag_of(known.model_dump_json().encode()):
        raise Changed("The conversation isn't as it was when it was read; read it again.")


def own_conversation(identifier: str, user: User, parts: Parts) -> Conversation:
    """The person's conversation. Raises NotFound: they have none such."""
    found = next((c for c in parts.conversations().of(user, _MOST) if c.id == identifier), None)
    if found is None:
        raise NotFound(f"You have no conversation {identifier[:40]!r}; /api/v1/conversations lists yours.")
    return found


def _listed(one: Conversation) -> m.ConversationOut:
    return m.ConversationOut(
        id=one.id, title=one.title, created_at=one.created_at, updated_at=one.updated_at, turns=one.turns
    )
