"""The binary side of a .doc file: pieces of text, and runs of formatting ([MS-DOC] 2.8, 2.9.177, 2.6)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

# Property changes ("sprm"), [MS-DOC] 2.6.1 to 2.6.3, by the names that they have there.
P_OUTLINE_LEVEL, P_IN_TABLE, P_ROW_END, P_LIST, P_LIST_LEVEL = 0x2640, 0x2416, 0x2417, 0x460B, 0x260A
C_HIDDEN, C_DELETED, T_DEFINITION = 0x083C, 0x0800, 0xD608
_OPERAND_BYTES = (1, 1, 2, 4, 2, 2, -1, 3)  # by the three highest bits of a property change; -1: its first byte says
_VARIABLE = 6
_BODY_LEVEL = 9  # the outline level of what is no heading
_NO_LIST = 0xF801  # list numbers from here on take a paragraph out of its list
_DEEPEST_LEVEL = 8

_PAGE_BYTES, _PAGE_NUMBER_MASK = 512, 0x3FFFFF  # formatting stands in pages of the main stream
_PARAGRAPH_ENTRY_BYTES, _CHARACTER_ENTRY_BYTES = 13, 1
_CHANGES, _PIECE_TABLE = 1, 2  # the first byte of each part of the block that holds the piece table
_IS_NARROW, _OFFSET_MASK = 0x40000000, 0x3FFFFFFF  # in a piece's offset
_MAX_PARENTS = 20

Styles = dict[int, tuple[int, bytes]]  # style number → its parent, its property changes


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters: its text, where its bytes begin in the stream, and how many bytes a character has."""

    text: str
    offset: int
    width: int


@dataclass(frozen=True, slots=True)
class CharacterRun:
    """Properties of the bytes from `begin` to `end`: style, table flags; or hidden text."""

    begin: int
    end: int
    style: int = 0
    in_table: bool = False
    row_end: bool = False
    level: int = 0
    hidden: bool = False
    number: int = 0  # of the list, 0 if none
    depth: int = 0


def read_pieces(main: bytes, table: bytes, at: int, wide: bool) -> list[Piece]:
    """The piece table: which stretches of the stream make up the text, in order."""
    if len(main) < at + 8:
        return []
    begin, size = struct.unpack_from("<II", main, at)
    clx = table[begin : begin + size]
    position = 0
    while position + 5 <= len(clx) and clx[position] == _CHANGES:
        position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
    if position + 5 > len(clx) or clx[position] != _PIECE_TABLE:
        return []
    plc = clx[position + 5 : position + 5 + struct.unpack_from("<I", clx, position + 1)[0]]
    count = (len(plc) - 4) // 12
    if count <= 0:
        return []
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    pieces: list[Piece] = []
    for number in range(count):
        length = ends[number + 1] - ends[number]
        if not 0 < length <= len(main):
            continue
        offset = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)[0]
        if wide and not offset & _IS_NARROW:
            raw = main[offset : offset + 2 * length]
            # One character a 16-bit unit, as positions are counted; pairs are joined when they are read.
            pieces.append(Piece("".join(map(chr, struct.unpack_from(f"<{len(raw) // 2}H", raw))), offset, 2))
        else:
            offset = (offset & _OFFSET_MASK) // 2 if wide else offset
            pieces.append(Piece(main[offset : offset + length].decode("cp1252", "replace"), offset, 1))
    return pieces


def read_paragraphs(main: bytes, table: bytes, at: int, styles: Styles) -> list[CharacterRun]:
    """The formatting of paragraphs (PAPX), with that of their styles, in the order of the stream."""
    runs = [run for page in _pages(main, table, at) for run in _paragraph_runs(page, styles)]
    return sorted(runs, key=lambda run: run.begin)


