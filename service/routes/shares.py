"""Conversations that people share: who may read one's own, and those of others, each answer by the reader's rights."""

from __future__ import annotations

from fastapi import Response

from assistant.records.shared_view import SharedTurn
from assistant.records.sharing import Sharing
from core import audit
from core.types import folded
from service import shapes
from service import shared_models as m
from service.models import Page
from service.parts import Parts
from service.problems import NotFound, responses
from service.routes.common import Asking, Cursor, IdempotencyKey, Limit, With, router
from service.routes.conversations import own_conversation

routes = router("conversations")
_MOST = 10_000
_NOT_MINE = responses(404)


@routes.get("/conversations/{conversation}/readers", responses=_NOT_MINE)
def readers(conversation: str, caller: Asking, parts: With) -> m.ReadersOut:
    """Whom one's conversation is shared with."""
    own_conversation(conversation, caller.user, parts)
    return m.ReadersOut(people=_sharing(parts).people(conversation, caller.user))


@routes.post("/conversations/{conversation}/readers", responses=responses(404, 409))
def share(
    conversation: str, body: m.ReadersIn, caller: Asking, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.ReadersOut:
    """Lets these people read it, each answer as far as they may read its documents at that moment."""
    own_conversation(conversation, caller.user, parts)
    _sharing(parts).share(conversation, caller.user, body.people)
    return m.ReadersOut(people=_sharing(parts).people(conversation, caller.user))


@routes.delete("/conversations/{conversation}/readers/{email}", status_code=204, responses=_NOT_MINE)
def stop(conversation: str, email: str, caller: Asking, parts: With) -> Response:
    """Takes it back from one of them."""
    own_conversation(conversation, caller.user, parts)
    address = folded(email)
    if address not in _sharing(parts).people(conversation, caller.user):
        raise NotFound(f"This conversation isn't shared with {email[:80]!r}; `GET …/readers` lists with whom it is.")
    _sharing(parts).stop(conversation, caller.user, address)
    return Response(status_code=204)


@routes.get("/shared-conversations")
def shared(caller: Asking, parts: With, cursor: Cursor = "", limit: Limit = 50) -> Page[m.SharedOut]:
    """The conversations that others have shared with the person, the latest first."""
    found = _sharing(parts).with_me(caller.user, _MOST)
    part, more = shapes.page_of(found, lambda s: s.conversation.id, cursor, limit)
    items = [
        m.SharedOut(id=c.id, title=c.title, owner=s.owner, updated_at=c.updated_at)
        for s in part
        for c in (s.conversation,)
    ]
    return Page(items=items, next=more)


@routes.get("/shared-conversations/{conversation}", responses=_NOT_MINE)
def shared_conversation(conversation: str, caller: Asking, parts: With) -> m.SharedWhole:
    """Somebody else's conversation, each answer by what the person may read now."""
    sharing = _sharing(parts)
    found = sharing.find(conversation, caller.user)
    if found is None:
        raise NotFound(
            f"No conversation {conversation[:40]!r} is shared with you, or no longer; /api/v1/shared-conversations "
            "lists those that are."
        )
    turns = [_turn(one, conversation) for one in sharing.turns(conversation, caller.user)]
    audit.record(parts.engine, caller.user, "opened", f"shared conversation {conversation}")
    return m.SharedWhole(id=conversation, title=found.conversation.title, owner=found.owner, turns=turns)


def _sharing(parts: Parts) -> Sharing:
    return Sharing(parts.engine, parts.readable)


def _turn(one: SharedTurn, conversation: str) -> m.SharedTurnOut:
    return m.SharedTurnOut(
        question=one.turn.question, asked_at=one.turn.asked_at, answer=shapes.answer(one.turn.answer, conversation),
        hidden=one.hidden, withheld=one.withheld,
    )  # fmt: skip
