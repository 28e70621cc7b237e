"""The cursor of sources that are compared item by item: a compact list of what was there, and in which version.

One line a document: its key and four short stamps, compressed; some 30 bytes each. Items come in the order of their
keys, so the old list and the new one are merged while both stream by, and memory doesn't grow with their number.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import SourceError
from core.types import Cursor

_VERSION = 1
_PORTION_BYTES = 65_536

Order = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """What is remembered of one document: stamps of its bytes, of its sidecar file, of what that says, of access."""

    key: str
    content: str
    side: str = ""
    details: str = ""
    access: str = ""


@dataclass(frozen=True)
class Remembered:
    """A cursor, read.

    Attributes:
        policy: Digest of the access policy that the entries' access was worked out with.
        extra: What else the connector keeps (tokens, digests), as JSON values.
    """

    listing: str = ""
    policy: str = ""
    extra: Mapping[str, Any] | None = None
    source: str = ""

    def entries(self) -> Iterator[ListedVersion]:
        """The entries in the order in which they were written. Raises SourceError if they can't be read."""
        try:
            yield from _unpack(self.listing)
        except (ValueError, TypeError, zlib.error) as error:
            raise _unreadable(self.source, error) from error


class ListingWriter:
    """Collects the new entries, compressed as they come, and makes cursors of them."""

    def __init__(self, policy: str = "", order: Order = str) -> None:
        self._policy = policy
        self._order = order
        self._packer = zlib.compressobj(6)
        self._packed: list[bytes] = []
        self._last = ""

    def add(self, entry: ListedVersion) -> None:
        """Remembers one more document."""
        line = json.dumps([entry.key, entry.content, entry.side, entry.details, entry.access]) + "\n"
        self._packed.append(self._packer.compress(line.encode()))
        self._last = entry.key

    def cursor(self, extra: Mapping[str, Any] | None = None, rest: str = "", after: str = "") -> Cursor:
        """The entries so far as a cursor.

        Args:
            rest: In the middle of a run: the old listing, of which everything after the key `after` still holds.
        """
        packed = b"".join([*self._packed, self._packer.copy().flush()])
        text: dict[str, Any] = {"v": _VERSION, "policy": self._policy, "listing": base64.b64encode(packed).decode()}
        if extra:
            text["extra"] = dict(extra)
        if rest:
            text |= {"rest": rest, "after": after}
        return json.dumps(text)


def read_cursor(cursor: Cursor | None, source: str, order: Order = str) -> Remembered:
    """What the cursor remembers; nothing for None.

    Raises:
        SourceError: it isn't a cursor that this version wrote.
    """
    if cursor is None:
        return Remembered()
    try:
        text = json.loads(cursor)
        if text["v"] != _VERSION:
            raise ValueError(f"version {text['v']}")
        listing = text["listing"]
        if "rest" in text:
            after = order(text["after"])
            writer = ListingWriter()
            for entry in _unpack(listing):
                writer.add(entry)
            for entry in _unpack(text["rest"]):
                if order(entry.key) > after:
                    writer.add(entry)
            listing = json.loads(writer.cursor())["listing"]
        return Remembered(listing, text["policy"], text.get("extra"), source)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise _unreadable(source, error) from error


def merged(
    items: Iterable[Any], entries: Iterable[ListedVersion], order: Order
) -> Iterator[tuple[Any | None, ListedVersion | None]]:
    """Each item (anything with a `key`) with its entry; None on the side that hasn't the key.

    Raises:
        SourceError: the items don't come in order, so what is gone can't be told.
    """
    remaining = iter(entries)
    entry = next(remaining, None)
    last: str | None = None
    for item in items:
        here = order(item.key)
        if last is not None and here <= last:
            raise SourceError(f"The source lists {item.key!r} out of order, so what was deleted can't be told.")
        last = here
        while entry is not None and order(entry.key) < here:
            yield None, entry
            entry = next(remaining, None)
        if entry is not None and entry.key == item.key:
            yield item, entry
            entry = next(remaining, None)
        else:
            yield item, None
    while entry is not None:
        yield None, entry
        entry = next(remaining, None)


def matched(
    items: Iterable[Any], entries: Iterable[ListedVersion]
) -> Iterator[tuple[Any | None, ListedVersion | None]]:
    """The same for items in any order; the old entries are held in memory. A key that comes twice counts once."""
    old = {entry.key: entry for entry in entries}
    seen: set[str] = set()
    for item in items:
        if item.key not in seen:
            seen.add(item.key)
            yield item, old.pop(item.key, None)
    for entry in old.values():
        yield None, entry


def _unpack(listing: str) -> Iterator[ListedVersion]:
    if not listing:
        return
    packed = base64.b64decode(listing, validate=True)
    unpacker = zlib.decompressobj()
    kept = b""
    for begin in range(0, len(packed), _PORTION_BYTES):
        *lines, kept = (kept + unpacker.decompress(packed[begin : begin + _PORTION_BYTES])).split(b"\n")
        for line in lines:
            yield ListedVersion(*json.loads(line))
    if not unpacker.eof:
        raise ValueError("it is cut short")


def _unreadable(source: str, error: Exception) -> SourceError:
    return SourceError(
        f"The remembered state of the source {source} can't be read ({error}); run: debrief sync {source} --full"
    )
