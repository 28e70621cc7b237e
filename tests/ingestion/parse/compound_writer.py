"""Writes OLE compound files ([MS-CFB]): what .doc, .xls, .ppt and .msg are kept in."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

SECTOR, MINI, CUTOFF = 512, 64, 4096
_FREE, _END, _FAT_SECTOR, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5


@dataclass
class _Entry:
    """A line of the directory."""

    name: str
    kind: int
    data: bytes = b""
    children: dict[str, _Entry] = field(default_factory=dict)
    number: int = 0
    start: int = _END
    next: int = _NONE
    child: int = _NONE


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with these streams by path ("__attach_version1.0_#00000000/__properties_version1.0")."""
    root = _Entry("Root Entry", _ROOT)
    for path, data in streams.items():
        *storages, name = path.split("/")
        place = root
        for storage in storages:
            place = place.children.setdefault(storage, _Entry(storage, _STORAGE))
        place.children[name] = _Entry(name, _STREAM, data)
    entries = _listed(root)
    small = [entry for entry in entries if entry.kind == _STREAM and 0 < len(entry.data) < CUTOFF]
    mini_fat: list[int] = []
    for entry in small:
        entry.start = len(mini_fat)
        _chain(mini_fat, -(-len(entry.data) // MINI))
    root.data = b"".join(entry.data.ljust(-(-len(entry.data) // MINI) * MINI, b"\0") for entry in small)
    body, fat = b"", list[int]()
    for entry in entries:
        if entry.data and (entry.kind == _ROOT or len(entry.data) >= CUTOFF):
            entry.start = len(fat)
            body += _sectors(entry.data, fat)
    mini_start = len(fat) if mini_fat else _END
    body += _sectors(struct.pack(f"<{len(mini_fat)}I", *mini_fat), fat, b"\xff") if mini_fat else b""
    directory_start = len(fat)
    body += _sectors(b"".join(map(_line, entries)), fat)
    size = 1
    while size * SECTOR // 4 < len(fat) + size:
        size += 1
    places = range(len(fat), len(fat) + size)
    fat += [_FAT_SECTOR] * size
    body += struct.pack(f"<{len(fat)}I", *fat).ljust(size * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    mini_count = -(-len(mini_fat) * 4 // SECTOR)
    head += struct.pack("<IIIIIIIIII", 0, size, directory_start, 0, CUTOFF, mini_start, mini_count, _END, 0, places[0])
    return (head + struct.pack(f"<{size - 1}I", *places[1:])).ljust(SECTOR, b"\xff") + body


def _listed(root: _Entry) -> list[_Entry]:
    """All entries, numbered; those of one storage are linked to the right, in the order that the format asks for."""
    entries = [root]
    for entry in entries:
        children = sorted(entry.children.values(), key=lambda child: (len(child.name), child.name.upper()))
        for child in children:
            child.number = len(entries)
            entries.append(child)
        for left, right in pairwise(children):
            left.next = right.number
        entry.child = children[0].number if children else _NONE
    return entries


def _chain(fat: list[int], count: int) -> None:
    fat.extend(range(len(fat) + 1, len(fat) + count))
    fat.append(_END)


def _sectors(data: bytes, fat: list[int], padding: bytes = b"\0") -> bytes:
    count = -(-len(data) // SECTOR)
    _chain(fat, count)
    return data.ljust(count * SECTOR, padding)


def _line(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    return (
        name.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(name), entry.kind, 1, _NONE, entry.next, entry.child)
        + bytes(36)
        + struct.pack("<IQ", entry.start, len(entry.data))
    )
