"""`write`: a text, or JSON, that a model writes from numbered sources as a prompt says; a draft stands without one.

Whatever a model gives is held against the inputs and sources before it is used. What no model should write anew, such
as a table of figures, is a step of its own with a draft alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from pydantic import Field

from apps.customers import Customers
from apps.language import AppFile, Guard, evaluate
from apps.run import Context, Model
from apps.run.context import GivenSource
from apps.run.outputs import filled, redacted_value
from apps.steps.kind import Addressed, StepKind
from apps.steps.material import Material, prompt_text
from apps.steps.schemas import schema_class
from apps.steps.writing import checked_value, reviewed_text, reviewed_value, system_and_text
from core.errors import AppError, ModelError

_NO_MODEL = "no language model is set up"
_MARKER = re.compile(r"\[(\d{1,3})\]")


class Write(Addressed):
    """Parameters.

    Attributes:
        prompt: What to write, in plain words; `@name` is an input or a step.
        sources: What it is written from besides what the prompt names.
        draft: What stands without a model: a template, its parts in a list, or one for each language; with a `schema`
            the values.
        schema: The fields of the JSON to give, see `apps.steps.schemas`.
        audience, tone, length: How it is written; over the app's style.
        examples: Texts as they should be; only how they are written counts.
        cite: Whether the numbers of the sources stand in the text.
        about: With `for_customer`: the file or text that tells which customer it is when `customer` doesn't.
    """

    prompt: str = ""
    sources: Any = None
    draft: Any = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    language: str = "en"
    audience: str = ""
    tone: str = ""
    length: Literal["", "short", "normal", "detailed"] = ""
    examples: list[str] = Field(default_factory=list)
    cite: bool = True
    about: Any = None


def write(given: Write, context: Context) -> dict[str, Any]:
    """The text; `written` says whether a model's words stand in it, `value` is the JSON of a `schema`.

    Raises:
        AppError: there is nothing to write from, or neither a model nor a draft to write with.
    """
    return _by_prompt(given, context) if given.prompt else _drafted(given, context)


def _result(given: Write, text: str, context: Context, *, written: bool, value: Any = None) -> dict[str, Any]:
    return {
        "text": text,
        "draft": "" if written else text,
        "written": written,
        "language": given.language,
        "value": value,
        "sources": _named(text, context),
    }


def _named(text: str, context: Context) -> list[dict[str, Any]]:
    """The sources whose numbers stand in the text, in their order."""
    numbers = sorted({int(number) for number in _MARKER.findall(text)})
    return [{"number": n, "title": context.evidence[n - 1].title} for n in numbers if 1 <= n <= len(context.evidence)]


def _by_prompt(given: Write, context: Context) -> dict[str, Any]:
    """What a model writes as the prompt says; the draft where there is no model, or its words can't be used."""
    material, cited = Material(context), len(context.evidence)
    # Each source is looked at, so that all of them count.
    found = [material.add(source, "material") for source in _listed(given.sources)]
    guard = Guard(context.max_chars, context.deadline, context.clock)
    values = {**context.values, "language": given.language}
    prompt = prompt_text(given.prompt, partial(evaluate, values=values, guard=guard), material, values)
    if given.sources is not None and not any(found):
        raise context.nothing("to write from")
    sources = material.sources()
    try:
        if context.tools.model is None:
            raise ModelError(_NO_MODEL)
        return _written(given, prompt, sources, context, context.tools.model)
    except ModelError as error:
        if given.draft is None:
            remedy = (
                "set llm.model in debrief.yaml, or give the step a draft" if str(error) == _NO_MODEL else "run it again"
            )
            raise AppError(f"This is written by a language model, and {str(error).rstrip('.')}; {remedy}.") from error
        if str(error) != _NO_MODEL:
            context.notes.append(f"This is the draft, since what a language model wrote can't be used: {error}")
    # What only a model would have read is no source of the draft.
    del context.evidence[cited:]
    return _drafted(given, context)


