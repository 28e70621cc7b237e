"""xls (Excel 5–2003) → sections: the BIFF records of each visible sheet, cells as shown.

calamine reads the same files but gives neither number formats nor comments, headers and footers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.legacy.compound import Compound, codec
from ingestion.parse.office.grid import write_grid
from ingestion.parse.office.number_format import BUILTIN, general, shown
from ingestion.parse.office.sheets import MAX_MERGED_ROWS, margin_text

_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_CELLS = frozenset((0xFD, 0x0204, 0xD6, 0x0203, 0x027E, 0x0205, 0x06, 0x0406, 0x0206))
_BEGINS = frozenset((0x0809, 0x0409, 0x0209, 0x09))
_OLD = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")  # Excel 2, 3 and 4: one sheet, no compound file
Record = tuple[int, bytes, list[bytes]]  # type, data, data of its CONTINUE records


@dataclass(slots=True)
class _Sheet:
    name: str
    offset: int
    visible: bool
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    margins: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


def parse_xls(file: File) -> Parsed:
    """A workbook's visible sheets in their order."""
    compound = None if file.body.startswith(_OLD) else Compound(file)
    stream = (compound.read("Workbook") or compound.read("Book")) if compound else file.body
    if len(stream) < 8:
        raise ParseError("it is damaged: it has no workbook stream; open and save it again in Excel")
    book = _Book(stream, file)
    draft = Draft(file.budget)
    hidden = [one_line(sheet.name) for sheet in book.sheets if not sheet.visible]
    for number, sheet in enumerate(book.sheets, 1):
        if not sheet.visible:
            continue
        book.read_sheet(sheet)
        name = one_line(sheet.name) or f"Sheet {number}"
        draft.close_headings()
        draft.place(number, f"sheet {name}")
        if not sheet.rows and not sheet.boxes and not sheet.comments:
            continue
        draft.heading(1, name)
        write_grid(draft, sheet.rows, f"sheet {name}")
        for text in sheet.boxes:
            draft.text(text)
        for text in sheet.comments:
            draft.add(text, "note", f"sheet {name} comment")
        for text in sheet.margins:
            draft.add(text, "note", f"sheet {name} header or footer")
    if hidden:
        draft.warn(f"Hidden sheets were not read: {', '.join(hidden[:20])}.")
    title, metadata = compound.properties() if compound else ("", {})
    return draft.parsed(title, metadata)


class _Book:
    """The workbook's globals: sheets, strings, formats."""

    def __init__(self, stream: bytes, file: File) -> None:
        self.stream, self.budget = stream, file.budget
        self.sheets: list[_Sheet] = []
        self.strings: list[str] = []
        self.formats = dict(BUILTIN)
        self.old_formats: list[str] = []
        self.styles: list[int] = []
        self.encoding = "cp1252"
        self.epoch_1904 = False
        self.biff8, self.version = True, 5
        bounds: list[bytes] = []
        for kind, data, more in self.records(0):
            if kind in _BEGINS and len(data) >= 4:
                self.biff8 = kind == 0x0809 and struct.unpack_from("<H", data)[0] >= 0x0600
                self.version = {0x09: 2, 0x0209: 3, 0x0409: 4}.get(kind, 5)
            elif kind == 0x2F:
                raise Encrypted("it is encrypted with a password; remove the password and upload it again")
            elif kind == 0x42 and len(data) >= 2:
                self.encoding = codec(struct.unpack_from("<H", data)[0])
            elif kind == 0x22 and len(data) >= 2:
                self.epoch_1904 = data[0] == 1
            elif kind == 0x85 and len(data) >= 8:
                bounds.append(data)
            elif kind == 0x041E and len(data) > 4 and self.version >= 5:
                number = struct.unpack_from("<H", data)[0]
                self.formats[number] = self.string(data, 2, 2 if self.biff8 else 1)
            elif kind in (0x1E, 0x041E) and len(data) > 2:  # before Excel 5 formats have no numbers of their own
                self.old_formats.append(self.string(data, 2 if self.version == 4 else 0, 1))
            elif kind in (0x0243, 0x0443) and len(data) >= 2:
                self.styles.append(data[1])
            elif kind == 0xE0 and len(data) >= 4:
                self.styles.append(struct.unpack_from("<H", data, 2)[0])
            elif kind == 0xFC:
                self.strings = list(_shared_strings([data, *more]))
            elif kind == 0x0A:
                break
        for data in bounds:
            offset, hidden, sort = struct.unpack_from("<IBB", data)
            if sort == 0:
                self.sheets.append(_Sheet(self.string(data, 6, 1), offset, hidden & 3 == 0))
        if self.version < 5:
            self.formats = dict(enumerate(self.old_formats))
        if not bounds:
            self.sheets.append(_Sheet("", 0, True))

    def read_sheet(self, sheet: _Sheet) -> None:
        """Fills `sheet` from its records."""
        reader, depth = _SheetReader(self, sheet), 0
        for kind, data, more in self.records(sheet.offset):
            if kind in _BEGINS:
                depth += 1
            elif kind == 0x0A:
                depth -= 1
                if depth <= 0:
                    break
            elif depth <= 1:  # deeper: a chart inside the sheet
                reader.record(kind, data, more)
        reader.finish()

    def number(self, value: float, style: int) -> str:
        """`value` as the cell style shows it."""
        code = self.formats.get(self.styles[style], "General") if style < len(self.styles) else "General"
        return shown(value, code, self.epoch_1904)

    def records(self, offset: int) -> Iterator[Record]:
        """The records from `offset` on, each with the CONTINUE records that follow it."""
        pending: Record | None = None
        while offset + 4 <= len(self.stream):
            kind, size = struct.unpack_from("<HH", self.stream, offset)
            data = self.stream[offset + 4 : offset + 4 + size]
            offset += 4 + size
            if kind == 0x3C:
                if pending is not None:
                    pending[2].append(data)
                continue
            if pending is not None:
                yield pending
            pending = (kind, data, [])
        if pending is not None:
            yield pending

    def string(self, data: bytes, at: int, width: int, more: list[bytes] | None = None) -> str:
        """A string with a length of `width` bytes at `at`."""
        if len(data) < at + width:
            return ""
        count = data[at] if width == 1 else struct.unpack_from("<H", data, at)[0]
        at += width
        if not self.biff8:
            return data[at : at + count].decode(self.encoding, "replace")
        return next(_strings([data[at:], *(more or [])], [count]), "")


