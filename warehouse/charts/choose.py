"""Which chart shows rows without misleading. A table where none does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from warehouse.layer.model import Layer
from warehouse.query.structured import Query

ChartKind = Literal["bar", "line", "pie", "heat", "number", "histogram", "scatter", "table"]
# Bars beyond this are gathered as "other"; a list of names beyond `_MOST_NAMES` is a table.
MOST_BARS = 12
_MOST_NAMES = 60
_MOST_PARTS = 5
_TIME_GRAINS = ("hour", "day", "week", "month", "quarter", "year")
_CYCLES = ("weekday", "hour of day", "month of year")
# What a question may ask for; the first that is said wins.
_ASKED: tuple[tuple[ChartKind, str], ...] = (
    ("histogram", r"histogram\w*|distribution\w*|verteilung|distribucion|distribución|répartition|repartition"),
    ("heat", r"heat ?map\w*"),
    ("scatter", r"scatter ?(?:plot|chart|graph)?\w*|streudiagramm|gráfico de dispersión|nuage de points"),
    ("pie", r"pie (?:chart|graph)\w*|kreisdiagramm|tortendiagramm|gráfico circular|camembert"),
    ("line", r"line (?:chart|graph|plot)\w*|trend ?line|liniendiagramm|gráfico de líneas|courbe"),
    (
        "bar",
        (
            r"bar (?:chart|graph|plot)\w*|columns?(?: chart)|balkendiagramm|säulendiagramm|"
            r"gráfico de barras|diagramme en barres"
        ),
    ),
    ("table", r"as a table|als tabelle|como tabla|en tableau"),
)


def asked_kind(question: str) -> ChartKind | None:
    """The kind of chart that the question names; None for none."""
    low = question.lower()
    return next((kind for kind, words in _ASKED if re.search(rf"\b(?:{words})\b", low)), None)


def chosen_kind(query: Query, rows: Sequence[Sequence[Any]], layer: Layer, asked: ChartKind | None = None) -> ChartKind:
    """The kind of chart for the rows of `query`.

    One number alone is shown large; time runs along a line; a share of one whole with few parts may be a pie, if asked
    for; two dimensions of cycles (weekday and hour) are a heat map; points, if asked for, stand for one figure over
    time or for one figure against another; else bars from zero. Rows without figures, without two points, or with
    nothing but blanks are a table.
    """
    if query.counted:
        return "number"
    figures = range(len(query.levels), len(query.levels) + len(query.measures))
    if not rows or not figures:
        return "table"
    if not query.levels:
        return "number" if len(figures) == 1 else "table"
    if all(row[f] is None for row in rows for f in figures):
        return "table"
    if asked in ("table", "histogram"):
        return asked
    if len(rows) < 2:
        return "table"
    time = [n for n, level in enumerate(query.levels) if level.grain in _TIME_GRAINS or _is_year(query, n, layer)]
    if asked == "pie":
        return "pie" if len(query.levels) == 1 and len(figures) == 1 and _is_whole(query, rows) else "bar"
    if (
        len(query.levels) == 2
        and not time
        and (asked == "heat" or all(level.grain in _CYCLES for level in query.levels))
    ):
        return "heat"
    if asked == "scatter" and len(query.levels) == 1 and len(figures) == (1 if time else 2):
        return "scatter"
    if len(query.levels) > 2 or (len(query.levels) == 2 and len(figures) > 1):
        return "table"
    if len(query.levels) == 2 and len({row[1 - (time[0] if time else 0)] for row in rows}) > MOST_BARS:
        return "table"
    if asked in ("bar", "line") and (asked == "bar" or time):
        return asked
    if time:
        return "line"
    return "bar" if len(rows) <= _MOST_NAMES else "table"


def _is_year(query: Query, at: int, layer: Layer) -> bool:
    field = query.levels[at].field
    return field.rpartition(".")[2].split()[-1] == "year" and layer.column(field).type == "number"


def _is_whole(query: Query, rows: Sequence[Sequence[Any]]) -> bool:
    """Whether the parts add up to something: counts or sums, none negative, few."""
    values = [row[-1] for row in rows]
    adds = query.measures[0].by in ("count", "sum") and query.measures[0].over is None
    return adds and len(rows) <= _MOST_PARTS and all(v is not None and v >= 0 for v in values)
