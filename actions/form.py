"""A form's values: cleaned of what nobody sees, and checked against its fields before a person confirms them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from actions.kinds.kind import Choice, Field
from core.nearest import nearest
from core.text.invisible import visible

_ADDRESS = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+\.[^\s@<>,;:\"()]+")
_LINES = re.compile(r"[ \t]*[\r\n\v\f\x85\u2028\u2029]+[ \t]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, in a sentence."""

    field: str
    message: str


def prepared(
    fields: Sequence[Field],
    choices: Mapping[str, Sequence[Choice]],
    preset: Mapping[str, str],
    fixed: Mapping[str, str],
) -> tuple[Field, ...]:
    """The fields as this system has them now: with its allowed values, and those that the settings fix read-only."""
    return tuple(
        replace(f, choices=tuple(choices.get(f.name, f.choices)), read_only=f.read_only or f.name in fixed)
        for f in fields
    )


def cleaned(fields: Sequence[Field], given: Mapping[str, Any], fixed: Mapping[str, str]) -> dict[str, str]:
    """Field → value as a text, without invisible characters; a choice by its value where its label was given."""
    return {f.name: fixed.get(f.name) or _clean(f, given.get(f.name)) for f in fields}


def _clean(field: Field, given: Any) -> str:
    text = visible("" if given is None else str(given)).strip()
    if field.type != "long_text":
        # One line: a line break in a subject or an address would begin another header or query.
        text = _LINES.sub(" ", text)
    if field.type == "choice":
        by_label = {(c.label or c.value).casefold(): c.value for c in field.choices}
        return by_label.get(text.casefold(), text)
    return text


def problems(fields: Sequence[Field], values: Mapping[str, str]) -> tuple[Problem, ...]:
    """What a person has to mend before it can be sent; nothing when all is right."""
    found = ((f.name, _problem(f, values.get(f.name, ""))) for f in fields)
    return tuple(Problem(name, message) for name, message in found if message)


def _problem(field: Field, value: str) -> str:
    if not value:
        return f"{field.label} is missing; fill it in." if field.required else ""
    if len(value) > field.max_chars:
        return f"{field.label} has {len(value):,} characters and may have {field.max_chars:,}; shorten it."
    if field.choices and value not in {c.value for c in field.choices}:
        known = [c.label or c.value for c in field.choices]
        return f"{field.label} is {value[:80]!r}, which isn't allowed; {nearest(value, known, 'allowed values')}"
    if field.type == "email":
        wrong = [a for a in re.split(r"[,;]\s*", value) if not _ADDRESS.fullmatch(a)]
        return f"{field.label} has {wrong[0][:80]!r}, which is no address; write name@example.com." if wrong else ""
    if field.pattern and not re.fullmatch(field.pattern, value):
        return f"{field.label} is {value[:80]!r}; {field.help or 'write it as the system does'}."
    return _typed_problem(field, value)


def _typed_problem(field: Field, value: str) -> str:
    try:
        if field.type == "date":
            date.fromisoformat(value)
        elif field.type == "number":
            float(value)
    except ValueError:
        wanted = "a day as 2026-01-31" if field.type == "date" else "a number"
        return f"{field.label} is {value[:80]!r}; write {wanted}."
    return ""