def _drafted(given: Write, context: Context) -> dict[str, Any]:
    if given.schema_ is None:
        draft = _discreet(_draft(given, context), given, context)
        return _result(given, draft, context, written=False)
    guard = Guard(context.max_chars, context.deadline, context.clock)
    value = checked_value(schema_class(given.schema_), filled(given.draft, context.values, guard))
    return _result(given, "", context, written=False, value=_discreet_value(value, given, context))


def _written(
    given: Write, prompt: str, sources: Sequence[GivenSource], context: Context, model: Model
) -> dict[str, Any]:
    """Raises ModelError: no model wrote anything, or too little of it stands."""
    system, text = system_and_text(given, prompt, sources, context)
    if given.schema_ is not None:
        filled_in, tokens = model.fill(system, text, schema_class(given.schema_))
        context.spend(tokens)
        value = _discreet_value(reviewed_value(filled_in, sources, prompt, context), given, context)
        return _result(given, "", context, written=True, value=value)
    reply, tokens = model.write(system, text, "write")
    context.spend(tokens)
    reviewed = reviewed_text(reply, sources, prompt, context, cite=given.cite, mostly=given.draft is not None)
    kept = _discreet(reviewed, given, context)
    if not kept.strip():
        raise ModelError("nothing of it could be confirmed by the sources")
    return _result(given, kept, context, written=True)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _draft(given: Write, context: Context) -> str:
    template = given.draft
    language = given.language
    if isinstance(template, dict):
        if language not in template:
            fallback = "en" if "en" in template else next(iter(template))
            context.notes.append(f"There is no draft in '{language}'; it is written in '{fallback}'.")
            language = fallback
        template = template[language]
    if isinstance(template, list):
        template = "\n\n".join(map(str, template))
    guard = Guard(context.max_chars, context.deadline, context.clock)
    values = {**context.values, "language": language}
    return _tidy(str(evaluate(template, values, guard=guard)))


def _discreet(text: str, given: Write, context: Context) -> str:
    """`text` without the lines that name another customer than the one it goes to."""
    if not given.for_customer:
        return text
    customer = given.customer
    if not customer and given.about is not None and context.tools.customers is not None:
        customer = _told(given.about, context.tools.customers(), context)
    kept = context.discretion(customer).kept_lines(text)
    context.tell_withheld()
    return kept


def _discreet_value(value: Any, given: Write, context: Context) -> Any:
    """The value without the texts that name another customer than the one it goes to."""
    if not given.for_customer:
        return value
    return redacted_value(value, lambda text: _discreet(text, given, context))


def _told(about: Any, known: Customers, context: Context) -> str:
    """The customer that a file's name or title names, or the only one in its text; empty if that isn't clear."""
    title, text = (f"{about.name}\n{about.title}", about.text) if isinstance(about, AppFile) else ("", str(about))
    for place in (title, text):
        named = sorted(known.named_in(place))
        if named:
            _tell_taken(named, context)
            return named[0] if len(named) == 1 else ""
    return ""


def _tell_taken(named: list[str], context: Context) -> None:
    """Says for whom the text is taken to be; nothing of customers that the person may not know of."""
    readable = frozenset(context.tools.readable_customers(context.user))
    shown = [name for name in named if name in readable]
    if len(named) == 1 and shown:
        context.notes.append(f"The text is taken to be for {shown[0]}; if it is for another, name the customer.")
    elif len(named) > 1:
        names = f" ({', '.join(shown)})" if len(shown) == len(named) else ""
        context.notes.append(f"Several customers are named{names}; name the one that the text is for.")


def _tidy(text: str) -> str:
    """No more than one empty line in a row, and no space at a line's end."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip()


KIND = StepKind(
    "write",
    "Writes a text or JSON as a prompt says, or fills a draft.",
    Write,
    ("text", "draft", "written", "language", "value", "sources"),
    write,
    templates=("prompt", "draft"),
    prompts=("prompt",),
    names=("language",),
    literal=("schema",),
    needs_one=("prompt", "draft"),
)
