"""A PDF page's characters → lines, columns, paragraphs and tables in reading order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ingestion.parse.pdf.glyphs import Box, Glyph, page_glyphs
from ingestion.parse.pdf.tables import PdfTable, find_tables

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_HYPHENS = ("\ufffe", "\x02")


@dataclass(slots=True)
class GlyphRun:
    """Text on one line without a wide gap: its box, and the height of its letters in points."""

    text: str
    box: Box
    height: float


@dataclass(slots=True)
class PageBlock:
    """A paragraph, or a table's rows. `height`: of its letters, to tell headings from text."""

    lines: list[str]
    box: Box
    height: float
    rows: list[list[str]] | None = None


def page_blocks(page: Any, textpage: Any) -> list[PageBlock]:
    """The page's paragraphs and tables in reading order."""
    glyphs, view = page_glyphs(page, textpage)
    if not glyphs:
        text = textpage.get_text_range()
        return [PageBlock(text.splitlines(), (0, 0, 0, 0), 0.0)] if text.strip() else []
    tables = find_tables(page, view, glyphs)
    taken = frozenset[int]().union(*(table.glyphs for table in tables))
    runs = _runs([glyph for number, glyph in enumerate(glyphs) if number not in taken])
    if _disordered(runs):
        runs = _cut(runs, 0)
    lines = _lines(runs)
    blocks = _place_tables(_paragraphs(lines), tables)
    return [block for block in blocks if block.rows or any(line.strip() for line in block.lines)]


def _runs(glyphs: Sequence[Glyph]) -> list[GlyphRun]:
    """Characters joined as long as they follow one another on a line."""
    runs: list[GlyphRun] = []
    members: list[Glyph] = []
    last: Glyph | None = None  # the last character that shows
    for glyph in glyphs:
        shows = not glyph.char.isspace() and glyph.char not in _HYPHENS
        if members and (glyph.line != members[-1].line or (shows and last and _far(last.box, glyph.box))):
            runs.extend(_run(members))
            members = []
        if members and shows and _switches(members[-1].char, glyph.char):
            members.append(Glyph(" ", glyph.box, glyph.line))
        members.append(glyph)
        last = glyph if shows else last
    return [*runs, *_run(members)]


def _run(members: Sequence[Glyph]) -> list[GlyphRun]:
    """The characters as a run; none if they show nothing."""
    solid = [glyph.box for glyph in members if not glyph.char.isspace() and glyph.char not in _HYPHENS]
    if not solid:
        return []
    text = "".join(glyph.char for glyph in members).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    box = _union(*solid)
    tall = sorted(bottom - top for _, top, _, bottom in solid)
    # The tallest letters say more of the type's size than commas do. Text that runs up the page has none.
    upright = len(solid) < 3 or box[2] - box[0] >= 0.5 * (box[3] - box[1])
    return [GlyphRun(text, box, tall[int(0.9 * (len(tall) - 1))] if upright else 0.0)]


def _far(before: Box, after: Box) -> bool:
    """Whether two characters are too far apart to be words of one sentence."""
    height = max(before[3] - before[1], after[3] - after[1], 4.0)
    across = max(after[0] - before[2], before[0] - after[2])
    down = max(after[1] - before[3], before[1] - after[3])
    return across > 2.2 * height or down > 0.9 * height


def _switches(before: str, after: str) -> bool:
    """Between a right-to-left letter and a Latin one there is a word's border, whether or not there is a space."""
    return (bool(_RTL.match(before)) and after.isascii() and after.isalpha()) or (
        before.isascii() and before.isalpha() and bool(_RTL.match(after))
    )


def _disordered(runs: Sequence[GlyphRun]) -> bool:
    """Whether the content's order isn't the reader's.

    It jumps up again and again without going on to a column on the right, or it goes across two columns of prose.
    """
    jumps = across = flowing = 0
    left: GlyphRun | None = None
    for before, after in itertools.pairwise(runs):
        jumps += after.box[3] < before.box[1] - before.height and after.box[0] < before.box[2]
        if _beside(before.box, after.box) and min(len(before.text), len(after.text)) > 20:
            across += 1
            # Prose goes on in the next line of its column; a table's cells start anew.
            flowing += left is not None and before.text.lstrip()[:1].islower()
            left = before
    if across >= 5 and across > 0.25 * len(runs) and flowing > 0.4 * across:
        return True
    return jumps >= 3 and jumps > 0.08 * len(runs)


def _cut(runs: list[GlyphRun], depth: int) -> list[GlyphRun]:
    """The runs in reading order by cutting the page at its white gaps: columns first, then bands (XY cut)."""
    if len(runs) <= 2 or depth > 12:
        return sorted(runs, key=lambda run: (round(run.box[1] / max(run.height, 4)), run.box[0]))
    height = median(run.height for run in runs)
    columns = _split(runs, 0, max(1.5 * height, 8))
    if len(columns) > 1 and all(len(column) >= 3 for column in columns) and median(len(r.text) for r in runs) > 12:
        return [run for column in columns for run in _cut(column, depth + 1)]
    bands = _split(runs, 1, 0.8 * height)
    if len(bands) > 1:
        return [run for band in bands for run in _cut(band, depth + 1)]
    return sorted(runs, key=lambda run: (round(run.box[1] / max(run.height, 4)), run.box[0]))


