"""Why is this document not found? What the write path knows of it, by any name that a person may use."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import SourceError
from core.nearest import closest
from core.settings import SourceSettings
from ingestion.state import DocumentRecord, SyncState


def explain(state: SyncState, name: str, sources: Sequence[SourceSettings]) -> list[DocumentRecord]:
    """The records whose id is `name`, or whose id, address or title contains it.

    Raises:
        SourceError: none does; the message says what that means and names the nearest ids.
    """
    exact = state.record(name)
    if exact is not None:
        return [exact]
    records = state.records()
    wanted = name.casefold()
    found = [
        r for r in records if wanted in r.id.casefold() or wanted in r.title.casefold() or wanted in r.url.casefold()
    ]
    if found:
        return found
    near = closest(name, (record.id for record in records), most=3, alike=0.4)
    hint = f"The nearest ids are {', '.join(near)}." if near else ""
    listed = ", ".join(source.name for source in sources)
    raise SourceError(
        f"No source ever showed a document named {name!r} (sources: {listed}). {hint} If it should be there, check "
        "the source's path or prefix and its include and exclude patterns, then run `debrief sync`."
    )
