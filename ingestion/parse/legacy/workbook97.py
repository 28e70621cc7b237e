"""xls (Excel 5–2003) → sections: the BIFF records of each visible sheet, cells as shown.

calamine reads the same files without number formats, comments, headers and footers; xlrd without text boxes, headers
and footers, and not at all when one record is out of the norm (docs/decisions/parsers-own.md has the figures).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.legacy import biff
from ingestion.parse.legacy.compound import Compound, codec
from ingestion.parse.office.grid import write_grid
from ingestion.parse.office.number_format import BUILTIN, general, shown
from ingestion.parse.office.sheets import MAX_MERGED_ROWS, margin_text

_FORMULAS = frozenset((biff.FORMULA, biff.FORMULA_3, biff.FORMULA_4))
_CELLS = _FORMULAS | {biff.LABELSST, biff.LABEL, biff.RSTRING, biff.NUMBER, biff.RK, biff.BOOLERR}
_CELLS_OF_EXCEL_2 = frozenset((biff.INTEGER_2, biff.NUMBER_2, biff.LABEL_2, biff.FORMULA))
_OLD = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")  # Excel 2, 3 and 4: one sheet, no compound file


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
        for kind, data, more in biff.read_records(stream, 0):
            if kind in biff.BEGINS and len(data) >= 4:
                self.biff8 = kind == biff.BOF and struct.unpack_from("<H", data)[0] >= biff.EXCEL_97
                self.version = {biff.BOF_2: 2, biff.BOF_3: 3, biff.BOF_4: 4}.get(kind, 5)
            elif kind == biff.FILEPASS:
                raise Encrypted("it is encrypted with a password; remove the password and upload it again")
            elif kind == biff.CODEPAGE and len(data) >= 2:
                self.encoding = codec(struct.unpack_from("<H", data)[0])
            elif kind == biff.DATE1904 and len(data) >= 2:
                self.epoch_1904 = data[0] == 1
            elif kind == biff.BOUNDSHEET and len(data) >= 8:
                bounds.append(data)
            elif kind == biff.FORMAT and len(data) > 4 and self.version >= 5:
                number = struct.unpack_from("<H", data)[0]
                self.formats[number] = self.string(data, 2, 2 if self.biff8 else 1)
            elif (
                kind in (biff.FORMAT_2, biff.FORMAT) and len(data) > 2
            ):  # before Excel 5 they are numbered as they come
                self.old_formats.append(self.string(data, 2 if self.version == 4 else 0, 1))
            elif kind in (biff.XF_3, biff.XF_4) and len(data) >= 2:
                self.styles.append(data[1])
            elif kind == biff.XF and len(data) >= 4:
                self.styles.append(struct.unpack_from("<H", data, 2)[0])
            elif kind == biff.SST:
                self.strings = list(biff.shared_strings([data, *more]))
            elif kind == biff.EOF:
                break
        for data in bounds:
            offset, hidden, sort = struct.unpack_from("<IBB", data)
            if sort == biff.WORKSHEET:
                self.sheets.append(_Sheet(self.string(data, 6, 1), offset, hidden & biff.HIDDEN_MASK == 0))
        if self.version < 5:
            self.formats = dict(enumerate(self.old_formats))
        if not bounds:
            self.sheets.append(_Sheet("", 0, True))

    def read_sheet(self, sheet: _Sheet) -> None:
        """Fills `sheet` from its records."""
        reader, depth = _SheetReader(self, sheet), 0
        for kind, data, more in biff.read_records(self.stream, sheet.offset):
            if kind in biff.BEGINS:
                depth += 1
            elif kind == biff.EOF:
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

    def string(self, data: bytes, at: int, width: int, more: list[bytes] | None = None) -> str:
        """A string with a length of `width` bytes at `at`."""
        if len(data) < at + width:
            return ""
        count = data[at] if width == 1 else struct.unpack_from("<H", data, at)[0]
        at += width
        if not self.biff8:
            return data[at : at + count].decode(self.encoding, "replace")
        return next(biff.read_strings([data[at:], *(more or [])], [count]), "")


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
        if self.book.version == 2 and kind in _CELLS_OF_EXCEL_2 and len(data) >= 8:
            self._cell_of_excel_2(kind, data)
        elif kind in _CELLS and len(data) >= 8:
            self._cell(kind, data)
        elif kind in (biff.STRING_2, biff.STRING) and self.formula is not None:
            self._put(*self.formula, self.book.string(data, 0, 1 if kind == biff.STRING_2 else 2, more))
            self.formula = None
        elif kind == biff.MULRK and len(data) >= 6:
            row, column = struct.unpack_from("<HH", data)
            for number, at in enumerate(range(4, len(data) - 7, 6)):
                style = struct.unpack_from("<H", data, at)[0]
                self._put(row, column + number, self.book.number(biff.unpack_rk(data[at + 2 : at + 6]), style))
        elif kind in (biff.HEADER, biff.FOOTER) and data:
            text = margin_text(self.book.string(data, 0, 2 if self.book.biff8 else 1))
            if text and text not in self.sheet.margins:
                self.sheet.margins.append(text)
        elif kind == biff.MERGECELLS:
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
        if kind == biff.LABELSST and len(data) >= 10:
            index, strings = struct.unpack_from("<I", data, 6)[0], self.book.strings
            self._put(row, column, strings[index] if index < len(strings) else "")
        elif kind in (biff.LABEL, biff.RSTRING):
            self._put(row, column, self.book.string(data, 6, 2))
        elif kind == biff.RK and len(data) >= 10:
            self._put(row, column, self.book.number(biff.unpack_rk(data[6:10]), style))
        elif kind == biff.BOOLERR:
            self._put(row, column, _boolean_or_error(data[6], is_error=bool(data[7])))
        elif len(data) >= 14 and kind in _FORMULAS and data[12:14] == biff.NOT_A_NUMBER:
            self.formula = (row, column) if data[6] == biff.TEXT_RESULT else None
            if data[6] in (biff.BOOLEAN_RESULT, biff.ERROR_RESULT):
                self._put(row, column, _boolean_or_error(data[8], is_error=data[6] == biff.ERROR_RESULT))
        elif len(data) >= 14:
            self._put(row, column, self.book.number(struct.unpack_from("<d", data, 6)[0], style))

    def _cell_of_excel_2(self, kind: int, data: bytes) -> None:
        """Excel 2 has three bytes of attributes instead of a style number."""
        row, column = struct.unpack_from("<HH", data)
        if kind == biff.INTEGER_2 and len(data) >= 9:
            self._put(row, column, str(struct.unpack_from("<H", data, 7)[0]))
        elif kind == biff.LABEL_2:
            self._put(row, column, self.book.string(data, 7, 1))
        elif len(data) >= 15:
            if data[13:15] == biff.NOT_A_NUMBER and kind == biff.FORMULA:
                self.formula = (row, column)
            else:
                self._put(row, column, general(struct.unpack_from("<d", data, 7)[0]))

    def _drawn(self, kind: int, data: bytes, more: list[bytes]) -> None:
        """Text boxes and comments."""
        if kind == biff.OBJ and len(data) >= 8:
            object_type, self.object_id = struct.unpack_from("<HH", data, 4)
            self.is_note = object_type == biff.NOTE_OBJECT
        elif kind == biff.TXO and more:
            text = biff.drawn_text(data, more)
            if self.is_note:
                self.notes[self.object_id] = text
            elif text.strip():
                self.sheet.boxes.append(text)
        elif kind == biff.NOTE and len(data) >= 8:
            row, column, _, number = struct.unpack_from("<HHHH", data)
            if self.book.biff8:
                self.anchors.append((row, column, number, self.book.string(data, 8, 2)))
                return
            text = data[6:].decode(self.book.encoding, "replace")
            if row == biff.NOTE_GOES_ON and self.sheet.comments:
                self.sheet.comments[-1] += text
            else:
                self.sheet.comments.append(f"Comment on {_cell_name(row, column)}: {text}")

    def _put(self, row: int, column: int, text: str) -> None:
        if text:
            self.sheet.rows.setdefault(row, {})[column] = text
            self.used += len(text) + 3
            if self.used > self.book.budget.limits.max_chars:
                self.book.budget.write(self.used)


def _boolean_or_error(value: int, is_error: bool) -> str:
    if is_error:
        return biff.ERRORS.get(value, "#N/A")
    return "TRUE" if value else "FALSE"


def _cell_name(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
