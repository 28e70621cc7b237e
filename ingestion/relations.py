"""What only shows when all documents are looked at together: who supersedes whom, what repeats what, what expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.types import AttributeValue
from ingestion.duplicates import duplicates
from ingestion.rules import VettingPolicy
from ingestion.state import DocumentRecord
from ingestion.vet import vet


def related(records: Sequence[DocumentRecord], policy: VettingPolicy, today: datetime) -> list[DocumentRecord]:
    """The records whose attributes have to change, as they should be.

    Args:
        records: Every indexed document of every source.
        today: In UTC, for review dates.
    """
    superseded = _superseded(records)
    copies = duplicates(
        {record.id: record.signature or b"" for record in records},
        {record.id: str(record.attributes.get("updated_at", "")) for record in records},
    )
    changed: list[DocumentRecord] = []
    for record in records:
        verdict = vet(record.attributes, policy, today, superseded.get(record.id, ""))
        attributes: dict[str, AttributeValue] = {**record.attributes, "vetting": verdict.vetting}
        attributes.pop("duplicate_of", None)
        original = copies.get(record.id, "")
        if original:
            attributes["duplicate_of"] = original
        if attributes != record.attributes or verdict.lacks != record.lacks:
            changed.append(
                replace(
                    record,
                    attributes=attributes,
                    vetting=verdict.vetting,
                    lacks=verdict.lacks,
                    duplicate_of=original,
                )
            )
    return changed


def _superseded(records: Sequence[DocumentRecord]) -> Mapping[str, str]:
    """Superseded document's id → the id of the newer one that names it."""
    by_name: dict[str, str] = {}
    for record in records:
        # Authors write an id, a path within the source, an address or a title; all of them find the document.
        path = record.id.partition(":")[2]
        for name in (record.id, path, path.rpartition("/")[2], record.url, record.title):
            by_name.setdefault(name.casefold(), record.id)
    found: dict[str, str] = {}
    for record in records:
        named = record.attributes.get("supersedes", ())
        for name in named if isinstance(named, tuple) else (str(named),):
            target = by_name.get(name.casefold())
            if target is not None and target != record.id:
                found[target] = record.id
    return found
