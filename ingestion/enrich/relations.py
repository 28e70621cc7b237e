"""What only shows when all documents are looked at together: who supersedes whom, what repeats what, what expired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from core.types import AttributeValue
from ingestion.enrich.duplicates import duplicates
from ingestion.enrich.rules import VettingPolicy
from ingestion.enrich.vet import vet
from ingestion.state import DocumentRecord


def related(
    records: Callable[[], Iterable[DocumentRecord]], policy: VettingPolicy, today: datetime
) -> Iterator[DocumentRecord]:
    """The records whose attributes have to change, as they should be.

    Args:
        records: Gives every indexed document of every source; it is read more than once, so that they need not all
            be in memory.
        today: In UTC, for review dates.
    """
    superseded = _superseded(records)
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
