"""Items of a source + what the cursor remembers → batches: the part that all listing sources share.

For each item the cheapest thing that is enough is done: nothing if its stamps are as remembered, its sidecar read
if only that (or the access policy) changed, its bytes fetched if they or its metadata changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from connectors.common.access import NOBODY, Access
from connectors.common.listing import ListedVersion, ListingWriter, Order, Remembered, matched, merged
from connectors.common.parallel import in_order
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from core.types import Batch, Document, DocumentRef, Failure

_BATCH_BYTES = 16_000_000
_BATCH_DOCUMENTS = 100
# A source in which nothing changes still says how far it is.
_BATCH_SEEN = 1_000
_AHEAD_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One thing that the source lists.

    Attributes:
        key: Unique within the source; the document's id is "<source>:<key>".
        content: Stamp that changes when its bytes do.
        side: Stamp of its sidecar file; empty when it has none.
        size: Bytes; 0 when not known.
        hidden: Not empty: `key` is a folder that couldn't be listed, and why. What is under it stays as it was.
    """

    key: str
    content: str
    side: str = ""
    size: int = 0
    updated_at: datetime | None = None
    hidden: str = ""


ItemT = TypeVar("ItemT", bound=SourceItem)
ItemT_contra = TypeVar("ItemT_contra", bound=SourceItem, contravariant=True)
DetailsT = TypeVar("DetailsT", bound="Details")


class Details(Protocol):
    """What is known of an item besides its bytes."""

    @property
    def digest(self) -> str:
        """Changes when anything but the access does."""
        ...

    @property
    def effective(self) -> Access:
        """Who may read it."""
        ...


class Reader(Protocol[ItemT_contra, DetailsT]):
    """How a source's items are read."""

    def details(self, item: ItemT_contra) -> DetailsT:
        """Metadata and access of the item. Raises SourceError if they can't be known."""
        ...

    def document(self, item: ItemT_contra, details: DetailsT) -> Document | Failure:
        """The item, fetched. Raises SourceError only if the whole source can't be read."""
        ...


@dataclass(frozen=True)
class ItemResult:
    """What happened at one key: the entry to remember, and what goes into the batch."""

    key: str
    entry: ListedVersion | None
    seen: int = 0
    deleted: bool = False
    document: Document | None = None
    failure: Failure | None = None
    access: DocumentRef | None = None


@dataclass
class BatchBuilder:
    """A batch while it fills."""

    documents: list[Document] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    access: list[DocumentRef] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seen: int = 0
    size: int = 0

    def take(self, step: ItemResult, source: str) -> None:
        """Adds what happened at one key."""
        self.seen += step.seen
        if step.deleted:
            self.deleted.append(f"{source}:{step.key}")
        if step.document is not None:
            self.documents.append(step.document)
            self.size += len(step.document.body)
        if step.failure is not None:
            self.failures.append(step.failure)
        if step.access is not None:
            self.access.append(step.access)

    def is_full(self) -> bool:
        """Whether it is time to hand it over."""
        return self.size >= _BATCH_BYTES or len(self.documents) >= _BATCH_DOCUMENTS or self.seen >= _BATCH_SEEN

    def changed(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.documents or self.deleted or self.access or self.failures)

    def flush(self, cursor: str | None = None) -> Batch:
        """Its contents as a batch; it is empty afterwards."""
        batch = Batch(
            tuple(self.documents), tuple(self.deleted), tuple(self.access), tuple(self.failures), self.seen, cursor
        )
        for filled in (self.documents, self.deleted, self.access, self.failures):
            filled.clear()
        self.seen = self.size = 0
        return batch


