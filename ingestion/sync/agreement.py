"""Whether the state database and the index are of one moment, and what is done where they aren't.

They aren't where one of the two was put back by hand. An older state doesn't know of documents that came since: nobody
would take them out of the index when they are deleted, or closed.
"""

from __future__ import annotations

import logging
import re

from ingestion.state import SyncState
from ingestion.sync.commit import SyncCommit
from retrieval.engines import Generations

log = logging.getLogger(__name__)


def disagreement(state: SyncState, generations: Generations) -> str:
    """What is wrong between the two, in a sentence; empty when nothing is known to be."""
    current, remembered = generations.current, state.generation()
    if current is None or generations.in_place or not remembered or current.name == remembered:
        return ""
    if _number(current.name) == _number(remembered) + 1 and state.any_unsettled():
        return ""  # A sync was killed between publishing and committing, and knows which sources to read anew.
    return (
        f"The index {current.name} and the state database, which knows {remembered}, are of different moments; run "
        "`debrief sync`, which reads every source anew and takes out what nobody remembers."
    )


def bring_together(state: SyncState, generations: Generations, stretch: SyncCommit, rebuild: bool) -> None:
    """Takes what isn't remembered out of the index, and has every source read anew."""
    said = disagreement(state, generations)
    if not said:
        return
    log.warning("%(said)s", {"said": said})
    state.unsettle(state.sources())
    if not rebuild:
        index = stretch.writer.index
        there = {chunk.document_id for chunk in index.chunks()}
        known = {id_ for id_, record in state.known(there).items() if record.outcome == "indexed"}
        index.delete(sorted(there - known))


def _number(name: str) -> int:
    digits = re.search(r"\d+$", name)
    return int(digits.group()) if digits else 0
