"""Filters on document attributes: a small typed tree, read from YAML or from text such as `customer=Acme`.

    customer=Acme                          equals (case doesn't matter); on a list attribute: contains
    document_type in playbook, policy      any of
    updated_at>=2026-01-01                 ranges over dates and numbers: >= > <= <
    updated_at>=today-90d                  dates relative to today: d, w, m (30 days), y (365 days)
    exists renewal_date                    the attribute is there; also renewal_date exists
    not status=superseded                  also status!=superseded
    a=1 and (b=2 or c=3)                   quotes protect words and signs: customer="Smith and Sons"

The same in YAML: `{customer: Acme, document_type: [playbook, policy], updated_at: {from: 2026-01-01},
renewal_date: {exists: true}, not: {status: superseded}, any: [{b: 2}, {c: 3}]}`; keys side by side are joined by and.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from core.errors import FilterError
from core.types import Attributes, AttributeValue

Scalar = str | int | float | bool
Bound = float | datetime

REMEDY = "write for example customer=Acme, document_type in playbook,policy or updated_at>=2026-01-01."


@dataclass(frozen=True)
class AnyOf:
    """The attribute, or one of its elements, equals one of `values`."""

    attribute: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Range:
    """The attribute, or one of its elements, lies between the bounds: numbers, or instants with a time zone."""

    attribute: str
    at_least: Bound | None = None
    above: Bound | None = None
    at_most: Bound | None = None
    below: Bound | None = None


@dataclass(frozen=True)
class Exists:
    """The attribute is there and isn't empty."""

    attribute: str


@dataclass(frozen=True)
class All:
    """Every part matches; without parts, everything matches."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Either:
    """At least one part matches."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Not:
    """The part doesn't match."""

    part: Filter


Filter = AnyOf | Range | Exists | All | Either | Not


def all_of(*filters: Filter | None) -> Filter | None:
    """One filter that is as strict as all the given ones; None if none is given."""
    given = tuple(f for f in filters if f is not None)
    return given[0] if len(given) == 1 else All(given) if given else None


def parse_filter(value: object) -> Filter | None:
    """The filter that `value` (text, a YAML mapping, or a list of them) says; None for nothing.

    Raises:
        FilterError: it can't be read; the message quotes it and shows how to write it.
    """
    if value is None or value in ("", (), [], {}):
        return None
    if isinstance(value, AnyOf | Range | Exists | All | Either | Not):
        return value
    if isinstance(value, str):
        return _TextParser(value).parse()
    if isinstance(value, Mapping):
        return all_of(*(_entry(str(key), item) for key, item in value.items()))
    if isinstance(value, Sequence):
        return all_of(*(parse_filter(item) for item in value))
    raise FilterError(f"A filter can't be {value!r}; {REMEDY}")


def matches(condition: Filter | None, attributes: Attributes) -> bool:
    """Whether a chunk with these attributes passes: what both engines must agree with."""
    match condition:
        case None:
            return True
        case AnyOf(attribute, values):
            wanted = {v for value in values for v in comparable(value)}
            return any(v in wanted for value in elements(attributes, attribute) for v in comparable(value))
        case Range():
            return any(_inside(condition, value) for value in elements(attributes, condition.attribute))
        case Exists(attribute):
            return bool(elements(attributes, attribute))
        case All(parts):
            return all(matches(part, attributes) for part in parts)
        case Either(parts):
            return any(matches(part, attributes) for part in parts)
        case Not(part):
            return not matches(part, attributes)


def names(condition: Filter | None) -> frozenset[str]:
    """The attributes that the filter looks at."""
    match condition:
        case None:
            return frozenset()
        case AnyOf(attribute) | Range(attribute) | Exists(attribute):
            return frozenset({attribute})
        case All(parts) | Either(parts):
            return frozenset().union(*(names(part) for part in parts))
        case Not(part):
            return names(part)


