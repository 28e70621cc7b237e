"""A chart as a picture for a document: a Vega-Lite specification, or lines of {title, labels, series}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import AppError

_WIDTH, _HEIGHT = 640, 320
_FALLBACK = "Carlito, Liberation Sans, DejaVu Sans, sans-serif"
# Differ in lightness as well as in hue.
_COLOURS = ["#2f9388", "#c98a1b", "#7f8c9a", "#b8453c", "#6b7fd1", "#8a6d3b"]


def chart_png(chart: Mapping[str, Any], font: str) -> bytes:
    """The picture in the document's font, for light paper. Raises AppError: it isn't a chart."""
    import vl_convert

    spec = dict(chart["spec"]) if chart.get("spec") else _lines(chart)
    # A font that this machine lacks would leave the text out.
    config = {**spec.get("config", {}), "font": f"{font}, {_FALLBACK}", "background": "white"}
    made = {**spec, "width": _WIDTH, "height": spec.get("height", _HEIGHT), "config": config}
    try:
        return bytes(vl_convert.vegalite_to_png(made, scale=2, allowed_base_urls=[]))
    except ValueError as error:
        raise AppError(f"The chart {chart_title(chart)!r} can't be drawn: {str(error).splitlines()[0]}.") from error


def chart_title(chart: Mapping[str, Any]) -> str:
    """What the chart is called, which is also its alternative text."""
    return str(chart.get("title") or "Chart")


def _lines(chart: Mapping[str, Any]) -> dict[str, Any]:
    labels = [str(label) for label in chart.get("labels", [])]
    values = [
        {"at": label, "series": str(name), "value": None if value is None else float(value)}
        for name, series in chart.get("series", {}).items()
        for label, value in zip(labels, series, strict=False)
    ]
    many = len(chart.get("series", {})) > 1
    colour: dict[str, Any] = {"value": _COLOURS[0]}
    if many:
        legend = {"orient": "bottom"}
        colour = {"field": "series", "type": "nominal", "title": None, "scale": {"range": _COLOURS}, "legend": legend}
    return {
        "data": {"values": values},
        "mark": {"type": "line", "point": {"size": 40}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "at", "type": "ordinal", "sort": labels, "title": None},
            "y": {"field": "value", "type": "quantitative", "title": None, "axis": {"format": "~s"}},
            "color": colour,
        },
    }
