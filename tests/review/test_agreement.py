"""Agreement and consolidation, against published figures and against reviewers whose errors are known."""

from __future__ import annotations

import random

import pytest

from review.agreement import Metric, alpha, confusion, interval, kappa, kappas
from review.consolidate import consolidated, dawid_skene, gold_weights

# Krippendorff (2011), section C: four observers, twelve units, values missing.
_ROWS = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}
PUBLISHED = {n: {who: row[n] for who, row in _ROWS.items() if row[n] is not None} for n in range(12)}


@pytest.mark.parametrize(("metric", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_the_published_example(metric: Metric, value: float) -> None:
    found = alpha(PUBLISHED, metric, (1, 2, 3, 4, 5))
    assert found == pytest.approx(value, abs=0.0006)
    between = interval(PUBLISHED, metric, (1, 2, 3, 4, 5))
    assert between is not None and between[0] < found < between[1]


def test_alpha_needs_two_people_and_two_values() -> None:
    assert alpha({}) is None and alpha({1: {"a": "x"}}) is None
    assert alpha({1: {"a": "x", "b": "x"}, 2: {"a": "x", "b": "x"}}) is None
    assert alpha({1: {"a": "x", "b": "x"}, 2: {"a": "y", "b": "y"}}) == 1.0


def test_kappa_is_that_of_a_textbook() -> None:
    # 50 proposals: both yes 20, both no 15, one yes the other no 5, the other way round 10; kappa .4.
    pairs = [("yes", "yes")] * 20 + [("no", "no")] * 15 + [("yes", "no")] * 5 + [("no", "yes")] * 10
    assert kappa(pairs) == pytest.approx(0.4)
    assert confusion(pairs)["yes", "no"] == 5
    assert kappa([]) is None and kappa([("yes", "yes")]) is None
    assert kappas({1: {"b": "x", "a": "x"}, 2: {"a": "y", "b": "y"}}) == {("a", "b"): (1.0, 2)}


def _simulated(seed: int, errors: list[float], items: int) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    chance, values = random.Random(seed), ["right", "partly", "wrong"]
    truth = {n: chance.choice(values) for n in range(items)}
    table: dict[int, dict[str, str]] = {n: {} for n in truth}
    for reviewer, error in enumerate(errors):
        for n, value in truth.items():
            wrong = [v for v in values if v != value]
            table[n][f"r{reviewer}"] = chance.choice(wrong) if chance.random() < error else value
    return table, truth


def test_many_labels_come_to_more_than_any_single_reviewer_and_than_a_vote() -> None:
    right = {"single": 0, "majority": 0, "dawid_skene": 0}
    for seed in range(10):
        table, truth = _simulated(seed, [0.2, 0.25, 0.3, 0.35, 0.4], 60)
        right["single"] += max(sum(table[n][f"r{r}"] == truth[n] for n in truth) for r in range(5))
        vote, model = consolidated(table, "majority"), dawid_skene(table)
        right["majority"] += sum(vote[n][0] == truth[n] for n in truth)
        right["dawid_skene"] += sum(model[n][0] == truth[n] for n in truth)
    assert right["single"] < right["majority"] < right["dawid_skene"]


def test_a_reviewer_who_mostly_errs_counts_for_little_once_it_is_known() -> None:
    table = {n: {"good": "a", "bad": "b", "worse": "b"} for n in range(1, 4)}
    table |= {n: {"good": "x", "bad": "y", "worse": "y"} for n in range(10, 30)}
    gold = dict.fromkeys(range(10, 30), "x")
    assert consolidated(table, "majority")[1][0] == "b"
    assert consolidated(table, "gold", gold)[1][0] == "a"
    weights = gold_weights(table, gold)
    assert weights["good"] > 2 and weights["bad"] == weights["worse"] == 0.01


def test_even_votes_come_to_nothing() -> None:
    assert consolidated({1: {"a": "x", "b": "y"}, 2: {}}, "majority") == {1: (None, 0.5)}