def elements(attributes: Attributes, name: str) -> tuple[Scalar, ...]:
    """The attribute's values: the elements of a list, the one value of a scalar; empty text counts as absent."""
    value: AttributeValue | None = attributes.get(name)
    if isinstance(value, tuple | list):
        return tuple(v for v in value if v != "")
    return () if value is None or value == "" else (value,)


# The same few values come with every chunk of a document and with every candidate of a search. `typed` keeps True
# and 1 apart, which are equal as keys.
_remembered = lru_cache(maxsize=65_536, typed=True)


@_remembered
def comparable(value: Scalar) -> tuple[str | float, ...]:
    """`value` in the forms that equality compares: text without case, and the number that it is or spells."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    number = as_number(value)
    text = str(value).strip().casefold()
    return (text,) if number is None else (text, number)


@_remembered
def as_number(value: Scalar) -> float | None:
    """`value` as a number if it is one or spells one in plain digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if re.fullmatch(r"\s*-?\d{1,15}(\.\d+)?\s*", value) else None


@_remembered
def as_instant(value: Scalar) -> datetime | None:
    """The instant of an ISO 8601 date or time, in UTC when it names no zone; None if it is neither."""
    if not isinstance(value, str) or not re.match(r"\s*\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _inside(condition: Range, value: Scalar) -> bool:
    instant, number = as_instant(value), as_number(value)
    for bound, passes in (
        (condition.at_least, operator.ge),
        (condition.above, operator.gt),
        (condition.at_most, operator.le),
        (condition.below, operator.lt),
    ):
        found = instant if isinstance(bound, datetime) else number
        if bound is not None and (found is None or not passes(found, bound)):
            return False
    return True


# --- YAML ----------------------------------------------------------------------------------------------------------

_RANGE_KEYS = {
    **{"from": ">=", "at_least": ">=", "gte": ">=", ">=": ">=", "above": ">", "gt": ">", ">": ">"},
    **{"to": "<=", "at_most": "<=", "lte": "<=", "<=": "<=", "below": "<", "lt": "<", "<": "<"},
}


def _entry(key: str, item: object) -> Filter | None:
    if key in ("all", "any", "not"):
        parts = [parse_filter(part) for part in (item if isinstance(item, list | tuple) else [item])]
        given = tuple(part for part in parts if part is not None)
        if not given:
            raise FilterError(f"The filter's '{key}' is empty; {REMEDY}")
        if key == "any":
            return Either(given)
        together = given[0] if len(given) == 1 else All(given)
        return Not(together) if key == "not" else together
    if isinstance(item, Mapping):
        return all_of(*(_comparison(key, str(sign), bound) for sign, bound in item.items()))
    if isinstance(item, list | tuple | set | frozenset):
        return _equals(key, [_scalar(key, value) for value in item])
    return _equals(key, [_scalar(key, item)])


def _comparison(attribute: str, sign: str, value: object) -> Filter:
    if sign == "exists":
        return Exists(attribute) if value is not False else Not(Exists(attribute))
    if sign == "not":
        values = value if isinstance(value, list | tuple) else (value,)
        return Not(_equals(attribute, [_scalar(attribute, v) for v in values]))
    if sign in ("in", "any_of"):
        values = value if isinstance(value, list | tuple) else (value,)
        return _equals(attribute, [_scalar(attribute, v) for v in values])
    if sign not in _RANGE_KEYS:
        raise FilterError(
            f"The filter on '{attribute}' says '{sign}'; it can say from, to, above, below, in, not or exists."
        )
    return _range(attribute, _RANGE_KEYS[sign], _scalar(attribute, value))


def _scalar(attribute: str, value: object) -> Scalar:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | int | float | bool):
        return value
    raise FilterError(f"The filter on '{attribute}' compares with {value!r}; name a text, a number, a date or a list.")


