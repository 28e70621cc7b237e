"""CSV that spreadsheets can be given: questions, titles and comments in it are written by anybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """The value, a text that a spreadsheet would take for a formula with an apostrophe in front. Numbers stay."""
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file with a byte order mark, by which spreadsheets know that it is UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *([safe_cell(value) for value in row] for row in rows)])
    return "\ufeff" + text.getvalue()
