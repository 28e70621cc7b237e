"""Blocks → a PowerPoint presentation: one slide a heading, tables and charts on slides of their own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.util import Inches, Pt

from apps.render.blocks import ACCENT, INK, Block

_LINES_A_SLIDE = 9
_ROWS_A_SLIDE = 9


def write_pptx(
    title: str, subtitle: str, blocks: Sequence[Block], charts: Sequence[Mapping[str, Any]], company: str
) -> bytes:
    """The presentation's bytes. A chart is {title, labels, series: {name: values}}."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    deck.core_properties.title, deck.core_properties.author = title, company
    first = deck.slides.add_slide(deck.slide_layouts[0])
    _fill(first.shapes.title, title, 36, ACCENT)
    _fill(first.placeholders[1], f"{subtitle}\n{company}".strip(), 18, INK)
    heading = title
    lines: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            _text_slides(deck, heading, lines)
            heading, lines = block.text, []
        elif block.kind == "table":
            _text_slides(deck, heading, lines)
            lines = []
            _table_slides(deck, heading, block)
        else:
            lines.append(block)
    _text_slides(deck, heading, lines)
    for chart in charts:
        _chart_slide(deck, chart)
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def _titled(deck: Any, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = Inches(0.7), Inches(0.4), Inches(11.9), Inches(0.9)
    _fill(box, title, 28, ACCENT)
    return slide


def _text_slides(deck: Any, title: str, lines: Sequence[Block]) -> None:
    for begin in range(0, len(lines), _LINES_A_SLIDE):
        slide = _titled(deck, title)
        box = slide.shapes.add_textbox(Inches(0.7), Inches(1.5), Inches(11.9), Inches(5.3))
        frame = box.text_frame
        frame.word_wrap = True
        for n, block in enumerate(lines[begin : begin + _LINES_A_SLIDE]):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            if block.kind in ("bullet", "number"):
                paragraph.add_run().text = "  " * block.level + "• "
            for run in block.runs:
                added = paragraph.add_run()
                added.text = run.text
                added.font.bold, added.font.italic = run.bold, run.italic
            for added in paragraph.runs:
                added.font.size = Pt(18)
                added.font.color.rgb = _color(INK)
            paragraph.space_after = Pt(8)


def _table_slides(deck: Any, title: str, block: Block) -> None:
    header, body = block.rows[0], block.rows[1:]
    for begin in range(0, max(len(body), 1), _ROWS_A_SLIDE):
        rows = [header, *body[begin : begin + _ROWS_A_SLIDE]]
        slide = _titled(deck, title)
        shape = slide.shapes.add_table(
            len(rows), len(header), Inches(0.7), Inches(1.5), Inches(11.9), Inches(0.45 * len(rows))
        )
        for n, row in enumerate(rows):
            for m, text in enumerate(row[: len(header)]):
                cell = shape.table.cell(n, m)
                cell.text = text
                for paragraph in cell.text_frame.paragraphs:
                    for run in paragraph.runs:
                        run.font.size = Pt(14)
                if n == 0:
                    cell.fill.solid()
                    cell.fill.fore_color.rgb = _color(ACCENT)


def _chart_slide(deck: Any, chart: Mapping[str, Any]) -> None:
    slide = _titled(deck, str(chart.get("title", "Trend")))
    make_data: Any = CategoryChartData
    data = make_data()
    data.categories = [str(label) for label in chart.get("labels", [])]
    series = chart.get("series", {})
    for name, values in series.items():
        data.add_series(str(name), [None if v is None else float(v) for v in values])
    frame = slide.shapes.add_chart(
        XL_CHART_TYPE.LINE_MARKERS, Inches(0.7), Inches(1.5), Inches(11.9), Inches(5.4), data
    )
    frame.chart.has_legend = len(series) > 1
    if frame.chart.has_legend:
        frame.chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        frame.chart.legend.include_in_layout = False


def _fill(shape: Any, text: str, size: int, color: str) -> None:
    shape.text_frame.text = text
    for paragraph in shape.text_frame.paragraphs:
        for run in paragraph.runs:
            run.font.size, run.font.color.rgb = Pt(size), _color(color)


def _color(code: str) -> Any:
    make: Any = RGBColor.from_string
    return make(code)
