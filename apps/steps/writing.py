"""What a model is told for a `write` step, and what of its reply, a text or JSON, stands by the checks of answers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from apps.run import Context
from apps.run.context import GivenSource
from core.errors import AppError, ModelError
from core.text.languages import LANGUAGES
from core.text.locale import long_date
from core.text.sentences import split_sentences
from prompts import load_prompt

if TYPE_CHECKING:
    from apps.steps.write import Write

_MARKER = re.compile(r"\s*\[\d{1,3}\]")
_LENGTHS = {"short": "Keep it short: a few sentences.", "normal": "", "detailed": "Go into detail."}
_CITED = "Put the numbers of the sources behind what rests on them, in square brackets: [1] or [2][3]."
_TEXT_FORM = "Answer with the text in Markdown and nothing else: no introduction, no remark about it. "
_JSON_FORM = "Answer with one JSON object and nothing else. Leave a list empty rather than guess."
# A value of fewer words is a name, a number or a choice: its facts are checked, its meaning isn't.
_TELLING_WORDS = 4
_TOLD = 3


def system_and_text(given: Write, prompt: str, sources: Sequence[GivenSource], context: Context) -> tuple[str, str]:
    """The two parts of the prompt for a step. What is quoted stands behind a mark that nobody can guess."""
    fence = f"<<{secrets.token_hex(6)}>>"
    shown = [f"{fence} source {s.number}: {_line(s.title)}\n{s.text.replace(fence, '')}\n{fence} end" for s in sources]
    (_, system), (_, text) = load_prompt("write").render(
        company=context.company,
        fence=fence,
        form=_JSON_FORM if given.schema_ is not None else _TEXT_FORM + _CITED,
        language=f"Write in {LANGUAGES.get(given.language, given.language)}.",
        style=_style(given, context),
        examples="\n\n".join(f"An example of how it should read (not of what is true):\n{e}" for e in given.examples),
        sources="\n\n".join(shown) or "(There are no sources.)",
        prompt=prompt,
    )
    return system, text


def reviewed_text(
    reply: str, sources: Sequence[GivenSource], prompt: str, context: Context, *, cite: bool, mostly: bool = False
) -> str:
    """What of the reply the inputs and sources say; a remark counts what was left out.

    Args:
        mostly: The rest is wanted only if at least half of the reply is: else a whole draft is better.

    Raises:
        ModelError: there is nothing to check it with, or too little of it stands.
    """
    if context.tools.review is None:
        raise ModelError("there is nothing here to check it with; run `debrief sync` first")
    found = context.tools.review(reply, sources, prompt)
    stands, fails = len(split_sentences(found.text)), len(found.left_out)
    if mostly and fails > stands:
        raise ModelError(f"no source says {fails} of its {fails + stands} statements.")
    _tell(found.left_out, context)
    return found.text if cite else _MARKER.sub("", found.text)


def reviewed_value(value: BaseModel, sources: Sequence[GivenSource], prompt: str, context: Context) -> dict[str, Any]:
    """The JSON without the rows and texts that no source says."""
    left_out: list[str] = []

    def stands(text: str) -> bool:
        said = "\n".join([prompt, *(s.text for s in sources)])
        if len(text.split()) < _TELLING_WORDS or context.tools.review is None:
            wrong = bool(context.tools.check and context.tools.check(text, [said]))
        else:
            wrong = bool(context.tools.review(text, sources, prompt).left_out)
        if wrong:
            left_out.append(text)
        return not wrong

    kept = {name: _kept(part, stands) for name, part in value.model_dump().items()}
    _tell(left_out, context)
    return kept


def checked_value(schema: type[BaseModel], value: Any) -> dict[str, Any]:
    """A draft's values as the schema has them. Raises AppError where they don't fit."""
    try:
        return schema.model_validate(value).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its top"
        raise AppError(f"the draft doesn't fit the schema at {where}: {first['msg']}; mend the draft.") from error


def _kept(part: Any, stands: Any) -> Any:
    """The part without what doesn't stand: a row goes as a whole, a text becomes empty; a day is text from here on."""
    if isinstance(part, date):
        return part.isoformat() if stands(long_date(part, "en")) else ""
    if isinstance(part, str):
        return part if not part.strip() or stands(part) else ""
    if isinstance(part, list):
        return [_plain(one) for one in part if all(stands(text) for text in _texts(one) if text.strip())]
    if isinstance(part, Mapping):
        return {name: _kept(inner, stands) for name, inner in part.items()}
    return part


def _plain(value: Any) -> Any:
    """The value with its days as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str | date):
        yield value if isinstance(value, str) else long_date(value, "en")
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _tell(left_out: Sequence[str], context: Context) -> None:
    if left_out:
        some = "; ".join(f"“{' '.join(text.split())[:80]}”" for text in left_out[:_TOLD])
        context.notes.append(
            f"{len(left_out)} {'statement' if len(left_out) == 1 else 'statements'} of the language model left out, "
            f"since no source says so: {some}."
        )


def _style(given: Write, context: Context) -> str:
    """How it is to be written: the step's own words, else the app's."""
    style = context.style
    readers, tone = given.audience or style.audience, given.tone or style.tone
    parts = [f"It is for {readers}." if readers else "", f"The tone is {tone}." if tone else ""]
    parts += [_LENGTHS.get(given.length or style.length, "")]
    parts += {"prose": ["Running text, no lists."], "bullets": ["Short bullet points."]}.get(style.format, [])
    return " ".join(filter(None, parts))


def _line(text: str) -> str:
    return " ".join(text.split())
