"""The form back into the app's file: each part that was changed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from apps.authoring.app_yaml import plain, put, read_yaml, styled, written_yaml
from apps.authoring.form import FILES, PLACES, AppForm, FormInput, Place, Result, as_template
from apps.authoring.listing import listing
from apps.authoring.reading import read_form

# Without any of these of a customer there is nothing to write.
_NEEDED = ["metrics", "incidents", "recommendations", "summary"]
# A list of what a step gives → the columns of its table.
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "tasks": {"task": "Task", "owner": "Owner", "due": "Due"},
    "recommendations": {"recommendation": "Agreed", "owner": "Owner", "due": "Due", "status": "Status"},
    "risks": {"risk": "Risk", "mitigation": "What is done"},
    "incident_records": {"date": "Day", "what_happened": "What happened", "severity": "Severity"},
    "documents": {"title": "Document", "date": "Day"},
    "passages": {"title": "Document", "text": "Passage"},
    "action_items": {"owner": "Owner", "task": "Task", "due": "Due"},
    "decisions": {"text": "Decision"},
    "open_questions": {"text": "Question"},
}
TABLES = tuple(_COLUMNS)


def with_form(text: str, form: AppForm) -> str:
    """The text of the app's file with what differs in the form. Raises AppError as `read_form`."""
    data, before = read_yaml(text), read_form(text)
    for key in ("name", "title", "description", "version", "owner"):
        if getattr(form, key) != getattr(before, key):
            put(data, key, getattr(form, key), empty=None)
    if form.audience != before.audience:
        put(data, "audience", list(form.audience), empty=[], at=_after(data, "owner"))
    if form.examples != before.examples:
        _set_examples(data, form.examples)
    if form.inputs != before.inputs:
        _set_inputs(data, form, before)
    if _steps(form) != _steps(before):
        _set_steps(data, form, before)
    if form.results != before.results or form.writer != before.writer:
        _set_results(data, form, before)
    return written_yaml(data, text)


def unused_name(wanted: str, taken: Iterable[str], otherwise: str = "item") -> str:
    """A name for the file, made of a label: "Name of the customer" gives name_of_the_customer."""
    words = re.sub(r"[^a-z0-9]+", "_", wanted.lower().translate(_PLAIN)).strip("_")[:36].rstrip("_")
    name = words if words[:1].isalpha() else f"{otherwise}_{words}".rstrip("_")
    known = set(taken)
    return next(n for n in (name, *(f"{name}_{k}" for k in range(2, 999))) if n not in known)


_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "á": "a", "í": "i", "ó": "o", "ñ": "n"}
)


def _after(data: CommentedMap, key: str) -> int:
    keys = list(data)
    return keys.index(key) + 1 if key in keys else len(keys)


def _set_examples(data: CommentedMap, examples: Sequence[str]) -> None:
    if not isinstance(data.get("routing"), CommentedMap):
        data.insert(_after(data, "owner"), "routing", CommentedMap())
    routing = data["routing"]
    if not examples:
        routing.pop("examples", None)
        if not routing:
            data.pop("routing")
        return
    listed = CommentedSeq(examples)
    routing["examples"] = listed


def _set_inputs(data: CommentedMap, form: AppForm, before: AppForm) -> None:
    known = {item.name: item for item in before.inputs}

    def fill(raw: CommentedMap, item: FormInput) -> None:
        old = known.get(item.name)
        for key, empty in _INPUT_EMPTY.items():
            value = getattr(item, key)
            if old is None or value != getattr(old, key):
                put(raw, key, list(value) if isinstance(value, tuple) else value, empty=empty)

    _set_list(data, "inputs", {i.name: i for i in form.inputs}, set(known), fill)
    gone = set(known) - {item.name for item in form.inputs}
    for test in data.get("tests") or []:
        given = test.get("inputs") if isinstance(test, CommentedMap) else None
        if isinstance(given, CommentedMap):
            for name in gone:
                given.pop(name, None)


_INPUT_EMPTY: Mapping[str, Any] = {
    "name": None, "type": None, "label": "", "help": "", "required": True, "choices": [], "kind": "", "customer": "",
    "latest": 0,
}  # fmt: skip


