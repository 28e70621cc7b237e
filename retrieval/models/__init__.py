"""The packaged models and what runs them: embedding, tokens, late interaction, re-ranking.

A model's runtime (OpenVINO, torch) is imported when its first text is embedded, never by the door.
"""

from retrieval.models.cache import EmbeddingCache
from retrieval.models.embed import CachedEmbedder, Embedder, open_embedder
from retrieval.models.tokens import RecentTokens, TokenEncoder, TokenVectors

__all__ = [
    "CachedEmbedder",
    "Embedder",
    "EmbeddingCache",
    "RecentTokens",
    "TokenEncoder",
    "TokenVectors",
    "open_embedder",
]
