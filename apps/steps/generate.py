"""`generate`: a draft filled from earlier results; a configured model may then edit it, section by section."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from apps.customers import Customers
from apps.language import AppFile, Guard, evaluate
from apps.run import Context, Model
from apps.steps.kind import Addressed, StepKind
from apps.steps.revision import Reviser
from core.errors import ModelError
from prompts import load_prompt

# So much of what an edit may draw from a model is shown; so many of the parts that it couldn't change are told.
_MATERIAL_CHARS = 12_000
_TOLD = 3


class Generate(Addressed):
    """Parameters.

    Attributes:
        draft: A template, or one for each language.
        instructions: For a model.
        sources: What a model may say besides the draft.
        about: With `for_customer`: the file or text that tells which customer it is when `customer` doesn't.
    """

    draft: str | dict[str, str]
    instructions: str = ""
    language: str = "en"
    sources: list[Any] = Field(default_factory=list)
    about: Any = None


def generate(given: Generate, context: Context) -> dict[str, Any]:
    """The text; `edited` says whether a model's edit passed the check and took the draft's place."""
    draft = _discreet(_draft(given, context), given, context)
    text, edited = draft, False
    if context.tools.model is not None and given.instructions.strip():
        edit = _edited(draft, given, context, context.tools.model)
        if edit:
            text, edited = _discreet(edit, given, context), True
    return {"text": text, "draft": draft, "edited": edited, "language": given.language}


def _edited(draft: str, given: Generate, context: Context, model: Model) -> str:
    """The model's edit of the draft; empty, with a remark that says why, if it can't be used."""
    material = [_material(source) for source in given.sources]
    try:
        (_, system), (_, text) = load_prompt("edit").render(
            instructions=given.instructions,
            style=_style(context),
            material="\n\n".join(material)[:_MATERIAL_CHARS] or "(none)",
            draft=draft,
        )
        reply, tokens = model.write(system.strip(), text, "edit")
    except ModelError as error:
        context.notes.append(f"This is the draft as it is, since no language model edited it: {error}")
        return ""
    context.spend(tokens)
    if not reply.strip():
        context.notes.append("The model's edit was not used: it was empty.")
        return ""
    reviser = Reviser(draft, added=lambda part: _problems(part, [draft, *material], context), sources=material)
    revision = reviser.revise(reply)
    if not revision.kept:
        return revision.text
    parts = "; ".join(map(str, revision.kept[:_TOLD]))
    if revision.changed:
        context.notes.append(f"In the model's edit these parts stayed as in the draft: {parts}.")
        return revision.text
    context.notes.append(f"The model's edit was not used: {parts}.")
    return ""


def _material(source: Any) -> str:
    return f"{source.title or source.name}\n{source.text}" if isinstance(source, AppFile) else str(source)


def _draft(given: Generate, context: Context) -> str:
    template = given.draft
    language = given.language
    if isinstance(template, dict):
        if language not in template:
            fallback = "en" if "en" in template else next(iter(template))
            context.notes.append(f"There is no draft in '{language}'; it is written in '{fallback}'.")
            language = fallback
        template = template[language]
    guard = Guard(context.max_chars, context.deadline, context.clock)
    values = {**context.values, "language": language}
    return _tidy(str(evaluate(template, values, guard=guard)))


def _discreet(text: str, given: Generate, context: Context) -> str:
    """`text` without the lines that name another customer than the one it goes to."""
    if not given.for_customer:
        return text
    customer = given.customer
    if not customer and given.about is not None and context.tools.customers is not None:
        customer = _told(given.about, context.tools.customers(), context)
    kept = context.discretion(customer).kept_lines(text)
    context.tell_withheld()
    return kept


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


def _style(context: Context) -> str:
    """The app's style as the model is told it; empty when it has none."""
    style = context.style.model_dump(exclude_defaults=True)
    return f"Style – {'; '.join(f'{key}: {value}' for key, value in style.items())}." if style else ""


def _tidy(text: str) -> str:
    """No more than one empty line in a row, and no space at a line's end."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip()


def _problems(text: str, sources: list[str], context: Context) -> list[str]:
    return context.tools.check(text, sources) if context.tools.check is not None else []


KIND = StepKind(
    "generate",
    "Fills a draft; a model may edit it.",
    Generate,
    ("text", "draft", "edited", "language"),
    generate,
    templates=("draft",),
)
