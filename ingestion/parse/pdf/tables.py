"""Tables that a PDF page draws with lines or shaded cells: from its paths to a grid.

pdfplumber finds them too, but text and tables cost five times as much with it (see docs/decisions/parsers-own.md).
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from ingestion.parse.pdf.glyphs import Box, Glyph, View

TOLERANCE = 2.5  # points between lines that are meant to meet
MAX_PATHS = 4_000
MAX_EDGES = 2_000
MAX_CELLS = 5_000
MAX_CELL_CHARS = 1_500
MAX_LISTED = 60

Edge = tuple[float, float, float]  # position across, begin and end along


@dataclass(frozen=True, slots=True)
class PdfTable:
    """A grid on a page: where it is, its rows, and the glyphs that are in it (their positions on the page)."""

    box: Box
    rows: list[list[str]]
    glyphs: frozenset[int]


def find_tables(page: Any, view: View, glyphs: Sequence[Glyph]) -> list[PdfTable]:
    """The page's ruled tables with at least two rows and two columns that hold text."""
    across, down = _edges(page, view)
    if len(across) < 3 or len(down) < 3 or len(across) + len(down) > MAX_EDGES:
        return []
    tables: list[PdfTable] = []
    for ys, xs in _grids(across, down):
        rows, columns = _distinct(y for y, _, _ in ys), _distinct(x for x, _, _ in xs)
        if len(columns) >= 3 and len(rows) >= 3 and (len(columns) - 1) * (len(rows) - 1) <= MAX_CELLS:
            table = _fill(columns, rows, xs, glyphs)
            if table is not None:
                tables.append(table)
    return tables


def _fill(xs: list[float], ys: list[float], walls: list[Edge], glyphs: Sequence[Glyph]) -> PdfTable | None:
    """The grid with its text; None if it is a frame or a drawing rather than a table."""
    heads = [_merged(xs, walls, (top + bottom) / 2) for top, bottom in itertools.pairwise(ys)]
    cells: dict[tuple[int, int], list[Glyph]] = {}
    inside: list[int] = []
    for number, glyph in enumerate(glyphs):
        x, y = (glyph.box[0] + glyph.box[2]) / 2, (glyph.box[1] + glyph.box[3]) / 2
        if xs[0] - 1 <= x <= xs[-1] + 1 and ys[0] - 1 <= y <= ys[-1] + 1:
            row = _slot(ys, y)
            cells.setdefault((row, heads[row][_slot(xs, x)]), []).append(glyph)
            inside.append(number)
    rows: list[list[str]] = []
    for row in range(len(ys) - 1):
        lines = {column: _cell_lines(cells[row, column]) for column in range(len(xs) - 1) if (row, column) in cells}
        rows.extend(_row(lines, len(xs) - 1))
    used = [(row, column) for row, line in enumerate(rows) for column, text in enumerate(line) if text.strip()]
    if len({row for row, _ in used}) < 2 or len({column for _, column in used}) < 2:
        return None
    if len(used) < 0.2 * len(rows) * len(rows[0]) or any(len(text) > MAX_CELL_CHARS for line in rows for text in line):
        return None
    return PdfTable((xs[0], ys[0], xs[-1], ys[-1]), rows, frozenset(inside))


def _merged(xs: list[float], walls: list[Edge], y: float) -> list[int]:
    """For each column its leftmost one that no wall separates it from at height `y`."""
    heads = [0]
    for number in range(1, len(xs) - 1):
        wall = any(abs(x - xs[number]) <= TOLERANCE and top - 1 <= y <= bottom + 1 for x, top, bottom in walls)
        heads.append(number if wall else heads[-1])
    return heads


def _row(lines: dict[int, list[tuple[float, str]]], width: int) -> list[list[str]]:
    """A ruled row as one row; as several if its columns list short values side by side, line by line."""
    counts = {len(line) for line in lines.values()}
    several = len(lines) > 1 and len(counts) == 1 and min(counts) >= 3
    if several and all(len(text) <= MAX_LISTED for line in lines.values() for _, text in line):
        heights = [[y for y, _ in line] for line in lines.values()]
        if all(max(at) - min(at) <= 2 * TOLERANCE for at in zip(*heights, strict=True)):
            return [[lines[c][n][1] if c in lines else "" for c in range(width)] for n in range(min(counts))]
    return [[_text([text for _, text in lines.get(column, [])]) for column in range(width)]]


def _cell_lines(members: list[Glyph]) -> list[tuple[float, str]]:
    """A cell's lines: the height of each, and its text."""
    lines: list[tuple[float, list[str]]] = []
    before: Glyph | None = None
    for glyph in members:
        if before is None or glyph.line != before.line:
            lines.append((glyph.box[1], []))
        elif not glyph.char.isspace() and not before.char.isspace() and glyph.box[0] - before.box[2] > _width(before):
            lines[-1][1].append(" ")
        lines[-1][1].append(glyph.char)
        before = glyph
    return [(y, "".join(chars).strip()) for y, chars in lines if "".join(chars).strip()]


def _width(glyph: Glyph) -> float:
    return max(glyph.box[2] - glyph.box[0], glyph.box[3] - glyph.box[1], 3.0)


def _text(lines: list[str]) -> str:
    text = "\n".join(lines)
    for hyphen in ("\ufffe", "\x02"):
        text = text.replace(f"{hyphen}\n", "").replace(hyphen, "")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _slot(borders: list[float], value: float) -> int:
    for number in range(1, len(borders) - 1):
        if value < borders[number]:
            return number - 1
    return len(borders) - 2


def _grids(across: list[Edge], down: list[Edge]) -> Iterator[tuple[list[Edge], list[Edge]]]:
    """Groups of lines that touch: the horizontal and the vertical ones."""
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
    groups: dict[int, tuple[list[Edge], list[Edge]]] = {}
    for number in range(len(parents)):
        ys, xs = groups.setdefault(root(number), ([], []))
        if number < len(across):
            ys.append(across[number])
        else:
            xs.append(down[number - len(across)])
    yield from groups.values()


def _distinct(values: Iterable[float]) -> list[float]:
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > TOLERANCE:
            kept.append(value)
    return kept


def _edges(page: Any, view: View) -> tuple[list[Edge], list[Edge]]:
    """Horizontal and vertical lines of the page, also the sides of thin and of shaded boxes."""
    across: list[Edge] = []
    down: list[Edge] = []
    for count, path in enumerate(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1)):
        if count >= MAX_PATHS or len(across) + len(down) > MAX_EDGES:
            break
        for begin, end in _lines(path):
            (x0, y0), (x1, y1) = view.point(*begin), view.point(*end)
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
