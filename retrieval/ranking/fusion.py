"""Two rankings → one. The text search's scores and the vector search's have different scales; each way copes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

Method = Literal["dbsf", "rrf"]

# Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.
RRF_K = 60

# Shares of BM25, cosine and word-by-word similarity in the final order: round numbers on a plateau, not a fit (the
# figures of other shares are in docs/retrieval.md).
TEXT_WEIGHT, VECTOR_WEIGHT, WORDS_WEIGHT = 0.4, 0.5, 0.5
# Between languages BM25 says nothing, and single words say less than the whole.
FOREIGN_WORDS_WEIGHT = 0.1


class Candidate(NamedTuple):
    """A chunk that one or both searches found. Scores of a search that didn't find it are None."""

    id: str
    text: float | None
    vector: float | None
    fused: float
    words: float | None = None
    late_interaction: float | None = None

    @property
    def relevance(self) -> float:
        """What metadata weights multiply: the score of close reading if there was one, else the fused score."""
        return self.fused if self.late_interaction is None else self.late_interaction


class LateInteraction(NamedTuple):
    """A candidate of which every score is known, whichever search found it; NaN is what can't be known.

    Attributes:
        foreign: It is in another language than the question.
    """

    candidate: Candidate
    text: float
    vector: float | None
    words: float
    foreign: bool = False


def fuse(text: Mapping[str, float], vector: Mapping[str, float], method: Method = "dbsf") -> list[Candidate]:
    """Candidates, best first, of BM25 scores and cosines by chunk id; if one is empty the other's order stays."""
    scale = _by_distribution if method == "dbsf" else _by_rank
    scaled_text, scaled_vector = scale(text), scale(vector)
    ids = dict.fromkeys([*text, *vector])
    fused = [Candidate(i, text.get(i), vector.get(i), scaled_text.get(i, 0.0) + scaled_vector.get(i, 0.0)) for i in ids]
    # Equal scores are ordered by id, so that the same question always gives the same answer.
    return sorted(fused, key=lambda c: (-c.fused, c.id))


def _by_distribution(scores: Mapping[str, float]) -> dict[str, float]:
    """Distribution-based score fusion: mean - 3 standard deviations becomes 0, mean + 3 becomes 1."""
    if not scores:
        return {}
    values = np.fromiter(scores.values(), dtype=np.float64, count=len(scores))
    spread = float(values.std(ddof=1)) if len(scores) > 1 else 0.0
    if spread < 1e-9:
        return dict.fromkeys(scores, 0.5)
    scaled = np.maximum(0.0, (values - values.mean() + 3 * spread) / (6 * spread))
    return dict(zip(scores, scaled.tolist(), strict=True))


def _by_rank(scores: Mapping[str, float]) -> dict[str, float]:
    ordered = sorted(scores, key=lambda i: (-scores[i], i))
    return {i: 1 / (RRF_K + rank) for rank, i in enumerate(ordered, start=1)}


def combine(complete: Sequence[LateInteraction], rest: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by the weighted mean of three standardised scores; `rest` follows in its fused order.

    The mean is put on the scale of `fuse`: 0.5 is the average candidate, and six standard deviations are 1.
    """
    foreign = np.array([c.foreign for c in complete])
    columns = (
        (TEXT_WEIGHT, np.where(foreign, 0.0, TEXT_WEIGHT), [c.text for c in complete]),
        (VECTOR_WEIGHT, VECTOR_WEIGHT, [math.nan if c.vector is None else c.vector for c in complete]),
        (WORDS_WEIGHT, np.where(foreign, FOREIGN_WORDS_WEIGHT, WORDS_WEIGHT), [c.words for c in complete]),
    )
    total, weight = np.zeros(len(complete)), 0.0
    for most, shares, column in columns:
        values = np.array(column, dtype=np.float64)
        known = ~np.isnan(values)
        spread = float(values[known].std()) if known.any() else 0.0
        if spread < 1e-9:
            continue
        # What isn't known counts as average.
        total += shares * np.where(known, (values - values[known].mean()) / spread, 0.0)
        weight += most
    if not weight:
        return [*(c.candidate for c in complete), *rest]
    scores = np.maximum(0.0, (total / weight + 3) / 6)
    best = [
        c.candidate._replace(late_interaction=float(score), words=None if np.isnan(c.words) else c.words)
        for c, score in zip(complete, scores, strict=True)
    ]
    # Whoever wasn't read closely stays behind those who were, whatever scale its fused score has.
    least, top = float(scores.min()), max((c.fused for c in rest), default=1.0) or 1.0
    tail = [c._replace(late_interaction=least * c.fused / top) for c in rest]
    return [*sorted(best, key=lambda c: (-c.relevance, c.id)), *tail]
