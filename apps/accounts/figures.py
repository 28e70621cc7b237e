"""A figure over time: its course, how it moved and against which target, and its chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from apps.accounts.periods import is_stale, order
from apps.accounts.vocabulary import Vocabulary, bare_target
from apps.compare.values import ParsedNumber, number_of, verdict
from core.text.locale import signed_text

# A figure's course: period → value, number of the source, unit.
Series = dict[str, tuple[float, int, str]]


def metric_of(
    name: str, series: Mapping[str, tuple[float, int, str]], target_text: str, words: Vocabulary, today: date
) -> dict[str, Any]:
    """The figure's course by period, what it moved by, and how it stands against the target that is written.

    `on_target` is None where there is no target, its unit is another one, or nobody knows which way is better
    (`better` is "neither" then).
    """
    points: list[dict[str, Any]] = [
        {"period": p, "value": v, "number": n}
        for p, (v, n, _) in sorted(series.items(), key=lambda item: order(item[0]))
    ]
    unit = next((u for _, _, u in series.values() if u), "")
    first, last = points[0], points[-1]
    previous = points[-2] if len(points) > 1 else None
    written = words.target_of(name, target_text)
    target = number_of(bare_target(written))
    better = words.better(name, written, last["value"], unit)
    difference = round(last["value"] - previous["value"], 4) if previous else None
    return {
        "name": name,
        "unit": unit,
        "series": points,
        "first": first,
        "last": last,
        "previous": previous,
        "difference": difference,
        "difference_text": "" if difference is None else signed_text(difference),
        "better": better,
        "verdict": verdict(last["value"] - previous["value"], better) if previous else "same",
        "since_first": verdict(last["value"] - first["value"], better) if previous else "same",
        "target": target.value if target else None,
        "on_target": _on_target(last["value"], unit, target, better),
        "stale": is_stale(last["period"], today),
        "number": last["number"],
    }


def _on_target(value: float, unit: str, target: ParsedNumber | None, better: str) -> bool | None:
    if target is None or better == "neither":
        return None
    if unit and target.unit and unit.casefold() != target.unit.casefold():
        return None
    return value >= target.value if better == "higher" else value <= target.value


def charts_of(metrics: Sequence[dict[str, Any]], focus: str) -> list[dict[str, Any]]:
    """A chart for each figure with a course: the ones in focus first, then the ones off target."""
    courses = sorted(
        (m for m in metrics if len(m["series"]) > 1),
        key=lambda m: (not focus or focus not in m["name"].lower(), m["on_target"] is not False),
    )
    return [
        {
            "title": f"{m['name']} ({m['unit']})" if m["unit"] else m["name"],
            "labels": [p["period"] for p in m["series"]],
            "series": {m["name"]: [p["value"] for p in m["series"]]}
            | ({"Target": [m["target"]] * len(m["series"])} if m["target"] is not None else {}),
        }
        for m in courses[:8]
    ]
