"""Tables with merged cells, header rows and a unit above → plain rows under one header.

What was merged counts for each of its cells, the header's rows become one ("Response > Other hours"), and a unit that
a line above the table names stands in the header of the columns that hold bare numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.text.dates import MONTH

_BETWEEN = " > "
_MOST_HEADERS = 4
# What a second row of headers may say in digits.
_PERIOD = re.compile(
    rf"(?:19|20)\d\d(?:[/–-]\d{{2,4}})?|(?:fy|q|h|t|kw|week|year|jahr|año|année)\s*\d+(?:[\s/’'-]*\d+)?|(?:{MONTH})\b.*",
    re.IGNORECASE,
)
_UNIT = (
    r"(?:eur(?:os?)?|usd|gbp|chf|jpy|[kmt]?[€$£]|[tk]eur|[kmt]usd|(?:us[- ])?dollars?|pounds?|francs?|franken|"
    r"thousands?|millions?|billions?|tausend|mio\.?|mrd\.?|millionen|milliarden|miles|millones|milliers|milliards|"
    r"%|per ?cent|percentages?|prozent|por ciento|pour cent|points?|"
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|"
    r"sekunden|minuten|stunden|tagen?|wochen|monaten?|jahren?|segundos|minutos|horas|días|semanas|meses|años|"
    r"secondes|heures|jours|semaines|mois|kg|tonnes?|km|m²|m³|[kmg]wh|[kmgt]b|ftes?|units?|pieces|stück)"
)
_UNIT_ABOVE = re.compile(
    rf"(?:\b(?:in|en|unit:|einheit:|unidad:|unité ?:)\s+|\()"
    rf"(?P<unit>{_UNIT}(?:\s+(?:(?:of|de|d['’])\s*)?{_UNIT})*)\s*\)?[\s.:*]*$",
    re.IGNORECASE,
)
_LONGEST_UNIT_LINE = 120
_BARE_NUMBER = re.compile(r"[-+−(]*\d[\d.,'’\s\u00a0\u202f]*\)?")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(slots=True)
class Grid:
    """A table's cells, merged ones repeated.

    Attributes:
        rows: As many rows as the table shows.
        beside: (row, column) of what repeats the cell on its left.
        below: (row, column) of what repeats the cell above it.
        headers: How many rows the file itself calls headers; 0 if it doesn't say.
    """

    rows: list[list[str]] = field(default_factory=list)
    beside: set[tuple[int, int]] = field(default_factory=set)
    below: set[tuple[int, int]] = field(default_factory=set)
    headers: int = 0

    def extend(self, text: str, columns: int = 1, *, below: bool = False) -> None:
        """Appends a cell to the last row, as wide as `columns`; `below` continues the one above it."""
        row = self.rows[-1]
        for number in range(columns):
            place = (len(self.rows) - 1, len(row))
            self.beside.update([place] if number else [])
            self.below.update([place] if below else [])
            row.append(text)

    def lines(self) -> tuple[list[str], list[list[str]]]:
        """(titles above the table, the rows under one header row)."""
        width = max(map(len, self.rows), default=0)
        titles: list[str] = []
        while len(self.rows) > 1 and width > 1 and self._spans(0, width):
            titles.append(self.rows[0][0])
            self._drop_first()
        count = min(self._count(), len(self.rows) - 1, _MOST_HEADERS)
        rest = [self._shown(number) for number in range(max(count, 1), len(self.rows))]
        if count < 2:
            return titles, [self._shown(0), *rest] if self.rows else []
        head = self.rows[:count]
        columns = [dict.fromkeys(text for row in head if (text := _at(row, n).strip())) for n in range(width)]
        return titles, [[_BETWEEN.join(texts) for texts in columns], *rest]

    def _count(self) -> int:
        """How many rows the header has."""
        if self.headers:
            return self.headers
        count = 1
        while count < len(self.rows) and any((count, n) in self.below for n in range(len(self.rows[count]))):
            count += 1
        if count == 1 and any(row == 0 for row, _ in self.beside) and len(self.rows) > 2 and self._says_headers(1):
            count = 2
        return count

    def _says_headers(self, number: int) -> bool:
        texts = [text.strip() for text in self.rows[number] if text.strip()]
        return len(texts) > 1 and all(not any(map(str.isdigit, t)) or _PERIOD.fullmatch(t) for t in texts)

    def _shown(self, number: int) -> list[str]:
        """A row; one that is a single merged cell says its text once."""
        row = self.rows[number]
        return [row[0], *[""] * (len(row) - 1)] if self._spans(number, len(row)) else row

    def _spans(self, number: int, width: int) -> bool:
        row = self.rows[number]
        return width > 1 and len(row) == width and all((number, n) in self.beside for n in range(1, width))

    def _drop_first(self) -> None:
        del self.rows[0]
        self.beside = {(row - 1, column) for row, column in self.beside if row}
        self.below = {(row - 1, column) for row, column in self.below if row}
        self.headers = max(0, self.headers - 1)


def unit_of(line: str) -> str:
    """The unit that a line above a table names for all of it ("All amounts in EUR thousand"); else empty."""
    line = line.strip()
    match = _UNIT_ABOVE.search(line) if len(line) <= _LONGEST_UNIT_LINE else None
    return match["unit"] if match else ""


def with_unit(rows: Sequence[Sequence[str]], unit: str) -> list[list[str]]:
    """The rows with the unit in the header of each column of bare numbers."""
    header, *rest = rows
    return [[f"{head} ({unit})" if _bare(rest, n) else head for n, head in enumerate(header)], *map(list, rest)]


def _bare(rows: Sequence[Sequence[str]], column: int) -> bool:
    texts = [text.strip() for row in rows if (text := _at(row, column))]
    bare = [text for text in texts if _BARE_NUMBER.fullmatch(text)]
    return bool(bare) and len(bare) > 0.5 * len(texts) and not all(_YEAR.fullmatch(text) for text in bare)


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
