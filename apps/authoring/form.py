"""An app as a form: what is needed from the person, where is looked, what is written, what comes out, for whom.

    form = read_form(text)
    text = with_form(text, replace(form, prompt="Write to @customer about @account."))

`read_form` shows what it can say in plain words and names the rest in `unshown`; `with_form` touches only what changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.authoring.app_yaml import plain, read_yaml
from apps.authoring.listing import listing
from apps.language.mentions import MENTION, with_mentions

_MARK = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
# Step kind → (what it is to an author, the id that a new one gets, the parameter in plain words).
PLACES: Mapping[str, tuple[str, str, str]] = {
    "account_facts": ("What is known of a customer", "account", "customer"),
    "find_documents": ("A customer's documents, the newest first", "documents", "of"),
    "retrieve": ("Passages on a subject", "found", "query"),
    "answer": ("The answer to a question", "answer", "question"),
    "extract_meeting": ("Notes or a transcript of a meeting", "meeting", "source"),
}
# Parameter → the field of `Place` that shows it.
_SHOWN = {
    "filter": "filter", "sources": "sources", "kind": "kind", "latest": "most", "k": "most", "text": "text",
    "needs": "stops",
}  # fmt: skip
_OF_CUSTOMERS = frozenset({"for_customer", "customer"})
_INPUT_KEYS = frozenset({"name", "type", "label", "help", "required", "choices", "kind", "customer", "latest"})
_WRITE_KEYS = frozenset(
    {"prompt", "draft", "length", "tone", "language", "cite", "for_customer", "customer", "audience"}
)
_SHOWN_AT_TOP = frozenset(
    {"name", "title", "description", "version", "owner", "audience", "routing", "inputs", "steps", "outputs", "tests"}
)
_QUIET = frozenset({"labels", "languages", "saves_minutes", "limits"})
FILES = ("docx", "pptx")


@dataclass(frozen=True)
class FormInput:
    """One thing that the app asks for. `latest` documents of the `customer` input are chosen already."""

    name: str
    type: str = "text"
    label: str = ""
    help: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    kind: str = ""
    customer: str = ""
    latest: int = 0


@dataclass(frozen=True)
class Place:
    """One place to look.

    Attributes:
        subject: What is looked for, or at, in plain words: "@customer", "changes of @product".
        most: How many passages or documents; 0 is the step's own number.
        text: Whether the documents are read as a whole.
        stops: Of a customer: whether the run stops where nothing is known.
    """

    id: str
    use: str
    title: str = ""
    subject: str = ""
    filter: str = ""
    sources: tuple[str, ...] = ()
    kind: str = ""
    most: int = 0
    text: bool = False
    stops: bool = False


@dataclass(frozen=True)
class Result:
    """One thing that comes out.

    Attributes:
        what: Of a table or chart where its rows stand, "account.tasks"; of a file or mail its title or subject.
        to: Of a mail whom it goes to, in plain words.
    """

    name: str
    kind: str = "markdown"
    title: str = ""
    what: str = ""
    to: str = ""


@dataclass(frozen=True)
class AppForm:
    """An app's form.

    Attributes:
        draft: What stands without a language model: "list" of what was found, "none", or "own" words of the file.
        language: A code, or an expression such as "{{ account.language }}".
        unshown: What stands in the file and not here, in words; it stays as it is.
    """

    name: str = ""
    title: str = ""
    description: str = ""
    version: str = ""
    owner: str = ""
    audience: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    inputs: tuple[FormInput, ...] = ()
    places: tuple[Place, ...] = ()
    writer: str = ""
    prompt: str = ""
    length: str = ""
    tone: str = ""
    language: str = ""
    cite: bool = True
    for_customer: bool = False
    draft: str = "none"
    results: tuple[Result, ...] = ()
    unshown: tuple[str, ...] = field(default=(), compare=False)


def read_form(text: str) -> AppForm:
    """The form of an app's file, which may be unfinished. Raises AppError when it isn't YAML of an app."""
    data = plain(read_yaml(text))
    steps = _maps(data.get("steps"))
    writer = next((s for s in steps if s.get("use") == "write" and "prompt" in _with(s)), {})
    given = _with(writer)
    places = [place for step in steps if (place := read_place(step)) is not None]
    results = [
        r for o in _maps(data.get("outputs")) if (r := read_result(o, steps, str(writer.get("id", "")))) is not None
    ]
    routing = data.get("routing")
    form = AppForm(
        **{key: str(data.get(key) or "") for key in ("name", "title", "description", "version", "owner")},
        audience=_texts(data.get("audience")),
        examples=_texts(routing.get("examples")) if isinstance(routing, dict) else (),
        inputs=tuple(map(read_input, _maps(data.get("inputs")))),
        places=tuple(places),
        writer=str(writer.get("id") or ""),
        **{key: str(given.get(key) or "").strip() for key in ("prompt", "length", "tone", "language")},
        cite=given.get("cite") is not False,
        for_customer=given.get("for_customer") is True,
        draft=_draft(given.get("draft"), places),
        results=tuple(results),
    )
    return AppForm(**{**vars(form), "unshown": tuple(_unshown(data, form))})


def in_words(text: str) -> str | None:
    """A template as people write it, "{{ customer }}" as "@customer"; None where it says more than that."""
    words = _MARK.sub(lambda m: f"\0{m[1]}", MENTION.sub(lambda m: f"@{m[0]}", text)).replace("\0", "@")
    return None if "{{" in words or "{%" in words else words


def as_template(words: str) -> str:
    """Plain words as a template."""
    return with_mentions(words, lambda path: f"{{{{ {path} }}}}")


def read_input(raw: Mapping[str, Any]) -> FormInput:
    """An input as the form shows it."""
    return FormInput(
        name=str(raw.get("name") or ""),
        type=str(raw.get("type") or "text"),
        label=str(raw.get("label") or ""),
        help=str(raw.get("help") or ""),
        required=raw.get("required") is not False,
        choices=_texts(raw.get("choices")),
        kind=str(raw.get("kind") or ""),
        customer=str(raw.get("customer") or ""),
        latest=_number(raw.get("latest")),
    )


def read_place(step: Mapping[str, Any]) -> Place | None:
    """A step as a place to look; None where it is no such step, or says what isn't plain words."""
    use = str(step.get("use"))
    if use not in PLACES or step.get("for_each"):
        return None
    given = _with(step)
    subject = in_words(str(given.get(PLACES[use][2]) or ""))
    if subject is None or not isinstance(given.get("filter", ""), str):
        return None
    return Place(
        id=str(step.get("id") or ""),
        use=use,
        title=str(step.get("title") or ""),
        subject=subject,
        filter=str(given.get("filter") or ""),
        sources=_texts(given.get("sources")),
        kind=str(given.get("kind") or ""),
        most=_number(given.get("k" if use == "retrieve" else "latest")),
        text=given.get("text") is True,
        stops=bool(given.get("needs")),
    )


