"""The charts of all pages: one palette, one way to draw bars and lines, and a download of what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import altair as alt
import streamlit as st

from chat_ui.parts import session
from core.spreadsheet import csv_text

# The accent first; neighbours differ in lightness as well as in hue, and all can be seen on white and on black.
COLOURS = ("#2f9388", "#c98a1b", "#7f8c9a", "#b8453c", "#6b7fd1", "#8a6d3b", "#4f9d5d", "#a35fa0")

Rows = Sequence[Mapping[str, object]]


def day_bars(
    rows: Rows, value: str, *, colour: str = "", order: Sequence[str] = (), title: str, height: int = 240
) -> None:
    """Bars by `day`, stacked by the field `colour`.

    Args:
        order: The values of `colour`, in the order of their colours.
        title: What the chart shows, for screen readers.
    """
    whole = bool(rows) and all(isinstance(row[value], int) for row in rows)
    axis = alt.Axis(tickMinStep=1, format="d") if whole else alt.Axis()
    chart = alt.Chart(alt.InlineData(values=[dict(row) for row in rows])).encode(
        x=alt.X("day:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y(f"{value}:Q", title=None, axis=axis),
        tooltip=[alt.Tooltip(f"{name}:N") for name in rows[0]] if rows else [],
    )
    if colour:
        scale = alt.Scale(domain=list(order), range=list(COLOURS)[: len(order)])
        chart = chart.encode(
            color=alt.Color(f"{colour}:N", scale=scale, title=None, legend=alt.Legend(orient="bottom", columns=2))
        )
        # The legend takes its lines from the chart's height.
        height += 18 * (len(order) // 2)
        st.altair_chart(chart.mark_bar().properties(height=height, description=title), width="stretch")
    else:
        st.altair_chart(chart.mark_bar(color=COLOURS[0]).properties(height=height, description=title), width="stretch")


def bars(rows: Rows, name: str, value: str, *, title: str) -> None:
    """Horizontal bars, one a row, in the order of the rows."""
    whole = bool(rows) and all(isinstance(row[value], int) for row in rows)
    axis = alt.Axis(tickMinStep=1, format="d") if whole else alt.Axis()
    chart = alt.Chart(alt.InlineData(values=[dict(row) for row in rows])).encode(
        x=alt.X(f"{value}:Q", title=None, axis=axis),
        y=alt.Y(f"{name}:N", title=None, sort=None, axis=alt.Axis(labelLimit=240)),
        tooltip=[alt.Tooltip(f"{field}:N") for field in rows[0]] if rows else [],
    )
    height = 28 * len(rows) + 30
    st.altair_chart(chart.mark_bar(color=COLOURS[0]).properties(height=height, description=title), width="stretch")


def trend(rows: Rows, *, order: Sequence[str], title: str, height: int = 200, unit: bool = True) -> None:
    """Lines over `run`, one for each `of`, with a band of one standard error.

    Args:
        rows: With run, of, value, low and high; runs in the order of the rows.
        unit: The values are shares, so the axis goes from 0 to 1.
    """
    runs = list(dict.fromkeys(str(row["run"]) for row in rows))
    base = alt.Chart(alt.InlineData(values=[dict(row) for row in rows])).encode(
        x=alt.X("run:O", title=None, sort=runs, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        color=alt.Color(
            "of:N",
            scale=alt.Scale(domain=list(order), range=[COLOURS[n % len(COLOURS)] for n in range(len(order))]),
            title=None,
            legend=alt.Legend(orient="bottom", columns=4, symbolOpacity=1) if len(order) > 1 else None,
        ),
    )
    scale = alt.Scale(domain=[0, 1]) if unit else alt.Scale(zero=True)
    shares = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(tickCount=4))
    band = base.mark_errorband(opacity=0.18).encode(y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q")
    tooltip = [alt.Tooltip("run:N"), alt.Tooltip("of:N"), alt.Tooltip("value:Q", format=".3f"), alt.Tooltip("n:Q")]
    line = base.mark_line(point=alt.OverlayMarkDef(size=46), strokeWidth=2).encode(y=shares, tooltip=tooltip)
    st.altair_chart((band + line).properties(height=height, description=title), width="stretch")


def csv_download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A quiet button that downloads the rows as CSV."""
    st.download_button(
        "CSV", session.exported(name, csv_text(header, rows)), name, "text/csv", key=name, type="tertiary",
        on_click="ignore",
        icon=":material/download:", help=f"Download {name}",
    )  # fmt: skip
