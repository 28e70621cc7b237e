"""Rows of the company's tables as a chart, a number or a table, with what takes them away; for the chat and the
data page.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from chat_ui.parts import components, export
from core.spreadsheet import csv_text
from warehouse.ask import DataAnswer
from warehouse.charts.draw import unit_of
from warehouse.charts.picture import picture
from warehouse.layer import Layer
from warehouse.shown import cell_text

_TABLE_ROWS = 200


def data_view(found: DataAnswer, layer: Layer, key: str) -> None:
    """The chart or the number, the rows, and the downloads."""
    if found.kind == "number" and found.query is not None:
        unit = unit_of(found.query.measures[0], layer) if not found.query.counted else ""
        st.metric(found.columns[-1], f"{cell_text(found.rows[0][-1])} {unit}".strip())
    elif found.spec is not None:
        st.vega_lite_chart(dict(found.spec), width="stretch", key=f"{key}-chart")
    if found.kind != "number":
        rows = [[escape(cell_text(value)) for value in row] for row in found.shown()[:_TABLE_ROWS]]
        if rows:
            components.table(found.columns, rows, label="Rows")
        else:
            components.state("No such rows", "Nothing in the tables fits; widen the time or leave a condition out.")
    if len(found.rows) > _TABLE_ROWS or found.more:
        st.caption(f"The first {_TABLE_ROWS} rows are shown; the file has {len(found.rows):,}.")
    downloads(found, key)


def downloads(found: DataAnswer, key: str) -> None:
    """CSV, the chart as a picture, and the SQL to look at and copy."""
    with st.container(horizontal=True, gap="small", key=f"{key}-take", vertical_alignment="center"):
        if found.may_take:
            components.download(
                "CSV", lambda: csv_text(found.columns, found.shown()).encode(), "rows.csv", "text/csv", key=f"{key}-csv"
            )
            components.download(
                "Word", lambda: export.data_as_word(found), "answer.docx", export.WORD_TYPE, key=f"{key}-word"
            )
        spec: Mapping[str, object] | None = found.spec if found.may_take else None
        if spec is not None:
            components.download("PNG", lambda: picture(spec, ".png"), "chart.png", "image/png", key=f"{key}-png")
            components.download("SVG", lambda: picture(spec, ".svg"), "chart.svg", "image/svg+xml", key=f"{key}-svg")
        if found.sql:
            with st.popover("SQL", type="tertiary"):
                st.code(found.sql, language="sql", wrap_lines=True)
                st.caption(f"From {', '.join(found.tables)}, read {components.local(found.at)}; {found.seconds:.2f} s.")
