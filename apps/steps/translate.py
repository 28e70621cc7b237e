"""`translate`: a text into another language; this one needs a model, and says so without one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic import Field

from apps.run import Context
from apps.run.context import Model
from apps.steps.kind import Parameters, StepKind
from apps.steps.revision import Reviser
from core.errors import ModelError
from core.text.detect import detect_language
from core.text.languages import LANGUAGES
from prompts import load_prompt

# So many of the parts that stay in their language are told, and at most so many are asked for again.
_TOLD, _AGAIN = 3, 8


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
    reviser = Reviser(given.text, given.to)
    try:
        revision = reviser.revise(_asked(given.text, name, context.tools.model, context))
    except ModelError as error:
        context.notes.append(f"The text is not translated into {name}: {error}")
        return {"text": given.text, "translated": False, "language": detect_language(given.text)}
    if 0 < len(revision.kept) <= _AGAIN:
        # A part alone is easier to get right than the whole; once more each, and what then fails stays as it was.
        with suppress(ModelError):
            model = context.tools.model
            revision = reviser.mended(revision, lambda part: _asked(part, name, model, context))
    if revision.kept:
        parts = "; ".join(map(str, revision.kept[:_TOLD]))
        context.notes.append(f"Not translated into {name}, since the model's text can't be used there: {parts}.")
    if not revision.changed:
        return {"text": given.text, "translated": False, "language": detect_language(given.text)}
    return {"text": revision.text, "translated": True, "language": given.to}


def _asked(text: str, language: str, model: Model, context: Context) -> str:
    """The model's translation; its tokens are counted."""
    (_, system), (_, asked) = load_prompt("translate").render(language=language, text=text)
    reply, tokens = model.write(system, asked, "translate")
    context.spend(tokens)
    return reply


KIND = StepKind(
    "translate", "Translates a text with a model.", Translate, ("text", "translated", "language"), translate
)
