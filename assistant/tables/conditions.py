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
# How it reads, and whether a day lies in it.
Period = tuple[str, Callable[[date], bool]]

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
        yield _says(column, wanted)


def _says(column: Column, wanted: bool) -> Condition:
    written = next((cell for n, cell in enumerate(column.cells) if cell and column.is_yes(n) == wanted), str(wanted))
    return Condition(
        column, f"{column.name}: {written}", lambda row: bool(column.cells[row]) and column.is_yes(row) == wanted
    )


def _times(question: str, table: Table, take: Take) -> Iterator[Condition]:
    """A condition on the day that the question names, else on the first column of days."""
    days = table.of_kind("day")
    if not days:
        return
    asked = set(content_words(question))
    column = max(days, key=lambda c: len(asked & set(c.terms)))
    found = next(filter(None, (_side_of_day(question), _month(question), _quarter(question), _year(question))), None)
    if found is not None:
        said, holds = found
        take(said)
        yield _when(column, said.strip(), holds)


def _side_of_day(question: str) -> Period | None:
    match = _SINCE.search(question)
    limit = find_day(match["day"], None) if match else None
    if match is None or limit is None:
        return None
    day = limit
    if set(match["how"].casefold().split()) <= _EARLIER:
        return match.group(), lambda value: value < day
    return match.group(), lambda value: value >= day


def _month(question: str) -> Period | None:
    match = _MONTH.search(question)
    if match is None:
        return None
    number, year = month_number(match["month"]), int(match["year"] or 0)
    said = f"{match['month']} {match['year']}" if year else match["month"]
    return said, lambda value: value.month == number and year in (0, value.year)


def _quarter(question: str) -> Period | None:
    match = _QUARTER.search(question)
    if match is None:
        return None
    quarter, year = int(match["quarter"]), int(match["year"] or 0)
    return match.group(), lambda value: (value.month + 2) // 3 == quarter and year in (0, value.year)


def _year(question: str) -> Period | None:
    match = _YEAR.search(question)
    if match is None:
        return None
    year = int(match["year"])
    return match["year"], lambda value: value.year == year


def _when(column: Column, said: str, holds: Callable[[date], bool]) -> Condition:
    def holds_for(row: int) -> bool:
        day = column.days[row]
        return day is not None and holds(day)

    return Condition(column, f"{column.name}: {said}", holds_for)


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
        yield _beyond(column, limit, match["number"], above=above)


def _beyond(column: Column, limit: Decimal, said: str, *, above: bool) -> Condition:
    def holds(row: int) -> bool:
        number = column.numbers[row]
        return number is not None and (number > limit if above else number < limit)

    return Condition(column, f"{column.name} {'>' if above else '<'} {said}", holds)


def _has_unit(column: Column, unit: str | None) -> bool:
    """Whether the column's header or cells have the unit, or another way to write the currency."""
    wanted = next((names for names in _CURRENCIES if unit and unit.casefold() in names), (unit or "",))
    said = f"{column.header} {column.cells[0]}".casefold()
    return any(name and name in said for name in wanted)
