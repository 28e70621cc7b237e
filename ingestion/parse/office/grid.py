"""A sheet's cells → tables and text: blocks between empty rows, a title line above its table."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.parse.draft import Draft, one_line

Rows = Mapping[int, Mapping[int, str]]  # row number → column number → text as shown, both from 0


def write_grid(draft: Draft, rows: Rows, locator: str) -> None:
    """Writes a sheet's blocks to `draft`. Rows and columns without text cost nothing."""
    block: list[Mapping[int, str]] = []
    previous = -1
    for number in sorted(rows):
        row = {column: text for column, raw in rows[number].items() if (text := one_line(raw))}
        if not row:
            continue
        if block and number > previous + 1:
            _write_block(draft, block, locator)
            block = []
        block.append(row)
        previous = number
    _write_block(draft, block, locator)


def _write_block(draft: Draft, block: list[Mapping[int, str]], locator: str) -> None:
    """One block: lines of a single cell above the first wider row are its title."""
    while block and len(block[0]) == 1 and (len(block) == 1 or len(block[1]) > 1 or _is_text_run(block)):
        draft.item(next(iter(block[0].values())))
        block = block[1:]
    if not block:
        return
    columns = sorted({column for row in block for column in row})
    draft.table([[row.get(column, "") for column in columns] for row in block], locator)


def _is_text_run(block: list[Mapping[int, str]]) -> bool:
    """Whether the block starts with several single-cell lines before its first wider row, if it has one."""
    widths = [len(row) for row in block[:6]]
    return max(widths) == 1 or widths[1] == 1
