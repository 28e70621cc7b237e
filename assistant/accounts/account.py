"""A customer as one person may know it: facts, figures, tasks and incidents, each with the place that says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.accounts.chunks import changed_on
from apps.compare.values import number_of
from core.text.dates import find_day
from core.text.locale import number_text
from core.text.words import folded
from core.types import Chunk


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a chunk and the offsets in its text."""

    chunk: Chunk
    begin: int
    end: int

    @property
    def key(self) -> tuple[str, int, int]:
        """The same for the same place."""
        return self.chunk.id, self.begin, self.end


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a customer. `name` is that of core/records.py, "" for a field that is the company's own."""

    name: str
    label: str
    value: str
    place: Place

    @property
    def day(self) -> str:
        """When its document was last changed."""
        return changed_on(self.place.chunk)


@dataclass(frozen=True, slots=True)
class Point:
    """A figure's value in one period."""

    value: float
    unit: str
    place: Place


@dataclass(frozen=True, slots=True)
class Row:
    """A task or an incident: its fields by name, and where it stands."""

    fields: Mapping[str, str]
    place: Place


@dataclass
class Account:
    """A customer as the person may know it."""

    name: str
    facts: list[Fact] = field(default_factory=list)
    contacts: list[Fact] = field(default_factory=list)
    figures: dict[str, dict[str, Point]] = field(default_factory=lambda: defaultdict(dict))
    monthly: dict[str, dict[str, Point]] = field(default_factory=lambda: defaultdict(dict))
    tasks: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)

    def named(self, name: str) -> list[Fact]:
        """The facts under that name of core/records.py, the newest first."""
        return sorted((f for f in self.facts if f.name == name), key=lambda f: f.day, reverse=True)

    @property
    def people(self) -> set[str]:
        """The customer's own people: its contacts' names, folded."""
        return {folded(c.value.partition(",")[0]) for c in self.contacts}


def place_of(words: str, parts: Sequence[Chunk]) -> Place:
    """The line that has these words; the beginning of the document if none does."""
    for chunk in parts:
        at = chunk.text.casefold().find(words.casefold())
        if at >= 0:
            begin = chunk.text.rfind("\n", 0, at) + 1
            end = chunk.text.find("\n", at)
            return Place(chunk, begin, len(chunk.text) if end < 0 else end)
    return whole(parts[0])


def whole(chunk: Chunk) -> Place:
    """The first paragraph of a chunk."""
    end = chunk.text.find("\n\n")
    return Place(chunk, 0, min(len(chunk.text) if end < 0 else end, 400))


def person(text: str) -> str:
    """ "lukas.brandt@x" → "Lukas Brandt"; a name as it is."""
    return " ".join(p.capitalize() for p in text.partition("@")[0].split(".")) if "@" in text else text


def same_value(one: str, other: str) -> bool:
    """Whether two texts say the same day, the same number or the same words."""
    days = find_day(one, None), find_day(other, None)
    if all(days):
        return days[0] == days[1]
    numbers = number_of(one), number_of(other)
    if numbers[0] and numbers[1]:
        return numbers[0].value == numbers[1].value
    return folded(one).strip() == folded(other).strip()


def shown_value(value: str, currency: str, language: str) -> str:
    """A number with its thousands marked and its currency; any other text as it is."""
    figure = number_of(value)
    if figure is None or not value.replace(".", "", 1).isdigit():
        return value
    return f"{number_text(figure.value, language)} {currency}".strip()
