"""Two runs of a suite, case by case: what changed beyond noise, and which cases did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evals.suite.history import Result
from evals.suite.scorers import LOWER_IS_BETTER

_RESAMPLES = 4_000
_CONFIDENCE = 0.95
# A fall of one case by less than this isn't worth naming.
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Changed:
    """One case's value of a metric, before and now."""

    case_id: str
    before: float
    now: float
    trace_before: str
    trace_now: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric over the cases that both runs have.

    Attributes:
        change: Mean of (now − before).
        low, high: The confidence interval of the change, 95%, by paired bootstrap.
        verdict: "better", "worse", or "same" when the interval holds 0.
        fell: The cases that got worse, the worst first.
    """

    metric: str
    n: int
    before: float
    now: float
    low: float
    high: float
    verdict: str
    fell: tuple[Changed, ...] = ()

    @property
    def change(self) -> float:
        return self.now - self.before


def compare(before: Mapping[str, Result], now: Mapping[str, Result], seed: int = 0) -> list[Difference]:
    """Every metric's difference over the cases that have it in both runs.

    Source: Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, on the differences of pairs.
    """
    both = sorted(case_id for case_id in now if case_id in before)
    metrics = dict.fromkeys(s.metric for case_id in both for s in now[case_id].scores)
    found = []
    for metric in metrics:
        pairs = [(c, b, n) for c in both if (b := before[c].value(metric)) is not None
                 and (n := now[c].value(metric)) is not None]  # fmt: skip
        if pairs:
            found.append(_difference(metric, pairs, before, now, seed))
    return found


def interval(differences: np.ndarray[tuple[int], np.dtype[np.float64]], seed: int = 0) -> tuple[float, float]:
    """The bootstrap's confidence interval of the mean of `differences`, (n,)."""
    n = len(differences)
    draws = np.random.default_rng(seed).integers(0, n, (_RESAMPLES, n))
    means = differences[draws].mean(axis=1)
    tail = 100 * (1 - _CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def _difference(
    metric: str,
    pairs: list[tuple[str, float, float]],
    before: Mapping[str, Result],
    now: Mapping[str, Result],
    seed: int,
) -> Difference:
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    differences = np.array([n - b for _, b, n in pairs], dtype=np.float64)
    low, high = interval(differences, seed) if np.any(differences) else (0.0, 0.0)
    gain = (low, high) if sign > 0 else (-high, -low)
    verdict = "better" if gain[0] > 0 else "worse" if gain[1] < 0 else "same"
    fallen = sorted((sign * (n - b), c, b, n) for c, b, n in pairs if sign * (n - b) < -_SMALLEST)
    fell = tuple(
        Changed(c, b, n, before[c].trace_id, now[c].trace_id, _explanation(now[c], metric)) for _, c, b, n in fallen
    )
    return Difference(
        metric,
        len(pairs),
        float(np.mean([b for _, b, _ in pairs])),
        float(np.mean([n for _, _, n in pairs])),
        low,
        high,
        verdict,
        fell,
    )


def _explanation(result: Result, metric: str) -> str:
    return next((s.explanation for s in result.scores if s.metric == metric), "")