def read_characters(main: bytes, table: bytes, at: int) -> list[CharacterRun]:
    """What is hidden or deleted among the characters (CHPX), in the order of the stream."""
    runs = [run for page in _pages(main, table, at) for run in _hidden_runs(page)]
    return sorted(runs, key=lambda run: run.begin)


def _pages(main: bytes, table: bytes, at: int) -> Iterator[bytes]:
    """The pages that the table, which the header's field at `at` points to, lists."""
    begin, size = struct.unpack_from("<II", main.ljust(at + 8, b"\0"), at)
    plc = table[begin : begin + size]
    count = (len(plc) - 4) // 8
    for number in range(max(count, 0)):
        page = struct.unpack_from("<I", plc, 4 * (count + 1) + 4 * number)[0] & _PAGE_NUMBER_MASK
        found = main[page * _PAGE_BYTES : (page + 1) * _PAGE_BYTES]
        if len(found) == _PAGE_BYTES:
            yield found


def _entries(page: bytes, entry_bytes: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and place in the page (0 for none) of each run on it; its last byte counts them."""
    count = page[-1]
    if 4 * (count + 1) + entry_bytes * count >= _PAGE_BYTES:
        return
    offsets = struct.unpack_from(f"<{count + 1}I", page)
    for number in range(count):
        yield offsets[number], offsets[number + 1], 2 * page[4 * (count + 1) + entry_bytes * number]


def _hidden_runs(page: bytes) -> Iterator[CharacterRun]:
    for begin, end, at in _entries(page, _CHARACTER_ENTRY_BYTES):
        size = page[at] if at else 0
        values = dict(_changes(page[at + 1 : at + 1 + size]))
        yield CharacterRun(begin, end, hidden=values.get(C_HIDDEN) == 1 or bool(values.get(C_DELETED)))


def _paragraph_runs(page: bytes, styles: Styles) -> Iterator[CharacterRun]:
    for begin, end, at in _entries(page, _PARAGRAPH_ENTRY_BYTES):
        if not at:
            yield CharacterRun(begin, end)
            continue
        # The size counts words, less a byte; a size of zero stands before one that counts whole words.
        size = 2 * page[at] - 1 if page[at] else 2 * page[min(at + 1, _PAGE_BYTES - 2)]
        start = at + 1 if page[at] else at + 2
        data = page[start : start + max(size, 0)]
        style = struct.unpack_from("<H", data)[0] if len(data) >= 2 else 0
        values = {**_inherited(styles, style), **dict(_changes(data[2:]))}
        level, numbered = values.get(P_OUTLINE_LEVEL, _BODY_LEVEL), values.get(P_LIST, 0)
        yield CharacterRun(
            begin,
            end,
            style,
            in_table=bool(values.get(P_IN_TABLE)),
            row_end=bool(values.get(P_ROW_END)),
            level=level + 1 if level < _BODY_LEVEL else 0,
            number=numbered if numbered < _NO_LIST else 0,
            depth=min(values.get(P_LIST_LEVEL, 0), _DEEPEST_LEVEL),
        )


def _inherited(styles: Styles, style: int) -> dict[int, int]:
    """The property changes of a style and of those it is based on."""
    chain: list[bytes] = []
    while style in styles and len(chain) < _MAX_PARENTS:
        style, changes = styles[style]
        chain.append(changes)
    return {operation: value for changes in reversed(chain) for operation, value in _changes(changes)}


def _changes(data: bytes) -> Iterator[tuple[int, int]]:
    """The property changes (sprm) in `data`: operation and operand (the first byte of one without fixed size)."""
    at = 0
    while at + 3 <= len(data):
        operation = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = _OPERAND_BYTES[operation >> 13]
        if size < 0:
            if operation == T_DEFINITION:
                size = struct.unpack_from("<H", data, at)[0] + 1 if at + 2 <= len(data) else 1
            else:
                size = data[at] + 1
        yield operation, int.from_bytes(data[at : at + (size if operation >> 13 != _VARIABLE else 1)], "little")
        at += size
