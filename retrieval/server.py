"""The server engine: one collection on a Qdrant server or cluster, over gRPC where the server offers it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import grpc
import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from core.errors import IndexMissing, IndexUnreachable
from core.settings import ServerSettings
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

_BATCH_CHUNKS = 256  # a request of 256 chunks stays well below the server's limit of 32 MB
_PAGE = 500
_LANGUAGES_S = 60.0

# Payload fields that conditions look at, and how the engine indexes each.
_INDEXED = {
    ALLOW_FIELD: models.PayloadSchemaType.KEYWORD,
    DENY_FIELD: models.PayloadSchemaType.KEYWORD,
    DOCUMENT_FIELD: models.PayloadSchemaType.KEYWORD,
    ORDINAL_FIELD: models.PayloadSchemaType.INTEGER,
    LANGUAGE_FIELD: models.PayloadSchemaType.KEYWORD,
    TERMS: models.PayloadSchemaType.KEYWORD,
}
_RANGES = {NUMBERS: models.PayloadSchemaType.FLOAT, INSTANTS: models.PayloadSchemaType.DATETIME}

P = ParamSpec("P")
R = TypeVar("R")


class ServerDialect:
    """Conditions as qdrant-client writes them."""

    def any_text(self, field: str, values: Sequence[str]) -> models.Filter:
        return _must(models.FieldCondition(key=field, match=models.MatchAny(any=list(values))))

    def numbers(self, field: str, bounds: Mapping[str, float]) -> models.Filter:
        return _must(models.FieldCondition(key=field, range=models.Range(**bounds)))

    def instants(self, field: str, bounds: Mapping[str, datetime]) -> models.Filter:
        return _must(models.FieldCondition(key=field, range=models.DatetimeRange(**bounds)))

    def combine(
        self,
        must: Sequence[models.Filter] = (),
        should: Sequence[models.Filter] = (),
        must_not: Sequence[models.Filter] = (),
    ) -> models.Filter:
        return models.Filter(must=list(must) or None, should=list(should) or None, must_not=list(must_not) or None)


_DIALECT = ServerDialect()


def connect(settings: ServerSettings) -> QdrantClient:
    """A client of the configured server; nothing is sent yet."""
    key = settings.api_key.get_secret_value() if settings.api_key else None
    return QdrantClient(
        url=settings.url,
        api_key=key,
        prefer_grpc=settings.prefer_grpc,
        timeout=max(1, round(settings.timeout_s)),
        check_compatibility=False,  # it would call the server before there is anything to ask
    )


def asked(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`call`'s result; the one place where the vendor's errors become ours.

    Raises:
        IndexUnreachable: the server doesn't answer, refuses the key, or reports an error.
        IndexMissing: it has no such collection.
    """
    try:
        return call(*args, **kwargs)
    except UnexpectedResponse as error:
        raise _refused(error.status_code or 0, str(error.reason_phrase or error)) from error
    except grpc.RpcError as error:
        code = error.code() if isinstance(error, grpc.Call) else None
        status = {
            grpc.StatusCode.UNAUTHENTICATED: 401,
            grpc.StatusCode.PERMISSION_DENIED: 403,
            grpc.StatusCode.NOT_FOUND: 404,
        }.get(code, 0)
        raise _refused(status, code.name if code else str(error)) from error
    except (ApiException, QdrantException, OSError) as error:
        raise _refused(0, " ".join(str(error).split())) from error


def create_collection(client: QdrantClient, name: str, dim: int, settings: ServerSettings, metadata: Any) -> None:
    """An empty collection with the settings' shards, replicas, quantisation and storage."""
    asked(
        client.create_collection,
        name,
        vectors_config={
            DENSE: models.VectorParams(
                size=dim, distance=models.Distance.COSINE, on_disk=settings.on_disk_vectors or None
            )
        },
        sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        shard_number=settings.shards,
        replication_factor=settings.replication_factor,
        quantization_config=_quantization(settings.quantization),
        metadata=metadata,
    )
    for field, kind in _INDEXED.items():
        asked(client.create_payload_index, name, field, field_schema=kind)


