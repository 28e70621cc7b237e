"""A figure over time: its course, how it moved and against which target, and its chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.compare.values import better_way, number_of, verdict
from core.text.locale import signed_text


def metric_of(name: str, series: Mapping[str, tuple[float, int, str]], target_text: str) -> dict[str, Any]:
    """The figure's course by period, what it moved by, and how it stands against the target that is written."""
    points: list[dict[str, Any]] = [{"period": p, "value": v, "number": n} for p, (v, n, _) in sorted(series.items())]
    unit = next((u for _, _, u in series.values() if u), "")
    first, last = points[0], points[-1]
    previous = points[-2] if len(points) > 1 else None
    better = better_way(name, {})
    target = number_of(target_text)
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
        "verdict": verdict(last["value"] - previous["value"], better) if previous else "same",
        "since_first": verdict(last["value"] - first["value"], better) if previous else "same",
        "target": target.value if target else None,
        "on_target": None
        if target is None or better == "neither"
        else (last["value"] >= target.value if better == "higher" else last["value"] <= target.value),
        "number": last["number"],
    }


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