def _steps(form: AppForm) -> tuple[Any, ...]:
    """What of the form stands in steps."""
    files = tuple(r for r in form.results if r.kind in FILES)
    written = (
        form.writer,
        form.prompt,
        form.length,
        form.tone,
        form.language,
        form.cite,
        form.for_customer,
        form.draft,
    )
    return form.places, written, files


def _set_steps(data: CommentedMap, form: AppForm, before: AppForm) -> None:
    steps = data.setdefault("steps", CommentedSeq())
    places = {place.id: place for place in form.places}
    old = {place.id: place for place in before.places}
    own = {step.get("id"): step for step in steps if isinstance(step, CommentedMap)}
    _arrange(steps, [p.id for p in form.places], set(old), lambda name: own.get(name) or _new_place(places[name]))
    for step in steps:
        if isinstance(step, CommentedMap) and step.get("id") in places:
            _fill_place(step, places[str(step["id"])], form, old.get(str(step["id"])), before)
    _set_writer(steps, form, before)
    _set_files(steps, form, before)


def _new_place(place: Place) -> CommentedMap:
    return CommentedMap({"id": place.id, "use": place.use, "with": CommentedMap()})


def _fill_place(step: CommentedMap, place: Place, form: AppForm, old: Place | None, before: AppForm) -> None:
    given = step.setdefault("with", CommentedMap())
    if old is None or place.title != old.title:
        put(step, "title", place.title, at=1)
    if old is None or place.subject != old.subject:
        given[PLACES[place.use][2]] = as_template(place.subject)
    most = "k" if place.use == "retrieve" else "latest"
    values: dict[str, tuple[str, Any, Any]] = {
        "filter": ("filter", place.filter, ""), "sources": ("sources", list(place.sources), []),
        "kind": ("kind", place.kind, ""), "most": (most, place.most, 0), "text": ("text", place.text, False),
    }  # fmt: skip
    for name, (key, value, empty) in values.items():
        if old is None or getattr(place, name) != getattr(old, name):
            put(given, key, value, empty=empty)
    if place.use == "account_facts" and place.stops != bool(given.get("needs")):
        put(given, "needs", list(_NEEDED) if place.stops else [], empty=[])
    if place.use != "extract_meeting" and (form.for_customer != before.for_customer or old is None):
        _address(given, form, of_facts=place.use == "account_facts")


def _address(given: CommentedMap, form: AppForm, *, of_facts: bool = False) -> None:
    """Whether the text may leave the house, and to whom."""
    put(given, "for_customer", form.for_customer, empty=False)
    if not of_facts:
        put(given, "customer", customer_of(form) if form.for_customer else "", empty="")


def customer_of(form: AppForm) -> str:
    """The expression that says which customer the app is about; empty where it asks for none."""
    facts = next((place for place in form.places if place.use == "account_facts"), None)
    named = next((item for item in form.inputs if item.type == "account"), None)
    # What stands before a place's own step may not name it, so the input is the one that all can name.
    return f"{{{{ {named.name} }}}}" if named else f"{{{{ {facts.id}.customer }}}}" if facts else ""


def _set_writer(steps: CommentedSeq, form: AppForm, before: AppForm) -> None:
    step = next((s for s in steps if isinstance(s, CommentedMap) and s.get("id") == before.writer), None)
    if not form.prompt and step is None:
        return
    if step is None:
        step = CommentedMap({"id": form.writer, "title": "Write it", "use": "write", "with": CommentedMap()})
        steps.append(step)
    given = step.setdefault("with", CommentedMap())
    for key, empty in (("length", ""), ("tone", ""), ("language", ""), ("cite", True)):
        if getattr(form, key) != getattr(before, key):
            put(given, key, getattr(form, key), empty=empty)
    if form.prompt != before.prompt:
        given["prompt"] = styled(form.prompt)
    if form.for_customer != before.for_customer:
        _address(given, form)
    if form.draft == "list":
        put(given, "draft", styled(listing((p.use, p.id) for p in form.places)) or "")
    elif form.draft == "none":
        given.pop("draft", None)


