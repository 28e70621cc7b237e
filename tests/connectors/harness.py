"""What the contract suite needs of each kind of source: a way to change it, and the connector that reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.registry import open_source
from core.settings import Settings, SourceSettings
from core.types import Batch, Connector, Cursor, Document, DocumentRef, Failure
from samples.stand_ins.faults import Faults


class Harness(Protocol):
    """A source that the tests may change.

    Attributes:
        faults: Makes its stand-in misbehave; None for sources that aren't read over HTTP.
        page_path: Pattern of the requests that list it.
        body_path: Pattern of the requests that fetch one document; empty if the listing has it all.
        resumes: Whether batches in the middle of a run carry a cursor.
        can_deny: Whether its access lists know deny entries.
        access_is_content: Whether the access list is made from fields that are part of the document.
        lists_all: Whether each run looks at every document, and not at a list of changes.
    """

    faults: Faults | None
    page_path: str
    body_path: str
    resumes: bool
    can_deny: bool
    lists_all: bool
    access_is_content: bool

    def connector(self, **keys: Any) -> Connector:
        """A fresh connector, as a new process would open it."""

    def id_of(self, name: str) -> str:
        """The document's id."""

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        """Creates or replaces a document whose body holds `text`."""

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        """Changes who may read it, and nothing else."""

    def date_back(self, name: str) -> None:
        """Lets the source say that the document was last changed years ago."""

    def delete(self, name: str) -> None:
        """Removes the document."""

    def downloads(self) -> int:
        """How many documents were fetched since the last time that this was asked."""


@dataclass
class Found:
    """All batches of a run, put together as a sync would."""

    batches: list[Batch] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    access: dict[str, DocumentRef] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)
    seen: int = 0
    cursor: Cursor | None = None

    def is_empty(self) -> bool:
        return not (self.documents or self.access or self.deleted or self.failures)


def collect(batches: Iterable[Batch]) -> Found:
    found = Found()
    for batch in batches:
        found.batches.append(batch)
        found.documents.update({document.id: document for document in batch.documents})
        found.access.update({ref.id: ref for ref in batch.access})
        found.deleted.extend(batch.deleted)
        found.failures.update({failure.document_id: failure for failure in batch.failures})
        found.seen += batch.seen
        found.cursor = batch.cursor or found.cursor
    return found


def run(connector: Connector, cursor: Cursor | None = None) -> Found:
    return collect(connector.changes(cursor))


def open_kind(root: Path, **keys: Any) -> Connector:
    source = SourceSettings(**{"name": "src", **keys})
    return open_source(source, Settings(sources=(source,), file=root / "debrief.yaml", root=root))
