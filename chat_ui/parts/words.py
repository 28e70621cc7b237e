"""What becomes of a question, and the way that it went, as people say it."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.data import DATA
from assistant.question import RECORDS, RESEARCH, SEARCH
from chat_ui.parts import session
from core.types import User

OUTCOMES: Mapping[str, str] = {
    "answered": "answered",
    "partly": "partly",
    "no_evidence": "no answer",
    "needs_input": "asked back",
    "refused": "refused",
}
# What a right answer is, where somebody says so.
RIGHT: Mapping[str, str] = {
    "answered": "an answer",
    "partly": "what the documents say about it",
    "no_evidence": "that the documents don't say",
    "refused": "a refusal",
    "needs_input": "a question back",
}
_WAYS = {SEARCH: "Plain search", RECORDS: "Records", RESEARCH: "Research", DATA: "Tables"}


def outcome(name: str) -> str:
    """An outcome, or a state such as "not_run", in words."""
    return OUTCOMES.get(name, name.replace("_", " "))


def way(route: str, user: User) -> str:
    """The way that a question went: the app's title, or what looked it up."""
    app = route.removeprefix("app:")
    return session.app_title(app, user) if app != route else _WAYS.get(route, route.replace("_", " ").capitalize())