def _range(attribute: str, sign: str, value: Scalar) -> Range:
    """A range with one bound. A bare date means that whole day, so `<=` includes it and `>` starts after it."""
    bound: Bound | None = as_number(value)
    if bound is None and isinstance(value, str):
        text = value.strip()
        bound = _relative(text) or as_instant(text)
        if _is_day(text) and sign in ("<=", ">") and isinstance(bound, datetime):
            bound, sign = bound + timedelta(days=1), {"<=": "<", ">": ">="}[sign]
    match sign, bound:
        case _, None:
            raise FilterError(f"The filter {attribute}{sign}{value} needs a number or a date (2026-01-31, today-90d).")
        case ">=", _:
            return Range(attribute, at_least=bound)
        case ">", _:
            return Range(attribute, above=bound)
        case "<=", _:
            return Range(attribute, at_most=bound)
        case _:
            return Range(attribute, below=bound)


def _equals(attribute: str, values: Sequence[Scalar]) -> Filter:
    """Any of `values`; a bare date among them means any time of that day."""
    days = [v for v in values if isinstance(v, str) and _is_day(v.strip())]
    plain = AnyOf(attribute, tuple(values))
    within = [All((_range(attribute, ">=", day), _range(attribute, "<=", day))) for day in days]
    return Either((plain, *within)) if within else plain


def _is_day(text: str) -> bool:
    bare_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None and as_instant(text) is not None
    return bare_date or _relative(text) is not None


def _relative(text: str) -> datetime | None:
    found = re.fullmatch(r"today(?:\s*([+-])\s*(\d{1,5})\s*([dwmy]))?", text.lower())
    if not found:
        return None
    today = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    if found.group(2) is None:
        return today
    days = int(found.group(2)) * {"d": 1, "w": 7, "m": 30, "y": 365}[found.group(3)]
    try:
        return today + timedelta(days=days if found.group(1) == "+" else -days)
    except OverflowError as error:
        raise FilterError(f"The date {text} lies outside the calendar; name a nearer one.") from error


# --- text ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*"|'[^']*'(?=[\s,)]|$)|>=|<=|!=|[=<>(),]|(?:[^\s=<>!(),"]|!(?!=))+)|$)""")
_OPERATORS = frozenset({"=", "!=", ">=", "<=", ">", "<"})


class _TextParser:
    """Recursive descent over `either := all or all…`, `all := one and one…`, `one := not one | (either) | test`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        self.at = 0
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise self._wrong()
            if found.group(1):
                self.tokens.append(found.group(1))
            position = found.end()

    def parse(self) -> Filter:
        found = self._either()
        if self.at < len(self.tokens):
            raise self._wrong()
        return found

    def _either(self) -> Filter:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Filter:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Filter:
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else ""
        named = following in _OPERATORS  # an attribute may be called "not" or "exists"
        if not named and self._take("not"):
            return Not(self._one())
        if self._take("("):
            inside = self._either()
            if not self._take(")"):
                raise self._wrong()
            return inside
        if not named and self._take("exists"):
            return Exists(self._name())
        return self._test()

    def _test(self) -> Filter:
        attribute = self._name()
        if self._take("in"):
            values = [self._value()]
            while self._take(","):
                values.append(self._value())
            return _equals(attribute, values)
        if self._take("exists"):
            return Exists(attribute)
        sign = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if sign not in _OPERATORS:
            raise self._wrong()
        self.at += 1
        value = self._value()
        if sign == "=":
            return _equals(attribute, [value])
        return Not(_equals(attribute, [value])) if sign == "!=" else _range(attribute, sign, value)

    def _name(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if not token or token in _OPERATORS or token in "(),!":
            raise self._wrong()
        self.at += 1
        return _unquoted(token)

    def _value(self) -> str:
        words: list[str] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token in _OPERATORS or token in "(),!" or token.lower() in ("and", "or"):
                break
            words.append(_unquoted(token))
            self.at += 1
        if not words:
            raise self._wrong()
        return " ".join(words)

    def _take(self, word: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at].lower() == word:
            self.at += 1
            return True
        return False

    def _wrong(self) -> FilterError:
        return FilterError(f"The filter {self.text!r} can't be read; {REMEDY}")


def _unquoted(token: str) -> str:
    if len(token) >= 2 and token[0] == token[-1] and token[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token
