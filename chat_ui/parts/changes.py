"""A result changed by saying how, in the row below it: "shorter", "add the dates"."""

from __future__ import annotations

from collections.abc import Sequence

from chat_ui.parts import session
from core.errors import AppError, QuestionError
from core.types import User

WISHES = ("Shorter", "More formal", "Add the due dates")


def changed(text: str, wish: str, quotes: Sequence[str], user: User) -> tuple[str, list[str]]:
    """(The text as it was wished, remarks); the text as it was where nothing could be changed.

    Args:
        quotes: The words of the passages that the text rests on.

    Raises:
        QuestionError: nothing is wished, too much, or something that the guardrails don't let through.
        AppError: the model can't be asked.
    """
    assistant = session.assistant()
    verdict = assistant.guardrails.judge(wish, user)
    if verdict.refusal:
        raise QuestionError(verdict.refusal)
    if assistant.edited is None:
        raise AppError("Results can't be changed in words here; edit the text where it stands.")
    return assistant.edited.changed(text, wish, quotes, user)
