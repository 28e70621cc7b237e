"""Filters in the words of an engine. Each engine says in a `Dialect` how it writes the few conditions there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from core.types import Attributes
from retrieval.filters import (
    All,
    AnyOf,
    Either,
    Exists,
    Filter,
    Not,
    Range,
    as_instant,
    as_number,
    comparable,
    elements,
)

Condition = TypeVar("Condition")

# The payload field under which `filterable` attributes are stored.
FILTERABLE = "f"


class Dialect(Protocol[Condition]):
    """How an engine writes a condition. Field names are payload paths."""

    def any_text(self, field: str, values: Sequence[str]) -> Condition:
        """The field, or one of its elements, is one of these texts."""
        ...

    def numbers(self, field: str, bounds: Mapping[str, float]) -> Condition:
        """A number within bounds named gte, gt, lte, lt."""
        ...

    def instants(self, field: str, bounds: Mapping[str, datetime]) -> Condition:
        """An instant within bounds named gte, gt, lte, lt."""
        ...

    def empty(self, field: str) -> Condition:
        """The field is missing or an empty list."""
        ...

    def combine(
        self, must: Sequence[Condition] = (), should: Sequence[Condition] = (), must_not: Sequence[Condition] = ()
    ) -> Condition:
        """All of `must`, none of `must_not`, and at least one of `should` if there are any."""
        ...


def filterable(attributes: Attributes) -> dict[str, list[str] | list[float]]:
    """The attributes as the engines store them for filtering: each a list, under a name that says its type.

    One attribute may be stored as text (without case), as numbers and as instants, so that an equality finds
    "Acme" and "ACME" alike and a range never meets a value of another type.
    """
    stored: dict[str, list[str] | list[float]] = {}
    for name in attributes:
        values = elements(attributes, name)
        texts = [text for value in values for text in comparable(value) if isinstance(text, str)]
        numbers = [n for n in map(as_number, values) if n is not None]
        instants = [i.isoformat() for i in map(as_instant, values) if i is not None]
        if texts:
            stored[text_key(name)] = texts
        if numbers:
            stored[number_key(name)] = numbers
        if instants:
            stored[instant_key(name)] = instants
    return stored


def text_key(name: str) -> str:
    return _key("t", name)


def number_key(name: str) -> str:
    return _key("n", name)


def instant_key(name: str) -> str:
    return _key("d", name)


def translate(dialect: Dialect[Condition], condition: Filter, prefix: str = f"{FILTERABLE}.") -> Condition:
    """`condition` in the engine's words, for payloads that keep `filterable` attributes under `prefix`."""
    match condition:
        case AnyOf(attribute, values):
            texts = sorted({text for value in values for text in comparable(value) if isinstance(text, str)})
            numbers = sorted({n for n in map(as_number, values) if n is not None})
            tests = [dialect.any_text(prefix + text_key(attribute), texts)]
            tests += [dialect.numbers(prefix + number_key(attribute), {"gte": n, "lte": n}) for n in numbers]
            return tests[0] if len(tests) == 1 else dialect.combine(should=tests)
        case Range(attribute, at_least, above, at_most, below):
            bounds = {"gte": at_least, "gt": above, "lte": at_most, "lt": below}
            instants = {name: b for name, b in bounds.items() if isinstance(b, datetime)}
            floats = {name: float(b) for name, b in bounds.items() if isinstance(b, int | float)}
            tests = [dialect.instants(prefix + instant_key(attribute), instants)] if instants else []
            tests += [dialect.numbers(prefix + number_key(attribute), floats)] if floats else []
            return dialect.combine(must=tests)
        case Exists(attribute):
            return dialect.combine(must_not=[dialect.empty(prefix + text_key(attribute))])
        case All(parts):
            return dialect.combine(must=[translate(dialect, part, prefix) for part in parts])
        case Either(parts):
            return dialect.combine(should=[translate(dialect, part, prefix) for part in parts])
        case Not(part):
            return dialect.combine(must_not=[translate(dialect, part, prefix)])


def _key(kind: str, name: str) -> str:
    # Payload paths give dots, brackets and quotes a meaning; a name keeps its letters and its digits.
    return f"{kind}_{re.sub(r'[^0-9A-Za-z_-]', lambda m: f'_{ord(m.group()):x}_', name)}"
