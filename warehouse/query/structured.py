"""A question over tables as a value: what to measure, by which levels, of which rows, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from warehouse.layer.model import Aggregation, Operator

Grain = Literal["", "hour", "day", "week", "month", "quarter", "year", "weekday", "hour of day", "month of year"]


@dataclass(frozen=True)
class Filter:
    """Rows whose `field` (entity.column) stands so to `value`; `said`: the words of the time that the value is of."""

    field: str
    op: Operator = "="
    value: Any = None
    said: str = ""


@dataclass(frozen=True)
class Period:
    """Days of `field` from `start` to before `end`, either open; `words` as the question said it."""

    field: str
    start: date | None = None
    end: date | None = None
    words: str = ""


@dataclass(frozen=True)
class Measure:
    """A number made of rows.

    Attributes:
        of: entity.column, or an entity whose rows are counted.
        where: Only of rows that fulfil all of these.
        over: The number is the quotient by this one.
        name: What a metric of the layer calls it; empty: said by its parts.
        times: What the quotient is multiplied by, 100 for per cent.
        via: The entity whose rows are walked, where it isn't the measured one: customers of the sales, each once.
    """

    of: str
    by: Aggregation = "count"
    where: tuple[Filter, ...] = ()
    over: Measure | None = None
    name: str = ""
    times: int = 1
    via: str = ""

    def entities(self) -> list[str]:
        """Entities of the parts, the one that is measured first."""
        own = [self.via or self.of.partition(".")[0]]
        return own + (self.over.entities() if self.over else [])


@dataclass(frozen=True)
class Level:
    """What rows are grouped or listed by: a column, and for times how coarse."""

    field: str
    grain: Grain = ""


@dataclass(frozen=True)
class Order:
    """By the column of the result at `position` (levels first, then measures)."""

    position: int
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """All of it. Without measures it lists rows, without doubles.

    Attributes:
        having: Filters on measures: (position among measures, operator, value).
        either: Groups of filters of which at least one holds ("in Spain or over 100 seats").
        also: Filters of which each holds for some row that belongs to the listed one ("in both A and B").
        without: Entities that a row has none of ("customers without orders"): of the first level's entity.
        period: The days that count.
        before: The same figures one period earlier stand beside.
        counted: How many rows that makes, in place of them ("how many customers have over three orders").
    """

    measures: tuple[Measure, ...] = ()
    levels: tuple[Level, ...] = ()
    filters: tuple[Filter, ...] = ()
    period: Period | None = None
    having: tuple[tuple[int, Operator, float], ...] = ()
    either: tuple[tuple[Filter, ...], ...] = ()
    also: tuple[Filter, ...] = ()
    without: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    before: bool = False
    counted: bool = False

    def fields(self) -> list[str]:
        """Every field or entity that it touches, in order, without doubles."""
        found = [level.field for level in self.levels]
        for measure in self.measures:
            part: Measure | None = measure
            while part:
                found += [part.of, *(f.field for f in part.where)]
                part = part.over
        found += [f.field for f in self.conditions() if f not in self.also]
        found += [self.period.field] if self.period else []
        return list(dict.fromkeys([*found, *self.without]))

    def conditions(self) -> list[Filter]:
        """Every filter on its rows, whether all must hold or one of several."""
        return [*self.filters, *(f for group in self.either for f in group), *self.also]

    def named(self) -> list[str]:
        """All that a person must be allowed to see of it: `fields`, and what its further conditions look at."""
        via = [m.via for m in self.measures if m.via]
        return list(dict.fromkeys([*self.fields(), *(f.field for f in self.also), *via]))

    def changed(self, **values: Any) -> Query:
        """A copy with some parts replaced."""
        return replace(self, **values)
