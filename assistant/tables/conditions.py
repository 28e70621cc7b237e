"""Conditions on a table's rows, read out of a question: a cell's value, yes or no, a month, "above 5,000"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from assistant.tables.calculation import Condition
from assistant.tables.table import Column, Table
from core.text.dates import MONTH, find_day, month_number
from core.text.words import content_words, folded

Take = Callable[[str], None]

_NOT = r"(?:\w+n['’]t|not|non|never|without|kein\w*|nicht|ohne|sin|pas|ne)"
_MONTH = re.compile(rf"\b(?:in|im|of|during|en|de)?\s*\b(?P<month>{MONTH})\b(?:\s+(?P<year>20\d\d))?", re.IGNORECASE)
_QUARTER = re.compile(r"\b[QT](?P<quarter>[1-4])\b(?:\s*(?P<year>20\d\d))?", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:in|im|en|from|of|for|für|pour|de)\s+(?P<year>20\d\d)\b", re.IGNORECASE)
_DAY = (
    r"(?P<day>20\d\d-\d\d-\d\d|\d{1,2}\.?\s+[^\W\d_]+\s+20\d\d|[^\W\d_]+\s+\d{1,2},?\s+20\d\d|\d{1,2}\.\d{1,2}\.20\d\d)"
)
_SINCE = re.compile(
    r"\b(?P<how>since|after|from|before|until|by|seit|nach|ab|vor|bis|desde|antes de|hasta|depuis|après|avant)\s+"
    rf"(?:the\s+)?{_DAY}",
    re.IGNORECASE,
)
_EARLIER = frozenset("before until by vor bis antes de hasta avant".split())
_AMOUNT = r"(?:[^\W\d]{0,3}[€$£]?\s*)?(?P<number>\d[\d.,]*)\s*(?P<unit>[^\W\d_]+|[€$£%])?"
_ABOVE = re.compile(
    r"(?:\b(?:above|over|more than|greater than|at least|exceeding|über|mehr als|mindestens|más de|"
    rf"mayor(?:es)? (?:que|de)|plus de|au-dessus de|au moins)|>=?)\s*{_AMOUNT}",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"(?:\b(?:below|under|less than|at most|fewer than|cheaper than|unter|weniger als|höchstens|menos de|moins de|"
    rf"au-dessous de|au plus)|<=?)\s*{_AMOUNT}",
    re.IGNORECASE,
)
_CURRENCIES = (("euro", "euros", "eur", "€"), ("dollar", "dollars", "usd", "$"), ("pound", "pounds", "gbp", "£"))
_MOST_VALUES = 400


def conditions_in(question: str, table: Table, take: Take) -> tuple[Condition, ...]:
    """The conditions; `take` is told which words they account for."""
    return (
        *_amounts(question, table, take),
        *_times(question, table, take),
        *_yes_no(question, table, take),
        *_values(question, table, take),
    )


def _values(question: str, table: Table, take: Take) -> Iterator[Condition]:
    """Cells that the question names, the longer before the shorter: "Mill & Sons", "open"."""
    low = folded(question)
    asked = content_words(question)
    for column in table.of_kind("word"):
        values = list(dict.fromkeys(cell for cell in column.cells if cell))
        if len(values) > _MOST_VALUES:
            values = [value for value in values if folded(value) in low]
        found: list[str] = []
        for value in sorted(values, key=len, reverse=True):
            said = content_words(value)
            if not _in_order(said, asked) or any(set(said) <= set(content_words(other)) for other in found):
                continue
            if set(said) <= set(column.terms):
                continue
            found.append(value)
            take(value)
        for value in found:
            yield _is(column, value, denied=_denied(value, low))


def _is(column: Column, value: str, *, denied: bool) -> Condition:
    said = f"{column.name}: {'≠ ' if denied else ''}{value}"
    return Condition(column, said, lambda row: (folded(column.cells[row]) == folded(value)) != denied)


def _denied(value: str, low: str) -> bool:
    return re.search(rf"\b{_NOT}\s+(?:\w+\s+){{0,2}}?{re.escape(folded(value))}", low) is not None


def _in_order(said: list[str], asked: list[str]) -> bool:
    """Whether the words stand in the question one after the other."""
    return bool(said) and any(asked[n : n + len(said)] == said for n in range(len(asked) - len(said) + 1))


def _yes_no(question: str, table: Table, take: Take) -> Iterator[Condition]:
    """ "aren't paid", "unpaid", "are paid" over a column that says yes and no."""
    low = folded(question)
    for column in table.of_kind("yes_no"):
        name = folded(column.name)
        match = re.search(rf"\b(?P<un>un|non-?)?{re.escape(name)}\b", low)
        if match is None:
            continue
        wanted = not (match["un"] or re.search(rf"\b{_NOT}\s+(?:\w+\s+){{0,2}}?{re.escape(name)}", low))
        take(match.group())
        yes = next(
            (c for n, c in enumerate(column.cells) if c and column.is_yes(n) == wanted), "yes" if wanted else "no"
        )
        yield Condition(
            column, f"{column.name}: {yes}", lambda row, c=column, w=wanted: bool(c.cells[row]) and c.is_yes(row) == w
        )  # type: ignore[misc]


def _times(question: str, table: Table, take: Take) -> Iterator[Condition]:
    days = table.of_kind("day")
    if not days:
        return
    asked = set(content_words(question))
    column = max(days, key=lambda c: len(asked & set(c.terms)))
    for match in _SINCE.finditer(question):
        limit = find_day(match["day"], None)
        if limit is None:
            continue
        take(match.group())
        earlier = set(match["how"].casefold().split()) <= _EARLIER
        yield _when(column, match.group(), lambda day, e=earlier, x=limit: day < x if e else day >= x)  # type: ignore[misc]
        return
    for match in _MONTH.finditer(question):
        number = month_number(match["month"])
        take(match.group())
        year = int(match["year"]) if match["year"] else None
        yield _when(
            column,
            match.group("month") + (f" {year}" if year else ""),
            lambda d, n=number, y=year: d.month == n and y in (None, d.year),
        )  # type: ignore[misc]
        return
    for match in _QUARTER.finditer(question):
        quarter, year = int(match["quarter"]), int(match["year"]) if match["year"] else None
        take(match.group())
        yield _when(column, match.group(), lambda d, q=quarter, y=year: (d.month + 2) // 3 == q and y in (None, d.year))  # type: ignore[misc]
        return
    for match in _YEAR.finditer(question):
        take(match.group())
        yield _when(column, match["year"], lambda d, y=int(match["year"]): d.year == y)  # type: ignore[misc]


def _when(column: Column, said: str, holds: Callable[[date], bool]) -> Condition:
    days = column.days
    return Condition(column, f"{column.name}: {said}", lambda row: days[row] is not None and holds(days[row]))  # type: ignore[arg-type]


def _amounts(question: str, table: Table, take: Take) -> Iterator[Condition]:
    numbers = table.of_kind("number")
    for above, pattern in ((True, _ABOVE), (False, _BELOW)):
        match = pattern.search(question)
        if match is None or not numbers:
            continue
        asked = set(content_words(question))
        named = [c for c in numbers if asked & set(c.terms)] or [c for c in numbers if _has_unit(c, match["unit"])]
        if len(named or numbers) != 1:
            continue
        column = (named or numbers)[0]
        limit = Decimal(match["number"].rstrip(".,").replace(",", ""))
        take(match.group())
        yield Condition(
            column,
            f"{column.name} {'>' if above else '<'} {match['number']}",
            lambda row, c=column, x=limit, a=above: (n := c.numbers[row]) is not None and (n > x if a else n < x),  # type: ignore[misc]
        )


def _has_unit(column: Column, unit: str | None) -> bool:
    """Whether the column's header or cells have the unit, or another way to write the currency."""
    wanted = next((names for names in _CURRENCIES if unit and unit.casefold() in names), (unit or "",))
    said = f"{column.header} {column.cells[0]}".casefold()
    return any(name and name in said for name in wanted)