def _split(runs: list[GlyphRun], axis: int, gap: float) -> list[list[GlyphRun]]:
    """Groups of runs with more than `gap` white between them along an axis (0 across, 1 down)."""
    groups: list[list[GlyphRun]] = []
    edge = 0.0
    for run in sorted(runs, key=lambda run: run.box[axis]):
        if groups and run.box[axis] <= edge + gap:
            groups[-1].append(run)
        else:
            groups.append([run])
        edge = max(edge, run.box[axis + 2]) if len(groups[-1]) > 1 else run.box[axis + 2]
    return groups


def _lines(runs: Sequence[GlyphRun]) -> list[list[GlyphRun]]:
    """Runs that stand side by side, in content order, as one line."""
    lines: list[list[GlyphRun]] = []
    for run in runs:
        if lines and _beside(lines[-1][-1].box, run.box):
            lines[-1].append(run)
        else:
            lines.append([run])
    return lines


def _beside(left: Box, right: Box) -> bool:
    overlap = min(left[3], right[3]) - max(left[1], right[1])
    low, high = sorted((left[3] - left[1], right[3] - right[1]))
    if overlap > 0.5 * low:
        return right[0] > left[0]
    return overlap > 0 and -1 < right[0] - left[2] < 0.6 * high  # an index or exponent


def _paragraphs(lines: Sequence[list[GlyphRun]]) -> list[PageBlock]:
    """Lines joined to paragraphs, and lines of aligned short runs to tables without rules."""
    blocks: list[PageBlock] = []
    at = 0
    while at < len(lines):
        count = _aligned(lines, at)
        if count:
            blocks.append(_borderless(lines[at : at + count]))
            at += count
            continue
        line = lines[at]
        box, height = _bounds(line), max(run.height for run in line)
        text = " ".join(run.text for run in line)
        if blocks and blocks[-1].rows is None and _continues(blocks[-1], box, height, text):
            last = blocks[-1]
            last.lines.append(text)
            last.box = _union(last.box, box)
        else:
            blocks.append(PageBlock([text], box, height))
        at += 1
    return blocks


def _continues(block: PageBlock, box: Box, height: float, text: str) -> bool:
    """Whether a line goes on with the paragraph above it."""
    size = max(block.height, height, 4.0)
    gap = box[1] - block.box[3]
    if not -0.7 * size <= gap <= 0.9 * size or abs(block.height - height) > 0.25 * size:
        return False
    if _shared(block.box, box) <= 0:
        return False
    return not re.match(r"\s*(?:[•▪●○◦‣·\uf0b7\uf0a7–—*-]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s)", text)


def _aligned(lines: Sequence[list[GlyphRun]], at: int) -> int:
    """How many lines from `at` on make a table without rules; 0 if they don't."""
    count = 0
    while at + count < len(lines) and len(lines[at + count]) >= 2:
        line = lines[at + count]
        if any(len(run.text) > 60 for run in line):
            break
        if count:
            above, here = _bounds(lines[at + count - 1]), _bounds(line)
            if not -2 < here[1] - above[3] < 4 * max(run.height for run in line):
                break
        count += 1
    while count >= 2:
        columns = _columns(lines[at : at + count])
        cells = sum(len(line) for line in lines[at : at + count])
        full = 0.5 if count > 2 else 1.0  # two lines are a table only if nothing is missing
        if len(columns) >= (2 if count > 2 else 3) and cells >= full * count * len(columns):
            return count
        count -= 1
    return 0


def _columns(lines: Sequence[list[GlyphRun]]) -> list[tuple[float, float]]:
    """The columns that the lines' runs fall into; [] if two runs of a line fall into one."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((run.box[0], run.box[2]) for line in lines for run in line):
        if columns and left < columns[-1][1] + 1:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    for line in lines:
        slots = [_column(columns, run) for run in line]
        if len(set(slots)) != len(slots):
            return []
    return columns


def _column(columns: Sequence[tuple[float, float]], run: GlyphRun) -> int:
    return next((n for n, (left, right) in enumerate(columns) if left - 1 <= run.box[0] <= right + 1), 0)


def _borderless(lines: Sequence[list[GlyphRun]]) -> PageBlock:
    columns = _columns(lines)
    rows: list[list[str]] = []
    for line in lines:
        row = [""] * len(columns)
        for run in line:
            row[_column(columns, run)] = run.text
        rows.append(row)
    box = _union(*(_bounds(line) for line in lines))
    return PageBlock([], box, median(run.height for line in lines for run in line), rows)


def _place_tables(blocks: list[PageBlock], tables: Sequence[PdfTable]) -> list[PageBlock]:
    """Ruled tables put behind the block right above them in the same column, else before the first one below."""
    for table in tables:
        # Where nothing stands beside the table there are no columns: a narrow table in the middle of the page belongs
        # to the heading at its left edge.
        alone = not any(_overlap(other.box, table.box) > 2 for other in blocks)
        near = [
            (number, other.box) for number, other in enumerate(blocks) if alone or _shared(other.box, table.box) > 0
        ]
        above = [(box[3], number) for number, box in near if box[3] <= table.box[1] + 2]
        below = [number for number, box in near if box[1] >= table.box[3] - 2]
        place = max(above)[1] + 1 if above else below[0] if below else len(blocks)
        blocks.insert(place, PageBlock([], table.box, 0.0, table.rows))
    return blocks


def _shared(one: Box, other: Box) -> float:
    """How much of their width two boxes share."""
    return min(one[2], other[2]) - max(one[0], other[0])


def _overlap(one: Box, other: Box) -> float:
    """How much of their height two boxes share."""
    return min(one[3], other[3]) - max(one[1], other[1])


def _bounds(line: Sequence[GlyphRun]) -> Box:
    return _union(*(run.box for run in line))


def _union(*boxes: Box) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
