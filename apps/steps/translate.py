"""`translate`: a text into another language; this one needs a model, and says so without one."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from core.errors import ModelError
from core.text.detect import detect_language
from core.text.languages import LANGUAGES
from prompts import load_prompt

_DIGITS = re.compile(r"\d+")


class Translate(Parameters):
    """Attributes: text; to: the language's code."""

    text: str = Field(min_length=1, max_length=100_000)
    to: str = Field(pattern=r"^[a-z]{2}$")


def translate(given: Translate, context: Context) -> dict[str, Any]:
    """The translation; without a model the text as it was, with a note that says why."""
    name = LANGUAGES.get(given.to, given.to)
    if detect_language(given.text, default="") == given.to:
        return {"text": given.text, "translated": False, "language": given.to}
    if context.tools.model is None:
        context.notes.append(
            f"The text is not translated into {name}: that needs a language model; set llm.model in debrief.yaml."
        )
        return {"text": given.text, "translated": False, "language": detect_language(given.text)}
    try:
        (_, system), (_, text) = load_prompt("translate").render(language=name, text=given.text)
        reply, tokens = context.tools.model.write(system, text, "translate")
    except ModelError as error:
        context.notes.append(f"The text is not translated into {name}: {error}")
        return {"text": given.text, "translated": False, "language": detect_language(given.text)}
    context.spend(tokens)
    if sorted(_DIGITS.findall(reply)) != sorted(_DIGITS.findall(given.text)):
        context.notes.append(f"The translation into {name} changed numbers and was not used.")
        return {"text": given.text, "translated": False, "language": detect_language(given.text)}
    return {"text": reply.strip(), "translated": True, "language": given.to}


KIND = StepKind(
    "translate", "Translates a text with a model.", Translate, ("text", "translated", "language"), translate
)
