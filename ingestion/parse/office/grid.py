"""A sheet's cells → tables and text: blocks between empty rows, a title line above its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ingestion.parse.draft import Draft, one_line
from ingestion.parse.merged_cells import Grid

Rows = Mapping[int, Mapping[int, str]]  # row number → column number → text as shown, both from 0
_MOST_MERGED = 200_000
_MOST_COLUMNS = 64


class Area(NamedTuple):
    """Merged cells, all ends included."""

    top: int
    left: int
    bottom: int
    right: int


def write_grid(draft: Draft, rows: Rows, locator: str, areas: Iterable[Area] = ()) -> None:
    """Writes a sheet's blocks to `draft`. Rows and columns without text cost nothing.

    Args:
        areas: Cells that are merged; `rows` has their text in each of their rows, in the leftmost column.
    """
    merged = _by_cell(areas)
    block: dict[int, Mapping[int, str]] = {}
    previous = -1
    for number in sorted(rows):
        row = {column: text for column, raw in rows[number].items() if (text := one_line(raw))}
        if not row:
            continue
        if block and number > previous + 1:
            _write_block(draft, block, locator, merged)
            block = {}
        block[number] = row
        previous = number
    _write_block(draft, block, locator, merged)


def _by_cell(areas: Iterable[Area]) -> dict[tuple[int, int], Area]:
    found: dict[tuple[int, int], Area] = {}
    for area in areas:
        for row in range(area.top, area.bottom + 1):
            found.update(
                ((row, column), area) for column in range(area.left, min(area.right, area.left + _MOST_COLUMNS) + 1)
            )
            if len(found) > _MOST_MERGED:
                return found
    return found


def _write_block(
    draft: Draft, block: dict[int, Mapping[int, str]], locator: str, merged: Mapping[tuple[int, int], Area]
) -> None:
    """One block: lines of a single cell above the first wider row are its title."""
    rows = list(block.items())
    while rows and len(rows[0][1]) == 1 and _is_title([row for _, row in rows]):
        draft.item(next(iter(rows.pop(0)[1].values())))
    if not rows:
        return
    columns = sorted({column for _, row in rows for column in row})
    grid = Grid()
    for number, row in rows:
        grid.rows.append([])
        for column in columns:
            area = merged.get((number, column))
            here = (len(grid.rows) - 1, len(grid.rows[-1]))
            beside = area is not None and here[1] > 0 and columns[here[1] - 1] >= area.left
            grid.beside.update([here] if beside else [])
            text = row.get(area.left, "") if area is not None else row.get(column, "")
            grid.extend(text, below=area is not None and area.top < number)
    draft.grid(grid, locator)


def _is_title(block: list[Mapping[int, str]]) -> bool:
    return len(block) == 1 or len(block[1]) > 1 or _is_text_run(block)


def _is_text_run(block: list[Mapping[int, str]]) -> bool:
    """Whether the block starts with several single-cell lines before its first wider row, if it has one."""
    widths = [len(row) for row in block[:6]]
    return max(widths) == 1 or widths[1] == 1
