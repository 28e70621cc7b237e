"""An app's file → its form, with a list of what the form can't show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apps.authoring.app_yaml import plain, read_yaml
from apps.authoring.form import FILES, MARK, PLACES, AppForm, FormInput, Place, Result, in_words
from apps.authoring.listing import listing

# Parameter → the field of `Place` that shows it.
_SHOWN = {
    "filter": "filter", "sources": "sources", "kind": "kind", "latest": "most", "k": "most", "text": "text",
    "needs": "stops",
}  # fmt: skip
_OF_CUSTOMERS = frozenset({"for_customer", "customer"})
_INPUT_KEYS = frozenset({"name", "type", "label", "help", "required", "choices", "kind", "customer", "latest"})
_WRITE_KEYS = frozenset({"prompt", "draft", "length", "tone", "language", "cite", "for_customer", "customer"})
_SHOWN_AT_TOP = frozenset(
    {"name", "title", "description", "version", "owner", "audience", "routing", "inputs", "steps", "outputs", "tests"}
)
_HEAD, _TOLD = ("name", "title", "description", "version", "owner"), ("prompt", "length", "tone", "language")
_QUIET = frozenset({"labels", "languages", "saves_minutes", "limits"})


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
    head: dict[str, Any] = {key: str(data.get(key) or "") for key in _HEAD}
    told: dict[str, Any] = {key: str(given.get(key) or "").strip() for key in _TOLD}
    form = AppForm(
        **head,
        audience=_texts(data.get("audience")),
        examples=_texts(routing.get("examples")) if isinstance(routing, dict) else (),
        inputs=tuple(map(read_input, _maps(data.get("inputs")))),
        places=tuple(places),
        writer=str(writer.get("id") or ""),
        **told,
        cite=given.get("cite") is not False,
        for_customer=given.get("for_customer") is True,
        draft=_draft(given.get("draft"), places),
        results=tuple(results),
    )
    return replace(form, unshown=tuple(_unshown(data, form)))


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
    found = MARK.fullmatch(value.strip()) if isinstance(value, str) else None
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
