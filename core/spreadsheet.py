"""CSV that spreadsheets can be given: questions, titles and comments in it are written by anybody."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

from core.text.invisible import bare

_FORMULA = ("=", "+", "-", "@")


def safe_cell(value: object) -> object:
    """The value, a text that a spreadsheet would take for a formula with an apostrophe in front. Numbers stay.

    Spreadsheets forgive blanks before the sign, and its full-width form.
    """
    if isinstance(value, int | float):
        return value
    text = str(value)
    begin = unicodedata.normalize("NFKC", bare(text[:40])).lstrip()
    return f"'{text}" if begin.startswith(_FORMULA) or text.startswith(("\t", "\r", "\n")) else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file with a byte order mark, by which spreadsheets know that it is UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(value) for value in row] for row in (header, *rows))
    return "\ufeff" + text.getvalue()
