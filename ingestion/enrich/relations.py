"""What only shows when all documents are looked at together: who supersedes whom, what repeats what, what expired."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from core.types import AttributeValue
from ingestion.enrich.duplicates import duplicates
from ingestion.enrich.rules import VettingPolicy
from ingestion.enrich.vet import vet
from ingestion.state import DocumentRecord

# What differs between the titles of versions of one document.
_VERSION = re.compile(
    r"\b(?:v|version|rev(?:ision)?|edition|fassung|ausgabe|versión|édition)[\s._-]*\d[\d.]*\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)


def related(
    records: Callable[[], Iterable[DocumentRecord]], policy: VettingPolicy, today: datetime
) -> Iterator[DocumentRecord]:
    """The records whose attributes have to change, as they should be.

    Args:
        records: Gives every indexed document of every source; it is read more than once, so that they need not all
            be in memory.
        today: In UTC, for review dates.
    """
    superseded = {**_replaced(records, today), **_superseded(records)}
    signatures: dict[str, bytes] = {}
    dates: dict[str, str] = {}
    for record in records():
        signatures[record.id] = record.signature or b""
        dates[record.id] = str(record.attributes.get("updated_at", ""))
    copies = duplicates(signatures, dates)
    for record in records():
        verdict = vet(record.attributes, policy, today, superseded.get(record.id, ""))
        attributes: dict[str, AttributeValue] = {**record.attributes, "vetting": verdict.vetting}
        attributes.pop("duplicate_of", None)
        original = copies.get(record.id, "")
        if original:
            attributes["duplicate_of"] = original
        if attributes != record.attributes or verdict.lacks != record.lacks:
            yield replace(
                record, attributes=attributes, vetting=verdict.vetting, lacks=verdict.lacks, duplicate_of=original
            )


def _replaced(records: Callable[[], Iterable[DocumentRecord]], today: datetime) -> Mapping[str, str]:
    """Id of an earlier version → that of the version of the same name which says that it replaces all before it."""
    day = f"{today:%Y-%m-%d}"
    newest: dict[tuple[str, ...], tuple[tuple[str, tuple[int, ...]], str]] = {}
    for record in records():
        order = _order(record)
        if record.attributes.get("replaces_earlier") and any(order) and order[0] <= day:
            newest[_series(record)] = max((order, record.id), newest.get(_series(record), (("", ()), "")))
    found: dict[str, str] = {}
    for record in records() if newest else ():
        replacing, by = newest.get(_series(record), (("", ()), ""))
        order = _order(record)
        # Only what both of them state is compared: days with days, else versions with versions.
        earlier = order[0] < replacing[0] if order[0] and replacing[0] else () < order[1] < replacing[1]
        if by and by != record.id and earlier:
            found[record.id] = by
    return found


def _series(record: DocumentRecord) -> tuple[str, ...]:
    """What versions of one document have in common."""
    named = _VERSION.sub(" ", record.title.casefold())
    about = (str(record.attributes.get(name, "")) for name in ("customer", "region", "product", "language"))
    return (record.source, " ".join(re.findall(r"\w+", named)), *about)


def _order(record: DocumentRecord) -> tuple[str, tuple[int, ...]]:
    """(day from which it is valid, version): either may be empty."""
    version = str(record.attributes.get("version", ""))
    numbers = tuple(int(n) for n in version.split(".")) if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})*", version) else ()
    return str(record.attributes.get("valid_from", ""))[:10], numbers


def _superseded(records: Callable[[], Iterable[DocumentRecord]]) -> Mapping[str, str]:
    """Superseded document's id → the id of the newer one that names it."""
    named: dict[str, str] = {}
    for record in records():
        names = record.attributes.get("supersedes", ())
        for name in names if isinstance(names, tuple) else (str(names),):
            named[name.casefold()] = record.id
    found: dict[str, str] = {}
    for record in records() if named else ():
        # Authors write an id, a path within the source, a file name, an address or a title.
        path = record.id.partition(":")[2]
        for name in (record.id, path, path.rpartition("/")[2], record.url, record.title):
            newer = named.get(name.casefold(), record.id)
            if newer != record.id:
                found[record.id] = newer
                break
    return found
