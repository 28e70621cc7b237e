"""An older generation serves again, without opening what was closed or bringing back what was deleted since."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import Settings
from ingestion.state import SyncState
from retrieval.engines import open_generations
from retrieval.engines.generations import Generation, Generations


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The generation of then, and how many documents of it have today's access list or are gone from it."""

    generation: Generation
    kept: int
    removed: int


def roll_back(settings: Settings, state: SyncState, name: str | None = None) -> RolledBack:
    """Lets an older generation serve, its access lists as they are remembered today.

    Args:
        name: A generation; the one before the current by default.

    Raises:
        IndexMissing: there is none.
    """
    old = open_generations(settings).rollback(name)
    kept, removed = bring_up_to_date(open_generations(settings, old.recipe), state)
    return RolledBack(old, kept, removed)


def bring_up_to_date(generations: Generations, state: SyncState) -> tuple[int, int]:
    """Gives the documents of the serving generation today's access lists; (how many, how many were removed instead).

    What isn't remembered as indexed was deleted or closed since, and nobody could be asked who may read it.
    """
    with generations.write() as writer:
        there = {chunk.document_id for chunk in writer.index.chunks()}
        known = {id_: record for id_, record in state.known(there).items() if record.outcome == "indexed"}
        for record in known.values():
            writer.index.set_access(record.id, record.allow, record.deny)
        writer.index.delete(sorted(there - set(known)))
        state.agree_with(writer.publish("access lists of today").name)
    return len(known), len(there) - len(known)
