"""Documents of the index as apps take them: reports of a customer by period, meetings by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.accounts.chunks import changed_on
from assistant.accounts.known import Known, is_meeting
from assistant.accounts.periods import period_in
from core import records
from core.records import day_of, record_of, text_of
from core.text.dates import find_day
from core.types import Chunk


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
    for chunk in known.documents(known.owners.documents_of([customer])):
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
    wanted = known.owners.documents_of(customers) if customers else None
    found = [IndexedMeeting(_day(c), c) for c in known.documents(wanted) if is_meeting(c)]
    return sorted((m for m in found if m.day), key=lambda m: (m.day, _fullness(m.chunk)), reverse=True)


def _day(chunk: Chunk) -> str:
    named: date | None = find_day(chunk.title, None) or find_day(text_of(chunk.metadata, "path"), None)
    return named.isoformat() if named else day_of(chunk.metadata, "created_at")[:10] or changed_on(chunk)


def _fullness(chunk: Chunk) -> int:
    if "speakers" in chunk.metadata:
        return 2
    return 0 if record_of(chunk.metadata) == records.TOUCHPOINT else 1
