"""A PDF page's characters with their places, as they are seen: turned upright, right-to-left ligatures mended."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

MAX_PAGE_CHARS = 200_000

Box = tuple[float, float, float, float]  # left, top, right, bottom; from the page's upper left corner, in points


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character, its box, and which of the content's lines it belongs to."""

    char: str
    box: Box
    line: int


def page_glyphs(page: Any, textpage: Any) -> list[Glyph]:
    """The page's characters in content order, without line breaks; [] if places and text don't match."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    if len(text) != count or count > MAX_PAGE_CHARS:
        return []
    rotation, size = page.get_rotation(), _size(page)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    glyphs: list[Glyph] = []
    line = 0
    for number, char in enumerate(text):
        if char in "\r\n":
            line += char == "\n"
            continue
        pdfium_c.FPDFText_GetCharBox(textpage.raw, number, left, right, bottom, top)
        x0, y0 = turned((left.value, bottom.value), rotation, size)
        x1, y1 = turned((right.value, top.value), rotation, size)
        box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if (
            glyphs
            and glyphs[-1].box == box
            and "\u0600" <= char <= "\u06ff"
            and "\u0600" <= glyphs[-1].char <= "\u06ff"
        ):
            # Two letters of one ligature: the text of a right-to-left line was turned around as a whole, them included.
            glyphs.insert(len(glyphs) - 1, Glyph(char, box, line))
            continue
        glyphs.append(Glyph(char, box, line))
        if char in "\ufffe\x02":  # a hyphen at the end of a line swallows the line break
            line += 1
    return glyphs


def turned(point: tuple[float, float], rotation: int, size: tuple[float, float]) -> tuple[float, float]:
    """A point of the page's own coordinates as it is seen: from the upper left, with the page's rotation."""
    (x, y), (width, height) = point, size
    if rotation == 90:
        return y, x
    if rotation == 180:
        return width - x, y
    if rotation == 270:
        return height - y, width - x
    return x, height - y


def _size(page: Any) -> tuple[float, float]:
    """Width and height before rotation."""
    width, height = page.get_size()
    return (height, width) if page.get_rotation() in (90, 270) else (width, height)


def page_geometry(page: Any) -> tuple[int, tuple[float, float]]:
    """Rotation in degrees and unrotated size of a page, for `turned`."""
    return page.get_rotation(), _size(page)