@dataclass(frozen=True)
class ListingDiff(Generic[ItemT, DetailsT]):
    """One run over a source.

    Attributes:
        policy: Digest of the access policy of today.
        ordered: Items come in the order of `order(key)`; then batches in the middle can be resumed.
        workers: How many items are fetched at the same time.
    """

    source: str
    reader: Reader[ItemT, DetailsT]
    policy: str = ""
    ordered: bool = True
    order: Order = str
    workers: int = 1

    def batches(
        self,
        items: Iterator[ItemT],
        remembered: Remembered,
        extra: Callable[[], dict[str, object]] = dict,
    ) -> Iterator[Batch]:
        """What is new, changed and gone. The last batch's cursor stands for the whole listing.

        Args:
            extra: What else the final cursor keeps; asked for at the end.
        """
        writer = ListingWriter(self.policy, self.order)
        portion = BatchBuilder()
        fresh_policy = remembered.policy != self.policy
        after = ""
        with ThreadPoolExecutor(self.workers, thread_name_prefix=self.source) as executor:
            for step in self._ahead(items, remembered, fresh_policy, executor):
                portion.take(step, self.source)
                if step.entry is not None:
                    writer.add(step.entry)
                after = step.key
                if portion.is_full():
                    # In the middle, the entries not reached yet hold as they were; but the policy that they were
                    # worked out with may be another, and then only the end is a safe place to resume.
                    resumable = self.ordered and portion.changed() and (not fresh_policy or not remembered.listing)
                    rest = remembered.listing
                    yield portion.flush(writer.cursor(remembered.extra, rest, after) if resumable else None)
        yield portion.flush(writer.cursor(extra()))

    def named(
        self, found: Iterable[tuple[str, ItemT | None, bool]], remembered: Remembered, extra: Mapping[str, object]
    ) -> Iterator[Batch]:
        """The same for a source that names what was touched; everything else holds as remembered.

        Args:
            found: Key, item (None: it is gone) and whether it is to be fetched whatever its stamps say.
        """
        entries = {entry.key: entry for entry in remembered.entries()}

        def step(named: tuple[str, ItemT | None, bool]) -> ItemResult:
            key, item, is_changed = named
            entry = entries.get(key)
            if item is None:
                return ItemResult(key, None, deleted=entry is not None)
            if entry is not None and is_changed:
                entry = replace(entry, content="")
            return self.step(item, entry)

        portion = BatchBuilder()
        with ThreadPoolExecutor(self.workers, thread_name_prefix=self.source) as executor:
            for done in in_order(executor, step, found, 2 * self.workers):
                portion.take(done, self.source)
                entries.pop(done.key, None)
                if done.entry is not None:
                    entries[done.key] = done.entry
                if portion.is_full():
                    yield portion.flush()
        writer = ListingWriter(self.policy, self.order)
        for entry in sorted(entries.values(), key=lambda entry: self.order(entry.key)):
            writer.add(entry)
        yield portion.flush(writer.cursor(extra))

    def _ahead(
        self, items: Iterator[ItemT], remembered: Remembered, fresh_policy: bool, executor: ThreadPoolExecutor
    ) -> Iterator[ItemResult]:
        """The steps in order, while the next ones are being fetched."""
        entries = remembered.entries()
        pairs = merged(items, entries, self.order) if self.ordered else matched(items, entries)
        pending: deque[tuple[ItemResult | Future[ItemResult], int]] = deque()
        ahead = 0
        hidden = ""
        for item, entry in pairs:
            if item is not None and item.hidden:
                hidden = item.key
                step: ItemResult | Future[ItemResult] = ItemResult(
                    item.key, entry, failure=self._failure(item, item.hidden, True)
                )
                size = 0
            elif item is None:
                assert entry is not None
                is_hidden = bool(hidden) and entry.key.startswith(hidden)
                step, size = ItemResult(entry.key, entry if is_hidden else None, deleted=not is_hidden), 0
            elif entry is not None and not fresh_policy and (entry.content, entry.side) == (item.content, item.side):
                step, size = ItemResult(item.key, entry, seen=1), 0
            else:
                step, size = executor.submit(self.step, item, entry), item.size
            pending.append((step, size))
            ahead += size
            while pending and (
                not isinstance(pending[0][0], Future) or len(pending) > 2 * self.workers or ahead > _AHEAD_BYTES
            ):
                done, size = pending.popleft()
                ahead -= size
                yield done.result() if isinstance(done, Future) else done
        while pending:
            done, _ = pending.popleft()
            yield done.result() if isinstance(done, Future) else done

    def step(self, item: ItemT, entry: ListedVersion | None) -> ItemResult:
        """What one item that isn't quite as remembered comes to."""
        try:
            details = self.reader.details(item)
        except (CredentialError, Throttled, Unreachable):
            raise
        except SourceError as error:
            # Who may read it isn't known now, so nobody does until that is mended and the item fetched again.
            failure = self._failure(item, str(error), True)
            kept = None if entry is None else ListedVersion(entry.key, "", entry.side, entry.details, NOBODY.digest)
            return ItemResult(item.key, kept, seen=1, failure=failure, access=NOBODY.ref(self._id(item.key)))
        access = details.effective
        fresh = ListedVersion(item.key, item.content, item.side, details.digest, access.digest)
        if entry is not None and (entry.content, entry.details) == (item.content, details.digest):
            ref = access.ref(self._id(item.key)) if entry.access != access.digest else None
            return ItemResult(item.key, fresh, seen=1, access=ref)
        outcome = self.reader.document(item, details)
        if isinstance(outcome, Document):
            return ItemResult(item.key, fresh, seen=1, document=outcome)
        ref = access.ref(self._id(item.key)) if entry is not None and entry.access != access.digest else None
        if outcome.retry:
            # Not remembered as read, so that the next run tries again.
            kept = None if entry is None else ListedVersion(entry.key, "", entry.side, entry.details, access.digest)
            return ItemResult(item.key, kept, seen=1, failure=outcome, access=ref)
        return ItemResult(item.key, fresh, seen=1, failure=outcome, access=ref)

    def _failure(self, item: SourceItem, reason: str, retry: bool) -> Failure:
        return Failure(self._id(item.key), item.key, reason, retry)

    def _id(self, key: str) -> str:
        return f"{self.source}:{key}"
