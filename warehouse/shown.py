"""Rows as text: for a terminal, an answer, a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def markdown_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], most: int) -> str:
    """The first rows as a Markdown table."""
    lines = [_row(columns), _row(["---"] * len(columns))]
    return "\n".join([*lines, *(_row([cell_text(v) for v in row]) for row in rows[:most])])


def cell_text(value: object) -> str:
    """A value as people read it: 1,234.5, 2026-01-31, yes; a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or str(value).isdigit():
        return str(value)
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
