"""A table's cells as values: numbers with their unit, days, words; a column has the kind of most of its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Literal

from core.text.dates import find_day
from core.text.words import content_words, folded
from core.types import Rows

Kind = Literal["number", "day", "yes_no", "word"]

_NUMBER = re.compile(
    r"^(?P<before>[^\d+\-−]{0,4}?)\s*(?P<sign>[-−+]?)(?P<digits>\d[\d.,' \u00a0]*)\s*(?P<after>[^\d]{0,12})$"
)
_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)")
_DECIMAL_POINT = re.compile(r"\d\.\d{1,2}(?!\d)")
_GROUPS_BY_POINT = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?$")
_YES = frozenset("yes y true ja wahr sí si verdadero oui vrai x ✓ ✔".split())
_NO = frozenset("no n false nein falsch falso non faux – - ✗ ✘".split())
# A column is of the kind of so many of its filled cells.
_MOST = 0.8
_WORDS = re.compile(r"\([^)]*\)")


@dataclass(frozen=True)
class Column:
    """A column under its header, without units: "Amount" for "Amount (EUR)"."""

    place: int
    header: str
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        """The header as a sentence uses it."""
        return _WORDS.sub("", self.header).strip() or self.header

    @cached_property
    def kind(self) -> Kind:
        """What most of its cells are."""
        filled = [cell for cell in self.cells if cell.strip()]
        if not filled:
            return "word"
        if all(folded(cell) in _YES | _NO for cell in filled) and len(set(filled)) <= 2:
            return "yes_no"
        days = sum(_day(cell) is not None for cell in filled)
        if days >= _MOST * len(filled):
            return "day"
        numbers = sum(self._number(cell) is not None for cell in filled)
        return "number" if numbers >= _MOST * len(filled) else "word"

    @cached_property
    def numbers(self) -> tuple[Decimal | None, ...]:
        """The cells as numbers; None for what is none."""
        return tuple(self._number(cell) for cell in self.cells)

    @cached_property
    def days(self) -> tuple[date | None, ...]:
        """The cells as days; None for what is none."""
        return tuple(_day(cell) for cell in self.cells)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The words of its header."""
        return tuple(content_words(self.name))

    def is_yes(self, row: int) -> bool:
        """Whether a cell of a column of yes and no says yes."""
        return folded(self.cells[row]) in _YES

    def written(self, value: Decimal) -> str:
        """A number as the column writes its own: with its unit, and a comma where it has one."""
        whole = value == value.to_integral_value()
        places = max(map(len, self._fractions), default=0)
        if whole and len(self._fractions) < sum(map(bool, self.cells)):
            places = 0  # 3 beside 2.5; but 3.00 where all are written so
        exact = value == round(value, places)
        text = f"{value:,.{places}f}" if exact else f"{value:,.{max(places, 2)}f}".rstrip("0")
        if self._comma:
            text = text.translate(str.maketrans(",.", ".,"))
        before, after = self._unit
        return f"{before}{text}{after}"

    @cached_property
    def _comma(self) -> bool:
        """Whether a comma parts the decimals."""
        text = " ".join(self.cells)
        if _DECIMAL_POINT.search(text):
            return False
        return bool(_DECIMAL_COMMA.search(text)) or any(_GROUPS_BY_POINT.search(cell) for cell in self.cells)

    @property
    def _fractions(self) -> list[str]:
        mark = "," if self._comma else "."
        return [m.group(1) for cell in self.cells if (m := re.search(rf"\d\{mark}(\d+)\D*$", cell))]

    @cached_property
    def _unit(self) -> tuple[str, str]:
        """What stands before and behind the number in every filled cell."""
        units = {
            (m["before"], m["after"]) for cell in self.cells if cell.strip() and (m := _NUMBER.match(cell.strip()))
        }
        if len(units) != 1:
            return "", ""
        before, after = units.pop()
        gap = " " if before and any(re.match(rf"^{re.escape(before)}\s", cell) for cell in self.cells) else ""
        return before + gap, f" {after}" if after and after != "%" else after

    def _number(self, cell: str) -> Decimal | None:
        match = _NUMBER.match(cell.strip())
        if match is None or (match["before"] and match["before"][-1].isalpha() and len(match["before"]) < 2):
            return None
        digits = re.sub(r"[' \u00a0]", "", match["digits"]).rstrip(".,")
        digits = digits.replace(".", "").replace(",", ".") if self._comma else digits.replace(",", "")
        try:
            return Decimal(digits) * (-1 if match["sign"] in ("-", "−") else 1)
        except InvalidOperation:
            return None


@dataclass(frozen=True)
class Table:
    """Named columns over the same rows.

    Attributes:
        name: What the table is called: its sheet, its heading or its file.
    """

    name: str
    columns: tuple[Column, ...]
    count: int

    def row(self, number: int) -> list[tuple[str, str]]:
        """(header, cell) of a row's filled cells."""
        return [(column.header, column.cells[number]) for column in self.columns if column.cells[number].strip()]

    def of_kind(self, *kinds: Kind) -> list[Column]:
        """The columns of these kinds."""
        return [column for column in self.columns if column.kind in kinds]


def table_of(rows: Rows, name: str) -> Table | None:
    """The table; None where the cells are no table: no header, no rows, or rows of other lengths."""
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    header: Sequence[str] = rows[0]
    columns = tuple(
        Column(n, title.strip() or f"column {n + 1}", tuple(r[n].strip() for r in rows[1:]))
        for n, title in enumerate(header)
    )
    return Table(name, columns, len(rows) - 1)


def _day(cell: str) -> date | None:
    # "12 March 2026" is a day and "Meeting on 12 March 2026 about the roof" is a text with one.
    return find_day(cell, None) if 6 <= len(cell.strip()) <= 24 else None
