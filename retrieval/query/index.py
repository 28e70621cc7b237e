"""What every chunk index can do. Two engines implement it: `edge.py` (embedded) and `server.py` (Qdrant server)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.arrays import FloatArray
from core.types import Attributes, Chunk, Passage, Principal, User
from retrieval.query.filters import Filter
from retrieval.query.weights import Weights


@dataclass(frozen=True)
class Query:
    """One search.

    Attributes:
        text: The stand-alone question, for BM25; empty searches by vector alone.
        vector: The question's embedding, (dim,) float32, L2-normalised; None searches by text alone.
        filter: Only chunks whose attributes match; None matches all.
        weights: Reorders the fused candidates; None leaves the fused order.
        context: The conversation's attributes (customer, region, language) that weights may compare with.
        prefetch: How many candidates each of text and vector search contributes.
        fusion: How the two rankings become one, see `fusion.py`.
        cross_language: The vectors compare texts of different languages; BM25 can't, so its score then counts only for
            chunks in the question's language.
        late_interaction: Reads candidates closely: chunks → (n,) float32, higher is nearer, NaN for unknown. None
            leaves the fused order.
        late_interaction_depth: How many fused candidates are read closely.
        languages: ISO 639-1 codes by which BM25 stems `text`; empty lets the index detect them.
    """

    text: str
    vector: FloatArray | None = None
    filter: Filter | None = None
    weights: Weights | None = None
    context: Attributes = field(default_factory=dict)
    prefetch: int = 100
    fusion: Literal["dbsf", "rrf"] = "dbsf"
    languages: tuple[str, ...] = ()
    cross_language: bool = False
    late_interaction: Callable[[Sequence[Chunk]], FloatArray] | None = None
    late_interaction_depth: int = 100


class ChunkIndex(Protocol):
    """Chunks with their vectors and access lists. Reads need a user; there is no way to search as nobody."""

    def replace(self, document_id: str, chunks: Sequence[Chunk], vectors: FloatArray) -> None:
        """Makes `chunks` the document's only chunks; `vectors` is (len(chunks), dim) float32."""
        ...

    def set_access(self, document_id: str, allow: Iterable[Principal], deny: Iterable[Principal]) -> None:
        """Changes who may read the document, without embedding anything."""
        ...

    def set_metadata(self, document_id: str, metadata: Attributes) -> None:
        """Replaces the document's attributes on each of its chunks, without embedding anything."""
        ...

    def delete(self, document_ids: Iterable[str]) -> None:
        """Removes the documents; ids that aren't there are ignored."""
        ...

    def search(self, query: Query, user: User, limit: int) -> list[Passage]:
        """The best `limit` passages that `user` may read, best first, each with its `why`."""
        ...

    def document(self, document_id: str, user: User) -> list[Chunk]:
        """The document's chunks in order; empty if it isn't there or `user` may not read it."""
        ...

    def documents(self, user: User, filters: Filter | None = None) -> Iterator[Chunk]:
        """The first chunk of every document that `user` may read and that passes the filter, in no order."""
        ...

    def chunks(self, filters: Filter | None = None) -> Iterator[Chunk]:
        """Every chunk that passes the filter, for maintenance and statistics; never for answering."""
        ...

    def stored(self, document_ids: Sequence[str]) -> Iterator[tuple[str, list[Chunk], FloatArray]]:
        """(Id, chunks in order, their vectors) of these documents, for another index to take over."""
        ...

    def count(self) -> int:
        """How many chunks there are."""
        ...

    def close(self) -> None:
        """Writes what is pending to disk and lets go of the files."""
        ...
