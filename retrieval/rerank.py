"""An optional last look: a cross-encoder reads each of the best passages together with the question.

Off unless `retrieval.reranker` names a sentence-transformers CrossEncoder, by name or folder. It costs about as much as
embedding every passage anew, at each question.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from core.errors import ModelError
from core.types import Passage
from retrieval.bm25 import indexed_text
from retrieval.pipeline import reranked
from retrieval.weights import factor

# So many of the best passages are read; the others keep their order behind them.
DEPTH = 50


class Reranker:
    """Orders passages by a cross-encoder's scores and the metadata weights that already applied to them."""

    def __init__(self, model: str) -> None:
        self.model = model

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """The passages with the first `DEPTH` in their new order; each of these has `why.rerank`, 0..1.

        Raises:
            ModelError: the model can't be loaded.
        """
        best, rest = passages[:DEPTH], passages[DEPTH:]
        if not best:
            return []
        texts = [(question, indexed_text(passage.chunk)) for passage in best]
        scores = np.asarray(self._encoder.predict(texts, show_progress_bar=False), dtype=np.float64).reshape(
            len(best), -1
        )
        if scores.shape[1] != 1:
            raise ModelError(
                f"The model {self.model!r} of retrieval.reranker gives {scores.shape[1]} scores a pair, not one; "
                "name a CrossEncoder made for ranking."
            )
        found = []
        for passage, raw in zip(best, scores[:, 0].tolist(), strict=True):
            score = raw if self._bounded else 1 / (1 + math.exp(-max(-60.0, min(60.0, raw))))
            found.append(reranked(passage, score, score * factor(passage.why.boosts)))
        ordered = sorted(found, key=lambda p: (-p.score, p.chunk.id))
        least = ordered[-1].score
        # Those that weren't read stay behind, whatever scale their own scores have.
        top = max((p.score for p in rest), default=1.0) or 1.0
        return [*ordered, *(reranked(p, p.why.rerank, least * p.score / top) for p in rest)]

    @property
    def _bounded(self) -> bool:
        # With one label sentence-transformers applies a sigmoid by itself unless the model says otherwise.
        return type(self._encoder.activation_fn).__name__ == "Sigmoid"

    @cached_property
    def _encoder(self) -> Any:
        from sentence_transformers import CrossEncoder

        try:
            return CrossEncoder(self.model)
        except Exception as error:  # the library raises whatever its loaders do
            reason = " ".join(str(error).split())[:300]
            raise ModelError(
                f"The re-ranking model {self.model!r} can't be loaded ({reason}); correct retrieval.reranker to a "
                "CrossEncoder's name or folder, or leave it empty."
            ) from error
