"""What a sync made of each document: crawled, indexed, who may read it, its metadata, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from ingestion.state import DocumentRecord

_OLDER = "The version of"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One document, in words that stand in a table."""

    id: str
    title: str
    source: str
    crawled: str
    indexed: str
    access: str
    metadata: str
    reason: str
    remedy: str
    run: int
    changed: str

    def row(self) -> tuple[object, ...]:
        """Its cells."""
        return tuple(asdict(self).values())


COLUMNS = tuple(field.name for field in fields(ReportLine))


def report(records: Iterable[DocumentRecord]) -> list[ReportLine]:
    """A line for each document, in the order of the records."""
    return [_line(record) for record in records]


def _line(record: DocumentRecord) -> ReportLine:
    reason, remedy = _why(record)
    return ReportLine(
        id=record.id,
        title=record.title,
        source=record.source,
        crawled=_crawled(record),
        indexed=f"yes, {record.chunks} passages" if record.outcome == "indexed" else f"no, {record.outcome}",
        access=_access(record),
        metadata=", ".join(record.lacks) if record.lacks else "complete" if record.vetting else "not vetted",
        reason=reason,
        remedy=remedy,
        run=record.run_id,
        changed=f"{record.changed_at:%Y-%m-%d %H:%M} UTC",
    )


def _crawled(record: DocumentRecord) -> str:
    """Whether its bytes came: what has failed without ever having had any didn't."""
    if record.outcome == "deleted":
        return "gone at the source"
    if record.reason.startswith(_OLDER):
        return "no, an older version answers"
    return "yes" if record.content_hash else "no"


def _access(record: DocumentRecord) -> str:
    if not record.allow:
        return "nobody"
    shown = ", ".join(record.allow[:3]) + (f" and {len(record.allow) - 3} more" if len(record.allow) > 3 else "")
    return f"{shown}; not {', '.join(record.deny[:3])}" if record.deny else shown


def _why(record: DocumentRecord) -> tuple[str, str]:
    """Why it is as it is, and what to do; both empty where all is well."""
    source = record.source
    if record.delete_pending:
        why = "It is gone at the source, with so many others that this waits for a word."
        return why, f"If that is right: debrief sync {source} --confirm-deletes"
    if record.outcome == "deleted":
        return record.reason, ""
    if record.outcome == "failed" or record.reason.startswith(_OLDER):
        # Errors say fact; remedy.
        told = record.reason.partition("; ")[2].strip()
        return record.reason, _sentence(told) or f"The next sync tries again; until then: debrief sources test {source}"
    if record.outcome in ("held", "dropped"):
        return record.reason, "Give it what it lacks at its source, or change the rules or `unvetted` of the source."
    if not record.allow:
        return (
            "It has no access list, or none that could be read.",
            f"Share it at its source, or say under `allow` of {source} who reads what has no list.",
        )
    if record.lacks:
        return " ".join(record.lacks), "Complete its metadata at its source, or by a rule (docs/metadata.md)."
    return record.reason, ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
