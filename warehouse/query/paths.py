"""How entities hang together: the shortest way over relations, and where a step multiplies rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from warehouse.layer.model import Layer


@dataclass(frozen=True)
class Step:
    """From a known entity to the next: `near` and `far` are entity.column; `multiplies`: one row meets many."""

    near: str
    far: str
    multiplies: bool

    @property
    def entity(self) -> str:
        """The entity that the step reaches."""
        return self.far.partition(".")[0]


def way(layer: Layer, start: str, goal: str) -> tuple[Step, ...] | None:
    """The fewest steps from `start` to `goal`, of those the ones that multiply least; None: nothing joins them."""
    best: dict[str, tuple[Step, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if here == goal:
            return best[here]
        for step in sorted(_steps_from(layer, here), key=lambda s: s.multiplies):
            if step.entity not in best:
                best[step.entity] = (*best[here], step)
                queue.append(step.entity)
    return None


def tree(layer: Layer, root: str, entities: Iterable[str]) -> tuple[Step, ...] | None:
    """The steps that join `root` with all `entities`, each once and in order; None: one of them can't be reached."""
    taken: dict[str, Step] = {}
    for entity in entities:
        steps = way(layer, root, entity)
        if steps is None:
            return None
        for step in steps:
            taken.setdefault(step.entity, step)
    return tuple(taken.values())


def _steps_from(layer: Layer, entity: str) -> list[Step]:
    found = []
    for relation in layer.relations:
        if relation.many.partition(".")[0] == entity:
            found.append(Step(relation.many, relation.one, multiplies=False))
        if relation.one.partition(".")[0] == entity:
            found.append(Step(relation.one, relation.many, multiplies=True))
    return found
