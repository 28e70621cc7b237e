"""What the write path remembers: each source's cursor, each run, and what became of each document.

Everything about one stretch of a sync is committed in one transaction, after the index generation that holds
it was published. A crash between the two leaves the source unsettled: its next sync writes everything anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core import audit
from core.database import Engine, Json, UtcDateTime, metadata, utc_now
from core.types import Attributes, AttributeValue, Cursor, Principal
from ingestion.access_history import AccessList, append_changes

RunState = Literal["SYNCING", "SUCCEEDED", "INCOMPLETE", "FAILED", "STOPPED", "ABORTED"]
DocumentOutcome = Literal["indexed", "held", "dropped", "failed", "deleted"]

# The row of `sources` that says whether relations between documents are up to date; no source can have this name.
_RELATIONS = "*relations"
# The row that says with which generation of the index the records agree.
_GENERATION = "*generation"

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("cursor", sa.Text),
    sa.Column("synced_at", UtcDateTime),
    sa.Column("unsettled", sa.Boolean, nullable=False, default=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, index=True, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("counts", Json, nullable=False),
    sa.Column("message", sa.Text, nullable=False, default=""),
)

_OPEN = runs.c.state == "SYNCING"

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source", sa.String, index=True, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("outcome", sa.String, index=True, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("details_hash", sa.String, nullable=False),
    sa.Column("allow", Json, nullable=False),
    sa.Column("deny", Json, nullable=False),
    sa.Column("attributes", Json, nullable=False),
    sa.Column("vetting", sa.String, nullable=False),
    sa.Column("lacks", Json, nullable=False),
    sa.Column("fired", Json, nullable=False),
    sa.Column("warnings", Json, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("delete_pending", sa.Boolean, nullable=False),
    sa.Column("duplicate_of", sa.String, nullable=False),
    sa.Column("signature", sa.LargeBinary),
    sa.Column("run_id", sa.Integer, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Counts:
    """What one run did.

    `total` are the items that there are to look at, 0 when that isn't known, and `seen` those looked at; `chunks`
    were written, and `embedded` of them went to the model.
    """

    total: int = 0
    seen: int = 0
    added: int = 0
    modified: int = 0
    access_only: int = 0
    unchanged: int = 0
    deleted: int = 0
    delete_pending: int = 0
    held: int = 0
    dropped: int = 0
    failed: int = 0
    chunks: int = 0
    embedded: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def plus(self, **changes: float) -> Counts:
        """These counts with some of them increased. What was looked at and not touched is `unchanged`."""
        more = replace(self, **{name: getattr(self, name) + number for name, number in changes.items()})
        touched = more.added + more.modified + more.access_only + more.held + more.dropped + more.failed
        return replace(more, unchanged=max(0, more.seen - touched))


@dataclass(frozen=True)
class SyncRun:
    """One sync of one source. Times are UTC."""

    id: int
    source: str
    state: RunState
    started_at: datetime
    finished_at: datetime | None = None
    counts: Counts = Counts()
    message: str = ""


@dataclass(frozen=True)
class DocumentRecord:
    """What became of one document at its last change.

    Attributes:
        reason: Why it was held, dropped, failed or deleted; empty when it is indexed.
        details_hash: Of title, url and source metadata; access is compared by itself.
        duplicate_of: The document that this one nearly repeats; empty when there is none.
        signature: MinHash of the text (see ingestion/enrich/duplicates.py).
    """

    id: str
    source: str
    title: str = ""
    url: str = ""
    outcome: DocumentOutcome = "indexed"
    reason: str = ""
    content_hash: str = ""
    details_hash: str = ""
    allow: tuple[Principal, ...] = ()
    deny: tuple[Principal, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    vetting: str = ""
    lacks: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    chunks: int = 0
    size_bytes: int = 0
    delete_pending: bool = False
    duplicate_of: str = ""
    signature: bytes | None = None
    run_id: int = 0
    changed_at: datetime = field(default_factory=utc_now)


class SyncState:
    """Reads and writes the three tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cursor(self, source: str) -> Cursor | None:
        """Where the source's next run resumes; None before the first complete one."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sources.c.cursor).where(sources.c.name == source))

    def start(self, source: str) -> SyncRun:
        """A new run. Runs of the source that a crash left open are marked ABORTED."""
        with self._engine.begin() as connection:
            _abort(connection, (runs.c.source == source) & _OPEN)
            started = utc_now()
            result = connection.execute(
                runs.insert().values(
                    source=source, state="SYNCING", started_at=started, counts=asdict(Counts()), message=""
                )
            )
            assert result.inserted_primary_key is not None
            return SyncRun(int(result.inserted_primary_key[0]), source, "SYNCING", started)

    def is_syncing(self) -> bool:
        """Whether some run hasn't ended, or never did since its process was killed."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(runs.c.id).where(_OPEN).limit(1)) is not None

    def abort_open(self) -> list[str]:
        """Marks every run that hasn't ended as ABORTED; their sources."""
        with self._engine.begin() as connection:
            found = list(connection.scalars(sa.select(runs.c.source).where(_OPEN).order_by(runs.c.id)))
            _abort(connection, _OPEN)
            return found

    def commit(
        self,
        source: str,
        records: Iterable[DocumentRecord],
        cursor: Cursor | None,
        settled: bool = True,
        generation: str = "",
    ) -> None:
        """Remembers the documents and, unless None, the cursor, in one transaction.

        Args:
            settled: Whether the index and what is remembered of the source agree from now on.
            generation: The one that serves.
        """
        rows = [_row(record) for record in records]
        before: dict[str, AccessList] = {}
        with self._engine.begin() as connection:
            for begin in range(0, len(rows), 500):
                portion = rows[begin : begin + 500]
                ids = [row["id"] for row in portion]
                before.update(_access_lists(connection, ids))
                connection.execute(documents.delete().where(documents.c.id.in_(ids)))
                connection.execute(documents.insert(), portion)
            if rows:
                self._upsert_source(connection, _RELATIONS, cursor="stale")
            self._upsert_source(connection, source, unsettled=not settled)
            if generation:
                self._upsert_source(connection, _GENERATION, cursor=generation)
            if cursor is not None:
                self._upsert_source(connection, source, cursor=cursor, synced_at=utc_now())
            append_changes(connection, source, before, {row["id"]: _access_list(row) for row in rows})

    def blank(self, ids: Iterable[str], reason: str) -> None:
        """Forgets everything about these documents but their ids, and that they are gone."""
        empty = DocumentRecord("", "", outcome="deleted", reason=reason)
        values = {name: value for name, value in _row(empty).items() if name not in ("id", "source")}
        with self._engine.begin() as connection:
            before = _access_lists(connection, list(ids))
            for document_id in before:
                connection.execute(documents.update().where(documents.c.id == document_id).values(**values))
            append_changes(connection, "", before, dict.fromkeys(before, _access_list(values)))

    def generation(self) -> str:
        """The generation of the index that the records agree with; empty when that was never written down."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sources.c.cursor).where(sources.c.name == _GENERATION)) or ""

    def agree_with(self, generation: str) -> None:
        """The records agree with this generation from now on."""
        with self._engine.begin() as connection:
            self._upsert_source(connection, _GENERATION, cursor=generation)

    def unsettle(self, names: Iterable[str]) -> None:
        """The index is about to get ahead of what is remembered of these sources; `commit` settles them again."""
        with self._engine.begin() as connection:
            for name in names:
                self._upsert_source(connection, name, unsettled=True)

    def is_unsettled(self, source: str) -> bool:
        """Whether a crash left the index and what is remembered of the source apart."""
        with self._engine.connect() as connection:
            return bool(connection.scalar(sa.select(sources.c.unsettled).where(sources.c.name == source)))

    def any_unsettled(self) -> bool:
        """Whether that is so of some source."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sources.c.name).where(sources.c.unsettled).limit(1)) is not None

    def reset(self) -> None:
        """Forgets every document and cursor, for an index that is gone; runs are kept."""
        with self._engine.begin() as connection:
            before = _access_lists(connection)
            connection.execute(documents.delete())
            connection.execute(sources.delete())
            append_changes(connection, "", before, dict.fromkeys(before, AccessList("deleted")))

    def relations_current(self, today: datetime) -> bool:
        """Whether nothing was committed since relations were last worked out, and that was today."""
        with self._engine.connect() as connection:
            mark = connection.scalar(sa.select(sources.c.cursor).where(sources.c.name == _RELATIONS))
        return mark == f"{today:%Y-%m-%d}"

    def mark_related(self, today: datetime) -> None:
        """Relations between documents are up to date as of `today`."""
        with self._engine.begin() as connection:
            self._upsert_source(connection, _RELATIONS, cursor=f"{today:%Y-%m-%d}")

    def progressed(self, run: SyncRun, counts: Counts) -> None:
        """Notes how far a run is that goes on."""
        with self._engine.begin() as connection:
            connection.execute(runs.update().where(runs.c.id == run.id).values(counts=asdict(counts)))

    def finish(self, run: SyncRun, state: RunState, counts: Counts, message: str) -> SyncRun:
        """The run as it ended."""
        finished = replace(run, state=state, finished_at=utc_now(), counts=counts, message=message)
        with self._engine.begin() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.id == run.id)
                .values(state=state, finished_at=finished.finished_at, counts=asdict(counts), message=message)
            )
            told = {name: number for name, number in asdict(counts).items() if number}
            audit.append(connection, audit.SERVICE, "synced", run.source, state, run=run.id, counts=told)
        return finished

    def runs(self, source: str | None = None, limit: int = 50) -> list[SyncRun]:
        """The newest runs first, of one source or of all."""
        query = sa.select(runs).order_by(runs.c.id.desc()).limit(limit)
        if source is not None:
            query = query.where(runs.c.source == source)
        with self._engine.connect() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def record(self, document_id: str) -> DocumentRecord | None:
        """What is known of one document; None if it was never seen."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(documents).where(documents.c.id == document_id)).mappings().first()
            return None if row is None else record_of(row)

    def records(
        self, source: str | None = None, outcome: str | None = None, text: str = "", run: int | None = None
    ) -> list[DocumentRecord]:
        """All documents, or those of one source, with one outcome, with `text` in id or title, or that a run was the
        last to touch; by id."""
        query = sa.select(documents).order_by(documents.c.id)
        if run is not None:
            query = query.where(documents.c.run_id == run)
        if source is not None:
            query = query.where(documents.c.source == source)
        if outcome is not None:
            query = query.where(documents.c.outcome == outcome)
        if text:
            place = documents.c.id + " " + documents.c.title
            query = query.where(place.icontains(text, autoescape=True))
        with self._engine.connect() as connection:
            return [record_of(row) for row in connection.execute(query).mappings()]

    def known(self, ids: Iterable[str]) -> dict[str, DocumentRecord]:
        """What is known of these documents, by id; only a portion of a source at a time is held in memory."""
        wanted = list(ids)
        found: dict[str, DocumentRecord] = {}
        with self._engine.connect() as connection:
            for begin in range(0, len(wanted), 500):
                query = sa.select(documents).where(documents.c.id.in_(wanted[begin : begin + 500]))
                found.update((row["id"], record_of(row)) for row in connection.execute(query).mappings())
        return found

    def indexed(self) -> Iterator[DocumentRecord]:
        """Every document that has chunks in the index, by id, read in portions."""
        last = ""
        while True:
            query = sa.select(documents).where(documents.c.chunks > 0, documents.c.id > last)
            with self._engine.connect() as connection:
                rows = connection.execute(query.order_by(documents.c.id).limit(500)).mappings().all()
            if not rows:
                return
            yield from map(record_of, rows)
            last = rows[-1]["id"]

    def sources(self) -> set[str]:
        """The names of all sources that have documents."""
        query = sa.select(documents.c.source).where(documents.c.outcome != "deleted").distinct()
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def present(self, source: str) -> set[str]:
        """The ids of all documents of a source that aren't deleted."""
        query = sa.select(documents.c.id).where(documents.c.source == source, documents.c.outcome != "deleted")
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def delete_pending(self, source: str) -> list[str]:
        """The ids of the source's documents whose deletion waits for a confirmation."""
        query = sa.select(documents.c.id).where(documents.c.source == source, documents.c.delete_pending)
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(documents.c.id)))

    def _upsert_source(self, connection: sa.Connection, name: str, **values: Any) -> None:
        if connection.execute(sources.update().where(sources.c.name == name).values(**values)).rowcount == 0:
            connection.execute(sources.insert().values(name=name, **values))


