"""The embedded engine: one Qdrant Edge shard in a folder, in this process, without a server.

The shard keeps no log (`wal_enabled=False`), so several processes can read one folder at a time; what is written
becomes durable on `close`. `generations.py` sees to it that a folder in use is never written to.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as qe

from core.errors import IndexDamaged
from core.types import Attributes, Chunk, Passage, Principal, User
from retrieval import pipeline
from retrieval.access import ALLOW_FIELD, DENY_FIELD, access_condition
from retrieval.bm25 import encode_chunk
from retrieval.dialect import INSTANTS, NUMBERS, TERMS, range_fields, translate
from retrieval.index import FloatArray, Query
from retrieval.pending import Pending
from retrieval.pipeline import Hit, Sparse, Stored, breadth
from retrieval.records import (
    DENSE,
    DOCUMENT_FIELD,
    LANGUAGE_FIELD,
    ORDINAL_FIELD,
    SPARSE,
    access_payload,
    chunk_of,
    metadata_payload,
    payload_of,
)

_BATCH_CHUNKS = 1_024
_PAGE = 1_000

# Payload fields that conditions look at, and how the engine indexes each.
_INDEXED = {
    ALLOW_FIELD: qe.PayloadSchemaType.Keyword,
    DENY_FIELD: qe.PayloadSchemaType.Keyword,
    DOCUMENT_FIELD: qe.PayloadSchemaType.Keyword,
    ORDINAL_FIELD: qe.PayloadSchemaType.Integer,
    LANGUAGE_FIELD: qe.PayloadSchemaType.Keyword,
    TERMS: qe.PayloadSchemaType.Keyword,
}
_RANGES = {NUMBERS: qe.PayloadSchemaType.Float, INSTANTS: qe.PayloadSchemaType.Datetime}


class EdgeDialect:
    """Conditions as qdrant_edge writes them."""

    def any_text(self, field: str, values: Sequence[str]) -> qe.Filter:
        return qe.Filter(must=[qe.FieldCondition(key=field, match=qe.MatchAny(any=list(values)))])

    def numbers(self, field: str, bounds: Mapping[str, float]) -> qe.Filter:
        return qe.Filter(must=[qe.FieldCondition(key=field, range=qe.RangeFloat(**bounds))])

    def instants(self, field: str, bounds: Mapping[str, datetime]) -> qe.Filter:
        texts = {name: bound.isoformat() for name, bound in bounds.items()}
        return qe.Filter(must=[qe.FieldCondition(key=field, range=qe.RangeDateTime(**texts))])

    def combine(
        self, must: Sequence[qe.Filter] = (), should: Sequence[qe.Filter] = (), must_not: Sequence[qe.Filter] = ()
    ) -> qe.Filter:
        return qe.Filter(must=list(must) or None, should=list(should) or None, must_not=list(must_not) or None)


_DIALECT = EdgeDialect()


class EdgeIndex:
    """Chunks in the shard at one folder. Any number of threads may search; one thread writes."""

    def __init__(self, shard: qe.EdgeShard, path: Path) -> None:
        self._shard = shard
        self.path = path
        self._pending: Pending[qe.Point] = Pending(_BATCH_CHUNKS)
        self._indexed: set[str] = set(shard.info().payload_schema)
        self._languages: tuple[str, ...] | None = None
        self._lock = threading.RLock()

    @classmethod
    def create(cls, path: Path, dim: int) -> EdgeIndex:
        """An empty index at `path`."""
        path.mkdir(parents=True, exist_ok=True)
        config = qe.EdgeConfig(
            vectors={DENSE: qe.EdgeVectorParams(size=dim, distance=qe.Distance.Cosine)},
            sparse_vectors={SPARSE: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
            wal_enabled=False,
        )
        shard = qe.EdgeShard.create(str(path), config)
        for field, kind in _INDEXED.items():
            shard.update(qe.UpdateOperation.create_field_index(field, kind))
        return cls(shard, path)

    @classmethod
    def load(cls, path: Path) -> EdgeIndex:
        """The index at `path`.

        Raises:
            IndexDamaged: its files can't be read.
        """
        try:
            return cls(qe.EdgeShard.load(str(path)), path)
        except Exception as error:  # the engine raises nothing more precise
            reason = " ".join(str(error).split())
            raise IndexDamaged(
                f"The index at {path} can't be read ({reason}); go back with `debrief index rollback`, "
                "or delete that folder and run `debrief sync`."
            ) from error

    # --- write -----------------------------------------------------------------------------------------------------

    def replace(self, document_id: str, chunks: Sequence[Chunk], vectors: FloatArray) -> None:
        if len(chunks) != len(vectors):
            raise ValueError(f"{document_id}: {len(chunks)} chunks, {len(vectors)} vectors")
        points = [self._point(chunk, vector) for chunk, vector in zip(chunks, vectors.tolist(), strict=True)]
        with self._lock:
            if self._pending.add(document_id, points):
                self._write_pending()

    def set_access(self, document_id: str, allow: Iterable[Principal], deny: Iterable[Principal]) -> None:
        with self._lock:
            self._write_pending()
            payload = access_payload(allow, deny)
            condition = _DIALECT.any_text(DOCUMENT_FIELD, [document_id])
            self._shard.update(qe.UpdateOperation.set_payload_by_filter(condition, payload))

    def set_metadata(self, document_id: str, metadata: Attributes) -> None:
        with self._lock:
            self._write_pending()
            for chunk in list(self._scroll(_DIALECT.any_text(DOCUMENT_FIELD, [document_id]))):
                payload = metadata_payload(replace(chunk, metadata=metadata))
                self._index_fields(payload)
                self._shard.update(qe.UpdateOperation.set_payload([chunk.id], payload))
            self._languages = None

    def delete(self, document_ids: Iterable[str]) -> None:
        with self._lock:
            self._write_pending()
            ids = list(document_ids)
            for start in range(0, len(ids), _PAGE):
                condition = _DIALECT.any_text(DOCUMENT_FIELD, ids[start : start + _PAGE])
                self._shard.update(qe.UpdateOperation.delete_points_by_filter(condition))
            self._languages = None

    def flush(self) -> None:
        """Makes everything that was written durable."""
        with self._lock:
            self._write_pending()
            self._shard.flush()

    def optimize(self) -> None:
        """Builds the search structures of what was written since the last time, and drops what was deleted."""
        with self._lock:
            self._write_pending()
            self._shard.optimize()

    def close(self) -> None:
        self.flush()
        self._shard.close()

    def _point(self, chunk: Chunk, vector: list[float]) -> qe.Point:
        payload = payload_of(chunk)
        self._index_fields(payload)
        return qe.Point(id=chunk.id, vector={DENSE: vector, SPARSE: encode_chunk(chunk)}, payload=payload)

    def _index_fields(self, payload: Mapping[str, Any]) -> None:
        for field in range_fields(payload):
            if field not in self._indexed:
                self._indexed.add(field)
                self._shard.update(qe.UpdateOperation.create_field_index(field, _RANGES[field.partition(".")[0]]))

    def _write_pending(self) -> None:
        if not self._pending:
            return
        documents = self._pending.take()
        points = [point for document in documents.values() for point in document]
        # Chunk ids follow from document and ordinal: writing replaces, and only surplus ordinals are left to delete.
        stale = qe.Filter(
            must=[_DIALECT.any_text(DOCUMENT_FIELD, list(documents))],
            must_not=[qe.HasIdCondition({point.id for point in points})],
        )
        self._shard.update(qe.UpdateOperation.delete_points_by_filter(stale))
        if points:
            self._shard.update(qe.UpdateOperation.upsert_points(points))
        self._languages = None

    # --- read ------------------------------------------------------------------------------------------------------

    def search(self, query: Query, user: User, limit: int) -> list[Passage]:
        self._settle()
        return pipeline.search(self, query, user, limit)

    def document(self, document_id: str, user: User) -> list[Chunk]:
        self._settle()
        condition = _DIALECT.combine(
            must=[access_condition(_DIALECT, user), _DIALECT.any_text(DOCUMENT_FIELD, [document_id])]
        )
        return sorted(self._scroll(condition), key=lambda chunk: chunk.ordinal)

    def chunks(self) -> Iterator[Chunk]:
        self._settle()
        return self._scroll(None)

    def count(self) -> int:
        self._settle()
        return self._shard.count(qe.CountRequest(exact=True))

    def document_count(self) -> int:
        """How many documents have at least one chunk."""
        self._settle()
        first = qe.Filter(must=[qe.FieldCondition(key=ORDINAL_FIELD, range=qe.RangeFloat(gte=0, lte=0))])
        return self._shard.count(qe.CountRequest(exact=True, filter=first))

    def languages(self) -> Sequence[str]:
        known = self._languages
        if known is None:
            hits = self._shard.facet(qe.FacetRequest(key=LANGUAGE_FIELD, limit=50)).hits
            known = self._languages = tuple(str(hit.value) for hit in hits)
        return known

    def condition(self, query: Query, user: User) -> qe.Filter:
        access = access_condition(_DIALECT, user)
        own = [translate(_DIALECT, query.filter)] if query.filter is not None else []
        return _DIALECT.combine(must=[access, *own])

    def find(
        self, text: Sparse | None, vector: FloatArray | None, condition: qe.Filter, limit: int, fields: Sequence[str]
    ) -> tuple[list[Hit], list[Hit]]:
        asked: list[tuple[Any, str]] = []
        if text is not None:
            asked.append((qe.SparseVector(*text), SPARSE))
        if vector is not None:
            asked.append((np.asarray(vector, dtype=np.float32).tolist(), DENSE))
        requests = [
            qe.QueryRequest(
                limit=limit,
                query=qe.Query.Nearest(what, using=field),
                filter=condition,
                with_payload=list(fields) or False,
                params=qe.SearchParams(hnsw_ef=breadth(limit)) if field == DENSE else None,
            )
            for what, field in asked
        ]
        found = iter(self._shard.query_batch(qe.QueryBatchRequest(requests)) if requests else [])
        hits = [[Hit(str(p.id), p.score, p.payload) for p in next(found)] if given is not None else []
                for given in (text, vector)]  # fmt: skip
        return hits[0], hits[1]

    def among(self, ids: Sequence[str], condition: qe.Filter) -> qe.Filter:
        return qe.Filter(must=[qe.HasIdCondition(set(ids)), condition])

    def fetch(self, ids: Sequence[str], condition: qe.Filter, vectors: bool) -> dict[str, Stored]:
        if not ids:
            return {}
        readable = self.among(ids, condition)
        records, _ = self._shard.scroll(
            qe.ScrollRequest(
                limit=len(ids), filter=readable, with_payload=True, with_vector=[DENSE] if vectors else False
            )
        )
        return {str(r.id): Stored(r.payload or {}, _dense(r.vector)) for r in records}

    def _settle(self) -> None:
        if self._pending:
            with self._lock:
                self._write_pending()

    def _scroll(self, condition: qe.Filter | None) -> Iterator[Chunk]:
        offset: Any = None
        while True:
            request = qe.ScrollRequest(offset=offset, limit=_PAGE, filter=condition, with_payload=True)
            records, offset = self._shard.scroll(request)
            for record in records:
                yield chunk_of(str(record.id), record.payload or {})
            if offset is None:
                return


def _dense(vector: Any) -> FloatArray | None:
    if not isinstance(vector, dict) or DENSE not in vector:
        return None
    return np.asarray(vector[DENSE], dtype=np.float32)
