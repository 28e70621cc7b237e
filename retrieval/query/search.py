"""What is searched for, and what can search: the one request and the one protocol of the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.types import Attributes, Chunk, Passage, User
from retrieval.query.filters import Filter
from retrieval.query.weights import Weights


@dataclass(frozen=True, slots=True)
class Search:
    """A stand-alone question, for whom, and how many passages at most.

    Attributes:
        weights: Override the configured weights attribute by attribute; the level none switches one off.
        context: The conversation's attributes (customer, region, …) that weights may compare with.
    """

    question: str
    user: User
    limit: int = 10
    filters: Filter | None = None
    weights: Weights | None = None
    context: Attributes | None = None


class Searcher(Protocol):
    """Finds passages: `retrieval.retriever.Retriever`, a narrowed one, or a fake in tests."""

    def search(self, search: Search, /) -> list[Passage]:
        """The best passages that `search.user` may read, best first, each with its why."""
        ...

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        """The document's chunks in order; empty if it isn't there or `user` may not read it."""
        ...
