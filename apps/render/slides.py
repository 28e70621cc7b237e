"""Blocks → a PowerPoint presentation: one slide a heading, tables and charts on slides of their own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.exc import PackageNotFoundError
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.util import Inches, Pt

from apps.render.blocks import ACCENT, INK, RenderedBlock
from apps.render.pictures import chart_png, chart_title
from core.errors import AppError

_LINES_A_SLIDE = 9
_ROWS_A_SLIDE = 10
# The layout of every slide but the first, by its name in PowerPoint's own templates.
_CONTENT = "Title Only"


def write_pptx(
    title: str,
    subtitle: str,
    blocks: Sequence[RenderedBlock],
    charts: Sequence[Mapping[str, Any]],
    *,
    company: str,
    template: Path | None = None,
) -> bytes:
    """The presentation's bytes. A chart is {title, labels, series: {name: values}}, and with `beside`, the heading of
    a slide, stands beside that slide's text. Notes ("> …") go to the speaker.

    `template` is a 16:9 pptx whose masters it takes, without its slides: the layout for the title slide first, and one
    called "Title Only".

    Raises:
        AppError: the template can't be read, isn't 16:9, or lacks a layout.
    """
    deck = _Deck.open(template)
    deck.file.core_properties.title, deck.file.core_properties.author = title, company
    deck.begin(title, subtitle, company)
    placed: set[int] = set()
    for heading, part in _parts(title, blocks):
        own = [n for n, c in enumerate(charts) if c.get("beside") == heading and n not in placed]
        begin = len(deck.file.slides)
        for run in _of_one_sort(part):
            if run[0].kind == "table":
                _table_slides(deck, heading, run[0])
            else:
                beside = charts[own[0]] if own and not placed.intersection(own) else None
                placed |= set(own[:1])
                _text_slides(deck, heading, run, beside)
        _note(deck, begin, [block.text for block in part if block.kind == "note"])
    for number, chart in enumerate(charts):
        if number not in placed:
            _chart_slide(deck, chart)
    return deck.end(company)


def _parts(title: str, blocks: Sequence[RenderedBlock]) -> Iterator[tuple[str, list[RenderedBlock]]]:
    """Each heading with what stands below it."""
    heading, part = title, list[RenderedBlock]()
    for block in blocks:
        if block.kind == "heading":
            yield heading, part
            heading, part = block.text, []
        else:
            part.append(block)
    yield heading, part


def _of_one_sort(part: Sequence[RenderedBlock]) -> Iterator[list[RenderedBlock]]:
    """Runs of text, and each table by itself; notes aside."""
    shown = [block for block in part if block.kind != "note"]
    for is_table, group in groupby(shown, key=lambda block: block.kind == "table"):
        run = list(group)
        yield from ([block] for block in run) if is_table else [run]


def _note(deck: _Deck, begin: int, notes: Sequence[str]) -> None:
    """Writes the notes to the first slide from `begin` on; notes without any slide go to the last one."""
    if notes:
        slides = list(deck.file.slides)
        slides[min(begin, len(slides) - 1)].notes_slide.notes_text_frame.text = "\n".join(notes)


@dataclass(frozen=True)
class _Deck:
    """The presentation, and whether it has the packaged look rather than a template's."""

    file: Any
    packaged: bool

    @classmethod
    def open(cls, template: Path | None) -> _Deck:
        if template is None:
            file: Any = Presentation()
            file.slide_width, file.slide_height = Inches(13.333), Inches(7.5)
            return cls(file, True)
        try:
            file = Presentation(str(template))
        except (PackageNotFoundError, KeyError, ValueError) as error:
            raise AppError(f"The template {template} is no PowerPoint file; save it as .pptx.") from error
        if file.slide_layouts.get_by_name(_CONTENT) is None or len(file.slide_layouts[0].placeholders) < 2:
            raise AppError(
                f"The template {template} needs a title slide with a subtitle as its first layout, and a layout named "
                f"{_CONTENT!r}; add them in the slide master."
            )
        if abs(file.slide_width / file.slide_height - 16 / 9) > 0.02:
            raise AppError(f"The template {template} isn't in the format 16:9; set it under Design, Slide size.")
        file.slide_width, file.slide_height = Inches(13.333), Inches(7.5)
        slides = file.slides._sldIdLst
        for slide in list(slides):
            file.part.drop_rel(slide.rId)
            slides.remove(slide)
        return cls(file, False)

    def begin(self, title: str, subtitle: str, company: str) -> None:
        """The title slide."""
        first = self.file.slides.add_slide(self.file.slide_layouts[0])
        if not self.packaged:
            first.shapes.title.text, first.placeholders[1].text = title, subtitle
            return
        # The packaged layouts are of the narrow format.
        _place(first.shapes.title, 2.2, 1.6)
        _place(first.placeholders[1], 4.0, 1.4)
        _fill(first.shapes.title, title, 36, ACCENT)
        _fill(first.placeholders[1], f"{subtitle}\n{company}".strip(), 18, INK)

    def titled(self, title: str) -> Any:
        """A new slide with a title and nothing else."""
        slide = self.file.slides.add_slide(self.file.slide_layouts.get_by_name(_CONTENT))
        if self.packaged:
            _place(slide.shapes.title, 0.4, 0.9)
            _fill(slide.shapes.title, title, 28, ACCENT)
        else:
            slide.shapes.title.text = title
        return slide

    def end(self, company: str) -> bytes:
        """The bytes, with footers where the template doesn't bring its own."""
        for number, slide in enumerate(self.file.slides, start=1):
            if number > 1 and self.packaged:
                _footer(slide, f"{company} · {number}".strip(" ·"))
        buffer = io.BytesIO()
        self.file.save(buffer)
        return buffer.getvalue()


