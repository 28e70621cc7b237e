"""The server engine: one collection on a Qdrant server or cluster, over gRPC where the server offers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import grpc
import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse
from qdrant_edge import SparseVector

from core.arrays import FloatArray
from core.errors import IndexMissing, IndexUnreachable
from core.settings import ServerSettings
from retrieval.engines.points import INDEXED, PointIndex, dense_of
from retrieval.query.records import DENSE, DOCUMENT_FIELD, SPARSE
from retrieval.ranking import Hit, Sparse, Stored, breadth

_BATCH_CHUNKS = 256  # a request of 256 chunks stays well below the server's limit of 32 MB
_PAGE = 500
_LANGUAGES_S = 60.0

P = ParamSpec("P")
R = TypeVar("R")


class ServerDialect:
    """Conditions as qdrant-client writes them."""

    def any_text(self, field: str, values: Sequence[str]) -> models.Filter:
        return _must(models.FieldCondition(key=field, match=models.MatchAny(any=list(values))))

    def empty(self, field: str) -> models.Filter:
        return models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key=field))])

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
    for field, kind in INDEXED.items():
        asked(client.create_payload_index, name, field, field_schema=models.PayloadSchemaType(kind))


class ServerIndex(PointIndex[models.Filter, models.PointStruct]):
    """Chunks in one collection, named by itself or by an alias. Threads and processes may read and write at a time."""

    def __init__(self, client: QdrantClient, collection: str) -> None:
        super().__init__(_DIALECT, _BATCH_CHUNKS)
        self._client = client
        self._collection = collection
        self._languages_at = 0.0

    def languages(self) -> Sequence[str]:
        # Others write to the collection, too; which languages it has is asked again now and then.
        if monotonic() - self._languages_at > _LANGUAGES_S:
            self._languages_at = monotonic()
            self._languages = None
        return super().languages()

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
        return {str(r.id): Stored(r.payload or {}, dense_of(r.vector)) for r in records}

    def _point(
        self, chunk_id: str, vector: list[float], terms: SparseVector, payload: dict[str, Any]
    ) -> models.PointStruct:
        sparse = models.SparseVector(indices=terms.indices, values=terms.values)
        return models.PointStruct(id=chunk_id, vector={DENSE: vector, SPARSE: sparse}, payload=payload)

    def _write(self, documents: Mapping[str, Sequence[models.PointStruct]]) -> None:
        points = [point for document in documents.values() for point in document]
        # New chunks first, surplus old ones after: a reader in between sees the document, never a gap.
        for start in range(0, len(points), _BATCH_CHUNKS):
            asked(self._client.upsert, self._collection, points[start : start + _BATCH_CHUNKS])
        stale = models.Filter(
            must=[_DIALECT.any_text(DOCUMENT_FIELD, list(documents))],
            must_not=[models.HasIdCondition(has_id=[point.id for point in points])],
        )
        self._delete(stale)

    def _delete(self, condition: models.Filter) -> None:
        asked(self._client.delete, self._collection, points_selector=condition)

    def _set_payload(self, payload: dict[str, Any], condition: models.Filter) -> None:
        asked(self._client.set_payload, self._collection, payload, points=condition)

    def _index_field(self, field: str, kind: str) -> None:
        schema = models.PayloadSchemaType(kind)
        asked(self._client.create_payload_index, self._collection, field, field_schema=schema)

    def _indexed_fields(self) -> set[str]:
        return set(asked(self._client.get_collection, self._collection).payload_schema)

    def _stored(self, condition: models.Filter | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
        offset: Any = None
        while True:
            records, offset = asked(
                self._client.scroll, self._collection, scroll_filter=condition, limit=_PAGE, offset=offset
            )
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _count(self, condition: models.Filter | None) -> int:
        return asked(self._client.count, self._collection, count_filter=condition).count

    def _values(self, field: str) -> Iterable[str]:
        return [str(hit.value) for hit in asked(self._client.facet, self._collection, field, limit=50).hits]


def _must(condition: Any) -> models.Filter:
    return models.Filter(must=[condition])


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