def _abort(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    message = "The process ended before the run did; what it had not published is repeated by the next sync."
    connection.execute(runs.update().where(which).values(state="ABORTED", finished_at=utc_now(), message=message))


def _row(record: DocumentRecord) -> dict[str, Any]:
    values = {column.name: getattr(record, column.name) for column in documents.c}
    values["attributes"] = dict(record.attributes)
    return values


def _access_list(row: Mapping[str, Any] | sa.RowMapping) -> AccessList:
    return AccessList(row["outcome"], tuple(row["allow"]), tuple(row["deny"]))


def _access_lists(connection: sa.Connection, ids: Sequence[str] | None = None) -> dict[str, AccessList]:
    d = documents.c
    query = sa.select(d.id, d.outcome, d.allow, d.deny)
    if ids is not None:
        query = query.where(d.id.in_(ids))
    return {row["id"]: _access_list(row) for row in connection.execute(query).mappings()}


def record_of(row: sa.RowMapping) -> DocumentRecord:
    """A row of `documents`, lists as tuples."""
    values = dict(row)
    for name in ("allow", "deny", "lacks", "fired", "warnings"):
        values[name] = tuple(values[name])
    values["attributes"] = {name: _tupled(value) for name, value in values["attributes"].items()}
    return DocumentRecord(**values)


def _tupled(value: Any) -> AttributeValue:
    return tuple(value) if isinstance(value, list) else value


def _run(row: sa.RowMapping) -> SyncRun:
    return SyncRun(
        row["id"],
        row["source"],
        row["state"],
        row["started_at"],
        row["finished_at"],
        Counts(**row["counts"]),
        row["message"],
    )
