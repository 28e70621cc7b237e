"""Blocks → a Word document."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docx import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor

from apps.render.blocks import ACCENT, INK, RenderedBlock
from apps.render.pictures import chart_png, chart_title
from core.errors import AppError

_STYLES = ("Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "List Bullet", "List Number", "Table Grid")


def write_docx(
    title: str,
    subtitle: str,
    blocks: Sequence[RenderedBlock],
    charts: Sequence[Mapping[str, Any]] = (),
    *,
    company: str,
    template: Path | None = None,
) -> bytes:
    """The document's bytes; `template` is a docx whose styles, header and footer it takes, without its text.

    A chart stands as a picture at the end of the part whose heading is its `beside`, or at the document's end.

    Raises:
        AppError: the template can't be read, or lacks a style.
    """
    document = WordDocument() if template is None else _emptied(template)
    if template is None:
        _style(document)
    document.core_properties.title = title
    document.core_properties.author = company
    document.add_heading(title, level=0)
    if subtitle:
        document.add_paragraph(subtitle, style="Subtitle")
    heading, left = title, list(charts)
    for block in blocks:
        if block.kind == "heading":
            left = _add_charts(document, left, heading)
            heading = block.text
        add_block(document, block)
    for chart in _add_charts(document, left, heading):
        add_chart(document, chart)
    if template is None:
        footer = document.sections[0].footer.paragraphs[0]
        footer.text = f"{company} · " if company else ""
        _page_number(footer.add_run())
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _emptied(template: Path) -> Any:
    try:
        document = WordDocument(str(template))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise AppError(f"The template {template} is no Word file; save it as .docx.") from error
    missing = [name for name in _STYLES if name not in {s.name for s in document.styles}]
    if missing:
        raise AppError(f"The template {template} has no style {missing[0]!r}; add it there, or remove the template.")
    for element in list(document.element.body):
        # The last one holds the page's size and its header and footer.
        if not element.tag.endswith("}sectPr"):
            document.element.body.remove(element)
    return document


def _style(document: Any) -> None:
    normal = document.styles["Normal"].font
    normal.name, normal.size, normal.color.rgb = "Calibri", Pt(11), RGBColor.from_string(INK)
    for name, size in (("Title", 24), ("Heading 1", 16), ("Heading 2", 13), ("Heading 3", 12)):
        font = document.styles[name].font
        font.name, font.size, font.color.rgb = "Calibri", Pt(size), RGBColor.from_string(ACCENT)


def add_block(document: Any, block: RenderedBlock) -> None:
    """Appends the block. Raises KeyError when the document lacks its style."""
    if block.kind == "table":
        _add_table(document, block)
        return
    if block.kind == "heading":
        document.add_heading(block.text, level=min(block.level, 3))
        return
    style = {"bullet": "List Bullet", "number": "List Number"}.get(block.kind)
    if style and block.level:
        style = f"{style} {min(block.level + 1, 3)}"
    paragraph = document.add_paragraph(style=style)
    for run in block.runs:
        added = paragraph.add_run(run.text)
        added.bold, added.italic = run.bold, run.italic


def _add_charts(document: Any, charts: Sequence[Mapping[str, Any]], heading: str) -> list[Mapping[str, Any]]:
    """Puts those of this heading here; returns the others."""
    for chart in charts:
        if chart.get("beside") == heading:
            add_chart(document, chart)
    return [chart for chart in charts if chart.get("beside") != heading]


def add_chart(document: Any, chart: Mapping[str, Any]) -> None:
    """Appends the chart as a picture in the document's font, with its title as alternative text."""
    font = document.styles["Normal"].font.name or "Calibri"
    document.add_picture(io.BytesIO(chart_png(chart, font)), width=Inches(6.2))
    shown = document.inline_shapes[-1]._inline.docPr
    shown.set("descr", chart_title(chart))
    if not chart.get("spec"):  # a specification has its title in the picture
        document.paragraphs[-1].insert_paragraph_before(chart_title(chart), style="Heading 3")


def _add_table(document: Any, block: RenderedBlock) -> None:
    width = max(len(r) for r in block.rows)
    table = document.add_table(rows=0, cols=width)
    table.style = "Table Grid"
    for n, row in enumerate(block.rows):
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=False):
            cell.text = text
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(9.5)
                    run.bold = n == 0
        # A row stays on one page, and the header stands on each.
        row_properties = table.rows[-1]._tr.get_or_add_trPr()
        row_properties.append(OxmlElement("w:cantSplit"))
        if n == 0:
            row_properties.append(OxmlElement("w:tblHeader"))
            _shade(cells)
    document.add_paragraph()


def _page_number(run: Any) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = text or None
        run._r.append(element)


def _shade(cells: Sequence[Any]) -> None:
    for cell in cells:
        shading = OxmlElement("w:shd")
        shading.set(qn("w:val"), "clear")
        shading.set(qn("w:fill"), "DCE9EF")
        cell._tc.get_or_add_tcPr().append(shading)
