"""What the two engines' indexes have in common: chunks as points, written in batches and read under a condition.

An engine brings its dialect and the few calls at the end of `PointIndex`; `edge.py` and `server.py` are no more.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import numpy as np
from qdrant_edge import SparseVector

from core.arrays import FloatArray
from core.types import Attributes, Chunk, Passage, Principal, User
from retrieval.engines.pending import Pending
from retrieval.query import Filter, Query
from retrieval.query.access import ALLOW_FIELD, DENY_FIELD, access_condition
from retrieval.query.bm25 import encode_chunk
from retrieval.query.dialect import INSTANTS, NUMBERS, TERMS, Condition, Dialect, range_fields, translate
from retrieval.query.records import (
    DENSE,
    DOCUMENT_FIELD,
    LANGUAGE_FIELD,
    ORDINAL_FIELD,
    access_payload,
    chunk_of,
    metadata_payload,
    payload_of,
)
from retrieval.ranking import Hit, Sparse, Stored, pipeline

Point = TypeVar("Point")

# Payload fields that conditions look at, and how both engines name the index that each has.
INDEXED = {
    **dict.fromkeys((ALLOW_FIELD, DENY_FIELD, DOCUMENT_FIELD, LANGUAGE_FIELD, TERMS), "keyword"),
    ORDINAL_FIELD: "integer",
}
_RANGES = {NUMBERS: "float", INSTANTS: "datetime"}

# So many documents are named in one deletion.
_PAGE = 500


class PointIndex(ABC, Generic[Condition, Point]):
    """Chunks as points of one engine. Any number of threads may search.

    Args:
        dialect: How the engine writes conditions.
        batch_chunks: So many are written at once.
    """

    def __init__(self, dialect: Dialect[Condition], batch_chunks: int) -> None:
        self._dialect = dialect
        self._pending: Pending[Point] = Pending(batch_chunks)
        self._indexed: set[str] | None = None
        self._languages: tuple[str, ...] | None = None
        self._lock = threading.RLock()

    # --- write -----------------------------------------------------------------------------------------------------

    def replace(self, document_id: str, chunks: Sequence[Chunk], vectors: FloatArray) -> None:
        """Makes `chunks` the document's only chunks; `vectors` is (len(chunks), dim) float32."""
        if len(chunks) != len(vectors):
            raise ValueError(f"{document_id}: {len(chunks)} chunks, {len(vectors)} vectors")
        points = []
        for chunk, vector in zip(chunks, vectors.tolist(), strict=True):
            payload = payload_of(chunk)
            self._index_ranges(payload)
            points.append(self._point(chunk.id, vector, encode_chunk(chunk), payload))
        with self._lock:
            if self._pending.add(document_id, points):
                self._write_pending()

    def set_access(self, document_id: str, allow: Iterable[Principal], deny: Iterable[Principal]) -> None:
        """Changes who may read the document, without embedding anything."""
        with self._lock:
            self._write_pending()
            self._set_payload(access_payload(allow, deny), self._of_documents([document_id]))

    def set_metadata(self, document_id: str, metadata: Attributes) -> None:
        """Replaces the document's attributes on each of its chunks, without embedding anything."""
        with self._lock:
            self._write_pending()
            document = self._of_documents([document_id])
            for chunk in list(self._scroll(document)):
                payload = metadata_payload(replace(chunk, metadata=metadata))
                self._index_ranges(payload)
                self._set_payload(payload, self.among([chunk.id], document))
            self._languages = None

    def delete(self, document_ids: Iterable[str]) -> None:
        """Removes the documents; ids that aren't there are ignored."""
        with self._lock:
            self._write_pending()
            ids = list(document_ids)
            for start in range(0, len(ids), _PAGE):
                self._delete(self._of_documents(ids[start : start + _PAGE]))
            self._languages = None

    def close(self) -> None:
        """Writes what is pending."""
        with self._lock:
            self._write_pending()

    def _index_ranges(self, payload: Mapping[str, Any]) -> None:
        """Lets the engine index each number and instant that it meets for the first time."""
        if self._indexed is None:
            self._indexed = self._indexed_fields()
        for field in range_fields(payload):
            if field not in self._indexed:
                self._indexed.add(field)
                self._index_field(field, _RANGES[field.partition(".")[0]])

    def _write_pending(self) -> None:
        if self._pending:
            self._write(self._pending.take())
            self._languages = None

    def _settle(self) -> None:
        if self._pending:
            with self._lock:
                self._write_pending()

    # --- read ------------------------------------------------------------------------------------------------------

    def search(self, query: Query, user: User, limit: int) -> list[Passage]:
        """The best `limit` passages that `user` may read, best first, each with its `why`."""
        self._settle()
        return pipeline.search(self, query, user, limit)

    def document(self, document_id: str, user: User) -> list[Chunk]:
        """The document's chunks in order; empty if it isn't there or `user` may not read it."""
        self._settle()
        access = access_condition(self._dialect, user)
        condition = self._dialect.combine(must=[access, self._of_documents([document_id])])
        return sorted(self._scroll(condition), key=lambda chunk: chunk.ordinal)

    def documents(self, user: User, filters: Filter | None = None) -> Iterator[Chunk]:
        """The first chunk of every document that `user` may read and that passes the filter, in no order."""
        self._settle()
        return self._scroll(self._dialect.combine(must=[self._first, self._readable(user, filters)]))

    def chunks(self, filters: Filter | None = None) -> Iterator[Chunk]:
        """Every chunk that passes the filter, for maintenance and statistics; never for answering."""
        self._settle()
        return self._scroll(translate(self._dialect, filters) if filters is not None else None)

    def stored(self, document_ids: Sequence[str]) -> Iterator[tuple[str, list[Chunk], FloatArray]]:
        """(Id, chunks in order, their vectors) of these documents, for another index to take over."""
        self._settle()
        for document_id in document_ids:
            its = self._of_documents([document_id])
            chunks = sorted(self._scroll(its), key=lambda chunk: chunk.ordinal)
            vectors = self.fetch([chunk.id for chunk in chunks], its, vectors=True)
            yield document_id, chunks, np.array([vectors[chunk.id].vector for chunk in chunks], dtype=np.float32)

    def count(self) -> int:
        """How many chunks there are."""
        self._settle()
        return self._count(None)

    def document_count(self) -> int:
        """How many documents have at least one chunk."""
        self._settle()
        return self._count(self._first)

    def languages(self) -> Sequence[str]:
        """The languages of the chunks."""
        known = self._languages
        if known is None:
            known = self._languages = tuple(self._values(LANGUAGE_FIELD))
        return known

    def condition(self, query: Query, user: User) -> Condition:
        """The access filter of `user` joined with the query's own filter."""
        return self._readable(user, query.filter)

    @property
    def _first(self) -> Condition:
        return self._dialect.numbers(ORDINAL_FIELD, {"gte": 0, "lte": 0})

    def _readable(self, user: User, filters: Filter | None) -> Condition:
        own = [translate(self._dialect, filters)] if filters is not None else []
        return self._dialect.combine(must=[access_condition(self._dialect, user), *own])

    def _of_documents(self, document_ids: Sequence[str]) -> Condition:
        return self._dialect.any_text(DOCUMENT_FIELD, document_ids)

    def _scroll(self, condition: Condition | None) -> Iterator[Chunk]:
        for chunk_id, payload in self._stored(condition):
            yield chunk_of(chunk_id, payload)

    # --- what an engine brings -------------------------------------------------------------------------------------

    @abstractmethod
    def find(
        self, text: Sparse | None, vector: FloatArray | None, condition: Condition, limit: int, fields: Sequence[str]
    ) -> tuple[list[Hit], list[Hit]]:
        """As `pipeline.Engine`."""

    @abstractmethod
    def among(self, ids: Sequence[str], condition: Condition) -> Condition:
        """As `pipeline.Engine`."""

    @abstractmethod
    def fetch(self, ids: Sequence[str], condition: Condition, vectors: bool) -> dict[str, Stored]:
        """As `pipeline.Engine`."""

    @abstractmethod
    def _point(self, chunk_id: str, vector: list[float], terms: SparseVector, payload: dict[str, Any]) -> Point: ...

    @abstractmethod
    def _write(self, documents: Mapping[str, Sequence[Point]]) -> None:
        """Replaces the points of each document. Ids follow from document and ordinal, so only surplus ones go."""

    @abstractmethod
    def _delete(self, condition: Condition) -> None: ...

    @abstractmethod
    def _set_payload(self, payload: dict[str, Any], condition: Condition) -> None:
        """Overwrites these payload fields of the points that pass."""

    @abstractmethod
    def _index_field(self, field: str, kind: str) -> None: ...

    @abstractmethod
    def _indexed_fields(self) -> set[str]: ...

    @abstractmethod
    def _stored(self, condition: Condition | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(id, payload) of every point that passes."""

    @abstractmethod
    def _count(self, condition: Condition | None) -> int: ...

    @abstractmethod
    def _values(self, field: str) -> Iterable[str]:
        """The field's different values."""


def dense_of(vectors: Any) -> FloatArray | None:
    """The embedding among a stored point's vectors, if it was asked for."""
    if not isinstance(vectors, dict) or DENSE not in vectors:
        return None
    return np.asarray(vectors[DENSE], dtype=np.float32)
