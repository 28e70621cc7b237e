"""doc (Word 6–2003) → sections: the piece table's text with headings, tables, notes and comments.

No library with a permissive licence reads it; the format is [MS-DOC], read here as far as its text needs.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.legacy.compound import Compound, codec
from ingestion.parse.legacy.word97_lists import read_lists, read_styles
from ingestion.parse.office.word_numbering import Numbering

_LANGUAGE_CODEPAGES = {0x0411: 932, 0x0404: 950, 0x0804: 936, 0x0412: 949, 0x0419: 1251, 0x0422: 1251, 0x0408: 1253,
                       0x041F: 1254, 0x040D: 1255, 0x0401: 1256, 0x0415: 1250, 0x0405: 1250, 0x040E: 1250}  # fmt: skip

# Line break, hyphens, and the places of notes, comments, pictures and drawings.
_SPECIAL = {"\x0b": "\n", "\x1e": "-", "\x1f": "", "\x02": "", "\x05": "", "\x01": "", "\x08": ""}


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


def parse_doc(file: File) -> Parsed:
    """A Word 97–2003 (or 6/95) document."""
    compound = Compound(file)
    main = compound.read("WordDocument")
    if len(main) < 0x60:
        raise ParseError("it is damaged: it has no Word document stream; open and save it again in Word")
    magic, version = struct.unpack_from("<HH", main)
    flags = struct.unpack_from("<H", main, 0x0A)[0]
    if flags & 0x0100:
        raise Encrypted("it is encrypted with a password; remove the password and upload it again")
    if magic == 0xA5EC and version >= 0xC1:
        table = compound.read("1Table" if flags & 0x0200 else "0Table")
        pieces = _pieces(main, table, 0x01A2, wide=True)
        counts = struct.unpack_from("<8i", main.ljust(0x80, b"\0"), 0x4C)
        numbering = read_lists(main, table)
        paragraphs = _runs(main, table, 0x0102, read_styles(main, table))
        characters = _runs(main, table, 0x00FA, None)
    else:
        counts = struct.unpack_from("<8i", main.ljust(0x80, b"\0"), 0x34)
        pieces = _pieces(main, main, 0x0160, wide=False) if flags & 4 else []
        if not pieces:
            begin, end = struct.unpack_from("<II", main, 0x18)
            language = struct.unpack_from("<H", main, 0x06)[0]
            encoding = codec(_LANGUAGE_CODEPAGES.get(language, 1252))
            pieces = [Piece(main[begin:end].decode(encoding, "replace"), begin, 1)]
        paragraphs, characters, numbering = [], [], Numbering(None)
    if not pieces:
        raise ParseError("it is damaged: its piece table can't be read; open and save it again in Word")
    return _write(file, compound, _Text(pieces, paragraphs, characters), counts, numbering)


class _Text:
    """The document's characters by position, with the properties of each."""

    def __init__(self, pieces: list[Piece], paragraphs: list[CharacterRun], characters: list[CharacterRun]) -> None:
        self.text = "".join(piece.text for piece in pieces)
        self._pieces = pieces
        self._starts: list[int] = []
        position = 0
        for piece in pieces:
            self._starts.append(position)
            position += len(piece.text)
        self._paragraphs, self._characters = paragraphs, [run for run in characters if run.hidden]
        self._paragraph_starts = [run.begin for run in paragraphs]
        self._hidden_starts = [run.begin for run in self._characters]

    def properties(self, position: int) -> CharacterRun:
        """The properties of the paragraph that ends at `position`."""
        offset = self._offset(position)
        at = bisect_right(self._paragraph_starts, offset) - 1
        if at >= 0 and offset < self._paragraphs[at].end:
            return self._paragraphs[at]
        return CharacterRun(0, 0)

    def visible(self, begin: int, end: int) -> str:
        """The text from `begin` to `end` without what is formatted as hidden or was deleted."""
        text = self.text[begin:end]
        if self._characters:
            text = "".join(self.text[at] for at in range(begin, end) if not self._hidden(self._offset(at)))
        return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _hidden(self, offset: int) -> bool:
        at = bisect_right(self._hidden_starts, offset) - 1
        return at >= 0 and offset < self._characters[at].end

    def _offset(self, position: int) -> int:
        at = bisect_right(self._starts, position) - 1
        piece = self._pieces[at]
        return piece.offset + (position - self._starts[at]) * piece.width


