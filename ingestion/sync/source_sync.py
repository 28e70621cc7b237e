"""One source's part of a sync: its connector's changes are prepared, embedded and written to the stretch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import monotonic

import sqlalchemy as sa

from core.database import utc_now
from core.errors import SourceError
from core.identity import normalised, save_memberships
from core.settings import SourceSettings, SyncSettings
from core.types import Batch, Connector, Cursor, Document, DocumentRef, Failure
from ingestion.enrich import embedding_text
from ingestion.enrich.prepare import Preparation, Prepared, content_hash, details_hash
from ingestion.state import Counts, DocumentRecord, RunState, SyncRun, SyncState
from ingestion.sync.commit import SyncCommit
from retrieval.engines import Generations
from retrieval.models import CachedEmbedder

# Chunks are embedded in portions this large: big enough to fill the model's batches, small enough to stay in memory.
_EMBED_CHUNKS = 256
# A long first sync publishes this often, so that a crash costs minutes and early documents answer early.
_PUBLISH_DOCUMENTS = 2_000
# So often a run notes how far it is, for those who watch it from elsewhere.
_NOTE_S = 2.0

OnProgress = Callable[[str, Counts], None]


@dataclass(frozen=True)
class SyncOptions:
    """How a sync runs.

    Attributes:
        full: Fetch and write everything again, and remove what the source no longer has.
        dry_run: Fetch and compare, but write nothing.
        confirm_deletes: Delete even if it is more than `sync.max_delete_share`.
    """

    full: bool = False
    dry_run: bool = False
    confirm_deletes: bool = False


@dataclass
class SyncContext:
    """What all sources of a sync share.

    Attributes:
        configured: The names of all sources in the settings; documents of other sources are removed.
    """

    engine: sa.Engine
    state: SyncState
    generations: Generations
    embedder: CachedEmbedder
    preparation: Preparation
    limits: SyncSettings
    options: SyncOptions
    configured: frozenset[str]
    parse_workers: int = 2
    on_progress: OnProgress = lambda _source, _counts: None
    stop: threading.Event = field(default_factory=threading.Event)


class SourceSync:
    """One source's part of a sync."""

    def __init__(
        self, context: SyncContext, source: SourceSettings, connector: Connector, stretch: SyncCommit, force: bool
    ) -> None:
        self._context = context
        self._source = source
        self._connector = connector
        self._stretch = stretch
        self._force = force
        self._known: dict[str, DocumentRecord] = {}
        self._waiting: list[Prepared] = []
        self._listed: set[str] = set()
        self._gone: list[str] = []
        self._retryable = 0
        self._unlisted = False
        self._noted = monotonic()
        self.counts = Counts()
        self.cursor: Cursor | None = None

    def run(self, run: SyncRun, executor: ThreadPoolExecutor, publish_often: bool) -> tuple[RunState, str]:
        """Brings the index up to date with the source; the state it ended in and a sentence."""
        started = monotonic()
        unsettled = self._stretch.is_unsettled(self._source.name)
        self._force = self._force or unsettled
        # Part of an unsettled source published alone would look settled.
        publish_often = publish_often and not unsettled
        if not self._context.options.dry_run:
            self._stretch.begin(self._source.name)
        complete = self._force or self._context.options.full
        resume = None if complete else self._context.state.cursor(self._source.name)
        from_start = resume is None
        if from_start:
            self.counts = replace(self.counts, total=len(self._context.state.present(self._source.name)))
        try:
            for batch in self._connector.changes(resume):
                self._take(batch, run, executor)
                self.cursor = batch.cursor or self.cursor
                self.counts = replace(self.counts, seconds=round(monotonic() - started, 2))
                self._context.on_progress(self._source.name, self.counts)
                self._note(run)
                if self._context.stop.is_set():
                    self._write()
                    if from_start:
                        # Half a listing says nothing of what is gone, so the next run lists from the start again.
                        self.cursor = None
                    return "STOPPED", "Stopped on request; the next sync goes on from here."
                if publish_often and self._stretch.size() >= _PUBLISH_DOCUMENTS:
                    self._write()
                    # A full listing resumes from its start, so its cursor counts only once everything was seen.
                    self._publish(None if from_start else self.cursor)
            self._write()
            if self._too_many_failures():
                self.cursor = None
                return "FAILED", f"{self._retryable} documents could not be fetched; nothing was deleted."
            if from_start and not self._unlisted:
                self._gone = sorted(self._context.state.present(self._source.name) - self._listed)
            waiting = self._delete(run)
            if unsettled and not self._context.options.dry_run:
                self._mend()
            if not self._context.options.dry_run:
                save_memberships(self._context.engine, self._source.name, self._connector.memberships())
        except SourceError as error:
            self._write()
            self.cursor = None
            return "FAILED", str(error)
        finally:
            self.counts = replace(self.counts, seconds=round(monotonic() - started, 2))
            self._context.on_progress(self._source.name, self.counts)
        if waiting:
            return "INCOMPLETE", waiting
        return ("INCOMPLETE", "Some documents failed; see their reasons.") if self.counts.failed else ("SUCCEEDED", "")

    def _note(self, run: SyncRun) -> None:
        if monotonic() - self._noted >= _NOTE_S:
            self._noted = monotonic()
            self._context.state.progressed(run, self.counts)

    def _mend(self) -> None:
        """After a crash: removes what the index holds of the source and nobody remembers or lists."""
        if self._unlisted or self._retryable:
            return
        known = self._context.state.present(self._source.name) | self._listed
        index = self._stretch.writer.index
        strays = {chunk.document_id for chunk in index.chunks() if chunk.source == self._source.name} - known
        index.delete(sorted(strays))
        self._stretch.mended(self._source.name)

    def _publish(self, cursor: Cursor | None) -> None:
        self._stretch.publish({self._source.name: cursor}, f"sync {self._source.name}")

    def _take(self, batch: Batch, run: SyncRun, executor: ThreadPoolExecutor) -> None:
        self.counts = replace(self.counts.plus(seen=batch.seen), total=batch.total or self.counts.total)
        self._know(
            [
                *(document.id for document in batch.documents),
                *(ref.id for ref in batch.access),
                *(failure.document_id for failure in batch.failures),
            ]
        )
        for failure in batch.failures:
            self._fail(failure, run)
        for ref in batch.access:
            self._set_access(ref, run)
        changed = [document for document in batch.documents if self._is_changed(document, run)]
        if self._context.options.dry_run:
            for document in changed:
                self._count_change(document.id)
        else:
            for prepared in self._prepared(changed, run, executor):
                self._keep(prepared)
        self._gone.extend(batch.deleted)

    def _is_changed(self, document: Document, run: SyncRun) -> bool:
        self._listed.add(document.id)
        known = self._record(document.id)
        self.counts = self.counts.plus(bytes=len(document.body))
        if self._force or self._context.options.full or known is None or known.outcome == "deleted":
            return True
        same_bytes = known.content_hash == content_hash(document) and known.details_hash == details_hash(document)
        if not same_bytes or known.delete_pending:
            return True
        ref = DocumentRef(document.id, document.allow, document.deny)
        if _access(known) != _access(ref):
            self._set_access(ref, run)
        return False

    def _set_access(self, ref: DocumentRef, run: SyncRun) -> None:
        self._listed.add(ref.id)
        known = self._record(ref.id)
        if known is None:
            return
        if _access(known) == _access(ref):
            return
        self.counts = self.counts.plus(access_only=1)
        if self._context.options.dry_run:
            return
        allow, deny = _access(ref)
        self._write()
        if known.chunks:
            self._stretch.writer.index.set_access(ref.id, allow, deny)
        self._remember(replace(known, allow=tuple(sorted(allow)), deny=tuple(sorted(deny)), run_id=run.id))

    def _fail(self, failure: Failure, run: SyncRun) -> None:
        self._listed.add(failure.document_id)
        self._retryable += failure.retry
        # An id that ends in "/" is a folder or site that could not be listed: what is in it is unknown, not gone.
        self._unlisted = self._unlisted or failure.document_id.endswith("/")
        self.counts = self.counts.plus(failed=1)
        if self._context.options.dry_run:
            return
        known = self._record(failure.document_id)
        if known is not None and known.chunks:
            # The version that is indexed goes on answering; the record says that a newer one couldn't be had.
            reason = f"The version of {known.changed_at:%Y-%m-%d} still answers: {failure.reason}"
            self._remember(replace(known, reason=reason, run_id=run.id))
        else:
            record = DocumentRecord(failure.document_id, self._source.name, failure.title, run_id=run.id)
            self._remember(replace(record, outcome="failed", reason=failure.reason))

    def _prepared(
        self, documents: Sequence[Document], run: SyncRun, executor: ThreadPoolExecutor
    ) -> Iterator[Prepared]:
        """The documents in order, with the next ones being parsed while the caller embeds."""
        pending: deque[Future[Prepared]] = deque()
        prepare = self._context.preparation.prepare
        for document in documents:
            normal = replace(document, allow=normalised(document.allow), deny=normalised(document.deny))
            pending.append(executor.submit(prepare, normal, self._source, run.id))
            if len(pending) > 4 * self._context.parse_workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    def _keep(self, prepared: Prepared) -> None:
        record = prepared.record
        if record.outcome == "failed":
            self.counts = self.counts.plus(failed=1)
            known = self._record(record.id)
            if known is not None and known.chunks:
                # Its last readable version stays, under the access list of today.
                self._write()
                self._stretch.writer.index.set_access(record.id, record.allow, record.deny)
                reason = f"The version of {known.changed_at:%Y-%m-%d} still answers: {record.reason}"
                self._remember(
                    replace(
                        known,
                        reason=reason,
                        run_id=record.run_id,
                        content_hash=record.content_hash,
                        details_hash=record.details_hash,
                        allow=record.allow,
                        deny=record.deny,
                    )
                )
            else:
                self._remember(record)
            return
        if record.outcome in ("held", "dropped"):
            self.counts = self.counts.plus(**{record.outcome: 1})
        else:
            self._count_change(record.id)
        self._waiting.append(prepared)
        if sum(len(waiting.chunks) for waiting in self._waiting) >= _EMBED_CHUNKS:
            self._write()

    def _write(self) -> None:
        """Embeds what waits and writes it, in the order in which it came."""
        if not self._waiting:
            return
        chunks = [chunk for prepared in self._waiting for chunk in prepared.chunks]
        before = self._context.embedder.computed
        embedder = self._context.embedder
        vectors = embedder.encode_texts([embedding_text(chunk, embedder.languages) for chunk in chunks])
        begin = 0
        for prepared in self._waiting:
            end = begin + len(prepared.chunks)
            index = self._stretch.writer.index
            if prepared.chunks:
                index.replace(prepared.record.id, prepared.chunks, vectors[begin:end])
            else:
                index.delete([prepared.record.id])
            self._remember(prepared.record)
            begin = end
        self._waiting.clear()
        self.counts = self.counts.plus(chunks=len(chunks), embedded=self._context.embedder.computed - before)
        self._context.on_progress(self._source.name, self.counts)

    def _delete(self, run: SyncRun) -> str:
        """Removes what is gone; a sentence if it was too much at once and waits for a confirmation."""
        state = self._context.state
        announced = dict.fromkeys([*self._gone, *state.delete_pending(self._source.name)])
        self._know(announced)
        # What was announced as deleted and came back since then stays.
        gone = [i for i in announced if i not in self._listed and self._exists(i)]
        if not gone:
            return ""
        present = len(state.present(self._source.name))
        limits = self._context.limits
        too_many = len(gone) >= limits.min_deletes and len(gone) > limits.max_delete_share * present
        if too_many and not self._context.options.confirm_deletes:
            self.counts = self.counts.plus(delete_pending=len(gone))
            for record in self._records(gone):
                if not self._context.options.dry_run:
                    self._remember(replace(record, delete_pending=True, run_id=run.id))
            return (
                f"{len(gone)} of {present} documents would be deleted, more than {limits.max_delete_share:.0%}; "
                f"if that is right, run: debrief sync {self._source.name} --confirm-deletes"
            )
        self.counts = self.counts.plus(deleted=len(gone))
        if self._context.options.dry_run:
            return ""
        self._stretch.writer.index.delete(gone)
        for record in self._records(gone):
            reason = f"It is gone at the source since the sync of {utc_now():%Y-%m-%d %H:%M} UTC."
            self._remember(
                replace(record, outcome="deleted", reason=reason, chunks=0, delete_pending=False, run_id=run.id)
            )
        return ""

    def _know(self, ids: Iterable[str]) -> None:
        """Looks up the documents of one batch; what this stretch has changed comes before what is committed."""
        self._known = self._context.state.known(ids)

    def _exists(self, document_id: str) -> bool:
        record = self._record(document_id)
        return record is not None and record.outcome != "deleted"

    def _records(self, ids: Iterable[str]) -> Iterator[DocumentRecord]:
        return (record for i in ids if (record := self._record(i)) is not None)

    def _record(self, document_id: str) -> DocumentRecord | None:
        return self._stretch.records.get(self._source.name, {}).get(document_id) or self._known.get(document_id)

    def _remember(self, record: DocumentRecord) -> None:
        self._stretch.remember(replace(record, changed_at=utc_now()))

    def _count_change(self, document_id: str) -> None:
        known = self._record(document_id)
        is_new = known is None or known.outcome in ("deleted", "failed")
        self.counts = self.counts.plus(**{"added" if is_new else "modified": 1})

    def _too_many_failures(self) -> bool:
        limits = self._context.limits
        return self._retryable > limits.max_failures and self._retryable > limits.max_failure_share * max(
            self.counts.seen, 1
        )


def _access(holder: DocumentRecord | DocumentRef) -> tuple[frozenset[str], frozenset[str]]:
    return normalised(holder.allow), normalised(holder.deny)
