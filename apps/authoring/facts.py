"""What a step gives, as a tree to choose from: each fact with the words that put it into a prompt, and its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.steps.material import row_text

_MOST_ROWS = 8
# Of a result what only machines read.
_UNSHOWN = frozenset({"found", "numbers", "sources", "charts", "language", "count"})
_CALLED: Mapping[str, str] = {
    "owner": "who looks after it", "renewal": "contract ends", "metrics": "figures", "usage": "use by month",
    "value": "contract value", "wins": "achievements", "incident_records": "incidents, one by one",
    "recommendations": "agreed actions", "tasks": "open tasks", "touchpoints": "last contacts",
    "summary": "where they stand", "gaps": "what isn't known", "report": "the newest report",
    "facts": "other facts", "contradictions": "what the documents disagree on",
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One thing to choose. `rows` are the entries of a list, `parts` the facts within this one."""

    path: str
    label: str
    value: str = ""
    rows: tuple[str, ...] = ()
    more: int = 0
    parts: tuple[Fact, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of it for this customer."""
        return not (self.value or self.rows or self.parts)


def fact_tree(step: str, result: Mapping[str, Any]) -> list[Fact]:
    """What the step gave: what there is first, then what is empty."""
    facts = [_fact(f"{step}.{key}", key, value) for key, value in result.items() if key not in _UNSHOWN]
    return sorted(facts, key=lambda fact: fact.is_empty)


def _fact(path: str, key: str, value: Any) -> Fact:
    label = _CALLED.get(key, key.replace("_", " "))
    if isinstance(value, Mapping):
        parts = tuple(
            _fact(f"{path}.{name}", str(name), part) for name, part in value.items() if part not in ("", None)
        )
        return Fact(path, label, parts=tuple(p for p in parts if not p.is_empty))
    if isinstance(value, list | tuple):
        rows = [row_text(row) if isinstance(row, Mapping) else str(row) for row in value]
        return Fact(path, label, rows=tuple(rows[:_MOST_ROWS]), more=max(0, len(rows) - _MOST_ROWS))
    if isinstance(value, bool):
        return Fact(path, label, "yes" if value else "no")
    return Fact(path, label, "" if value is None else str(value))
