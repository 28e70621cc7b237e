"""Tables that a PDF page draws with lines or shaded cells: from its paths to a grid.

pdfplumber finds the same tables at 20 to 100 times the cost (see DECISIONS.md), so the few lines are read here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from ingestion.parse.pdf_glyphs import Box, Glyph, turned

TOLERANCE = 2.5  # points between lines that are meant to meet
MAX_PATHS = 4_000
MAX_EDGES = 6_000
MAX_CELLS = 5_000
MAX_CELL_CHARS = 1_500

Edge = tuple[float, float, float]  # position across, begin and end along


@dataclass(frozen=True, slots=True)
class Table:
    """A grid on a page: where it is, its rows, and the glyphs that are in it (their positions on the page)."""

    box: Box
    rows: list[list[str]]
    glyphs: frozenset[int]


def find_tables(page: Any, rotation: int, size: tuple[float, float], glyphs: Sequence[Glyph]) -> list[Table]:
    """The page's ruled tables with at least two rows and two columns that hold text."""
    across, down = _edges(page, rotation, size)
    if len(across) < 3 or len(down) < 3 or len(across) + len(down) > MAX_EDGES:
        return []
    tables: list[Table] = []
    for ys, xs in _grids(across, down):
        if len(xs) >= 3 and len(ys) >= 3 and (len(xs) - 1) * (len(ys) - 1) <= MAX_CELLS:
            table = _fill(xs, ys, glyphs)
            if table is not None:
                tables.append(table)
    return tables


def _fill(xs: list[float], ys: list[float], glyphs: Sequence[Glyph]) -> Table | None:
    """The grid with its text; None if it is a frame or a drawing rather than a table."""
    cells: dict[tuple[int, int], list[Glyph]] = {}
    inside: list[int] = []
    for number, glyph in enumerate(glyphs):
        x, y = (glyph.box[0] + glyph.box[2]) / 2, (glyph.box[1] + glyph.box[3]) / 2
        if xs[0] - 1 <= x <= xs[-1] + 1 and ys[0] - 1 <= y <= ys[-1] + 1:
            column, row = _slot(xs, x), _slot(ys, y)
            cells.setdefault((row, column), []).append(glyph)
            inside.append(number)
    rows = [["" for _ in range(len(xs) - 1)] for _ in range(len(ys) - 1)]
    for (row, column), members in cells.items():
        rows[row][column] = _cell_text(members)
    used = [(row, column) for row, line in enumerate(rows) for column, text in enumerate(line) if text.strip()]
    if len({row for row, _ in used}) < 2 or len({column for _, column in used}) < 2:
        return None
    if len(used) < 0.25 * len(rows) * len(rows[0]) or any(len(text) > MAX_CELL_CHARS for line in rows for text in line):
        return None
    return Table((xs[0], ys[0], xs[-1], ys[-1]), rows, frozenset(inside))


def _cell_text(members: list[Glyph]) -> str:
    parts: list[str] = []
    before: Glyph | None = None
    for glyph in members:
        if before is not None and glyph.line != before.line and not parts[-1].endswith(("\ufffe", "\x02")):
            parts.append(" ")
        parts.append(glyph.char)
        before = glyph
    return "".join(parts).replace("\ufffe", "").replace("\x02", "")


def _slot(borders: list[float], value: float) -> int:
    for number in range(1, len(borders) - 1):
        if value < borders[number]:
            return number - 1
    return len(borders) - 2


def _grids(across: list[Edge], down: list[Edge]) -> Iterator[tuple[list[float], list[float]]]:
    """Groups of lines that touch: the positions of the horizontal and of the vertical ones."""
    parents = list(range(len(across) + len(down)))

    def root(item: int) -> int:
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    for one, (y, left, right) in enumerate(across):
        for other, (x, top, bottom) in enumerate(down, len(across)):
            if left - TOLERANCE <= x <= right + TOLERANCE and top - TOLERANCE <= y <= bottom + TOLERANCE:
                parents[root(one)] = root(other)
    groups: dict[int, tuple[list[float], list[float]]] = {}
    for number in range(len(parents)):
        ys, xs = groups.setdefault(root(number), ([], []))
        if number < len(across):
            ys.append(across[number][0])
        else:
            xs.append(down[number - len(across)][0])
    for ys, xs in groups.values():
        yield _distinct(ys), _distinct(xs)


def _distinct(values: list[float]) -> list[float]:
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > TOLERANCE:
            kept.append(value)
    return kept


def _edges(page: Any, rotation: int, size: tuple[float, float]) -> tuple[list[Edge], list[Edge]]:
    """Horizontal and vertical lines of the page, also the sides of thin and of shaded boxes."""
    across: list[Edge] = []
    down: list[Edge] = []
    for count, path in enumerate(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1)):
        if count >= MAX_PATHS or len(across) + len(down) > MAX_EDGES:
            break
        for begin, end in _lines(path):
            (x0, y0), (x1, y1) = turned(begin, rotation, size), turned(end, rotation, size)
            if abs(y0 - y1) <= 1 and abs(x0 - x1) > 3:
                across.append(((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
            elif abs(x0 - x1) <= 1 and abs(y0 - y1) > 3:
                down.append(((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    return _joined(across), _joined(down)


def _joined(edges: list[Edge]) -> list[Edge]:
    """Lines that go on in one another as one; a table drawn cell by cell has many."""
    joined: list[Edge] = []
    for position, begin, end in sorted((round(edge[0]), edge[1], edge[2]) for edge in edges):
        if joined and joined[-1][0] == position and begin <= joined[-1][2] + TOLERANCE:
            joined[-1] = (joined[-1][0], joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((position, begin, end))
    return joined


def _lines(path: Any) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight lines of a path in page coordinates; curved paths have none that matter."""
    raw = path.raw
    count = pdfium_c.FPDFPath_CountSegments(raw)
    if not 2 <= count <= 400:
        return
    matrix = path.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = None
    for number in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(raw, number)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_BEZIERTO:
            return
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            first = point
        elif last is not None:
            yield last, point
        last = point
        if pdfium_c.FPDFPathSegment_GetClose(segment) and first is not None:
            yield point, first
            last = first