def read_result(output: Mapping[str, Any], steps: list[dict[str, Any]], writer: str) -> Result | None:
    """An output as the form shows it; None where its value is something else than the form makes."""
    kind, value = str(output.get("kind")), output.get("value")
    common = {"name": str(output.get("name") or ""), "kind": kind, "title": str(output.get("title") or "")}
    body = f"{{{{ {writer}.text }}}}"
    if kind == "markdown" and value == body:
        return Result(**common)
    if (
        kind == "email"
        and isinstance(value, dict)
        and value.get("body") == body
        and set(value) <= {"to", "subject", "body"}
    ):
        subject, to = in_words(str(value.get("subject") or "")), in_words(str(value.get("to") or ""))
        return None if subject is None or to is None else Result(**common, what=subject, to=to)
    if kind == "table" and isinstance(value, dict) and (path := _path(value.get("rows"))):
        return Result(**common, what=path)
    if kind == "chart" and isinstance(value, str) and (found := re.fullmatch(r"\{\{ ([\w.]+)\[0\] \}\}", value)):
        return Result(**common, what=found[1])
    if kind in FILES and (step := _render(value, steps)) and _with(step).get("body") == body:
        title = in_words(str(_with(step).get("title") or ""))
        return None if title is None else Result(**common, what=title)
    return None


def _render(value: Any, steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    found = _path(value)
    return next((s for s in steps if s.get("use") == "render" and f"{s.get('id')}.file" == found), None)


def _path(value: Any) -> str:
    found = _MARK.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[1] if found else ""


def _draft(draft: Any, places: list[Place]) -> str:
    if draft is None:
        return "none"
    return (
        "list" if isinstance(draft, str) and draft.strip() == listing((p.use, p.id) for p in places).strip() else "own"
    )


def _unshown(data: Mapping[str, Any], form: AppForm) -> Iterator[str]:
    for key in data:
        if key not in _SHOWN_AT_TOP | _QUIET:
            yield f"“{key}” of the file"
    for item in _maps(data.get("inputs")):
        yield from _keys(set(item) - _INPUT_KEYS, f"the question “{item.get('label') or item.get('name')}”")
    shown = {place.id for place in form.places} | {form.writer} | {f"{r.name}_file" for r in form.results}
    for step in _maps(data.get("steps")):
        name = f"the step “{step.get('title') or step.get('id')}”"
        if step.get("id") not in shown:
            yield f"{name} ({str(step.get('use')).replace('_', ' ')})"
            continue
        more = set(step) - {"id", "use", "title", "with"}
        if step.get("use") in PLACES:
            more |= set(_with(step)) - _OF_CUSTOMERS - set(_SHOWN) - {PLACES[str(step["use"])][2]}
        elif step.get("id") == form.writer:
            more |= set(_with(step)) - _WRITE_KEYS
        yield from _keys(more, name)
    results = {result.name: result for result in form.results}
    for output in _maps(data.get("outputs")):
        name = f"the result “{output.get('title') or output.get('name')}”"
        result = results.get(str(output.get("name")))
        if result is None:
            yield name
            continue
        made = {"when"} if result.kind == "chart" and output.get("when") == result.what else set()
        yield from _keys(set(output) - {"name", "kind", "title", "value"} - made, name)


def _keys(keys: set[str], where: str) -> Iterator[str]:
    if keys:
        yield f"{', '.join(sorted(keys))} of {where}"


def _with(step: Mapping[str, Any]) -> dict[str, Any]:
    given = step.get("with")
    return given if isinstance(given, dict) else {}


def _maps(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(str(v) for v in listed)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
