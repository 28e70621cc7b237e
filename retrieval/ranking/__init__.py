"""Candidates → ranked hits: fusion and the stages of the read path, the same for both engines."""

from retrieval.ranking.pipeline import Hit, Sparse, Stored, breadth, reranked

__all__ = ["Hit", "Sparse", "Stored", "breadth", "reranked"]