def _write(file: File, compound: Compound, text: _Text, counts: tuple[int, ...], numbering: Numbering) -> Parsed:
    draft = Draft(file.budget)
    # Main text, footnotes, headers, macros, comments, endnotes, text boxes, text boxes in headers: in this order.
    bounds = [0]
    for count in counts:
        bounds.append(min(bounds[-1] + max(count, 0), len(text.text)))
    if bounds[1] == 0:
        bounds = [0, *[len(text.text)] * 8]
    _body(draft, text, bounds[0], bounds[1], numbering)
    for part in (6, 7):
        _body(draft, text, bounds[part], bounds[part + 1], numbering)
    draft.close_headings()
    for part, name in ((1, "footnote"), (5, "endnote"), (4, "comment"), (2, "page header or footer")):
        told: set[str] = set()
        for line in _fields(text.visible(bounds[part], bounds[part + 1])).split("\r"):
            if (line := one_line(line)) and line not in told:
                told.add(line)
                draft.add(f"Comment: {line}" if name == "comment" else line, "note", name)
    title, metadata = compound.properties()
    return draft.parsed(title, metadata)


def _body(draft: Draft, text: _Text, begin: int, end: int, numbering: Numbering) -> None:
    """Paragraphs and tables from `begin` to `end`."""
    rows: list[list[str]] = []
    cells: list[str] = []
    cell: list[str] = []
    depth = 0  # of fields that go on over paragraphs
    for match in re.finditer("[^\r\x07\x0c]*[\r\x07\x0c]?", text.text[begin:end]):
        if not match.group():
            continue
        last = begin + match.end() - 1
        mark = match.group()[-1]
        line, depth = _field_results(text.visible(begin + match.start(), last + 1).rstrip("\r\x07\x0c"), depth)
        properties = text.properties(last)
        label = ""
        if properties.number and line.strip():
            label = numbering.label(str(properties.number), properties.depth)
            line = f"{label} {line}" if label else line
        if mark == "\x07":
            if properties.row_end or (not properties.in_table and not line and not cell and cells):
                rows.append(cells)
                cells = []
            else:
                cells.append(" ".join([*cell, line]))
                cell = []
            continue
        if properties.in_table and mark == "\r":
            cell.append(line)
            continue
        if cells:
            rows.append(cells)
            cells = []
        draft.table(rows)
        rows = []
        level = properties.level or (properties.style if 1 <= properties.style <= 9 else 0)
        if level:
            draft.heading(level, line)
        elif label:
            draft.item(line)
        else:
            draft.text(line)
    if cells or cell:
        rows.append([*cells, " ".join(cell)])
    draft.table(rows)


def _fields(text: str) -> str:
    return _field_results(text, 0)[0]


def _field_results(text: str, code_depth: int) -> tuple[str, int]:
    """`text` with fields as their results; how many field codes are still open at its end."""
    out: list[str] = []
    for char in text:
        if char == "\x13":
            code_depth += 1
        elif char == "\x14":
            code_depth = max(code_depth - 1, 0)
        elif char == "\x15":
            continue
        elif code_depth == 0:
            out.append(_SPECIAL.get(char, char))
    return "".join(out), code_depth


