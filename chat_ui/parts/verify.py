"""A thumb on an answer from tables: an author's approves its query for these words, anybody else's proposes it."""

from __future__ import annotations

from chat_ui.parts import session
from core.errors import QuestionError
from core.types import User
from warehouse.ask import Warehouse
from warehouse.query import Query
from warehouse.verified import may_verify


def verify(question: str, query: Query, user: User, warehouse: Warehouse) -> str:
    """What became of it, as a sentence."""
    try:
        if may_verify(user, session.settings()):
            kept = warehouse.verified.approve(question, query, user)
            return f"Verified until {kept.until}; the list is on the page Data."
        proposed = warehouse.verified.propose(question, query, user)
    except QuestionError as error:
        return str(error)
    return "Proposed; an author decides." if proposed is not None else "It is verified or proposed already."