def _place(box: Any, top: float, height: float) -> None:
    """Over the slide's width, in inches."""
    box.left, box.top, box.width, box.height = Inches(0.7), Inches(top), Inches(11.9), Inches(height)


def _footer(slide: Any, text: str) -> None:
    box = slide.shapes.add_textbox(Inches(0.7), Inches(6.95), Inches(11.9), Inches(0.35))
    _fill(box, text, 10, INK)


def _text_slides(
    deck: _Deck, title: str, lines: Sequence[RenderedBlock], chart: Mapping[str, Any] | None = None
) -> None:
    for begin in range(0, len(lines), _LINES_A_SLIDE):
        slide = deck.titled(title)
        halved = chart is not None and begin == 0
        box = slide.shapes.add_textbox(Inches(0.7), Inches(1.5), Inches(5.6 if halved else 11.9), Inches(5.3))
        if chart is not None and halved:
            add_chart(slide, chart, (Inches(6.5), Inches(1.5), Inches(6.1), Inches(5.3)))
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


def _table_slides(deck: _Deck, title: str, block: RenderedBlock) -> None:
    header, body = block.rows[0], block.rows[1:]
    # Evenly shared out, so that no slide has one row left over.
    slides = max(1, -(-len(body) // _ROWS_A_SLIDE))
    most = -(-len(body) // slides) or 1
    for begin in range(0, max(len(body), 1), most):
        rows = [header, *body[begin : begin + most]]
        slide = deck.titled(title)
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


def _chart_slide(deck: _Deck, chart: Mapping[str, Any]) -> None:
    slide = deck.titled(str(chart.get("title", "Trend")))
    add_chart(slide, chart, (Inches(0.7), Inches(1.5), Inches(11.9), Inches(5.4)))


def add_chart(slide: Any, chart: Mapping[str, Any], box: tuple[Any, Any, Any, Any]) -> None:
    """Puts a chart with lines, one a series, onto the slide; `box` is its left, top, width and height.

    One with a specification becomes a picture in the theme's font, as large as fits.
    """
    if chart.get("spec"):
        _add_picture(slide, chart, box)
        return
    make_data: Any = CategoryChartData
    data = make_data()
    data.categories = [str(label) for label in chart.get("labels", [])]
    series = chart.get("series", {})
    for name, values in series.items():
        data.add_series(str(name), [None if v is None else float(v) for v in values])
    frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *box, data)
    # The slide's title says it already.
    frame.chart.has_title = False
    frame.chart.has_legend = len(series) > 1
    if frame.chart.has_legend:
        frame.chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        frame.chart.legend.include_in_layout = False


def _add_picture(slide: Any, chart: Mapping[str, Any], box: tuple[Any, Any, Any, Any]) -> None:
    left, top, width, height = box
    shape = slide.shapes.add_picture(io.BytesIO(chart_png(chart, _theme_font(slide))), left, top)
    shrink = min(width / shape.width, height / shape.height)
    shape.width, shape.height = int(shape.width * shrink), int(shape.height * shrink)
    shape._element.nvPicPr.cNvPr.set("descr", chart_title(chart))


def _theme_font(slide: Any) -> str:
    """The font of the theme's body text."""
    theme = slide.slide_layout.slide_master.part.part_related_by(RT.THEME).blob.decode("utf-8", "replace")
    found = re.search(r'<a:minorFont>.*?<a:latin typeface="([^"]+)"', theme, re.DOTALL)
    return found[1] if found else "Calibri"


def _fill(shape: Any, text: str, size: int, color: str) -> None:
    shape.text_frame.text = text
    for paragraph in shape.text_frame.paragraphs:
        for run in paragraph.runs:
            run.font.size, run.font.color.rgb = Pt(size), _color(color)


def _color(code: str) -> Any:
    make: Any = RGBColor.from_string
    return make(code)