def _pieces(main: bytes, table: bytes, at: int, wide: bool) -> list[Piece]:
    """The piece table: which stretches of the stream make up the text, in order."""
    if len(main) < at + 8:
        return []
    begin, size = struct.unpack_from("<II", main, at)
    clx = table[begin : begin + size]
    position = 0
    while position + 5 <= len(clx) and clx[position] == 1:
        position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
    if position + 5 > len(clx) or clx[position] != 2:
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
        if wide and not offset & 0x40000000:
            raw = main[offset : offset + 2 * length]
            # One character a 16-bit unit, as positions are counted; pairs are joined when they are read.
            pieces.append(Piece("".join(map(chr, struct.unpack_from(f"<{len(raw) // 2}H", raw))), offset, 2))
        else:
            offset = (offset & 0x3FFFFFFF) // 2 if wide else offset
            pieces.append(Piece(main[offset : offset + length].decode("cp1252", "replace"), offset, 1))
    return pieces


Styles = dict[int, tuple[int, bytes]]


def _runs(main: bytes, table: bytes, at: int, styles: Styles | None) -> list[CharacterRun]:
    """Formatting of paragraphs (PAPX; with their styles) or characters (CHPX) from the 512-byte pages that hold it."""
    begin, size = struct.unpack_from("<II", main.ljust(at + 8, b"\0"), at)
    plc = table[begin : begin + size]
    count = (len(plc) - 4) // 8
    runs: list[CharacterRun] = []
    for number in range(max(count, 0)):
        where = (struct.unpack_from("<I", plc, 4 * (count + 1) + 4 * number)[0] & 0x3FFFFF) * 512
        page = main[where : where + 512]
        if len(page) == 512:
            runs.extend(_page_runs(page, styles))
    return sorted(runs, key=lambda run: run.begin)


def _page_runs(page: bytes, styles: Styles | None) -> Iterator[CharacterRun]:
    count, step = page[511], 1 if styles is None else 13
    if 4 * (count + 1) + step * count > 511:
        return
    offsets = struct.unpack_from(f"<{count + 1}I", page)
    for number in range(count):
        at = 2 * page[4 * (count + 1) + step * number]
        if styles is None:
            size = page[at] if at else 0
            values = dict(_changes(page[at + 1 : at + 1 + size]))
            yield CharacterRun(
                offsets[number], offsets[number + 1], hidden=bool(values.get(0x083C, 0) == 1 or values.get(0x0800))
            )
            continue
        if not at:
            yield CharacterRun(offsets[number], offsets[number + 1])
            continue
        size = 2 * page[at] - 1 if page[at] else 2 * page[min(at + 1, 510)]
        start = at + 1 if page[at] else at + 2
        data = page[start : start + max(size, 0)]
        style = struct.unpack_from("<H", data)[0] if len(data) >= 2 else 0
        values = {**_inherited(styles, style), **dict(_changes(data[2:]))}
        level = values.get(0x2640, 9)
        yield CharacterRun(
            offsets[number],
            offsets[number + 1],
            style,
            bool(values.get(0x2416)),
            bool(values.get(0x2417)),
            level + 1 if level < 9 else 0,
            number=values.get(0x460B, 0) if values.get(0x460B, 0) < 0xF801 else 0,
            depth=min(values.get(0x260A, 0), 8),
        )


def _inherited(styles: Styles, style: int) -> dict[int, int]:
    """The property changes of a style and of those it is based on."""
    chain: list[bytes] = []
    while style in styles and len(chain) < 20:
        style, changes = styles[style]
        chain.append(changes)
    return {operation: value for changes in reversed(chain) for operation, value in _changes(changes)}


def _changes(data: bytes) -> Iterator[tuple[int, int]]:
    """The property changes (sprm) in `data`: operation and operand (the first byte of one without fixed size)."""
    at = 0
    while at + 3 <= len(data):
        operation = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = (1, 1, 2, 4, 2, 2, -1, 3)[operation >> 13]
        if size < 0:
            if operation == 0xD608:
                size = struct.unpack_from("<H", data, at)[0] + 1 if at + 2 <= len(data) else 1
            else:
                size = data[at] + 1
        yield operation, int.from_bytes(data[at : at + (size if (operation >> 13) != 6 else 1)], "little")
        at += size
