"""OLE compound files (doc, xls, ppt, msg of Office 97–2003): streams by name and the summary's metadata."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta

import olefile

from core.errors import ParseError
from ingestion.parse.draft import File, attributes

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

# Windows code page numbers that Python spells differently.
_CODEPAGES = {
    10000: "mac_roman", 10001: "shift_jis", 65001: "utf-8", 1200: "utf-16-le", 28591: "latin-1", 20127: "ascii",
    50220: "iso2022_jp", 51932: "euc_jp", 54936: "gb18030", 936: "gb18030", 20936: "gb18030", 51949: "euc_kr",
    20866: "koi8_r", 21866: "koi8_u", 28605: "iso8859-15", 32768: "mac_roman", 32769: "cp1252",
}  # fmt: skip


class Compound:
    """An OLE file; streams that are missing or damaged read as empty."""

    def __init__(self, file: File) -> None:
        """Opens the file.

        Raises:
            ParseError: its directory is damaged.
        """
        try:
            # A stream, since olefile takes a few bytes for a path.
            self._ole = olefile.OleFileIO(io.BytesIO(file.body))
        except Exception as error:  # olefile raises many kinds for a damaged directory
            raise ParseError(f"it is damaged: its directory can't be read ({error}); get a fresh copy") from error
        self._names = {"/".join(entry).lower(): entry for entry in self._ole.listdir(streams=True, storages=False)}

    def read(self, *path: str) -> bytes:
        """A stream's bytes."""
        entry = self._names.get("/".join(path).lower())
        if entry is None:
            return b""
        try:
            return bytes(self._ole.openstream(entry).read())
        except (OSError, ValueError, IndexError, struct.error):
            return b""

    def children(self, *path: str) -> list[str]:
        """The names of streams and storages right below a storage, in the order of the directory."""
        depth, prefix = len(path), "/".join(path).lower()
        found: dict[str, None] = {}
        for entry in self._names.values():
            if len(entry) > depth and "/".join(entry[:depth]).lower() == prefix:
                found[entry[depth]] = None
        return list(found)

    def properties(self) -> tuple[str, dict[str, str | tuple[str, ...]]]:
        """Title and metadata of the summary information stream."""
        values = summary(self.read("\x05SummaryInformation"))
        return values.get(2, ""), attributes(
            [
                ("authors", values.get(4, "").split(";")),
                ("created_at", values.get(12, "")),
                ("updated_at", values.get(13, "")),
                ("last_modified_by", values.get(8, "")),
                ("subject", values.get(3, "")),
                ("keywords", values.get(5, "").replace(";", ",").split(",")),
            ]
        )


def summary(stream: bytes) -> dict[int, str]:
    """The texts and dates (ISO 8601) of a property set's first section, by property number ([MS-OLEPS])."""
    found: dict[int, str] = {}
    encoding = "cp1252"
    if len(stream) < 56:
        return found
    start = struct.unpack_from("<I", stream, 44)[0]
    section = stream[start:]
    count = struct.unpack_from("<I", section, 4)[0] if len(section) >= 8 else 0
    for number in range(min(count, 200)):
        if len(section) < 16 + 8 * number:
            break
        identifier, at = struct.unpack_from("<II", section, 8 + 8 * number)
        if at + 8 > len(section):
            continue
        kind = struct.unpack_from("<H", section, at)[0]
        if kind == 2 and identifier == 1:
            encoding = codec(struct.unpack_from("<H", section, at + 4)[0])
        elif kind in (30, 31):
            size = struct.unpack_from("<I", section, at + 4)[0] * (2 if kind == 31 else 1)
            raw = section[at + 8 : at + 8 + min(size, 10_000)]
            found[identifier] = raw.decode("utf-16-le" if kind == 31 else encoding, "replace").split("\0")[0]
        elif kind == 64 and at + 12 <= len(section):
            ticks = struct.unpack_from("<Q", section, at + 4)[0]
            if 10**17 < ticks < 2.65 * 10**18:
                found[identifier] = (_EPOCH + timedelta(microseconds=ticks // 10)).isoformat()
    return found


def codec(codepage: int) -> str:
    """Python's name of a Windows code page; cp1252 if it isn't known."""
    name = _CODEPAGES.get(codepage % 65_536 if codepage < 0 else codepage, f"cp{codepage}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name
