"""Who sees what over REST and MCP, by a rule that knows people by number; `make bench-access` is more."""

from __future__ import annotations

import random
from pathlib import Path

from evals.bench.access import Deployment, World
from retrieval.engines.generations import FolderGenerations, Recipe
from service.bench.access import over_all
from tests.service.apart import apart


def test_people_see_over_rest_and_mcp_what_the_rule_says(tmp_path: Path) -> None:
    world = World(random.Random(3))
    world.fill()
    deployment = Deployment(world, FolderGenerations(tmp_path / "index", Recipe("f", "m", 16), 2), tmp_path)
    seen: list[bool] = []
    for turn in range(2):
        deployment.write(world.change() if turn else None)
        for person in range(turn, 60, 9):
            asked = world.chance.sample(range(300), 4)
            for way, document, found in apart(lambda: list(over_all(deployment, person, asked))):  # noqa: B023
                if way.startswith(("REST", "MCP")):
                    assert found == world.may_read(person, document), (turn, person, document, way)
                    seen.append(found)
    assert len(seen) > 300 and 0.1 < sum(seen) / len(seen) < 0.6
