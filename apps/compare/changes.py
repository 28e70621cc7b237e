"""What a comparison finds: figures that both reports have, and one flat list of changes with the evidence of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from apps.compare.figures import Figure, same_goal
from apps.compare.meaning import name_words
from apps.compare.units import in_unit_of
from apps.compare.values import Verdict, verdict
from apps.compare.words import Better, better_way, is_denied, negatives

Kind = Literal["added", "removed", "changed"]
Part = Literal["cell", "row", "column", "table", "sentence", "section"]
# What a change of words is: what it says is turned round, has another amount, another content, or only other words.
Nature = Literal["", "flip", "amount", "content", "wording"]
# Where a value stands to its target that it hasn't crossed, when nobody says which way is better.
Approach = Literal["", "closer", "further"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ReportChange:
    """One difference. `label` names the row and column or the heading; numbers are there for numeric cells.

    Attributes:
        nature: Of a changed sentence or a changed cell of words.
        as_figure: A figure of the comparison says the same.
    """

    kind: Kind
    part: Part
    heading: str
    label: str
    before: str
    after: str
    where_before: str = ""
    where_after: str = ""
    difference: float | None = None
    percent: float | None = None
    unit: str = ""
    verdict: Verdict = "changed"
    nature: Nature = ""
    as_figure: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that both reports have, changed or not.

    Attributes:
        former_name: What the earlier report calls it, where that is something else.
        before: In the unit of the later report.
        before_text, after_text: As written; `before_shown` and `after_shown` with the unit that stands elsewhere.
        converted: The reports write it in different units.
    """

    name: str
    former_name: str
    heading: str
    unit: str
    before: float
    after: float
    before_text: str
    after_text: str
    before_shown: str
    after_shown: str
    converted: bool
    target: str
    verdict: Verdict
    better: Better
    approach: Approach
    on_target: bool | None
    where_before: str
    where_after: str


@dataclass(frozen=True)
class ReportComparison:
    """Everything that was found.

    Attributes:
        swapped: The report that was given as the earlier one is for a later time than the other.
        unrelated: The two have hardly anything in common.
    """

    metrics: tuple[Metric, ...]
    changes: tuple[ReportChange, ...]
    swapped: bool = False
    unrelated: bool = False


def metric_of(before: Figure, after: Figure, directions: Mapping[str, Better], heading: str) -> Metric:
    """The figure in both reports, its values in one unit."""
    # A bare 0.97 beside "96 %" is shown as a share.
    unit = after.quantity if after.quantity.measures or not before.quantity.measures else before.quantity
    old, new = (round(in_unit_of(f.quantity, unit), 6) for f in (before, after))
    better = _better(before, after, directions)
    goal = round(in_unit_of(after.goal, unit), 6) if after.goal is not None else None
    moved = new - old if abs(new - old) > _ROUNDING * max(1.0, abs(old)) else 0.0
    return Metric(
        name=after.name,
        former_name=before.name if set(name_words(before.name)) != set(name_words(after.name)) else "",
        heading=heading,
        unit=unit.unit,
        before=old,
        after=new,
        before_text=before.written,
        after_text=after.written,
        before_shown=before.shown,
        after_shown=after.shown,
        converted=before.quantity.kind != after.quantity.kind,
        target=after.target,
        verdict=verdict(moved, better),
        better=better,
        approach=_approach(old, new, goal) if same_goal(before, after) or before.goal is None else "",
        on_target=_reached(new, goal, better),
        where_before=before.place,
        where_after=after.place,
    )


def nature_of(before: str, after: str) -> Nature:
    """What the change from one wording to the other is."""
    if negatives(before) % 2 != negatives(after) % 2 or _has_denied_word(before, after):
        return "flip"
    if _digits(before) != _digits(after):
        return "amount"
    return "wording" if set(name_words(before)) == set(name_words(after)) else "content"


def _has_denied_word(before: str, after: str) -> bool:
    one, other = set(name_words(before)), set(name_words(after))
    return any(is_denied(a, b) for a in one - other for b in other - one)


def _digits(text: str) -> list[str]:
    return sorted(w for w in name_words(text) if any(c.isdigit() for c in w))


def _better(before: Figure, after: Figure, directions: Mapping[str, Better]) -> Better:
    """As declared, else by the target itself, else by the words of either name."""
    declared = better_way(after.name, directions)
    if any(key.lower() in after.name.lower() for key in directions):
        return declared
    former = better_way(before.name, directions)
    if any(key.lower() in before.name.lower() for key in directions):
        return former
    named: list[Better] = [after.bound, before.bound, declared, former]
    return next((way for way in named if way != "neither"), "neither")


def _approach(old: float, new: float, goal: float | None) -> Approach:
    if goal is None or old == new or (old - goal) * (new - goal) < 0:
        return ""
    return "closer" if abs(new - goal) < abs(old - goal) else "further"


def _reached(value: float, goal: float | None, better: Better) -> bool | None:
    if goal is None or better == "neither":
        return None
    return value >= goal if better == "higher" else value <= goal
