"""Two rankings → one. The text search's scores and the vector search's have different scales; each way copes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

Method = Literal["dbsf", "rrf"]

# Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.
RRF_K = 60


class Candidate(NamedTuple):
    """A chunk that one or both searches found. Scores of a search that didn't find it are None."""

    id: str
    text: float | None
    vector: float | None
    fused: float


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
