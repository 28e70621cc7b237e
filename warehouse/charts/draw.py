"""A chart as a Vega-Lite specification: titles in words, units on axes, gaps that stay gaps, readable in grey and
in the dark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import altair as alt

from core.text.locale import month_names, weekday_names
from warehouse.charts.choose import MOST_BARS, ChartKind
from warehouse.layer.model import Layer
from warehouse.query.compile import column_names
from warehouse.query.structured import Measure, Query
from warehouse.query.words import title as words_of

# Differ in lightness as well as in hue, and can be seen on white and on black.
COLOURS = ("#2f9388", "#c98a1b", "#7f8c9a", "#b8453c", "#6b7fd1", "#8a6d3b", "#4f9d5d", "#a35fa0")
_BAR = 28
# Grain → months, days to the next.
_STEPS = {"day": (0, 1), "week": (0, 7), "month": (1, 0), "quarter": (3, 0), "year": (12, 0)}
_MOST_TIMES = 1_000
_TIME_UNITS = {"hour": "yearmonthdatehours", "day": "yearmonthdate", "week": "yearmonthdate", "month": "yearmonth",
               "quarter": "yearquarter", "year": "year"}  # fmt: skip


def chart_spec(
    kind: ChartKind, query: Query, rows: Sequence[Sequence[Any]], layer: Layer, today: date
) -> dict[str, Any] | None:
    """The specification, with its data in it; None for a number and a table, which need none."""
    if kind in ("number", "table"):
        return None
    names = column_names(query, layer)
    heading = words_of(query, layer, today)
    shown = [tuple(_cell(v, query, n) for n, v in enumerate(row)) for row in rows]
    if kind == "bar" and len(query.levels) == 1:
        shown = _gathered(shown, query)
    if kind == "line":
        shown = _with_gaps(shown, query)
    values = [dict(zip(names, row, strict=True)) for row in shown]
    base = alt.Chart(alt.InlineData(values=values), title=alt.TitleParams(heading, anchor="start"))
    drawn = {"bar": _bars, "line": _lines, "pie": _pie, "heat": _heat, "histogram": _histogram, "scatter": _points}[
        kind
    ](base, query, names, layer)
    spec: dict[str, Any] = drawn.properties(
        description=f"{heading}. {len(rows)} rows.", width="container", height=_height(kind, shown, query)
    ).to_dict()
    return spec


def _height(kind: ChartKind, shown: Sequence[Sequence[Any]], query: Query) -> int:
    """In pixels: bars are as thick for two as for twelve."""
    if kind != "bar":
        return 300
    thick = _BAR * (len(query.measures) if len(query.levels) == 1 else 1)
    return max(2, len({row[0] for row in shown})) * max(thick, _BAR)


def unit_of(measure: Measure, layer: Layer) -> str:
    """The unit of a figure: per cent, the metric's, the column's; nothing for counts."""
    if measure.name and layer.metrics[measure.name].unit:
        return layer.metrics[measure.name].unit
    if measure.times == 100:
        return "%"
    if measure.over is not None or measure.by.startswith("count") or "." not in measure.of:
        return ""
    return layer.column(measure.of).unit


def _cell(value: Any, query: Query, at: int) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    grain = query.levels[at].grain if at < len(query.levels) else ""
    if grain == "weekday" and value is not None:
        return weekday_names("en")[int(value) - 1]
    if grain == "month of year" and value is not None:
        return month_names("en")[int(value) - 1]
    return "none" if value is None and at < len(query.levels) else value


def _gathered(rows: list[tuple[Any, ...]], query: Query) -> list[tuple[Any, ...]]:
    """The longest bars, and what is left as "other" where that can be added up."""
    if (
        len(rows) <= MOST_BARS
        or query.levels[0].grain
        or not all(m.by in ("count", "sum") and m.over is None for m in query.measures)
    ):
        return rows
    ordered = rows if query.order else sorted(rows, key=lambda r: -(r[1] or 0))
    rest = ordered[MOST_BARS:]
    return [*ordered[:MOST_BARS], ("other", *(sum(r[n] or 0 for r in rest) for n in range(1, len(rows[0]))))]


def _with_gaps(rows: list[tuple[Any, ...]], query: Query) -> list[tuple[Any, ...]]:
    """A row for each time that has none: nothing was counted; a missing figure of another kind breaks the line."""
    at = next((n for n, level in enumerate(query.levels) if level.grain in _STEPS), None)
    if at is None or any(not isinstance(row[at], str) or row[at] == "none" for row in rows):
        return rows
    times = sorted({date.fromisoformat(row[at][:10]) for row in rows})
    months, days = _STEPS[query.levels[at].grain]
    every: list[date] = []
    day = times[0]
    while day <= times[-1] and len(every) < _MOST_TIMES:
        every.append(day)
        number = day.year * 12 + day.month - 1 + months
        day = date(number // 12, number % 12 + 1, 1) if months else day + timedelta(days=days)
    if not set(times) <= set(every):
        return rows
    none = tuple(0 if m.by == "count" and m.over is None else None for m in query.measures)
    others = {row[1 - at] for row in rows} if len(query.levels) == 2 else {None}
    known = {(row[at][:10], row[1 - at] if len(query.levels) == 2 else None) for row in rows}
    made: list[tuple[Any, ...]] = []
    for time, other in ((d.isoformat(), o) for d in every for o in others):
        if (time, other) not in known:
            own = (time,) if len(query.levels) == 1 else (time, other) if at == 0 else (other, time)
            made.append((*own, *none))
    return sorted([*rows, *made], key=lambda row: str(row[at]))


def _axis_title(measure: Measure, name: str, layer: Layer) -> str:
    unit = unit_of(measure, layer)
    return f"{name} ({unit})" if unit and unit not in re.findall(r"[^\W_]+|%", name) else name


def _number_axis(title: str, whole: bool = False) -> alt.Axis:
    # 1M and 2M instead of 1,000,000; whole numbers stay whole.
    return alt.Axis(title=title, format="~s", labelOverlap=True, tickMinStep=1 if whole else alt.Undefined)


def _long(base: alt.Chart, names: Sequence[str], levels: int) -> Any:
    """Several figures of one level as one column of names and one of values."""
    return base.transform_fold(list(names[levels:]), as_=["figure", "value"])


def _colour(field: str) -> alt.Color:
    return alt.Color(
        f"{field}:N", scale=alt.Scale(range=list(COLOURS)), title=None, legend=alt.Legend(orient="bottom", columns=4)
    )


def _escaped(name: str) -> str:
    return name.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def _order(query: Query, at: int) -> Any:
    grain = query.levels[at].grain
    if grain == "weekday":
        return list(weekday_names("en"))
    return list(month_names("en")) if grain == "month of year" else None


def _bars(base: alt.Chart, query: Query, names: Sequence[str], layer: Layer) -> Any:
    level = _escaped(names[0])
    along = alt.Y(f"{level}:N", sort=_order(query, 0), title=names[0], axis=alt.Axis(labelLimit=220))
    tooltip = [alt.Tooltip(f"{_escaped(n)}:N") for n in names]
    if len(query.levels) == 2:
        value = alt.X(
            f"{_escaped(names[2])}:Q",
            axis=_number_axis(
                _axis_title(query.measures[0], names[2], layer), query.measures[0].by.startswith("count")
            ),
            scale=alt.Scale(zero=True),
        )
        return base.mark_bar().encode(y=along, x=value, color=_colour(_escaped(names[1])), tooltip=tooltip)
    if len(query.measures) > 1:
        long = _long(base, names, 1)
        value = alt.X("value:Q", axis=_number_axis(""), scale=alt.Scale(zero=True))
        return long.mark_bar().encode(y=along, x=value, yOffset="figure:N", color=_colour("figure"), tooltip=tooltip)
    value = alt.X(
        f"{_escaped(names[1])}:Q",
        axis=_number_axis(_axis_title(query.measures[0], names[1], layer), query.measures[0].by.startswith("count")),
        scale=alt.Scale(zero=True),
    )
    return base.mark_bar(color=COLOURS[0]).encode(y=along, x=value, tooltip=tooltip)


def _lines(base: alt.Chart, query: Query, names: Sequence[str], layer: Layer) -> Any:
    at = next((n for n, level in enumerate(query.levels) if level.grain), len(query.levels) - 1)
    unit: Any = _TIME_UNITS.get(query.levels[at].grain, "")
    time = _escaped(names[at])
    # A year is a name, not a number: no 2,024.
    along = (
        alt.X(f"{time}:T", timeUnit=unit, title=names[at])
        if unit
        else alt.X(f"{time}:O", title=names[at], axis=alt.Axis(labelAngle=0))
    )
    tooltip = [alt.Tooltip(f"{_escaped(n)}:N") for n in names]
    one = len(query.levels) == 1 and len(query.measures) == 1
    point = alt.OverlayMarkDef(size=40, color=COLOURS[0]) if one else alt.OverlayMarkDef(size=40)
    mark: dict[str, Any] = {"point": point, "strokeWidth": 2}
    if len(query.levels) == 2:
        value = alt.Y(
            f"{_escaped(names[2])}:Q",
            axis=_number_axis(
                _axis_title(query.measures[0], names[2], layer), query.measures[0].by.startswith("count")
            ),
        )
        return base.mark_line(**mark).encode(x=along, y=value, color=_colour(_escaped(names[1 - at])), tooltip=tooltip)
    if len(query.measures) > 1:
        long = _long(base, names, 1)
        return long.mark_line(**mark).encode(
            x=along, y=alt.Y("value:Q", axis=_number_axis("")), color=_colour("figure"), tooltip=tooltip
        )
    value = alt.Y(
        f"{_escaped(names[1])}:Q",
        axis=_number_axis(_axis_title(query.measures[0], names[1], layer), query.measures[0].by.startswith("count")),
    )
    return base.mark_line(color=COLOURS[0], **mark).encode(x=along, y=value, tooltip=tooltip)


def _pie(base: alt.Chart, query: Query, names: Sequence[str], layer: Layer) -> Any:
    return base.mark_arc(innerRadius=50).encode(
        theta=alt.Theta(f"{_escaped(names[1])}:Q", stack=True),
        color=_colour(_escaped(names[0])),
        tooltip=[alt.Tooltip(f"{_escaped(n)}:N") for n in names],
    )


def _heat(base: alt.Chart, query: Query, names: Sequence[str], layer: Layer) -> Any:
    return base.mark_rect().encode(
        x=alt.X(f"{_escaped(names[1])}:O", sort=_order(query, 1), title=names[1], axis=alt.Axis(labelAngle=0)),
        y=alt.Y(f"{_escaped(names[0])}:O", sort=_order(query, 0), title=names[0]),
        color=alt.Color(
            f"{_escaped(names[2])}:Q",
            scale=alt.Scale(scheme="viridis"),
            title=_axis_title(query.measures[0], names[2], layer),
        ),
        tooltip=[alt.Tooltip(f"{_escaped(n)}:N") for n in names],
    )


def _histogram(base: alt.Chart, query: Query, names: Sequence[str], layer: Layer) -> Any:
    value = _escaped(names[len(query.levels)])
    measure = query.measures[0]
    return base.mark_bar(color=COLOURS[0]).encode(
        x=alt.X(f"{value}:Q", bin=alt.Bin(maxbins=20), title=_axis_title(measure, names[len(query.levels)], layer)),
        y=alt.Y("count():Q", title="number of rows"),
    )


def _points(base: alt.Chart, query: Query, names: Sequence[str], layer: Layer) -> Any:
    """One figure over time, or the second figure against the first."""
    figures = [
        (f"{_escaped(name)}:Q", alt.Axis(title=_axis_title(measure, name, layer), format="~s"))
        for name, measure in zip(names[1:], query.measures, strict=True)
    ]
    unit: Any = _TIME_UNITS.get(query.levels[0].grain, "")
    time = alt.X(f"{_escaped(names[0])}:{'T' if unit else 'O'}", timeUnit=unit or alt.Undefined, title=names[0])
    along = time if len(figures) == 1 else alt.X(figures[0][0], axis=figures[0][1])
    return base.mark_circle(color=COLOURS[0], size=50).encode(
        x=along,
        y=alt.Y(figures[-1][0], axis=figures[-1][1], scale=alt.Scale(zero=False)),
        tooltip=[alt.Tooltip(f"{_escaped(n)}:N") for n in names],
    )
