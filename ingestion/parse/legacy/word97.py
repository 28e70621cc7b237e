"""doc (Word 6–2003) → sections: the piece table's text with headings, tables, notes and comments.

No library with a permissive licence reads it; the format is [MS-DOC], read here as far as its text needs.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.legacy.compound import Compound, codec
from ingestion.parse.legacy.word97_lists import read_lists, read_styles
from ingestion.parse.legacy.word97_pieces import CharacterRun, Piece, read_characters, read_paragraphs, read_pieces
from ingestion.parse.office.word_numbering import Numbering

# The header of the stream WordDocument, [MS-DOC] 2.5: where fields stand, and what they say.
_VERSION_97, _MAGIC_97 = 0xC1, 0xA5EC
_LANGUAGE_AT, _FLAGS_AT, _TEXT_AT, _HEADER_BYTES = 0x06, 0x0A, 0x18, 0x60
_IS_COMPLEX, _IS_ENCRYPTED, _TABLE_IS_1 = 0x0004, 0x0100, 0x0200
_COUNTS_AT, _COUNTS_AT_95, _COUNTS_END = 0x4C, 0x34, 0x80  # of the characters in each part of the text
_PIECES_AT, _PIECES_AT_95 = 0x01A2, 0x0160
_PARAGRAPHS_AT, _CHARACTERS_AT = 0x0102, 0x00FA

# Windows' language numbers whose code page isn't 1252 (Word 95 says no code page).
_LANGUAGE_CODEPAGES = {0x0411: 932, 0x0404: 950, 0x0804: 936, 0x0412: 949, 0x0419: 1251, 0x0422: 1251, 0x0408: 1253,
                       0x041F: 1254, 0x040D: 1255, 0x0401: 1256, 0x0415: 1250, 0x0405: 1250, 0x040E: 1250}  # fmt: skip

# Line break, hyphens, and the places of notes, comments, pictures and drawings.
_SPECIAL = {"\x0b": "\n", "\x1e": "-", "\x1f": "", "\x02": "", "\x05": "", "\x01": "", "\x08": ""}


def parse_doc(file: File) -> Parsed:
    """A Word 97–2003 (or 6/95) document."""
    compound = Compound(file)
    main = compound.read("WordDocument")
    if len(main) < _HEADER_BYTES:
        raise ParseError("it is damaged: it has no Word document stream; open and save it again in Word")
    magic, version = struct.unpack_from("<HH", main)
    flags = struct.unpack_from("<H", main, _FLAGS_AT)[0]
    if flags & _IS_ENCRYPTED:
        raise Encrypted("it is encrypted with a password; remove the password and upload it again")
    if magic == _MAGIC_97 and version >= _VERSION_97:
        table = compound.read("1Table" if flags & _TABLE_IS_1 else "0Table")
        pieces = read_pieces(main, table, _PIECES_AT, wide=True)
        counts = struct.unpack_from("<8i", main.ljust(_COUNTS_END, b"\0"), _COUNTS_AT)
        numbering = read_lists(main, table)
        paragraphs = read_paragraphs(main, table, _PARAGRAPHS_AT, read_styles(main, table))
        characters = read_characters(main, table, _CHARACTERS_AT)
    else:
        counts = struct.unpack_from("<8i", main.ljust(_COUNTS_END, b"\0"), _COUNTS_AT_95)
        pieces = read_pieces(main, main, _PIECES_AT_95, wide=False) if flags & _IS_COMPLEX else []
        if not pieces:
            begin, end = struct.unpack_from("<II", main, _TEXT_AT)
            language = struct.unpack_from("<H", main, _LANGUAGE_AT)[0]
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