def _set_files(steps: CommentedSeq, form: AppForm, before: AppForm) -> None:
    """The steps that make the files among the results, at the end."""
    old = {r.name for r in before.results if r.kind in FILES}
    new = {r.name: r for r in form.results if r.kind in FILES}
    for name in old - set(new):
        steps[:] = [s for s in steps if not (isinstance(s, CommentedMap) and s.get("id") == f"{name}_file")]
    for result in new.values():
        step = next((s for s in steps if isinstance(s, CommentedMap) and s.get("id") == f"{result.name}_file"), None)
        if step is None:
            step = CommentedMap({"id": f"{result.name}_file", "title": "Make the file", "use": "render"})
            step["with"] = CommentedMap()
            steps.append(step)
        given = step["with"]
        put(given, "format", result.kind)
        put(given, "title", as_template(result.what or form.title))
        put(given, "body", f"{{{{ {form.writer} }}}}".replace(" }}", ".text }}"))


def _set_results(data: CommentedMap, form: AppForm, before: AppForm) -> None:
    known = {result.name: result for result in before.results}

    def fill(raw: CommentedMap, result: Result) -> None:
        old = known.get(result.name)
        if old == result and form.writer == before.writer:
            return
        for key, value in (("name", result.name), ("kind", result.kind), ("title", result.title)):
            put(raw, key, value)
        if result.kind == "chart" or (old is not None and old.kind == "chart"):
            # A customer without a figure over time has none.
            put(raw, "when", result.what if result.kind == "chart" else "", at=2)
        value = _value(result, form)
        if plain(raw.get("value")) != value:
            raw["value"] = styled(value)

    _set_list(data, "outputs", {r.name: r for r in form.results}, set(known), fill)


def _value(result: Result, form: AppForm) -> Any:
    body = f"{{{{ {form.writer}.text }}}}"
    match result.kind:
        case "email":
            to = {"to": as_template(result.to)} if result.to else {}
            return {**to, "subject": as_template(result.what or form.title), "body": body}
        case "table":
            columns = dict(_COLUMNS.get(result.what.rpartition(".")[2], {"text": "Text"}))
            return {"columns": columns, "rows": f"{{{{ {result.what} }}}}"}
        case "chart":
            return f"{{{{ {result.what}[0] }}}}"
        case "docx" | "pptx":
            return f"{{{{ {result.name}_file.file }}}}"
    return body


def _set_list(
    data: CommentedMap,
    key: str,
    items: Mapping[str, Any],
    shown: set[str],
    fill: Callable[[CommentedMap, Any], None],
) -> None:
    """The list of `key` with its items in order, each filled; what the form doesn't show stays where it is."""
    if key not in data:
        data.insert(list(data).index("steps") if "steps" in data else len(data), key, CommentedSeq())
    listed = data[key]
    own = {raw.get("name"): raw for raw in listed if isinstance(raw, CommentedMap)}

    def made(name: str) -> CommentedMap:
        if name in own:
            return own[name]
        new = CommentedMap()
        fill(new, items[name])
        if key == "inputs":
            new.fa.set_flow_style()
        return new

    _arrange(listed, list(items), shown, made, by="name")
    for raw in listed:
        if isinstance(raw, CommentedMap) and raw.get("name") in items:
            fill(raw, items[str(raw["name"])])
    if not listed and key == "inputs":
        data.pop(key)


def _arrange(
    listed: CommentedSeq, order: Sequence[str], shown: set[str], made: Callable[[str], Any], by: str = "id"
) -> None:
    """Puts what the form shows in its order: into the slots that it had, new ones after the last of these."""
    names = [raw.get(by) if isinstance(raw, CommentedMap) else None for raw in listed]
    if [n for n in names if n in shown] == list(order):
        return
    slots = [n for n, name in enumerate(names) if name in shown]
    wanted = [made(name) for name in order]
    last = slots[-1] + 1 if slots else 0 if by == "id" else len(listed)
    rest = [raw for n, raw in enumerate(listed) if n not in slots]
    # Unshown ones before the first slot stay before; steps that come later than all that is shown stay behind.
    before = [raw for n, raw in enumerate(listed) if n not in slots and n < (slots[0] if slots else last)]
    after = [raw for raw in rest if not any(raw is one for one in before)]
    comments = dict(listed.ca.items)
    places = {id(raw): comments.get(n) for n, raw in enumerate(listed)}
    listed[:] = [*before, *wanted, *after]
    listed.ca.items.clear()
    for n, raw in enumerate(listed):
        if places.get(id(raw)) is not None:
            listed.ca.items[n] = places[id(raw)]
