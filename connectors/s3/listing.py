"""A bucket's objects, each with its sidecar, in an order that lets both stream by.

S3 lists keys in the order of their UTF-8 bytes. `report.pdf` and `report.pdf.metadata.json` needn't follow each other
(`report.pdf-old` comes between), so documents are put in the order of the sidecars that they would have.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.common.sidecar import SUFFIX


@dataclass(frozen=True, slots=True, order=True)
class S3Object:
    """One line of a bucket's listing. `stamp` changes with each write, also of the same bytes."""

    key: str
    stamp: str = ""
    size: int = 0
    updated_at: datetime | None = None
    storage_class: str = "STANDARD"


def sidecar_order(key: str) -> str:
    """What documents are ordered by: the key that their sidecar would have."""
    return key + SUFFIX


def beside(objects: Iterable[S3Object]) -> Iterator[tuple[S3Object, S3Object | None]]:
    """Each document with its sidecar, both from one listing, in the order of `sidecar_order`."""
    waiting: list[tuple[str, S3Object]] = []
    for found in objects:
        while waiting and waiting[0][0] < found.key:
            yield heapq.heappop(waiting)[1], None
        if not found.key.endswith(SUFFIX):
            heapq.heappush(waiting, (sidecar_order(found.key), found))
        elif waiting and waiting[0][0] == found.key:
            yield heapq.heappop(waiting)[1], found
    while waiting:
        yield heapq.heappop(waiting)[1], None


def apart(
    objects: Iterable[S3Object], sidecars: Iterable[S3Object], prefix: str
) -> Iterator[tuple[S3Object, S3Object | None]]:
    """The same for sidecars that are listed by themselves, under the key `prefix` + the document's key."""
    remaining = iter(sidecars)
    sidecar = next(remaining, None)
    for found, _ in beside(objects):
        wanted = prefix + sidecar_order(found.key)
        while sidecar is not None and sidecar.key < wanted:
            sidecar = next(remaining, None)
        yield found, sidecar if sidecar is not None and sidecar.key == wanted else None


def disjoint(prefixes: Iterable[str]) -> tuple[str, ...]:
    """The prefixes in order, without those that lie in another; the whole bucket for none."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not (kept and prefix.startswith(kept[-1])):
            kept.append(prefix)
    return tuple(kept) or ("",)
