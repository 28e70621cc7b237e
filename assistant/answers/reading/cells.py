"""Whether a table row is the one that a question asks for, by its label or one of its cells.

A label may be a range that the question's number lies in ("75–84" for a score of 78), and a cell a month that the
question names ("2026-10" for "in October").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.text.dates import MONTH, MONTH_NUMBERS
from core.text.words import content_words

Cells = Sequence[tuple[str, str]]

# A cell of so few words can be all that a question picks a row by.
_CELL_WORDS = 2
_NUMBER = r"\d+(?:[.,]\d+)*"
_RANGE = re.compile(
    rf"\D{{0,4}}({_NUMBER})\s*(?:–|—|-|\bto\b|\bbis\b|\ba\b|\bà\b)\s*\D{{0,4}}({_NUMBER})(?:\s?[^\d\s]+)?"
)
_ASKED_NUMBER = re.compile(rf"(?<![\w.,/-])[$€£]?({_NUMBER})(?:\s?([km]))?(?![\w/-])", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH_CELL = re.compile(r"(\d{4})-(\d\d)(?:-\d\d)?")
_MONTH_ASKED = re.compile(rf"\b({MONTH})\b(?:\s+((?:19|20)\d\d))?", re.IGNORECASE)
_TIMES = {"": 1.0, "k": 1e3, "m": 1e6}


def label_asked_for(cells: Cells, question: str, terms: Sequence[str]) -> float:
    """The share 0..1 of the row's label that the question names, 1 for its range or month; 0 for anything but a row."""
    if not cells or not cells[0][1]:
        return 0.0
    if _in_range(cells[0][1], question) or _is_month_asked_for(cells[0][1], question):
        return 1.0
    label = set(content_words(cells[0][1]))
    return len(label & set(terms)) / len(label) if label else 0.0


def cell_asked_for(cells: Cells, question: str, terms: Sequence[str]) -> float:
    """1 for a row one of whose cells says just what the question asks for ("pilot", "yellow", its month), else 0."""
    for header, value in cells[1:]:
        said = set(content_words(value))
        if said and len(said) <= _CELL_WORDS and said <= set(terms) and not said <= set(content_words(header)):
            return 1.0
    return float(any(_is_month_asked_for(value, question) for _, value in cells))


def _in_range(label: str, question: str) -> bool:
    found = _RANGE.fullmatch(label.strip())
    if found is None:
        return False
    low, high = _value(found[1]), _value(found[2])
    asked = [m for m in _ASKED_NUMBER.finditer(question) if not _YEAR.fullmatch(m[1])]
    return low < high and any(low <= _value(m[1]) * _TIMES[(m[2] or "").casefold()] <= high for m in asked)


def _value(number: str) -> float:
    """A number as people write it: a separator before three digits parts thousands."""
    return float(re.sub(r"[.,](?=\d{3}(?:\D|$))", "", number).replace(",", ".").rstrip("."))


def _is_month_asked_for(value: str, question: str) -> bool:
    month = _MONTH_CELL.fullmatch(value.strip())
    asked = next((m for m in _MONTH_ASKED.finditer(question) if m[1] != "may"), None)  # "may" asks for leave
    if month is None or asked is None:
        return False
    return int(month[2]) == MONTH_NUMBERS.get(asked[1].lower()) and asked[2] in (None, month[1])
