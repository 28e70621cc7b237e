r"""Markdown tables: the one writer, and the one reader, which gets back what was written.

A pipe in a cell is written as `\|` and nothing else is escaped; a backslash stays one, also in front of another. So a
pipe behind a backslash is always text and any other pipe always a border: GitHub and markdown-it read tables so too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from core.types import Rows

_BORDER = re.compile(r"(?<!\\)\|")
_RULE = r"\|?\s*:?{0}:?\s*(?:\|\s*:?{0}:?\s*)*\|?"
# Under the header one dash a cell is enough; further down it is how people write "nothing".
_SECOND_LINE = re.compile(_RULE.format("-+"))
_ANY_LINE = re.compile(_RULE.format("-{2,}"))


def markdown_table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """The header, a rule and the rows as a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(table_cell, line))} |" for line in lines)


def table_cell(value: object) -> str:
    """The value on one line with its pipes escaped; "" for None."""
    return "" if value is None else " ".join(str(value).replace("|", "\\|").split())


def read_rows(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table row by row, the header first; the rule and lines around the table are left out."""
    lines = [line for line in markdown.splitlines() if line.lstrip().startswith("|")]
    if len(lines) > 1 and _SECOND_LINE.fullmatch(lines[1].strip()):
        del lines[1]
    return [split_row(line) for line in lines]


def split_row(line: str) -> list[str]:
    """The cells of one line of a Markdown table."""
    cells = _BORDER.split(line.strip())
    # What stands outside the outer borders is nothing, where they are written.
    cells = cells[1:] if not cells[0] else cells
    cells = cells[:-1] if cells and not cells[-1] else cells
    return [cell.replace("\\|", "|").strip() for cell in cells]


class TableText:
    """A table beside its Markdown text: which rows a part of the text shows.

    Args:
        rows: The cells, the header first.
        text: What `markdown_table` wrote of them: the header, a rule, then a line a row.
    """

    def __init__(self, rows: Rows, text: str) -> None:
        self._rows = rows
        self._text = text
        self._begins = [0, *(match.end() for match in re.finditer("\n", text))]

    def within(self, begin: int, end: int) -> Rows:
        """The header and the rows between two offsets into the text; of a row that they cut, what stands between."""
        if not self._rows:
            return ()
        lines = range(max(2, bisect_right(self._begins, begin) - 1), bisect_right(self._begins, end - 1))
        shown = [self._part(line, begin, end) for line in lines]
        return (self._rows[0], *(row for row in shown if any(row)))

    def _part(self, line: int, begin: int, end: int) -> tuple[str, ...]:
        first = self._begins[line]
        last = self._begins[line + 1] - 1 if line + 1 < len(self._begins) else len(self._text)
        if begin <= first and last <= end:
            return self._rows[line - 1]
        borders = [first + match.start() for match in _BORDER.finditer(self._text[first:last])]
        return tuple(
            self._text[max(begin, left + 1) : min(end, right)].replace("\\|", "|").strip()
            for left, right in pairwise(borders)
        )


def is_rule_line(line: str) -> bool:
    """Whether this is the line between a Markdown table's header and its rows, wherever it is met."""
    return _ANY_LINE.fullmatch(line.strip()) is not None


def headed(columns: Any, rows: Any) -> tuple[list[str], list[list[Any]]]:
    """(headings, rows as lists). `columns` are the rows' keys, or a mapping of them to what stands above."""
    keys = [str(c) for c in columns]
    headings = [str(columns[c]) for c in columns] if isinstance(columns, Mapping) else keys
    return headings, [[r.get(c) for c in keys] if isinstance(r, Mapping) else list(r) for r in rows]