class ServerIndex:
    """Chunks in one collection, named by itself or by an alias. Threads and processes may read and write at a time."""

    def __init__(self, client: QdrantClient, collection: str) -> None:
        self._client = client
        self._collection = collection
        self._pending: Pending[models.PointStruct] = Pending(_BATCH_CHUNKS)
        self._indexed: set[str] | None = None
        self._languages: tuple[str, ...] | None = None
        self._languages_at = 0.0
        self._lock = threading.RLock()

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
            condition = _DIALECT.any_text(DOCUMENT_FIELD, [document_id])
            asked(self._client.set_payload, self._collection, access_payload(allow, deny), points=condition)

    def set_metadata(self, document_id: str, metadata: Attributes) -> None:
        with self._lock:
            self._write_pending()
            for chunk in list(self._scroll(_DIALECT.any_text(DOCUMENT_FIELD, [document_id]))):
                payload = metadata_payload(replace(chunk, metadata=metadata))
                self._index_fields(payload)
                asked(self._client.set_payload, self._collection, payload, points=[chunk.id])
            self._languages = None

    def delete(self, document_ids: Iterable[str]) -> None:
        with self._lock:
            self._write_pending()
            ids = list(document_ids)
            for start in range(0, len(ids), _PAGE):
                condition = _DIALECT.any_text(DOCUMENT_FIELD, ids[start : start + _PAGE])
                asked(self._client.delete, self._collection, points_selector=condition)
            self._languages = None

    def close(self) -> None:
        with self._lock:
            self._write_pending()

    def _point(self, chunk: Chunk, vector: list[float]) -> models.PointStruct:
        terms = encode_chunk(chunk)
        payload = payload_of(chunk)
        self._index_fields(payload)
        sparse = models.SparseVector(indices=terms.indices, values=terms.values)
        return models.PointStruct(id=chunk.id, vector={DENSE: vector, SPARSE: sparse}, payload=payload)

    def _index_fields(self, payload: Mapping[str, Any]) -> None:
        if self._indexed is None:
            self._indexed = set(asked(self._client.get_collection, self._collection).payload_schema)
        for field in range_fields(payload):
            if field not in self._indexed:
                self._indexed.add(field)
                asked(
                    self._client.create_payload_index,
                    self._collection,
                    field,
                    field_schema=_RANGES[field.partition(".")[0]],
                )

    def _write_pending(self) -> None:
        if not self._pending:
            return
        documents = self._pending.take()
        points = [point for document in documents.values() for point in document]
        # New chunks first, surplus old ones after: a reader in between sees the document, never a gap.
        for start in range(0, len(points), _BATCH_CHUNKS):
            asked(self._client.upsert, self._collection, points[start : start + _BATCH_CHUNKS])
        stale = models.Filter(
            must=[_DIALECT.any_text(DOCUMENT_FIELD, list(documents))],
            must_not=[models.HasIdCondition(has_id=[point.id for point in points])],
        )
        asked(self._client.delete, self._collection, points_selector=stale)
        self._languages = None

    # --- read ------------------------------------------------------------------------------------------------------

    def search(self, query: Query, user: User, limit: int) -> list[Passage]:
        self._settle()
        return pipeline.search(self, query, user, limit)

    def document(self, document_id: str, user: User) -> list[Chunk]:
        self._settle()
        own = _DIALECT.any_text(DOCUMENT_FIELD, [document_id])
        condition = _DIALECT.combine(must=[access_condition(_DIALECT, user), own])
        return sorted(self._scroll(condition), key=lambda chunk: chunk.ordinal)

    def chunks(self) -> Iterator[Chunk]:
        self._settle()
        return self._scroll(None)

    def count(self) -> int:
        self._settle()
        return asked(self._client.count, self._collection).count

    def document_count(self) -> int:
        """How many documents have at least one chunk."""
        self._settle()
        first = _DIALECT.numbers(ORDINAL_FIELD, {"gte": 0, "lte": 0})
        return asked(self._client.count, self._collection, count_filter=first).count

    def languages(self) -> Sequence[str]:
        known = self._languages
        # Others write to the collection, too; which languages it has is asked again now and then.
        if known is None or monotonic() - self._languages_at > _LANGUAGES_S:
            self._languages_at = monotonic()
            found = asked(self._client.facet, self._collection, LANGUAGE_FIELD, limit=50)
            known = self._languages = tuple(str(hit.value) for hit in found.hits)
        return known

    def condition(self, query: Query, user: User) -> models.Filter:
        access = access_condition(_DIALECT, user)
        own = [translate(_DIALECT, query.filter)] if query.filter is not None else []
        return _DIALECT.combine(must=[access, *own])

    def find(
        self,
        text: Sparse | None,
        vector: FloatArray | None,
        condition: models.Filter,
        limit: int,
        fields: Sequence[str],
    ) -> tuple[list[Hit], list[Hit]]:
        searches: list[tuple[Any, str]] = []
        if text is not None:
            searches.append((models.SparseVector(indices=text[0], values=text[1]), SPARSE))
        if vector is not None:
            searches.append((np.asarray(vector, dtype=np.float32).tolist(), DENSE))
        requests = [
            models.QueryRequest(
                query=what,
                using=field,
                filter=condition,
                limit=limit,
                with_payload=list(fields) or False,
                params=models.SearchParams(hnsw_ef=breadth(limit)) if field == DENSE else None,
            )
            for what, field in searches
        ]
        found = iter(asked(self._client.query_batch_points, self._collection, requests) if requests else [])
        hits = [
            [Hit(str(p.id), p.score, p.payload) for p in next(found).points] if given is not None else []
            for given in (text, vector)
        ]
        return hits[0], hits[1]

    def among(self, ids: Sequence[str], condition: models.Filter) -> models.Filter:
        return models.Filter(must=[models.HasIdCondition(has_id=list(ids)), condition])

    def fetch(self, ids: Sequence[str], condition: models.Filter, vectors: bool) -> dict[str, Stored]:
        if not ids:
            return {}
        readable = self.among(ids, condition)
        records, _ = asked(
            self._client.scroll,
            self._collection,
            scroll_filter=readable,
            limit=len(ids),
            with_payload=True,
            with_vectors=[DENSE] if vectors else False,
        )
        return {str(r.id): Stored(r.payload or {}, _dense(r.vector)) for r in records}

    def _settle(self) -> None:
        if self._pending:
            with self._lock:
                self._write_pending()

    def _scroll(self, condition: models.Filter | None) -> Iterator[Chunk]:
        offset: Any = None
        while True:
            records, offset = asked(
                self._client.scroll, self._collection, scroll_filter=condition, limit=_PAGE, offset=offset
            )
            for record in records:
                yield chunk_of(str(record.id), record.payload or {})
            if offset is None:
                return


def _must(condition: Any) -> models.Filter:
    return models.Filter(must=[condition])


def _dense(vector: Any) -> FloatArray | None:
    if not isinstance(vector, dict) or DENSE not in vector:
        return None
    return np.asarray(vector[DENSE], dtype=np.float32)


def _quantization(kind: str) -> models.QuantizationConfig | None:
    if kind == "int8":
        return models.ScalarQuantization(scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8))
    if kind == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig())
    return None


def _refused(status: int, reason: str) -> IndexUnreachable | IndexMissing:
    if status in (401, 403):
        return IndexUnreachable(
            f"The index server refused the key ({status} {reason}); set retrieval.server.api_key to a valid one."
        )
    if status == 404:
        return IndexMissing("The index server has no index of that name yet; run `debrief sync`.")
    shown = f"{status} {reason}" if status else reason
    return IndexUnreachable(
        f"The index server doesn't answer as it should ({shown}); check retrieval.server.url and that it runs."
    )
