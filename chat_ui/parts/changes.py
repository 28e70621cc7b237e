"""A result changed by saying how: "shorter", "add the dates", "in Spanish". A model does it, with the checks of apps.

Whatever it gives is held against the text and the passages that it rests on, as an app's edited draft is: what the
model lost or added is mended or left as it was, and said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from apps.run import Context
from apps.steps.translate import Translate, translate
from apps.steps.write import Write, write
from assistant.app_runs.tools import charged
from chat_ui.parts import session
from core.errors import AppError, QuestionError
from core.text.detect import detect_language
from core.text.languages import language_codes
from core.types import User

WISHES = ("Shorter", "More formal", "Add the dates", "In Spanish")
NO_MODEL = (
    "Changes in words need a language model, and none is set up here. Edit the text where it stands; or ask below for "
    "what the app's form has, such as “shorter” or “in Spanish”."
)
_LANGUAGE = re.compile(rf"\b(?:in|into|to|auf|ins?|en|al|em|à)\s+({'|'.join(language_codes())})\b", re.IGNORECASE)
_MOST_CHARS = 500


def changed(text: str, wish: str, quotes: Sequence[str], user: User) -> tuple[str, list[str]]:
    """(The text as it was wished, remarks); the text as it was where nothing could be changed.

    Args:
        quotes: The words of the passages that the text rests on.

    Raises:
        QuestionError: nothing is wished, too much, or something that the guardrails don't let through.
        AppError: the model can't be asked.
    """
    wish = " ".join(wish.split())
    if not wish or len(wish) > _MOST_CHARS:
        raise QuestionError(f"The wish has {len(wish)} characters; say in 1 to {_MOST_CHARS} what is to be changed.")
    assistant = session.assistant()
    verdict = assistant.guardrails.judge(wish, user)
    if verdict.refusal:
        raise QuestionError(verdict.refusal)
    context = Context(user, charged(session.tools(), user.email, "write"), company=session.settings().company)
    if context.tools.model is None:
        raise AppError(NO_MODEL)
    context.values = {"text": text}
    language = _LANGUAGE.search(wish)
    if language is not None and len(wish.split()) <= 4:
        made = translate(Translate(text=text, to=language_codes()[language.group(1).lower()]), context)
    else:
        given = Write(
            prompt=f"Give the text @text again, changed as the person wishes: {wish}",
            draft="{{ text }}",
            sources=list(quotes) or None,
            language=detect_language(text),
            cite=False,
        )
        made = write(given, context)
    return str(made["text"]), list(context.notes)
