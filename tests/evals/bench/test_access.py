"""The comparison of who sees what finds nothing wrong, and finds it when something is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evals.bench import access


@pytest.fixture(params=["embedded", "server"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> access.Deployment:
    for name, value in (("_PEOPLE", 9), ("_GROUPS", 8), ("_DOCUMENTS", 70), ("_ROUNDS", 2)):
        monkeypatch.setattr(access, name, value)
    world = access.World(random.Random(7))
    monkeypatch.setattr(world.chance, "sample", lambda of, k: random.Random(len(of)).sample(of, min(k, len(of))))
    world.fill()
    return access.Deployment(world, access._engines(tmp_path)[request.param], tmp_path)


@pytest.mark.filterwarnings("ignore:Payload indexes")
def test_nobody_sees_more_or_less_than_the_rule_says(deployment: access.Deployment) -> None:
    counts, wrong = access.compare(deployment, 100)
    assert wrong == [] and counts["pairs"] >= 100 and 0 < counts["allowed"] < counts["pairs"]


@pytest.mark.filterwarnings("ignore:Payload indexes")
@pytest.mark.parametrize(("shown", "kind"), [(set, "leaks"), (lambda ids: set(), "misses")])
def test_a_fault_is_found(deployment: access.Deployment, monkeypatch: pytest.MonkeyPatch, shown, kind: str) -> None:
    monkeypatch.setattr(access, "readable_ids", lambda engine, ids, user: shown(ids))
    counts, wrong = access.compare(deployment, 100)
    assert counts[kind] > 0 and wrong[0].startswith(kind)