class _SheetReader:
    """Takes a sheet's records one by one."""

    def __init__(self, book: _Book, sheet: _Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.used = 0
        self.formula: tuple[int, int] | None = None  # where the text of the last formula goes
        self.merges: list[tuple[int, int, int]] = []
        self.object_id, self.is_note = 0, False
        self.notes: dict[int, str] = {}
        self.anchors: list[tuple[int, int, int, str]] = []

    def record(self, kind: int, data: bytes, more: list[bytes]) -> None:
        """One record; kinds without text are passed over."""
        if self.book.version == 2 and kind in (0x02, 0x03, 0x04, 0x06) and len(data) >= 8:
            self._cell_of_excel_2(kind, data)
        elif kind in _CELLS and len(data) >= 8:
            self._cell(kind, data)
        elif kind in (0x07, 0x0207) and self.formula is not None:
            self._put(*self.formula, self.book.string(data, 0, 1 if kind == 0x07 else 2, more))
            self.formula = None
        elif kind == 0xBD and len(data) >= 6:
            row, column = struct.unpack_from("<HH", data)
            for number, at in enumerate(range(4, len(data) - 7, 6)):
                style = struct.unpack_from("<H", data, at)[0]
                self._put(row, column + number, self.book.number(_rk(data[at + 2 : at + 6]), style))
        elif kind in (0x14, 0x15) and data:
            text = margin_text(self.book.string(data, 0, 2 if self.book.biff8 else 1))
            if text and text not in self.sheet.margins:
                self.sheet.margins.append(text)
        elif kind == 0xE5:
            for at in range(2, len(data) - 7, 8):
                top, bottom, left, _ = struct.unpack_from("<HHHH", data, at)
                self.merges.append((top, bottom, left))
        else:
            self._drawn(kind, data, more)

    def finish(self) -> None:
        """Merged cells count for each of their rows; comments find their texts."""
        rows = self.sheet.rows
        for top, bottom, left in self.merges:
            if (text := rows.get(top, {}).get(left, "")) and bottom - top < MAX_MERGED_ROWS:
                for row in range(top + 1, bottom + 1):
                    if row in rows:
                        rows[row].setdefault(left, text)
        for row, column, number, author in self.anchors:
            if text := self.notes.get(number, "").removeprefix(f"{author}:").strip():
                who = f" by {author}" if author else ""
                self.sheet.comments.append(f"Comment on {_cell_name(row, column)}{who}: {text}")

    def _cell(self, kind: int, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        if kind == 0xFD and len(data) >= 10:
            index, strings = struct.unpack_from("<I", data, 6)[0], self.book.strings
            self._put(row, column, strings[index] if index < len(strings) else "")
        elif kind in (0x0204, 0xD6):
            self._put(row, column, self.book.string(data, 6, 2))
        elif kind == 0x027E and len(data) >= 10:
            self._put(row, column, self.book.number(_rk(data[6:10]), style))
        elif kind == 0x0205:
            self._put(row, column, _ERRORS.get(data[6], "#N/A") if data[7] else ("TRUE" if data[6] else "FALSE"))
        elif len(data) >= 14 and kind != 0x0203 and data[12:14] == b"\xff\xff":  # a formula without a number
            self.formula = (row, column) if data[6] == 0 else None
            if data[6] in (1, 2):
                self._put(
                    row, column, _ERRORS.get(data[8], "#N/A") if data[6] == 2 else ("FALSE", "TRUE")[data[8] != 0]
                )
        elif len(data) >= 14:
            self._put(row, column, self.book.number(struct.unpack_from("<d", data, 6)[0], style))

    def _cell_of_excel_2(self, kind: int, data: bytes) -> None:
        """Excel 2 has three bytes of attributes instead of a style number."""
        row, column = struct.unpack_from("<HH", data)
        if kind == 0x02 and len(data) >= 9:
            self._put(row, column, str(struct.unpack_from("<H", data, 7)[0]))
        elif kind == 0x04:
            self._put(row, column, self.book.string(data, 7, 1))
        elif len(data) >= 15:
            if data[13:15] == b"\xff\xff" and kind == 0x06:
                self.formula = (row, column)
            else:
                self._put(row, column, general(struct.unpack_from("<d", data, 7)[0]))

    def _drawn(self, kind: int, data: bytes, more: list[bytes]) -> None:
        """Text boxes and comments."""
        if kind == 0x5D and len(data) >= 8:
            object_type, self.object_id = struct.unpack_from("<HH", data, 4)
            self.is_note = object_type == 0x19
        elif kind == 0x01B6 and more:
            text = more[0][1:].decode("utf-16-le" if more[0][:1] == b"\x01" else "latin-1", "replace")
            if self.is_note:
                self.notes[self.object_id] = text
            elif text.strip():
                self.sheet.boxes.append(text)
        elif kind == 0x1C and len(data) >= 8:
            row, column, _, number = struct.unpack_from("<HHHH", data)
            if self.book.biff8:
                self.anchors.append((row, column, number, self.book.string(data, 8, 2)))
            else:
                text = data[6:].decode(self.book.encoding, "replace")
                self.sheet.comments.append(f"Comment on {_cell_name(row, column)}: {text}")

    def _put(self, row: int, column: int, text: str) -> None:
        if text:
            self.sheet.rows.setdefault(row, {})[column] = text
            self.used += len(text) + 3
            if self.used > self.book.budget.limits.max_chars:
                self.book.budget.write(self.used)


def _shared_strings(pieces: list[bytes]) -> Iterator[str]:
    """The shared string table; a string may go on in the next record, even in the other character width."""
    total = struct.unpack_from("<I", pieces[0], 4)[0] if len(pieces[0]) >= 8 else 0
    yield from _strings([pieces[0][8:], *pieces[1:]], [None] * min(total, 5_000_000))


def _strings(pieces: list[bytes], counts: list[int | None]) -> Iterator[str]:
    """Unicode strings one after another; a count of None is read from the data."""
    number, at = 0, 0

    def take(size: int) -> bytes:
        nonlocal number, at
        result = b""
        while len(result) < size and number < len(pieces):
            piece = pieces[number][at : at + size - len(result)]
            result, at = result + piece, at + len(piece)
            if at >= len(pieces[number]):
                number, at = number + 1, 0
        return result

    for known in counts:
        if number >= len(pieces):
            return
        raw = take(2) if known is None else b""
        count = known if known is not None else struct.unpack("<H", raw)[0] if len(raw) == 2 else 0
        flag = take(1)
        if not flag:
            return
        wide, rich, east = flag[0] & 1, flag[0] & 8, flag[0] & 4
        runs = struct.unpack("<H", take(2).ljust(2, b"\0"))[0] if rich else 0
        extra = struct.unpack("<I", take(4).ljust(4, b"\0"))[0] if east else 0
        parts: list[str] = []
        left = count
        while left > 0 and number < len(pieces):
            room = len(pieces[number]) - at
            size = min(left * (2 if wide else 1), room - room % 2 if wide else room)
            if size <= 0:
                number, at = number + 1, 0
            else:
                piece = pieces[number][at : at + size]
                parts.append(piece.decode("utf-16-le" if wide else "latin-1", "replace"))
                left, at = left - (size // 2 if wide else size), at + size
                if at >= len(pieces[number]):
                    number, at = number + 1, 0
            if left > 0 and at == 0 and number < len(pieces) and pieces[number]:
                wide, at = pieces[number][0] & 1, 1  # each further record starts with its own width
        yield "".join(parts)
        take(4 * runs)
        take(min(extra, 1 << 24))


def _rk(raw: bytes) -> float:
    number = struct.unpack("<I", raw)[0]
    if number & 2:
        value = float(struct.unpack("<i", raw)[0] >> 2)
    else:
        value = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", number & 0xFFFFFFFC))[0]
    return value / 100 if number & 1 else value


def _cell_name(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
