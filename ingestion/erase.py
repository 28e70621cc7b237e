"""Erasing deleted documents: their text goes from every generation on the disk, and what is remembered of them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from core.errors import IndexMissing, QuestionError
from core.settings import Settings
from ingestion.recordings import forget_recordings
from ingestion.state import DocumentRecord, SyncState
from retrieval.engines import open_generations

log = logging.getLogger(__name__)

# The reason of a document that was erased; nothing else of it is remembered but its id.
ERASED = "Deleted, and its text was erased."


def erasable(state: SyncState, document: str) -> DocumentRecord:
    """The document of this id.

    Raises:
        QuestionError: there is none, or it is still indexed, and the next sync would bring it back.
    """
    record = state.record(document)
    if record is None:
        raise QuestionError(f"There is no document {document!r}; `debrief docs list` names them.")
    if record.outcome == "indexed":
        raise QuestionError(
            f"{document} is indexed, and would be again; delete it in its source or exclude it there in the settings, "
            "then run `debrief sync`."
        )
    return record


def due(state: SyncState, before: datetime) -> list[str]:
    """The documents that were deleted before then and aren't erased yet."""
    found = state.records(outcome="deleted")
    return [r.id for r in found if r.changed_at < before and r.reason != ERASED]


def erase_documents(settings: Settings, state: SyncState, ids: Collection[str]) -> list[str]:
    """Erases the documents' text from the index and from what is remembered; the generations that this removed.

    The engine only marks what is deleted and leaves its text in its files, and so does a copy of them: what is left
    is written into an empty generation, and the older ones go. So nobody can roll back to before.
    """
    removed = rewrite_index(settings, state, ids)
    state.blank(ids, ERASED)
    forget_recordings(settings, state)
    return removed


def rewrite_index(settings: Settings, state: SyncState, without: Collection[str]) -> list[str]:
    """Writes the index anew without these documents, and removes every other generation; their names."""
    alone = settings.model_copy(update={"retrieval": settings.retrieval.model_copy(update={"keep_generations": 1})})
    current = open_generations(alone).current
    if current is None:
        return []
    generations = open_generations(alone, current.recipe)
    before = [generation.name for generation in generations.history()]
    try:
        old = generations.read()
    except IndexMissing:
        return []
    gone = set(without)
    ids: Sequence[str] = sorted({chunk.document_id for chunk in old.chunks()} - gone)
    with generations.write(rebuild=True) as writer:
        for document_id, chunks, vectors in old.stored(ids):
            writer.index.replace(document_id, chunks, vectors)
        state.agree_with(writer.publish(f"{len(gone)} documents erased").name)
    generations.gc()
    kept = {generation.name for generation in generations.history()}
    removed = [name for name in before if name not in kept]
    log.info("%(documents)d documents erased from the index", {"documents": len(gone)})
    return removed
