"""A PDF page's characters with their places, as they are seen: turned upright, right-to-left ligatures mended."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

MAX_PAGE_CHARS = 200_000
_ARABIC = re.compile("[\u0600-\u06ff]")

Box = tuple[float, float, float, float]  # left, top, right, bottom; from the page's upper left corner, in points


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character, its box, and which of the content's lines it belongs to."""

    char: str
    box: Box
    line: int


@dataclass(frozen=True, slots=True)
class View:
    """How a page is seen: `rotation` in degrees that makes its text upright, and its size before that."""

    rotation: int
    size: tuple[float, float]

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the page's own coordinates, seen from the upper left."""
        width, height = self.size
        if self.rotation == 90:
            return y, x
        if self.rotation == 180:
            return width - x, y
        if self.rotation == 270:
            return height - y, width - x
        return x, height - y

    def box(self, box: Box) -> Box:
        """A box (left, bottom, right, top) of the page's own coordinates, as it is seen."""
        (x0, y0), (x1, y1) = self.point(box[0], box[1]), self.point(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def page_glyphs(page: Any, textpage: Any) -> tuple[list[Glyph], View]:
    """The page's characters in content order, without line breaks; [] if there are far too many to place."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    if count > MAX_PAGE_CHARS:
        return [], View(0, (0.0, 0.0))
    if len(text) != count:  # characters beyond 16 bits: one by one, pairs are joined when a run is read
        codes = (pdfium_c.FPDFText_GetUnicode(textpage.raw, number) for number in range(count))
        text = "".join(chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    boxes: list[Box] = []
    for number in range(count):
        pdfium_c.FPDFText_GetCharBox(textpage.raw, number, left, right, bottom, top)
        boxes.append((left.value, bottom.value, right.value, top.value))
    view = _view(page, text, boxes)
    glyphs: list[Glyph] = []
    line = 0
    for char, place in zip(text, boxes, strict=True):
        if char in "\r\n":
            line += char == "\n"
            continue
        box = view.box(place)
        if glyphs and glyphs[-1].box == box and _ARABIC.match(char) and _ARABIC.match(glyphs[-1].char):
            # Two letters of one ligature: the right-to-left line was turned around as a whole, them included.
            glyphs.insert(len(glyphs) - 1, Glyph(char, box, line))
            continue
        glyphs.append(Glyph(char, box, line))
        line += char in "\ufffe\x02"  # a hyphen at the end of a line swallows the line break
    return glyphs, view


def _view(page: Any, text: str, boxes: list[Box]) -> View:
    """The rotation in which most text runs across: a page turned for printing isn't turned for reading."""
    width, height = page.get_size()
    rotation = page.get_rotation()
    size = (height, width) if rotation in (90, 270) else (width, height)
    up = down = across = 0
    for number in range(1, len(boxes)):
        if text[number].isspace() or text[number - 1].isspace():
            continue
        before, after = boxes[number - 1], boxes[number]
        shift_x, shift_y = after[0] - before[0], after[1] - before[1]
        if abs(shift_x) >= abs(shift_y):
            across += 1
        elif shift_y > 0:
            up += 1
        else:
            down += 1
    if max(up, down) > across:
        return View(90 if up >= down else 270, size)
    return View(rotation if rotation == 180 else 0, size)
