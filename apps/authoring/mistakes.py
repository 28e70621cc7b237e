"""What is wrong with an app, beside the field of the form that it is about, in its author's words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from apps.authoring.app_yaml import plain, read_yaml
from apps.authoring.form import AppForm
from apps.authoring.reading import read_form
from apps.language import App
from apps.language.yaml_lines import KeyPath, Mistake
from apps.publish.load import parse_app
from core.errors import AppError

# So few requests teach the router an app.
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong. `place` names a field of the form, "inputs.customer" or "prompt"; empty for the file itself.

    Attributes:
        is_hint: The app works all the same.
    """

    place: str
    message: str
    is_hint: bool = False


def mistakes(text: str, name: str = "The file", examples: str = "") -> tuple[App | None, list[Wrong]]:
    """(The app, None while it is wrong; what is wrong, the form's own rules first)."""
    try:
        form = read_form(text)
    except AppError as error:
        return None, [Wrong("", str(error))]
    found = list(_of_form(form))
    try:
        app = parse_app(text, name, examples=examples)
        return app if all(wrong.is_hint for wrong in found) else None, found
    except Mistake as error:
        place = _place(error.path, text, form)
        if not any(wrong.place == place for wrong in found):
            # Of what the form doesn't show the author needs the line.
            found.append(Wrong(place, _told(error.reason)) if place else Wrong("", str(error)))
    except AppError as error:
        found.append(Wrong("", str(error)))
    return None, found


def _of_form(form: AppForm) -> Iterator[Wrong]:
    """What a form shows to be missing, whatever the file's rules."""
    if not form.title.strip():
        yield Wrong("title", "Give the app a title.")
    if not form.description.strip():
        yield Wrong("description", "Say in a sentence what the app does; people read it before they use it.")
    labels = Counter(item.label.strip().casefold() for item in form.inputs if item.label.strip())
    for item in form.inputs:
        if not item.label.strip():
            yield Wrong(f"inputs.{item.name}", "Write what you ask for.", is_hint=True)
        elif labels[item.label.strip().casefold()] > 1:
            yield Wrong(
                f"inputs.{item.name}", f"Two fields are called “{item.label}”; call one differently.", is_hint=True
            )
        if item.type in ("choice", "multi_choice") and not item.choices:
            yield Wrong(f"inputs.{item.name}", "List what can be chosen, one a line.")
    for place in form.places:
        if not place.subject.strip():
            yield Wrong(f"places.{place.id}", "Say what to look for; @ puts in what the person has given.")
    if form.writer and not form.prompt:
        yield Wrong("prompt", "Say what to write, as you would tell a colleague.")
    for result in form.results:
        if result.kind in ("table", "chart") and not result.what:
            yield Wrong(f"results.{result.name}", "Choose what stands in it.")
    if not form.results and form.writer:
        yield Wrong("results", "Say what comes out.")


def _place(path: KeyPath, text: str, form: AppForm) -> str:
    """The field of the form that shows the value at the path; empty where none does."""
    match path:
        case ("inputs", int(n), *_) if n < len(form.inputs):
            return f"inputs.{form.inputs[n].name}"
        case ("steps", int(n), *rest):
            step = _item(text, "steps", n)
            if step.get("id") == form.writer:
                return "prompt" if "prompt" in rest else "writing"
            return f"places.{step['id']}" if step.get("id") in {p.id for p in form.places} else ""
        case ("outputs", int(n), *_):
            name = _item(text, "outputs", n).get("name")
            return f"results.{name}" if name in {r.name for r in form.results} else ""
        case ("routing", "examples", *_):
            return "examples"
        case (("title" | "description" | "version" | "audience" | "owner") as key, *_):
            return str(key)
    return ""


def _item(text: str, key: str, n: int) -> dict[str, str]:
    listed = plain(read_yaml(text)).get(key)
    return listed[n] if isinstance(listed, list) and n < len(listed) and isinstance(listed[n], dict) else {}


def _told(reason: str) -> str:
    """The reason as a sentence, in which the file's words are the form's."""
    reason = re.sub(r"\bthe key '(\w+)' is missing; add it\.", r"“\1” is missing; fill it in.", reason)
    reason = reason.replace("account inputs", "questions for a customer").replace(
        "inputs and earlier steps", "what there is"
    )
    return reason[:1].upper() + reason[1:]
