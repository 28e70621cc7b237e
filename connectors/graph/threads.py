"""A mailbox, a channel, a chat: its documents are threads. A change feed names what was touched, and each touched
thread is looked at anew; without a feed, or from time to time, everything is compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.common import Access, KindSettings, ListingDiff, SourceItem, is_included, read_cursor, stamp
from connectors.common.listing import Remembered
from connectors.graph.client import Gone
from connectors.graph.drive import State
from core.errors import CredentialError, SourceError
from core.types import Attributes, Batch, Document, DocumentRef, Failure

Json = Mapping[str, Any]
Links = dict[str, str]


@dataclass(frozen=True, slots=True)
class Thread(SourceItem):
    """What was said about one thing, without its text: its messages' heads, oldest first."""

    raw: tuple[Json, ...] = ()
    path: str = ""


@dataclass(frozen=True)
class ThreadDetails:
    """Metadata of a thread, and who may read it."""

    metadata: Attributes
    effective: Access

    @property
    def digest(self) -> str:
        """Changes when the metadata do."""
        return stamp(repr(sorted(self.metadata.items())))


@dataclass
class ThreadedPlace:
    """A part of a source. Kinds of places say what there is, what was touched, and how a thread is fetched.

    Attributes:
        key: Of the part, and what the keys of its threads begin with.
        access: Who reads everything in it.
        refresh_days: So often everything is compared again, in case a change was never told; 0 never.
        has_feed: Whether changes are told; otherwise everything is listed and compared at each run.
    """

    key: str
    settings: KindSettings
    access: Access
    refresh_days: int = 7
    workers: int = 4
    has_feed: bool = True
    now: Callable[[], float] = time.time
    _failed: list[str] = field(default_factory=list)

    def everything(self, links: Links) -> Iterable[Thread]:
        """All threads; where the feed goes on afterwards is written into `links`."""
        raise NotImplementedError

    def touched(self, links: Links, known: Remembered) -> Iterable[str]:
        """The keys of threads that may have changed since `links`, which are renewed.

        Raises:
            Gone: they are too old, or it is better to compare everything.
        """
        raise NotImplementedError

    def thread(self, key: str) -> Thread | None:
        """A thread as it is now; None if it is gone."""
        raise NotImplementedError

    def fetch(self, item: Thread, details: ThreadDetails) -> Document | Failure:
        """The thread with its text. Raises SourceError if it can't be read now."""
        raise NotImplementedError

    def changes(self, state: State | None) -> Iterator[tuple[Batch, State | None]]:
        """New, changed and deleted threads."""
        known = read_cursor((state or {}).get("listing"), self.settings.name)
        for batch in self._batches(known):
            yield batch, None if batch.cursor is None else {"listing": batch.cursor}

    def refs(self) -> Iterator[DocumentRef]:
        """Every thread with its access list."""
        for item in self._wanted(self.everything({})):
            yield self.details(item).effective.ref(f"{self.settings.name}:{item.key}")

    def first(self) -> Document | Failure | None:
        """Some thread; None if there is none."""
        item = next(iter(self._wanted(self.everything({}))), None)
        return None if item is None else self.document(item, self.details(item))

    def details(self, item: Thread) -> ThreadDetails:
        """Where it stands and who reads it."""
        return ThreadDetails(self.metadata(item), self.access)

    def metadata(self, item: Thread) -> Attributes:
        """Its attributes."""
        return {"path": item.path}

    def document(self, item: Thread, details: ThreadDetails) -> Document | Failure:
        """The thread, fetched; what failed is remembered, since no feed names it again."""
        document_id = f"{self.settings.name}:{item.key}"
        try:
            found = self.fetch(item, details)
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            found = Failure(document_id, item.path, str(error), retry=True)
        except SourceError as error:
            found = Failure(document_id, item.path, str(error), retry=True)
        limit = self.settings.max_bytes
        if isinstance(found, Document) and len(found.body) > limit:
            reason = (
                f"It has {len(found.body):,} bytes, more than max_bytes ({limit:,}) of the source "
                f"{self.settings.name}; raise it in debrief.yaml, or exclude it."
            )
            return Failure(document_id, item.path, reason)
        if isinstance(found, Failure) and found.retry:
            self._failed.append(item.key)
        return found

    def _batches(self, known: Remembered) -> Iterator[Batch]:
        settings, links = self.settings, dict((known.extra or {}).get("links") or {})
        scope = repr((settings.include, settings.exclude, settings.max_bytes, settings.max_age_days))
        policy = stamp(self.access.digest, scope, *self.scope())
        comparison: ListingDiff[Thread, ThreadDetails] = ListingDiff(
            settings.name, self, policy=policy, ordered=False, workers=self.workers
        )
        full_at = float((known.extra or {}).get("full_at", 0))
        is_stale = bool(self.refresh_days) and self.now() - full_at > self.refresh_days * 86_400
        self._failed.clear()
        if self.has_feed and links and known.policy == policy and not is_stale:
            try:
                named = dict.fromkeys([*self.touched(links, known), *(known.extra or {}).get("failed", ())])
            except Gone:
                links = {}
            else:
                found = ((key, self._wanted_thread(key), False) for key in named)
                kept = {"links": links, "full_at": full_at, "failed": self._failed}
                yield from comparison.named(found, known, kept)
                return
        links.clear()
        kept = {"links": links, "full_at": int(self.now()), "failed": self._failed}
        yield from comparison.batches(iter(self._wanted(self.everything(links))), known, lambda: kept)

    def scope(self) -> tuple[str, ...]:
        """What else decides which threads there are; with another one everything is compared."""
        return ()

    def _wanted_thread(self, key: str) -> Thread | None:
        item = self.thread(key)
        return item if item is not None and self._is_wanted(item) else None

    def _wanted(self, items: Iterable[Thread]) -> Iterator[Thread]:
        return (item for item in items if self._is_wanted(item))

    def _is_wanted(self, item: Thread) -> bool:
        days = self.settings.max_age_days
        oldest = None if days is None else datetime.fromtimestamp(self.now(), UTC) - timedelta(days=days)
        is_fresh = oldest is None or item.updated_at is None or item.updated_at >= oldest
        return is_fresh and is_included(item.path, self.settings.include, self.settings.exclude)
