"""Ranking measures, and how sure a mean over few questions is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean over `n` questions with its standard error; the error of a single question is unknown (NaN)."""

    value: float
    error: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f}" if math.isnan(self.error) else f"{self.value:.3f} ± {self.error:.3f}"


def mean(values: Sequence[float]) -> Measured:
    """The mean of one value a question; NaN of none."""
    n = len(values)
    if n == 0:
        return Measured(math.nan, math.nan, 0)
    average = math.fsum(values) / n
    if n == 1:
        return Measured(average, math.nan, 1)
    variance = math.fsum((value - average) ** 2 for value in values) / (n - 1)
    return Measured(average, math.sqrt(variance / n), n)


def ndcg(ranking: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`, 0..1, with the judged scores as gains.

    Source: Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002 (as in trec_eval).
    """
    ideal = sorted(relevant.values(), reverse=True)[:k]
    best = math.fsum(gain / math.log2(rank + 2) for rank, gain in enumerate(ideal))
    got = math.fsum(relevant.get(document, 0.0) / math.log2(rank + 2) for rank, document in enumerate(ranking[:k]))
    return got / best if best else 0.0


def recall(ranking: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Share of the relevant documents that are among the first `k`."""
    return len(set(ranking[:k]) & relevant.keys()) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, float]) -> float:
    """1 / rank of the first relevant document; 0 if there is none."""
    for rank, document in enumerate(ranking, start=1):
        if document in relevant:
            return 1 / rank
    return 0.0
