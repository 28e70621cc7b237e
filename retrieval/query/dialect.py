"""Filters in the words of an engine. Each engine says in a `Dialect` how it writes the few conditions there are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from core.types import Attributes
from retrieval.query.filters import (
    All,
    AnyOf,
    Either,
    Exists,
    Filter,
    Not,
    Range,
    Scalar,
    as_instant,
    as_number,
    comparable,
    elements,
)

Condition = TypeVar("Condition")

# Payload fields that filters look at. One keyword index over TERMS serves equality and existence for any number of
# attributes; each range-filtered attribute has its own field below NUMBERS or INSTANTS.
TERMS = "terms"
NUMBERS = "numbers"
INSTANTS = "instants"

_LONGEST_TERM = 120


class Dialect(Protocol[Condition]):
    """How an engine writes a condition. Field names are payload paths."""

    def any_text(self, field: str, values: Sequence[str]) -> Condition:
        """The field, or one of its elements, is one of these texts."""
        ...

    def empty(self, field: str) -> Condition:
        """The field isn't there, or has no elements."""
        ...

    def numbers(self, field: str, bounds: Mapping[str, float]) -> Condition:
        """A number within bounds named gte, gt, lte, lt."""
        ...

    def instants(self, field: str, bounds: Mapping[str, datetime]) -> Condition:
        """An instant within bounds named gte, gt, lte, lt."""
        ...

    def combine(
        self, must: Sequence[Condition] = (), should: Sequence[Condition] = (), must_not: Sequence[Condition] = ()
    ) -> Condition:
        """All of `must`, none of `must_not`, and at least one of `should` if there are any."""
        ...


def filterable(attributes: Attributes) -> dict[str, Any]:
    """The attributes as the engines store them for filtering: terms, and lists of numbers and instants by name.

    A term is "name?" (the attribute is there), "name=text without case" or "name#number", so that an equality
    finds "Acme" and "ACME" alike, and 2 and "2".
    """
    terms: list[str] = []
    numbers: dict[str, list[float]] = {}
    instants: dict[str, list[str]] = {}
    for name in attributes:
        values = elements(attributes, name)
        if values:
            terms.append(f"{name}?")
        for value in values:
            path, own_terms, number, instant = _forms(name, value)
            terms += own_terms
            if number is not None:
                numbers.setdefault(path, []).append(number)
            if instant is not None:
                instants.setdefault(path, []).append(instant)
    return {TERMS: list(dict.fromkeys(terms)), NUMBERS: numbers, INSTANTS: instants}


def range_fields(payload: Mapping[str, Any]) -> list[str]:
    """The paths of the payload's fields that ranges look at, each to be indexed by its kind."""
    return [f"{kind}.{name}" for kind in (NUMBERS, INSTANTS) for name in payload[kind]]


def translate(dialect: Dialect[Condition], condition: Filter) -> Condition:
    """`condition` in the engine's words, over what `filterable` stores."""
    match condition:
        case AnyOf(attribute, values):
            return dialect.any_text(TERMS, sorted({term for value in values for term in _terms(attribute, value)}))
        case Range(attribute, at_least, above, at_most, below):
            bounds = {"gte": at_least, "gt": above, "lte": at_most, "lt": below}
            instants = {name: b for name, b in bounds.items() if isinstance(b, datetime)}
            numbers = {name: float(b) for name, b in bounds.items() if isinstance(b, int | float)}
            tests = [dialect.instants(f"{INSTANTS}.{_path(attribute)}", instants)] if instants else []
            tests += [dialect.numbers(f"{NUMBERS}.{_path(attribute)}", numbers)] if numbers else []
            return dialect.combine(must=tests)
        case Exists(attribute):
            return dialect.any_text(TERMS, [f"{attribute}?"])
        case All(parts):
            return dialect.combine(must=[translate(dialect, part) for part in parts])
        case Either(parts):
            return dialect.combine(should=[translate(dialect, part) for part in parts])
        case Not(part):
            return dialect.combine(must_not=[translate(dialect, part)])


@lru_cache(maxsize=65_536, typed=True)
def _forms(name: str, value: Scalar) -> tuple[str, list[str], float | None, str | None]:
    """One value as it is stored: its path below NUMBERS and INSTANTS, its terms, its number, its instant."""
    instant = as_instant(value)
    return _path(name), _terms(name, value), as_number(value), instant.isoformat() if instant is not None else None


def _terms(name: str, value: Scalar) -> list[str]:
    return [f"{name}={_short(form)}" if isinstance(form, str) else f"{name}#{form!r}" for form in comparable(value)]


def _short(text: str) -> str:
    """A long text by its hash: an index of terms needs them equal or not, never their words."""
    return text if len(text) <= _LONGEST_TERM else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _path(name: str) -> str:
    # Payload paths give dots, brackets and quotes a meaning.
    return re.sub(r"[^0-9A-Za-z-]", lambda found: f"_{ord(found.group()):x}_", name)
