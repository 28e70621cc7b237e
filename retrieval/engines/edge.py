"""The embedded engine: one Qdrant Edge shard in a folder, in this process, without a server.

The shard keeps no log (`wal_enabled=False`), so several processes can read one folder at a time; what is written
becomes durable on `close`. `generations.py` sees to it that a folder in use is never written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as qe

from core.arrays import FloatArray
from core.errors import IndexDamaged
from retrieval.engines.points import INDEXED, PointIndex, dense_of
from retrieval.query.records import DENSE, DOCUMENT_FIELD, SPARSE
from retrieval.ranking import Hit, Sparse, Stored, breadth

_BATCH_CHUNKS = 1_024
_PAGE = 1_000

_KINDS = {
    "keyword": qe.PayloadSchemaType.Keyword,
    "integer": qe.PayloadSchemaType.Integer,
    "float": qe.PayloadSchemaType.Float,
    "datetime": qe.PayloadSchemaType.Datetime,
}


class EdgeDialect:
    """Conditions as qdrant_edge writes them."""

    def any_text(self, field: str, values: Sequence[str]) -> qe.Filter:
        return qe.Filter(must=[qe.FieldCondition(key=field, match=qe.MatchAny(any=list(values)))])

    def empty(self, field: str) -> qe.Filter:
        return qe.Filter(must=[qe.IsEmptyCondition(field)])

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


class EdgeIndex(PointIndex[qe.Filter, qe.Point]):
    """Chunks in the shard at one folder. Any number of threads may search; one thread writes."""

    def __init__(self, shard: qe.EdgeShard, path: Path) -> None:
        super().__init__(_DIALECT, _BATCH_CHUNKS)
        self._shard = shard
        self.path = path

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
        for field, kind in INDEXED.items():
            shard.update(qe.UpdateOperation.create_field_index(field, _KINDS[kind]))
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
        return {str(r.id): Stored(r.payload or {}, dense_of(r.vector)) for r in records}

    def _point(self, chunk_id: str, vector: list[float], terms: qe.SparseVector, payload: dict[str, Any]) -> qe.Point:
        return qe.Point(id=chunk_id, vector={DENSE: vector, SPARSE: terms}, payload=payload)

    def _write(self, documents: Mapping[str, Sequence[qe.Point]]) -> None:
        points = [point for document in documents.values() for point in document]
        stale = qe.Filter(
            must=[_DIALECT.any_text(DOCUMENT_FIELD, list(documents))],
            must_not=[qe.HasIdCondition({point.id for point in points})],
        )
        self._delete(stale)
        if points:
            self._shard.update(qe.UpdateOperation.upsert_points(points))

    def _delete(self, condition: qe.Filter) -> None:
        self._shard.update(qe.UpdateOperation.delete_points_by_filter(condition))

    def _set_payload(self, payload: dict[str, Any], condition: qe.Filter) -> None:
        self._shard.update(qe.UpdateOperation.set_payload_by_filter(condition, payload))

    def _index_field(self, field: str, kind: str) -> None:
        self._shard.update(qe.UpdateOperation.create_field_index(field, _KINDS[kind]))

    def _indexed_fields(self) -> set[str]:
        return set(self._shard.info().payload_schema)

    def _stored(self, condition: qe.Filter | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
        offset: Any = None
        while True:
            request = qe.ScrollRequest(offset=offset, limit=_PAGE, filter=condition, with_payload=True)
            records, offset = self._shard.scroll(request)
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _count(self, condition: qe.Filter | None) -> int:
        return self._shard.count(qe.CountRequest(exact=True, filter=condition))

    def _values(self, field: str) -> Iterable[str]:
        return [str(hit.value) for hit in self._shard.facet(qe.FacetRequest(key=field, limit=50)).hits]
