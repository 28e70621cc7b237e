"""The row that a question for the most or the least asks for: the extreme of the column that it names.

"Which campaign got the most clicks?" has no word that tells one row from another; the numbers of the column do. Only
rows that were found are compared, so the row is shown among others and nothing is concluded from it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from core.text.words import content_words
from core.types import Passage

Row = tuple[str, ...]

_MOST = re.compile(
    r"\b(?:most|highest|biggest|largest|longest|maximum|meisten|höchste[nrs]?|größte[nrs]?|längste[nrs]?|mayor)\b",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:least|lowest|smallest|fewest|shortest|minimum|wenigsten|niedrigste[nrs]?|kleinste[nrs]?|menor)\b",
    re.IGNORECASE,
)
# A smaller table can be read at a glance.
_FEWEST_ROWS = 3
# A column of numbers may lack some, such as those of months to come.
_MOSTLY = 0.6
_NUMBER = re.compile(r"[^\d-]{0,4}(-?\d[\d,]*(?:\.\d+)?)\s?(?:%|[^\W\d]{0,9})")


def extreme_rows(question: str, passages: Sequence[Passage]) -> frozenset[Row]:
    """The rows with the highest or lowest number in the column named, one a table; none where no extreme is asked."""
    best = max if _MOST.search(question) else min if _LEAST.search(question) else None
    if best is None:
        return frozenset()
    tables: dict[tuple[str, Row], dict[Row, None]] = defaultdict(dict)
    for chunk in (passage.chunk for passage in passages):
        if len(chunk.rows) > 1:
            tables[chunk.document_id, tuple(chunk.rows[0])].update((tuple(row), None) for row in chunk.rows[1:])
    found: set[Row] = set()
    for (_, header), rows in tables.items():
        column = _column_named(question, header, list(rows))
        numbered = {row: _number(row[column]) for row in rows if len(row) > column} if column else {}
        told = {row: number for row, number in numbered.items() if number is not None}
        if len(told) >= max(_FEWEST_ROWS, _MOSTLY * len(rows)):
            found.add(best(told, key=lambda row: told[row]))
    return frozenset(found)


def _column_named(question: str, header: Row, rows: Sequence[Row]) -> int | None:
    """The column of numbers whose header shares most words with the question; none where a header has the extreme."""
    if any(_MOST.search(name) or _LEAST.search(name) for name in header):
        return None
    terms = set(content_words(question))
    shared = {place: len(terms & set(content_words(name))) for place, name in enumerate(header) if place}
    numeric = [
        place
        for place, words in shared.items()
        if words and any(len(row) > place and _number(row[place]) is not None for row in rows)
    ]
    return max(numeric, key=lambda place: shared[place], default=None)


def _number(cell: str) -> float | None:
    found = _NUMBER.fullmatch(cell.strip())
    return float(found[1].replace(",", "")) if found and found[1].strip(",-") else None
