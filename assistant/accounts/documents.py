"""Documents of the index as apps take them: reports of a customer by period, meetings by day, each as a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import Any

from apps.accounts.chunks import changed_on
from apps.language import AppFile
from assistant.accounts.known import Known, is_meeting
from assistant.accounts.periods import period_in
from core import records
from core.records import day_of, record_of, text_of
from core.text.dates import find_day
from core.types import Chunk, Parsed, Section
from retrieval.query.filters import AnyOf


@dataclass(frozen=True, slots=True)
class IndexedReport:
    """A report about a customer and the period that it is of."""

    period: str
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class IndexedMeeting:
    """A transcript, minutes or a system's note of a meeting, and its day ("2026-11-05")."""

    day: str
    chunk: Chunk


def reports_of(known: Known, customer: str) -> list[IndexedReport]:
    """The customer's reports of one kind, one a period, oldest first: of the kind that has most periods."""
    kinds: dict[str, dict[str, Chunk]] = defaultdict(dict)
    for chunk in known.documents(AnyOf("customer", (customer,))):
        metadata = chunk.metadata
        said = (period_in(text_of(metadata, name)) for name in ("quarter", "period", "month"))
        period = period_in(chunk.title) or next(filter(None, said), "")
        if period and not is_meeting(chunk):
            other = kinds[record_of(metadata)].get(period)
            if other is None or changed_on(other) < changed_on(chunk):
                kinds[record_of(metadata)][period] = chunk
    best = max(kinds.values(), key=len, default={})
    return [IndexedReport(period, best[period]) for period in sorted(best)]


def meetings(known: Known, customers: Sequence[str] = ()) -> list[IndexedMeeting]:
    """The meetings that the person may read, newest first; of the same day the fullest record first."""
    wanted = AnyOf("customer", tuple(customers)) if customers else None
    found = [IndexedMeeting(_day(c), c) for c in known.documents(wanted) if is_meeting(c)]
    return sorted((m for m in found if m.day), key=lambda m: (m.day, _fullness(m.chunk)), reverse=True)


def file_of(parts: Sequence[Chunk], accepted: Sequence[str] = ()) -> AppFile:
    """A document's chunks as the file that they were cut from; what neighbouring chunks share is taken once.

    Args:
        accepted: Endings of file names; a document that has none of them, such as a page, is called by the first.
    """
    sections: list[Section] = []
    end = 0
    for chunk in sorted(parts, key=lambda c: c.ordinal):
        text = chunk.text[end - chunk.begin :] if not chunk.rows and chunk.begin < end else chunk.text
        end = max(end, chunk.end)
        if record_of(chunk.metadata) == records.TOUCHPOINT:
            text = _note(chunk, text)
        if not text.strip():
            continue
        if chunk.kind == "turn":
            _add_turns(sections, text.strip(), chunk)
        else:
            kind: Any = "table" if chunk.rows else "note" if chunk.kind == "note" else "text"
            sections.append(Section(text.strip(), chunk.heading_path, chunk.page, chunk.locator, kind, chunk.rows))
    head = parts[0]
    name = PurePath(text_of(head.metadata, "path") or head.title or head.document_id).name
    if accepted and PurePath(name).suffix.lower() not in accepted:
        name = f"{head.title}{'.txt' if '.txt' in accepted else accepted[0]}"
    return AppFile(name, Parsed(tuple(sections), head.title))


def _note(chunk: Chunk, text: str) -> str:
    """A system's note without the list of its fields, but for who was there."""
    fields, _, rest = text.partition("\n\n")
    if not all(line.startswith("- ") for line in fields.splitlines()):
        return text
    people = text_of(chunk.metadata, "participants")
    return f"Participants: {people}\n\n{rest}" if people else rest


def _add_turns(sections: list[Section], text: str, chunk: Chunk) -> None:
    speakers = text_of(chunk.metadata, "speakers").split(", ")
    for paragraph in text.split("\n\n"):
        name = paragraph.partition(": ")[0]
        if name in speakers or not sections or sections[-1].kind != "turn":
            sections.append(Section(paragraph, chunk.heading_path, None, chunk.locator, "turn"))
        else:
            sections[-1] = replace(sections[-1], text=f"{sections[-1].text} {paragraph}")


def _day(chunk: Chunk) -> str:
    named: date | None = find_day(chunk.title, None) or find_day(text_of(chunk.metadata, "path"), None)
    return named.isoformat() if named else day_of(chunk.metadata, "created_at")[:10] or changed_on(chunk)


def _fullness(chunk: Chunk) -> int:
    if "speakers" in chunk.metadata:
        return 2
    return 0 if record_of(chunk.metadata) == records.TOUCHPOINT else 1
