"""BIFF, the record stream of an .xls file ([MS-XLS] 2.1.4): record types, strings and packed numbers.

A number behind a name is the version that wrote the record with this type: `FORMULA_3` is Excel 3's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

# Types of records, [MS-XLS] 2.3 and, before Excel 97, OpenOffice's "Documentation of the Excel File Format".
BOF, BOF_2, BOF_3, BOF_4, EOF = 0x0809, 0x0009, 0x0209, 0x0409, 0x000A
FILEPASS, CODEPAGE, DATE1904, BOUNDSHEET = 0x002F, 0x0042, 0x0022, 0x0085
FORMAT, FORMAT_2, XF, XF_3, XF_4 = 0x041E, 0x001E, 0x00E0, 0x0243, 0x0443
SST, CONTINUE = 0x00FC, 0x003C
LABELSST, LABEL, RSTRING, NUMBER, RK, MULRK, BOOLERR = 0x00FD, 0x0204, 0x00D6, 0x0203, 0x027E, 0x00BD, 0x0205
FORMULA, FORMULA_3, FORMULA_4, STRING, STRING_2 = 0x0006, 0x0206, 0x0406, 0x0207, 0x0007
INTEGER_2, NUMBER_2, LABEL_2 = 0x0002, 0x0003, 0x0004
MERGECELLS, HEADER, FOOTER, OBJ, TXO, NOTE = 0x00E5, 0x0014, 0x0015, 0x005D, 0x01B6, 0x001C

BEGINS = frozenset((BOF, BOF_2, BOF_3, BOF_4))
EXCEL_97 = 0x0600  # the version in BOF; 0x0500 is Excel 5 and 95
WORKSHEET = 0  # the kind of sheet in BOUNDSHEET; others are charts and macros
HIDDEN_MASK = 3  # in BOUNDSHEET: 1 is hidden, 2 very hidden
NOTE_OBJECT = 0x19  # the kind of object in OBJ that a comment is
NOTE_GOES_ON = 0xFFFF  # the row of a NOTE that goes on with the one before (Excel 5)
IS_WIDE, IS_EAST_ASIAN, IS_RICH = 1, 4, 8  # flags of a string
NOT_A_NUMBER = b"\xff\xff"  # the end of a FORMULA's result that is no number; its first byte says what it is
TEXT_RESULT, BOOLEAN_RESULT, ERROR_RESULT = 0, 1, 2
MAX_STRINGS = 5_000_000
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}

Record = tuple[int, bytes, list[bytes]]  # type, data, data of its CONTINUE records


def read_records(stream: bytes, offset: int) -> Iterator[Record]:
    """The records from `offset` on, each with the CONTINUE records that follow it."""
    pending: Record | None = None
    while offset + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, offset)
        data = stream[offset + 4 : offset + 4 + size]
        offset += 4 + size
        if kind == CONTINUE:
            if pending is not None:
                pending[2].append(data)
            continue
        if pending is not None:
            yield pending
        pending = (kind, data, [])
    if pending is not None:
        yield pending


def shared_strings(pieces: list[bytes]) -> Iterator[str]:
    """The strings of SST; one may go on in the next record, even in the other character width."""
    total = struct.unpack_from("<I", pieces[0], 4)[0] if len(pieces[0]) >= 8 else 0
    yield from read_strings([pieces[0][8:], *pieces[1:]], [None] * min(total, MAX_STRINGS))


def read_strings(pieces: list[bytes], counts: list[int | None]) -> Iterator[str]:
    """Excel 97's strings one after another, by their numbers of characters; None is read from the data."""
    reader = _Pieces(pieces)
    for known in counts:
        if reader.at_end:
            return
        raw = reader.take(2) if known is None else b""
        count = known if known is not None else struct.unpack("<H", raw)[0] if len(raw) == 2 else 0
        flags = reader.take(1)
        if not flags:
            return
        runs = struct.unpack("<H", reader.take(2).ljust(2, b"\0"))[0] if flags[0] & IS_RICH else 0
        extra = struct.unpack("<I", reader.take(4).ljust(4, b"\0"))[0] if flags[0] & IS_EAST_ASIAN else 0
        yield reader.characters(count, bool(flags[0] & IS_WIDE))
        reader.take(4 * runs)
        reader.take(min(extra, 1 << 24))


def drawn_text(data: bytes, more: list[bytes]) -> str:
    """The text of a TXO: a text box or a comment. Its characters stand in the CONTINUE records."""
    count = struct.unpack_from("<H", data, 10)[0] if len(data) >= 12 else 0
    reader = _Pieces(more)
    flags = reader.take(1)
    return reader.characters(count, bool(flags and flags[0] & IS_WIDE))


def unpack_rk(raw: bytes) -> float:
    """The number packed in the four bytes of an RK: an integer or half a float, perhaps in hundredths."""
    number = struct.unpack("<I", raw)[0]
    if number & 2:
        value = float(struct.unpack("<i", raw)[0] >> 2)
    else:
        value = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", number & 0xFFFFFFFC))[0]
    return value / 100 if number & 1 else value


class _Pieces:
    """A record and its CONTINUE records, read from front to back."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._number, self._at = 0, 0

    @property
    def at_end(self) -> bool:
        return self._number >= len(self._pieces)

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        result = b""
        while len(result) < size and not self.at_end:
            piece = self._pieces[self._number][self._at : self._at + size - len(result)]
            result += piece
            self._advance(len(piece))
        return result

    def characters(self, count: int, is_wide: bool) -> str:
        """The next `count` characters; each further record starts with their width from there on."""
        parts: list[str] = []
        while count > 0 and not self.at_end:
            room = len(self._pieces[self._number]) - self._at
            size = min(count * (2 if is_wide else 1), room - room % 2 if is_wide else room)
            if size <= 0:
                self._number, self._at = self._number + 1, 0
            else:
                piece = self._pieces[self._number][self._at : self._at + size]
                parts.append(piece.decode("utf-16-le" if is_wide else "latin-1", "replace"))
                count -= size // 2 if is_wide else size
                self._advance(size)
            if count > 0 and self._at == 0 and not self.at_end and self._pieces[self._number]:
                is_wide, self._at = bool(self._pieces[self._number][0] & IS_WIDE), 1
        return "".join(parts)

    def _advance(self, size: int) -> None:
        self._at += size
        if self._at >= len(self._pieces[self._number]):
            self._number, self._at = self._number + 1, 0
