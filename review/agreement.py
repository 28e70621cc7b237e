"""How far people agree beyond chance: Krippendorff's alpha with its interval, Cohen's kappa for pairs, confusion.

Sources: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), for the coincidences and the three metrics;
Cohen, "A coefficient of agreement for nominal scales" (1960). Written here since the packages that have them are under
the GPL or bring a framework along; the test holds them against the published example.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import Literal

Metric = Literal["nominal", "ordinal", "interval"]
# Item → reviewer → label.
Table = Mapping[int, Mapping[str, Hashable]]
_DRAWS = 400


def alpha(table: Table, metric: Metric = "nominal", order: Sequence[Hashable] = ()) -> float | None:
    """1: all agree; 0: as chance would have it; None when no two people labelled the same item, or all said the same.

    Args:
        order: The values in their order, for the ordinal metric and, as numbers, for the interval one.
    """
    units = [list(labels.values()) for labels in table.values() if len(labels) > 1]
    together: Counter[tuple[Hashable, Hashable]] = Counter()
    for unit in units:
        for a, one in enumerate(unit):
            for b, other in enumerate(unit):
                if a != b:
                    together[one, other] += 1 / (len(unit) - 1)  # type: ignore[assignment]
    counts: Counter[Hashable] = Counter()
    for (one, _), weight in together.items():
        counts[one] += weight
    total = sum(counts.values())
    apart = _distance(metric, list(order) or sorted(counts, key=str), counts)
    expected = sum(counts[a] * counts[b] * apart(a, b) for a in counts for b in counts)
    if total < 2 or not expected:
        return None
    observed = sum(weight * apart(a, b) for (a, b), weight in together.items())
    return 1 - (total - 1) * observed / expected


def interval(
    table: Table, metric: Metric = "nominal", order: Sequence[Hashable] = (), seed: int = 0
) -> tuple[float, float] | None:
    """The middle 95 % of alpha over items drawn with replacement; None when there is no alpha."""
    if alpha(table, metric, order) is None:
        return None
    chance, numbers = random.Random(seed), list(table)
    found = []
    for _ in range(_DRAWS):
        drawn = {n: table[number] for n, number in enumerate(chance.choices(numbers, k=len(numbers)))}
        if (value := alpha(drawn, metric, order)) is not None:
            found.append(value)
    found.sort()
    return (found[int(0.025 * len(found))], found[int(0.975 * len(found)) - 1]) if len(found) > 20 else None


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa of two people's labels of the same items; None without items, or if both always said the same."""
    if not pairs:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(first[value] * second[value] for value in first) / len(pairs) ** 2
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def kappas(table: Table) -> dict[tuple[str, str], tuple[float, int]]:
    """(One, another) → (kappa, items that both labelled), for each pair that has a kappa."""
    both: dict[tuple[str, str], list[tuple[Hashable, Hashable]]] = defaultdict(list)
    for labels in table.values():
        for one, other in combinations(sorted(labels), 2):
            both[one, other].append((labels[one], labels[other]))
    return {pair: (value, len(found)) for pair, found in both.items() if (value := kappa(found)) is not None}


def confusion(pairs: Sequence[tuple[Hashable, Hashable]]) -> Counter[tuple[Hashable, Hashable]]:
    """(One's label, the other's) → how often."""
    return Counter(pairs)


def _distance(
    metric: Metric, order: Sequence[Hashable], counts: Mapping[Hashable, float]
) -> Callable[[Hashable, Hashable], float]:
    """How far apart two values are, squared."""
    if metric == "nominal":
        return lambda a, b: float(a != b)
    place = {value: n for n, value in enumerate(order)}
    if metric == "interval":
        number = {v: float(v) if isinstance(v, int | float) else float(n) for v, n in place.items()}
        return lambda a, b: (number[a] - number[b]) ** 2

    def ranks(a: Hashable, b: Hashable) -> float:
        low, high = sorted((place[a], place[b]))
        between = sum(counts.get(order[n], 0) for n in range(low, high + 1))
        return (between - (counts.get(a, 0) + counts.get(b, 0)) / 2) ** 2

    return ranks
