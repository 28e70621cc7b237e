"""A question → passages that the asking person may read: embed, search, re-rank, group.

retriever = open_retriever(settings)
retriever.search("What does the premium plan cost?", user, limit=8)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

import numpy as np

from core.errors import IndexDamaged, SettingsError
from core.settings import RetrievalSettings, Settings
from core.types import Attributes, AttributeValue, Chunk, Passage, User
from retrieval.engines import Generations, open_generations
from retrieval.engines.generations import LAYOUT
from retrieval.models import Embedder, open_embedder
from retrieval.models.late_interaction import WordReader
from retrieval.models.rerank import DEPTH, Reranker, open_reranker
from retrieval.query import ChunkIndex, Filter, Query, Weights, embedded_text, load_weights, parse_weights
from retrieval.query.weights import BUILT_IN

# So many passages more are asked for, in the place of copies that are left out.
_SPARE = 5


@dataclass
class Retriever:
    """Searches the generation that serves at the time of each call.

    Attributes:
        weights: The settings' weights; a search's own override them by attribute.
        reranker: Reads the best passages once more; None leaves the order of the search.
    """

    generations: Generations
    embedder: Embedder
    settings: RetrievalSettings
    weights: Weights
    reranker: Reranker | None = None

    @property
    def index(self) -> ChunkIndex:
        """The index that serves now. Raises IndexMissing before the first sync."""
        return self.generations.read()

    def search(
        self,
        question: str,
        user: User,
        limit: int = 10,
        *,
        filters: Filter | None = None,
        weights: Weights | None = None,
        context: Attributes | None = None,
    ) -> list[Passage]:
        """The best `limit` passages for a stand-alone question that `user` may read, best first, each with its why.

        Args:
            weights: Override the configured weights attribute by attribute; the level none switches one off.
            context: The conversation's attributes (customer, region, …) that weights may compare with.
        """
        index = self.index
        reader, depth = self.embedder, self.settings.late_interaction_depth
        query = Query(
            text=question,
            vector=self.embedder.encode_query(question) if question.strip() else None,
            filter=filters,
            weights=self.weights.overridden_by(weights),
            context=context or {},
            prefetch=self.settings.prefetch,
            fusion=self.settings.fusion,
            cross_language=not self.embedder.languages,
            closer=partial(reader.word_similarities, question) if depth and isinstance(reader, WordReader) else None,
            late_interaction_depth=depth,
        )
        if self.reranker is None:
            return without_copies(index.search(query, user, limit + _SPARE))[:limit]
        found = self.reranker.rerank(question, index.search(query, user, max(limit + _SPARE, DEPTH)))
        return without_copies(found)[:limit]

    def document(self, document_id: str, user: User) -> list[Chunk]:
        """The document's chunks in order; empty if it isn't there or `user` may not read it."""
        return self.index.document(document_id, user)

    def neighbours(self, chunk: Chunk, user: User, before: int = 1, after: int = 1) -> list[Chunk]:
        """The chunks around `chunk` in its document, itself included, in order."""
        around = range(chunk.ordinal - before, chunk.ordinal + after + 1)
        return [c for c in self.document(chunk.document_id, user) if c.ordinal in around]


def without_copies(passages: Sequence[Passage]) -> list[Passage]:
    """The passages without those that say word for word what a better one of a near-duplicate document says.

    Only the same words count: two quarters' reports are alike too, and differ in just the numbers that are asked for.
    """
    seen: set[tuple[AttributeValue, str]] = set()
    kept = []
    for passage in passages:
        chunk = passage.chunk
        # A near-duplicate names the document that stands for its group; that one stands for itself.
        key = (chunk.metadata.get("duplicate_of") or chunk.document_id, " ".join(chunk.text.casefold().split()))
        if key not in seen or not chunk.text.strip():
            kept.append(passage)
        seen.add(key)
    return kept


def group_by_document(passages: Sequence[Passage], per_document: int = 3) -> Mapping[str, list[Passage]]:
    """Document id → its best passages; documents in the order of their best passage."""
    order = {d: n for n, d in enumerate(dict.fromkeys(p.chunk.document_id for p in passages))}
    ordered = sorted(passages, key=lambda p: (order[p.chunk.document_id], -p.score))
    grouped = groupby(ordered, key=lambda p: p.chunk.document_id)
    return {document: list(group)[:per_document] for document, group in grouped}


def diversified(passages: Sequence[Passage], embedder: Embedder, limit: int, balance: float = 0.5) -> list[Passage]:
    """`limit` passages that are relevant and unlike each other, the best first (maximal marginal relevance).

    Source: Carbonell, Goldstein, "The use of MMR", SIGIR 1998.

    Args:
        balance: 1 looks at relevance alone, 0 at difference alone.
    """
    if len(passages) <= 1 or limit <= 0:
        return list(passages[: max(limit, 0)])
    # The text that was indexed: its vector is in the cache.
    vectors = embedder.encode_texts([embedded_text(p.chunk, embedder.languages) for p in passages])
    alike = vectors @ vectors.T
    scores = np.array([p.score for p in passages], dtype=np.float32)
    spread = float(scores.max() - scores.min())
    relevance = (scores - scores.min()) / spread if spread > 0 else np.ones_like(scores)
    chosen = [int(relevance.argmax())]
    while len(chosen) < min(limit, len(passages)):
        gain = balance * relevance - (1 - balance) * alike[:, chosen].max(axis=1)
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return [passages[i] for i in chosen]


def open_retriever(settings: Settings) -> Retriever:
    """A retriever over the settings' current index.

    Raises:
        IndexMissing: nothing has been synced yet.
        SettingsError: the index was made with another embedding model than the settings name.
    """
    generations = open_generations(settings)
    generations.read()
    embedder = open_embedder(settings)
    current = generations.current
    if current is not None and current.recipe.layout != LAYOUT:
        raise IndexDamaged("The index was written by another version of Debrief; run `debrief sync` to rebuild it.")
    if current is not None and current.recipe.model != embedder.name:
        raise SettingsError(
            f"The index was made with the embedding model {current.recipe.model!r} and the settings name "
            f"{embedder.name!r}; run `debrief sync` to index everything anew, or name the old model again."
        )
    return configured(Retriever(generations, embedder, settings.retrieval, Weights()), settings)


def configured(retriever: Retriever, settings: Settings) -> Retriever:
    """The retriever with the weights and the re-ranker of the settings."""
    file = settings.retrieval.weights_file
    weights = parse_weights(BUILT_IN).overridden_by(load_weights(settings.path(file)) if file is not None else None)
    return replace(retriever, weights=weights, reranker=open_reranker(settings))
