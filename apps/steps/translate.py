"""`translate`: a text into another language; this one needs a model, and says so without one."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from apps.steps.revision import Reviser
from core.errors import ModelError
from core.text.detect import detect_language
from core.text.languages import LANGUAGES
from prompts import load_prompt

# So many of the parts that stay in their language are told.
_TOLD = 3


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
    revision = Reviser(given.text, language=given.to, translated=True).revise(reply)
    if revision.kept:
        parts = "; ".join(revision.kept[:_TOLD])
        context.notes.append(f"Not translated into {name}, since the model's text can't be used there: {parts}.")
    if not revision.changed:
        return {"text": given.text, "translated": False, "language": detect_language(given.text)}
    return {"text": revision.text, "translated": True, "language": given.to}


KIND = StepKind(
    "translate", "Translates a text with a model.", Translate, ("text", "translated", "language"), translate
)
