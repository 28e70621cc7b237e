"""Many labels of an item → one: by majority, by the weight that gold items give each reviewer, or by Dawid and Skene.

Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm" (1979). The
packages that have it bring a framework; it is a page of arithmetic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from math import exp, log
from typing import Literal

from review.agreement import Table

Way = Literal["majority", "gold", "dawid_skene"]
# What a reviewer is held to know before anything is seen of them: as if of two gold items one was right.
_BEFORE = 1.0
_ROUNDS, _STILL = 200, 1e-6
# Few labels say little of how somebody errs: each begins with so many on every value, and more on the right one.
_SMOOTH, _KNOWS = 1.0, 2.0

# Item → (value, how sure, 0..1); no value where labels stand even.
Consolidated = Mapping[int, tuple[Hashable | None, float]]


def consolidated(table: Table, way: Way, gold: Mapping[int, Hashable] | None = None) -> Consolidated:
    """What the labels come to."""
    if way == "dawid_skene":
        return dawid_skene(table)
    weights = gold_weights(table, gold or {}) if way == "gold" else {}
    return {number: _vote(labels, weights) for number, labels in table.items() if labels}


def gold_weights(table: Table, gold: Mapping[int, Hashable]) -> dict[str, float]:
    """Reviewer → the log-odds of being right, by the gold items; whoever is as good as chance has none."""
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for number, value in gold.items():
        for reviewer, label in table.get(number, {}).items():
            seen[reviewer] += 1
            right[reviewer] += label == value
    shares = {r: (right[r] + _BEFORE) / (seen[r] + 2 * _BEFORE) for r in seen}
    return {reviewer: max(0.01, log(share / (1 - share))) for reviewer, share in shares.items()}


def _vote(labels: Mapping[str, Hashable], weights: Mapping[str, float]) -> tuple[Hashable | None, float]:
    votes: dict[Hashable, float] = defaultdict(float)
    for reviewer, label in labels.items():
        votes[label] += weights.get(reviewer, 0.01) if weights else 1.0
    ranked = sorted(votes.items(), key=lambda vote: -vote[1])
    share = ranked[0][1] / sum(votes.values())
    even = len(ranked) > 1 and ranked[0][1] - ranked[1][1] < 1e-9
    return (None if even else ranked[0][0]), round(share, 4)


def dawid_skene(table: Table) -> Consolidated:
    """Each item's most likely value, from how each reviewer mistakes one value for another, both found together."""
    values = sorted({label for labels in table.values() for label in labels.values()}, key=str)
    sure = {number: _shares(labels, values) for number, labels in table.items() if labels}
    before = float("-inf")
    for _ in range(_ROUNDS):
        common, mistakes = _learnt(table, sure, values)
        likelihood = 0.0
        for number, labels in table.items():
            if labels:
                logs = [log(common[v]) + sum(log(mistakes[r][v, label]) for r, label in labels.items()) for v in values]
                top = max(logs)
                total = sum(exp(value - top) for value in logs)
                likelihood += top + log(total)
                sure[number] = {v: exp(value - top) / total for v, value in zip(values, logs, strict=True)}
        if likelihood - before < _STILL:
            break
        before = likelihood
    best = {number: max(found.items(), key=lambda pair: pair[1]) for number, found in sure.items()}
    return {number: (value, round(share, 4)) for number, (value, share) in best.items()}


def _shares(labels: Mapping[str, Hashable], values: Sequence[Hashable]) -> dict[Hashable, float]:
    counts = Counter(labels.values())
    return {value: counts[value] / len(labels) for value in values}


def _learnt(
    table: Table, sure: Mapping[int, Mapping[Hashable, float]], values: Sequence[Hashable]
) -> tuple[dict[Hashable, float], dict[str, dict[tuple[Hashable, Hashable], float]]]:
    """How common each value is; for each reviewer, (true value, label) → how likely."""
    common = {v: (sum(found[v] for found in sure.values()) + _SMOOTH) for v in values}
    total = sum(common.values())
    counts: dict[str, Counter[tuple[Hashable, Hashable]]] = defaultdict(Counter)
    for number, labels in table.items():
        for reviewer, label in labels.items():
            for value in values:
                counts[reviewer][value, label] += sure[number][value]  # type: ignore[assignment]
    mistakes: dict[str, dict[tuple[Hashable, Hashable], float]] = {}
    for reviewer, found in counts.items():
        mistakes[reviewer] = {}
        for value in values:
            given = {label: found[value, label] + _SMOOTH + _KNOWS * (label == value) for label in values}
            whole = sum(given.values())
            mistakes[reviewer] |= {(value, label): count / whole for label, count in given.items()}
    return {value: count / total for value, count in common.items()}, mistakes
