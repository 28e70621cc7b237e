"""A stretch of a sync: documents that are published and committed together.

A stretch is written to a copy of the current index generation, the copy is published atomically, and then its
documents and the source's cursor are committed. Whatever stops the process in between, the old generation serves
and the stretch is repeated. A crash after publishing and before the commit leaves the index ahead of what is
remembered; the source is marked as unsettled first, and then written anew.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack

from core.types import Cursor
from ingestion.state import DocumentRecord, SyncState
from retrieval.engines import Generations, GenerationWriter

log = logging.getLogger(__name__)


class SyncCommit:
    """Documents that are published and committed together. The working copy is made at the first write."""

    def __init__(self, state: SyncState, generations: Generations, rebuild: bool = False) -> None:
        self._state = state
        self._generations = generations
        self._rebuild = rebuild
        self._stack = ExitStack()
        self._writer: GenerationWriter | None = None
        self._unsettled: dict[str, bool] = {}
        self.records: dict[str, dict[str, DocumentRecord]] = {}

    def is_unsettled(self, source: str) -> bool:
        """Whether an earlier crash left index and records of the source apart, and nothing has mended that yet."""
        if source not in self._unsettled:
            self._unsettled[source] = self._state.is_unsettled(source)
        return self._unsettled[source]

    def begin(self, source: str) -> None:
        """Called before the first write to a source: an index that is written in place is ahead from here on."""
        if not self.is_unsettled(source) and self._generations.in_place:
            self._state.unsettle([source])

    def mended(self, source: str) -> None:
        """Everything that the source has was written anew."""
        self._unsettled[source] = False

    @property
    def writer(self) -> GenerationWriter:
        """The working copy's writer; takes the writer's lock."""
        if self._writer is None:
            self._writer = self._stack.enter_context(self._generations.write(rebuild=self._rebuild))
        return self._writer

    def remember(self, record: DocumentRecord) -> None:
        """The document's record is committed with this stretch."""
        self.records.setdefault(record.source, {})[record.id] = record

    def size(self) -> int:
        """How many documents have changed so far."""
        return sum(map(len, self.records.values()))

    def publish(self, cursors: dict[str, Cursor | None], note: str) -> None:
        """Makes what was written serve, then commits records and cursors."""
        generation = ""
        if self._writer is not None:
            for source in {*cursors, *self.records}:
                self.is_unsettled(source)  # looked up before it is marked
            self._state.unsettle({*cursors, *self.records})
            generation = self._writer.publish(note=note).name
        values = {"generation": generation, "documents": self.size(), "sources": sorted({*cursors, *self.records})}
        self.discard()
        current = self._generations.current
        for source, cursor in cursors.items():
            records = self.records.pop(source, {}).values()
            settled = not self.is_unsettled(source)
            self._state.commit(source, records, cursor, settled, "" if current is None else current.name)
        self.records.clear()
        if generation:
            log.info("%(documents)d documents of %(sources)s committed, published in %(generation)s", values)

    def discard(self) -> None:
        """Drops the working copy, published or not."""
        self._stack.close()
        self._writer = None
