"""Lists and styles of a Word 97-2003 file: how its automatic numbers look ([MS-DOC] 2.9.131, 2.9.150, 2.9.260)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ingestion.parse.office.word_numbering import Level, NumberedList, Numbering

_FORMATS = {0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 5: "ordinal",
            22: "decimalZero", 23: "bullet", 255: "none"}  # fmt: skip
# Fields of the header that point to lists, to what overrides them, and to styles.
_LISTS_AT, _OVERRIDES_AT, _STYLES_AT = 0x02E2, 0x02EA, 0x00A2
_HAS_FORMAT, _HAS_START, _DEPTH_MASK = 0x20, 0x10, 15  # flags of an override
_PARAGRAPH_STYLE = 1
MAX_LISTS = 5_000

Changes = dict[int, int]  # property → value


def read_lists(main: bytes, table: bytes) -> Numbering:
    """The document's lists by the number that paragraphs refer to (from 1); what is damaged is left out."""
    numbering = Numbering(None)
    levels = dict(_definitions(main, table))
    data = _block(main, table, _OVERRIDES_AT)
    count = struct.unpack_from("<I", data)[0] if len(data) >= 4 else 0
    position = 4 + 16 * count
    for number in range(1, min(count, MAX_LISTS) + 1):
        at = 4 + 16 * (number - 1)
        if at + 16 > len(data):
            break
        identifier, overrides = struct.unpack_from("<I", data, at)[0], data[at + 12]
        one = NumberedList(str(identifier), dict(levels.get(identifier, {})))
        position += 4
        for _ in range(overrides):
            if position + 8 > len(data):
                break
            start, flags = struct.unpack_from("<II", data, position)
            position += 8
            depth = flags & _DEPTH_MASK
            if flags & _HAS_FORMAT:  # the level's format is overridden as well
                level, position = _level(data, position)
                if level is not None:
                    one.levels[depth] = level
            elif flags & _HAS_START:
                one.restarts[depth] = start
        numbering.add(str(number), one)
    return numbering


def read_styles(main: bytes, table: bytes) -> dict[int, tuple[int, bytes]]:
    """Each paragraph style's parent and property changes, by its number."""
    sheet = _block(main, table, _STYLES_AT)
    styles: dict[int, tuple[int, bytes]] = {}
    if len(sheet) < 6:
        return styles
    head, count, base = struct.unpack_from("<HHH", sheet)
    at = 2 + head
    for number in range(count):
        if at + 2 > len(sheet):
            break
        size = struct.unpack_from("<H", sheet, at)[0]
        style = sheet[at + 2 : at + 2 + size]
        at += 2 + size
        if len(style) < base + 2 or base < 8:
            continue
        kind, parent = struct.unpack_from("<H", style, 2)[0] & 15, struct.unpack_from("<H", style, 2)[0] >> 4
        name = struct.unpack_from("<H", style, base)[0]
        begin = base + 2 + 2 * name + 2
        if kind == _PARAGRAPH_STYLE and begin + 4 <= len(style):
            length = struct.unpack_from("<H", style, begin)[0]
            styles[number] = (parent, style[begin + 4 : begin + 2 + length])
    return styles


def _definitions(main: bytes, table: bytes) -> Iterator[tuple[int, dict[int, Level]]]:
    begin, size = struct.unpack_from("<II", main.ljust(_LISTS_AT + 8, b"\0"), _LISTS_AT)
    data = table[begin : begin + size]
    count = struct.unpack_from("<H", data)[0] if len(data) >= 2 else 0
    position = begin + size  # the levels follow the list of lists
    for number in range(min(count, MAX_LISTS)):
        at = 2 + 28 * number
        if at + 28 > len(data):
            return
        identifier, simple = struct.unpack_from("<I", data, at)[0], data[at + 26] & 1
        levels: dict[int, Level] = {}
        for depth in range(1 if simple else 9):
            level, position = _level(table, position)
            if level is not None:
                levels[depth] = level
        yield identifier, levels


def _level(data: bytes, at: int) -> tuple[Level | None, int]:
    """The level at `at`, and where the next one begins."""
    if at + 30 > len(data):
        return None, len(data)
    start, kind, flags = struct.unpack_from("<iBB", data, at)
    at += 28 + data[at + 24] + data[at + 25]
    if at + 2 > len(data):
        return None, len(data)
    length = struct.unpack_from("<H", data, at)[0]
    text = data[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
    pattern = "".join(f"%{ord(char) + 1}" if char < "\t" else char for char in text)
    return Level(_FORMATS.get(kind, "decimal"), pattern, start, bool(flags & 4)), at + 2 + 2 * length


def _block(main: bytes, table: bytes, at: int) -> bytes:
    """The part of the table stream that the header's field at `at` points to."""
    begin, size = struct.unpack_from("<II", main.ljust(at + 8, b"\0"), at)
    # Lists end with data that the size leaves out.
    return table[begin : begin + size] if at != _OVERRIDES_AT else table[begin:]
