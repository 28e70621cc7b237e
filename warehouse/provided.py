"""A request with a condition, done or not: the condition is measured, said with its values, then the request asked."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.errors import QuestionError
from core.text.locale import long_date
from warehouse.charts.choose import asked_kind
from warehouse.layer import Layer
from warehouse.query import Level, Order, Query
from warehouse.query.compile import measure_name
from warehouse.query.structured import Filter
from warehouse.reading.annotate import annotated
from warehouse.reading.conditions import conditions
from warehouse.reading.lexicon import Lexicon
from warehouse.reading.provided import Provided
from warehouse.shown import cell_text

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "more": operator.gt, "least": operator.ge, "less": operator.lt, "most": operator.le,
}  # fmt: skip
_SAID = {"more": "over", "least": "at least", "less": "under", "most": "at most"}
# What a request calls the figures of its condition.
_PRONOUN = re.compile(r"\b(?:it|them|both|this|that|these|those|the two)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Checked:
    """Whether a condition holds, in a sentence with its values, and the query that draws what was measured.

    Attributes:
        columns, rows: The values that were compared.
    """

    holds: bool
    sentence: str
    series: Query
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


def checked(
    asked: Provided, read: Callable[[str], Query], rows_of: Callable[[Query], list[tuple[Any, ...]]], lexicon: Lexicon
) -> Checked:
    """The condition measured for the person that `rows_of` asks for.

    Raises:
        QuestionError: what it is about isn't in the data, or has no figure then.
    """
    if asked.kind == "rather":
        return _rather(asked, read, rows_of, lexicon)
    said = " and ".join(asked.figures)
    try:
        series = read(f"{said} per day {asked.time}")
    except QuestionError as error:
        raise QuestionError(f"The condition is about “{said}”, which can't be measured. {error}") from error
    if len(series.levels) != 1 or len(series.measures) != len(asked.figures):
        raise QuestionError(f"It isn't clear what “{asked.figures[0]}” measures; name one figure of the data.")
    names = [measure_name(m, lexicon.layer) for m in series.measures]
    if asked.kind == "whole":
        value = _one(rows_of(series.changed(levels=(), order=())))
        holds = _HOLDS[asked.comparison](value, asked.number)
        bound = f"{'' if holds else 'not '}{_SAID[asked.comparison]} {asked.number:g}"
        said = f"{names[0]} is {cell_text(value)}, which is {bound}"
        return Checked(holds, said, series, (names[0],), ((value,),))
    rows = [row for row in rows_of(series) if row[0] is not None and row[1] is not None]
    rows = sorted(rows, key=lambda row: str(row[0]))
    if not rows:
        raise QuestionError(f"There is no {names[0]} {asked.time}; name another time.")
    return _any_day(asked, names[0], rows, series) if asked.kind == "any" else _changed(asked, names, rows, series)


def _any_day(asked: Provided, name: str, rows: list[tuple[Any, ...]], series: Query) -> Checked:
    holding = [row for row in rows if _HOLDS[asked.comparison](float(row[1]), asked.number)]
    best = (max if asked.comparison in ("more", "least") else min)(rows, key=lambda row: float(row[1]))
    found = f"on {len(holding)} of {len(rows)} days" if holding else f"on none of {len(rows)} days"
    extreme = "highest" if asked.comparison in ("more", "least") else "lowest"
    said = f"{name} was {_SAID[asked.comparison]} {asked.number:g} {found}; "
    said += f"the {extreme} is {cell_text(best[1])} on {_day(best[0])}"
    return Checked(bool(holding), said, series, ("day", name), tuple((row[0], row[1]) for row in (holding or [best])))


def _changed(asked: Provided, names: list[str], rows: list[tuple[Any, ...]], series: Query) -> Checked:
    rows = _with_ends(asked, names, rows, series)
    first, last = rows[0], rows[-1]
    changes = []
    for n in range(len(names)):
        before, after = float(first[1 + n] or 0), float(last[1 + n] or 0)
        if before == 0:
            raise QuestionError(f"{names[n]} is 0 on {_day(first[0])}, so that its change can't be told in per cent.")
        changes.append((after - before) / before * 100)
    said = " and ".join(
        f"{name} went from {cell_text(first[1 + n])} on {_day(first[0])} to {cell_text(last[1 + n])} "
        f"on {_day(last[0])} ({changes[n]:+.1f}%)"
        for n, name in enumerate(names)
    )
    if asked.kind == "faster":
        holds = asked.direction * (changes[0] - changes[1]) > 0
    else:
        holds = _HOLDS[asked.comparison](asked.direction * changes[0], asked.number)
    return Checked(holds, said, series, ("day", *names), (first, last))


def _with_ends(asked: Provided, names: list[str], rows: list[tuple[Any, ...]], series: Query) -> list[tuple[Any, ...]]:
    """The rows from the first day that was named to the last one; a day without rows counts 0."""
    begin, end = asked.days or (None, None)
    made = list(rows)
    for day, at in ((begin, 0), (end, len(made))):
        there = day is None or str(made[0 if at == 0 else -1][0])[:10] == day.isoformat()
        if not there:
            if any(m.by != "count" for m in series.measures) or day is None:
                raise QuestionError(f"There is no {names[0]} on {_day(day)}; name another day.")
            made.insert(at if at == 0 else len(made), (day, *(0 for _ in names)))
    return made


def _rather(
    asked: Provided, read: Callable[[str], Query], rows_of: Callable[[Query], list[tuple[Any, ...]]], lexicon: Lexicon
) -> Checked:
    figure, one, other = asked.figures
    series = read(f"{figure} per day {asked.time}")
    found: list[Filter] = []
    for said in (one, other):
        marks = annotated(f"in {said}", lexicon, date.today())
        values = [c.filter for c in conditions(marks.text, marks, lexicon) if c.filter and c.filter.op == "="]
        if not values:
            raise QuestionError(f"The data has nothing for “{said}”.")
        found.append(values[0])
    if found[0].field != found[1].field or not series.measures:
        raise QuestionError(f"“{one}” and “{other}” aren't values of the same thing; compare two of one kind.")
    totals = [
        _one(rows_of(series.changed(levels=(), order=(), filters=(*series.filters, value))), none=0.0)
        for value in found
    ]
    name = measure_name(series.measures[0], lexicon.layer)
    said = f"{name} is {cell_text(totals[0])} for {found[0].value} and {cell_text(totals[1])} for {found[1].value}"
    both = Filter(found[0].field, "in", (found[0].value, found[1].value))
    drawn = series.changed(filters=(*series.filters, both), levels=(*series.levels, Level(both.field)))
    rows = tuple((f.value, total) for f, total in zip(found, totals, strict=True))
    return Checked(totals[0] > totals[1], said, drawn, (found[0].field.partition(".")[2], name), rows)


def draws_it(request: str, figures: tuple[str, ...]) -> bool:
    """Whether the request is about what the condition measured: "plot it", "a line chart of total visits"."""
    named = [f for f in figures if f.lower() in request.lower()]
    drawn = asked_kind(request) is not None or _DRAWS.search(request) is not None
    return drawn and bool(_PRONOUN.search(request) or named)


def over_time(query: Query, question: str, layer: Layer) -> bool:
    """Whether the question wants a line of the one thing that is first, which alone is no line."""
    first = query.limit == 1 and len(query.levels) == 1 and len(query.measures) == 1 and not query.levels[0].grain
    wanted = asked_kind(question) == "line" or (asked_kind(question) is None and _DRAWS.search(question) is not None)
    return first and wanted and query.period is not None and layer.column(query.levels[0].field).type == "text"


def line_of(query: Query, value: Any) -> Query:
    """The figure of that one thing, day by day."""
    assert query.period is not None
    where = (*query.filters, Filter(query.levels[0].field, "=", value))
    return query.changed(levels=(Level(query.period.field, "day"),), filters=where, order=(Order(0),), limit=None)


_DRAWS = re.compile(r"\b(?:plot|chart|graph|draw|lines?|bars?|diagram\w*|gr[aá]fic[oa]|graphique)", re.IGNORECASE)


def _one(rows: list[tuple[Any, ...]], none: float | None = None) -> float:
    value = rows[0][-1] if rows else None
    if value is None and none is None:
        raise QuestionError("There is no figure for that time; name another.")
    return float(value if value is not None else none or 0.0)


def _day(value: Any) -> str:
    return long_date(value) if isinstance(value, date) else str(value)
