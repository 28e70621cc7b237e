"""What changed between two texts of an app, in sentences for whoever has to agree to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.authoring.form import in_words
from apps.language import App, AppTest, Input, Output, Step
from apps.publish.load import AppText, parse_app
from apps.run.inputs import shown
from core.text.sentences import sentence_texts

TYPES: Mapping[str, str] = {
    "text": "a line of text", "long_text": "a longer text", "choice": "one of several",
    "multi_choice": "some of several",
    "date": "a day", "number": "a number", "account": "a customer", "file": "a file", "files": "files",
    "language": "a language", "document": "a document", "documents": "documents",
}  # fmt: skip
KINDS: Mapping[str, str] = {
    "markdown": "a text", "email": "a mail", "table": "a table", "chart": "a chart", "json": "data (JSON)",
    "docx": "a Word file", "pptx": "a PowerPoint file", "xlsx": "an Excel file",
}  # fmt: skip
_MOST_CHARS = 160
_CALLED = {"saves_minutes": "the minutes that a run saves", "limits": "the limits of a run", "style": "the style"}


def changes_in_words(before: AppText | None, after: AppText) -> list[str]:
    """What is new in `after`, a sentence each; of a new app what it does. Raises AppError: it is wrong."""
    new = parse_app(after.yaml, "The app", examples=after.examples)
    if before is None:
        return list(_whole(new))
    old = parse_app(before.yaml, "The version before", examples=before.examples)
    return list(_changes(old, new))


def _whole(app: App) -> Iterator[str]:
    yield f"It is new: {app.description}"
    if app.inputs:
        yield f"It asks for {_listed([_asked(item) for item in app.inputs])}."
    for step in app.steps:
        if step.values.get("prompt"):
            yield f"It is told to write: {_quoted(str(step.values['prompt']), 600)}"
    yield f"It gives {_listed([_given(output) for output in app.outputs])}."


def _changes(old: App, new: App) -> Iterator[str]:
    for name in ("title", "description", "owner"):
        if getattr(old, name) != getattr(new, name):
            yield f"The {name} was {_quoted(getattr(old, name))} and is {_quoted(getattr(new, name))}."
    if set(old.audience) != set(new.audience):
        yield f"It was for {audience_in_words(old)} and is for {audience_in_words(new)}."
    yield from _inputs(old.inputs, new.inputs)
    yield from _steps(old.steps, new.steps)
    yield from _outputs(old.outputs, new.outputs)
    yield from _requests("requests for it", old.routing.examples, new.routing.examples)
    yield from _requests("requests that aren't for it", old.routing.counter_examples, new.routing.counter_examples)
    yield from _tests(old.tests, new.tests)
    for name in ("languages", "labels", "saves_minutes", "style", "limits", "variables", "phrases"):
        if getattr(old, name) != getattr(new, name):
            yield f"{_CALLED.get(name, f'The {name}')[:1].upper()}{_CALLED.get(name, f'The {name}')[1:]} changed."


def audience_in_words(app: App) -> str:
    """Whom the app is for."""
    return _listed([f"the group {group}" for group in app.audience]) if app.audience else "everybody"


def _inputs(old: Sequence[Input], new: Sequence[Input]) -> Iterator[str]:
    before, after = {i.name: i for i in old}, {i.name: i for i in new}
    for name in after.keys() - before.keys():
        yield f"It now also asks for {_asked(after[name])}."
    for name in before.keys() - after.keys():
        yield f"It no longer asks for {_asked(before[name])}."
    for name in [n for n in after if n in before and before[n] != after[n]]:
        was, now = before[name], after[name]
        if was.required != now.required:
            yield f"“{shown(now)}” {'must be given now' if now.required else 'may be left empty now'}."
        if was.type != now.type:
            yield f"“{shown(now)}” was {TYPES[was.type]} and is {TYPES[now.type]}."
        if set(was.choices) != set(now.choices):
            offers, offered = (_listed(list(item.choices)) or "everything" for item in (now, was))
            yield f"“{shown(now)}” offers {offers}; it offered {offered}."
        if shown(was) != shown(now):
            yield f"“{shown(was)}” is called “{shown(now)}”."
        same = {"required": was.required, "type": was.type, "choices": was.choices, "label": was.label}
        if now.model_copy(update=same) != was:
            yield f"How “{shown(now)}” is asked for changed."
    both = [n for n in before if n in after]
    if both != [n for n in after if n in before]:
        yield "The order of the questions changed."


def _steps(old: Sequence[Step], new: Sequence[Step]) -> Iterator[str]:
    before, after = {s.id: s for s in old}, {s.id: s for s in new}
    for step in new:
        if step.id not in before:
            yield f"A new step: {_named(step)}."
    for step in old:
        if step.id not in after:
            yield f"A step is gone: {_named(step)}."
    for name in [n for n in after if n in before]:
        yield from _step(before[name], after[name])
    if [n for n in before if n in after] != [n for n in after if n in before]:
        yield "The order of the steps changed."


def _step(was: Step, now: Step) -> Iterator[str]:
    if was.use != now.use:
        does, did = (step.use.replace("_", " ") for step in (now, was))
        yield f"{_named(now)} does another thing now: {does} in the place of {did}."
        return
    for key in dict.fromkeys([*was.values, *now.values]):
        a, b = was.values.get(key), now.values.get(key)
        if a == b:
            continue
        if key in ("prompt", "edit"):
            yield from _prompt(str(a or ""), str(b or ""))
        elif key == "draft":
            yield f"What stands without a language model changed in {_named(now)}."
        elif key == "for_customer":
            yield f"What {_named(now)} gives {'may go to the customer now' if b else 'stays in the house now'}."
        else:
            yield f"{_named(now)}, {key.replace('_', ' ')}: was {_value(a)}, is {_value(b)}."
    for key in ("when", "for_each", "on_error"):
        if getattr(was, key) != getattr(now, key):
            before, after = _value(getattr(was, key)), _value(getattr(now, key))
            yield f"{_named(now)}, {key.replace('_', ' ')}: was {before}, is {after}."


def _prompt(was: str, now: str) -> Iterator[str]:
    old, new = _sentences(was), _sentences(now)
    yield from (f"It is now told: {_quoted(s, 400)}" for s in new if s not in old)
    yield from (f"It is no longer told: {_quoted(s, 400)}" for s in old if s not in new)
    if sorted(old) == sorted(new):
        yield "The prompt's sentences stand in another order, or are laid out differently."


def _sentences(prompt: str) -> list[str]:
    return [s for line in prompt.split("\n\n") for s in sentence_texts(" ".join(line.split()))]


def _outputs(old: Sequence[Output], new: Sequence[Output]) -> Iterator[str]:
    before, after = {o.name: o for o in old}, {o.name: o for o in new}
    for name in after.keys() - before.keys():
        yield f"It now also gives {_given(after[name])}."
    for name in before.keys() - after.keys():
        yield f"It no longer gives {_given(before[name])}."
    for name in [n for n in after if n in before and before[n] != after[n]]:
        was, now = before[name], after[name]
        if was.kind != now.kind or was.title != now.title:
            yield f"{_given(was)[:1].upper()}{_given(was)[1:]} became {_given(now)}."
        if (was.value, was.when) != (now.value, now.when):
            yield f"What stands in {_given(now)} changed."


def _requests(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if added := [e for e in new if e not in old]:
        yield f"{len(added)} new {what}: {_listed([_quoted(e, 80) for e in added[:5]])}."
    if gone := [e for e in old if e not in new]:
        yield f"{len(gone)} fewer {what}: {_listed([_quoted(e, 80) for e in gone[:5]])}."


def _tests(old: Sequence[AppTest], new: Sequence[AppTest]) -> Iterator[str]:
    before, after = {t.name: t for t in old}, {t.name: t for t in new}
    for what, names in (
        ("A new test", after.keys() - before.keys()),
        ("A test is gone", before.keys() - after.keys()),
        ("A test changed", {n for n in after if n in before and before[n] != after[n]}),
    ):
        yield from (f"{what}: {_quoted(name)}." for name in sorted(names))


def _asked(item: Input) -> str:
    return f"“{shown(item)}” ({TYPES[item.type]}{'' if item.required else ', optional'})"


def _given(output: Output) -> str:
    return f"“{output.title or output.name.replace('_', ' ')}” ({KINDS[output.kind]})"


def _named(step: Step) -> str:
    return f"“{step.title or step.id.replace('_', ' ')}”"


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "empty"
    words = in_words(value) if isinstance(value, str) else None
    return _quoted(words or str(value))


def _quoted(text: str, most: int = _MOST_CHARS) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= most else flat[: most - 1] + '…'}”"


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
