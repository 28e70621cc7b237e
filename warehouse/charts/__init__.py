"""Rows → the chart that shows them, chosen by rules; no chart code comes from a model."""

from warehouse.charts.choose import ChartKind, chosen_kind
from warehouse.charts.draw import chart_spec

__all__ = ["ChartKind", "chart_spec", "chosen_kind"]
