"""OLE compound files (doc, xls, ppt, msg of Office 97–2003): streams by name and the summary's metadata."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import olefile

from core.errors import ParseError
from ingestion.parse.draft import File, attributes

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
            self._ole = olefile.OleFileIO(file.body)
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
        try:
            summary = self._ole.get_metadata()
        except Exception:  # a damaged summary costs only itself
            return "", {}
        encoding = codec(summary.codepage or 1252)

        def text(value: object) -> str:
            if isinstance(value, bytes):
                return value.decode(encoding, "replace").rstrip("\0")
            return value if isinstance(value, str) else ""

        def date(value: object) -> str:
            return value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) and value.year > 1900 else ""

        return text(summary.title), attributes(
            [
                ("authors", text(summary.author).split(";")),
                ("created_at", date(summary.create_time)),
                ("updated_at", date(summary.last_saved_time)),
                ("last_modified_by", text(summary.last_saved_by)),
                ("subject", text(summary.subject)),
                ("category", text(summary.category)),
                ("keywords", text(summary.keywords).replace(";", ",").split(",")),
                ("company", text(summary.company)),
            ]
        )


def codec(codepage: int) -> str:
    """Python's name of a Windows code page; cp1252 if it isn't known."""
    name = _CODEPAGES.get(codepage % 65_536 if codepage < 0 else codepage, f"cp{codepage}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name
