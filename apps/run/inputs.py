"""What a person put in → values that a run can use; each problem names the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from apps.language import App, AppFile, Input
from core.errors import AppError, PatternTimeout
from core.nearest import nearest
from core.text.languages import LANGUAGES
from core.text.patterns import matches


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, as the form shows it beside the field."""

    field: str
    message: str


class InputsWrong(AppError):
    """Some inputs are missing or wrong; `problems` has each."""

    def __init__(self, app: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"The app {app} can't run: " + " ".join(p.message for p in problems))


def check_inputs(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every input of `app`; None for an optional one that wasn't given.

    Raises:
        InputsWrong: names every field that is missing, unknown or wrong.
    """
    return check_fields(app.name, app.inputs, given)


def check_fields(title: str, fields: Sequence[Input], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every field of a form called `title`, as `check_inputs`."""
    names = [i.name for i in fields]
    problems = [
        Problem(name, f"'{name}' is no input; {nearest(name, names, 'inputs')}") for name in given if name not in names
    ]
    values: dict[str, Any] = {}
    for item in fields:
        raw = given.get(item.name)
        if raw in (None, "", [], ()):
            raw = item.default
        if raw in (None, "", [], ()):
            if item.required and not item.latest:
                problems.append(Problem(item.name, f"'{shown(item)}' is missing; {_wanted(item)}"))
            values[item.name] = [] if item.type in ("files", "multi_choice", "documents") else None
            continue
        try:
            values[item.name] = _value(item, raw)
        except ValueError as error:
            problems.append(Problem(item.name, f"'{shown(item)}': {error}"))
    if problems:
        raise InputsWrong(title, problems)
    return values


def value_problem(item: Input, value: Any) -> str:
    """What is wrong with a value that stands in the app's file, and what is right; empty when nothing is."""
    if value in (None, "", [], ()):
        return ""
    try:
        _value(item, value)
    except ValueError as error:
        return str(error)
    return ""


def missing(app: App, given: Mapping[str, Any]) -> list[Input]:
    """The required inputs that have neither value nor default: what one form asks for."""
    asked = (i for i in app.inputs if i.required and i.default is None and not i.latest)
    return [i for i in asked if given.get(i.name) in (None, "", [], ())]


def plain(value: Any) -> Any:
    """An input's value as it is stored and shown; a file's is its name."""
    if isinstance(value, AppFile):
        return value.name
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def shown(item: Input) -> str:
    """The field's label, or its name in words."""
    return item.label or item.name.replace("_", " ")


def _value(item: Input, raw: Any) -> Any:
    match item.type:
        case "file":
            return _file(item, raw)
        case "files":
            return [_file(item, f) for f in (raw if isinstance(raw, list | tuple) else [raw])]
        case "document":
            return raw if isinstance(raw, AppFile) else str(raw).strip()
        case "documents":
            parts = raw if isinstance(raw, list | tuple) else [raw]
            return [p if isinstance(p, AppFile) else str(p).strip() for p in parts]
        case "number":
            return _number(item, raw)
        case "date":
            return _date(raw)
        case "multi_choice":
            parts = raw if isinstance(raw, list | tuple) else [p.strip() for p in str(raw).split(",")]
            return [_choice(item, p) for p in parts]
        case "choice":
            return _choice(item, raw)
        case "language":
            return _language(item, raw)
        case _:
            return _text(item, raw)


def _text(item: Input, raw: Any) -> str:
    text = str(raw).strip()
    if len(text) > item.max_chars:
        raise ValueError(f"{len(text):,} characters are over the limit of {item.max_chars:,}; shorten it.")
    try:
        fits = not item.pattern or matches(item.pattern, text, whole=True)
    except PatternTimeout as error:
        raise ValueError(str(error)) from error
    if not fits:
        raise ValueError(f"found {text!r}, which doesn't fit {item.pattern}; {item.help or 'correct it.'}")
    return text


def _choice(item: Input, raw: Any) -> str:
    found = next((c for c in item.choices if c.lower() == str(raw).strip().lower()), None)
    if found is None:
        raise ValueError(f"found {str(raw)!r}; {nearest(str(raw), list(item.choices), 'choices')}")
    return found


def _language(item: Input, raw: Any) -> str:
    word = str(raw).strip().lower()
    names = {name.lower(): code for code, name in LANGUAGES.items()}
    code = names.get(word, word)
    allowed = item.choices or tuple(LANGUAGES)
    if code not in allowed:
        raise ValueError(f"found {word!r}; {nearest(code, list(allowed), 'languages')}")
    return code


def _number(item: Input, raw: Any) -> float | int:
    try:
        value = float(str(raw).replace(",", ""))
    except ValueError:
        raise ValueError(f"found {str(raw)!r}, which is no number; write digits.") from None
    if item.min is not None and value < item.min:
        raise ValueError(f"found {value:g}, under the least {item.min:g}.")
    if item.max is not None and value > item.max:
        raise ValueError(f"found {value:g}, over the most {item.max:g}.")
    return int(value) if value.is_integer() else value


def _date(raw: Any) -> str:
    if isinstance(raw, date):
        return raw.isoformat()[:10]
    try:
        return date.fromisoformat(str(raw).strip()).isoformat()
    except ValueError:
        raise ValueError(f"found {str(raw)!r}, which is no date; write it as 2026-11-27.") from None


def _file(item: Input, raw: Any) -> AppFile:
    if not isinstance(raw, AppFile):
        raise ValueError(f"found {type(raw).__name__}; attach a file.")
    kind = PurePath(raw.name).suffix.lower()
    if item.accept and kind not in item.accept:
        raise ValueError(f"{raw.name} is a {kind or 'file without type'}; attach one of {', '.join(item.accept)}.")
    return raw


def _wanted(item: Input) -> str:
    match item.type:
        case "file" | "files":
            return f"attach a file ({', '.join(item.accept)})." if item.accept else "attach a file."
        case "choice" | "multi_choice":
            return f"choose from {', '.join(item.choices)}."
        case "date":
            return "write a date such as 2026-11-27."
        case "account":
            return "name the customer."
        case "document" | "documents":
            return "choose a document, by its title or its id."
        case _:
            return "fill it in."
