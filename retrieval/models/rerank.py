"""An optional last look: a cross-encoder reads each of the best passages together with the question.

Off unless `retrieval.reranker` names a model: "english" for the packaged one, or a sentence-transformers CrossEncoder
by name or folder. The order is the mean of what the search and what the cross-encoder found; by the latter alone it
gets no better (docs/retrieval.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.settings import Settings
from core.types import Passage
from retrieval.query.bm25 import indexed_text
from retrieval.query.weights import factor
from retrieval.ranking import reranked

# So many of the best passages are read; the others keep their order behind them. Reading 20 or 30 gains no more.
DEPTH = 10

Scores = NDArray[np.float64]


class PairScorer(Protocol):
    """A cross-encoder."""

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """(len(texts),) float64, higher is better: log-odds that the text answers the question.

        Raises:
            ModelError: the model can't be loaded.
        """
        ...


class CrossEncoderScorer:
    """Any sentence-transformers CrossEncoder, loaded at the first question."""

    def __init__(self, model: str) -> None:
        self.model = model

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """As `PairScorer`."""
        from torch.nn import Identity

        # Without the sigmoid that the library puts behind models of one label, scores stay apart at the ends.
        pairs = [(question, text) for text in texts]
        found = self._encoder.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
        table: Scores = np.asarray(found, dtype=np.float64).reshape(len(texts), -1)
        if table.shape[1] != 1:
            raise ModelError(
                f"The model {self.model!r} of retrieval.reranker gives {table.shape[1]} scores a pair, not one; "
                "name a CrossEncoder made for ranking."
            )
        return table[:, 0]

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


class Reranker:
    """Orders passages by the search and a cross-encoder together, and the metadata weights that applied already."""

    def __init__(self, scorer: PairScorer) -> None:
        self._scorer = scorer

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """The passages with the first `DEPTH` in their new order; each of these has `why.rerank`, 0..1.

        Raises:
            ModelError: the model can't be loaded.
        """
        best, rest = passages[:DEPTH], passages[DEPTH:]
        if not best:
            return []
        read = self._scorer.scores(question, [indexed_text(passage.chunk) for passage in best])
        factors = np.array([factor(passage.why.boosts) for passage in best])
        found = np.array([passage.score for passage in best]) / factors
        # On the scale of `fusion.combine`: 0.5 is the average passage.
        finals = np.maximum(0.0, (_standardised(found) + _standardised(read)) / 2 + 3) / 6 * factors
        odds = 1 / (1 + np.exp(-np.clip(read, -60, 60)))
        scored = zip(best, odds.tolist(), finals.tolist(), strict=True)
        ordered = sorted((reranked(p, odd, final) for p, odd, final in scored), key=lambda p: (-p.score, p.chunk.id))
        least = ordered[-1].score
        # Those that weren't read stay behind, whatever scale their own scores have.
        top = max((p.score for p in rest), default=1.0) or 1.0
        return [*ordered, *(reranked(p, p.why.rerank, least * p.score / top) for p in rest)]


def open_reranker(settings: Settings) -> Reranker | None:
    """The configured re-ranker; None if there is none.

    Raises:
        ModelError: it is the packaged one, and isn't installed.
    """
    model = settings.retrieval.reranker
    if not model:
        return None
    if model == "english":
        from retrieval.models.packed_reranker import open_packed_reranker

        return Reranker(open_packed_reranker(settings.data_path))
    folder = settings.path(Path(model))
    return Reranker(CrossEncoderScorer(str(folder) if folder.is_dir() else model))


def _standardised(values: Scores) -> Scores:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)
