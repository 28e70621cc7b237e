"""Made-up reports as real files, each as the programs of its format write it."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import docx
import pptx
from openpyxl import Workbook
from pptx.util import Inches, Pt

from core.tables import markdown_table
from evals.measures.report_pairs import MadeReport, value_of

# (the report, what may look different without meaning anything) → the file
Write = Callable[[MadeReport, random.Random], bytes]
TITLE = "Quarterly report"
_PLAIN = re.compile(r"\d+(?:[.,]\d+)*(?<!\.20\d\d)")


def word(draft: MadeReport, looks: random.Random) -> bytes:
    """docx: real headings, paragraphs of several runs, tables."""
    document = docx.Document()
    document.add_heading(TITLE, 0)
    for heading, (header, rows) in draft.tables.items():
        document.add_heading(heading, 1)
        table = document.add_table(rows=0, cols=len(header), style="Table Grid")
        for line in (header, *rows):
            for cell, text in zip(table.add_row().cells, line, strict=True):
                cell.text = text
    for heading, sentences in draft.text.items():
        document.add_heading(heading, 1)
        paragraph = document.add_paragraph()
        for sentence in sentences:
            for word_ in sentence.split(" "):
                paragraph.add_run(word_).bold = looks.random() < 0.1
                paragraph.add_run("  " if looks.random() < 0.05 else " ")
    return _saved(document.save)


def slides(draft: MadeReport, looks: random.Random) -> bytes:
    """pptx: a slide a heading; long tables go on on the next slide under the same title."""
    deck = pptx.Presentation()
    title = deck.slides.add_slide(deck.slide_layouts[0])
    title.shapes.title.text = TITLE
    for heading, (header, rows) in draft.tables.items():
        most = looks.choice((6, 8, 20))
        for begin in range(0, len(rows), most):
            slide = deck.slides.add_slide(deck.slide_layouts[5])
            slide.shapes.title.text = heading
            lines = (header, *rows[begin : begin + most])
            shape = slide.shapes.add_table(len(lines), len(header), Inches(0.5), Inches(1.5), Inches(9), Inches(4))
            for r, line in enumerate(lines):
                for c, text in enumerate(line):
                    shape.table.cell(r, c).text = text
                    shape.table.cell(r, c).text_frame.paragraphs[0].font.size = Pt(looks.choice((11, 12)))
    for heading, sentences in draft.text.items():
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text_frame.text = "\n".join(sentences)
    return _saved(deck.save)


def workbook(draft: MadeReport, looks: random.Random) -> bytes:
    """xlsx: a sheet a heading; plain numbers are numbers, the rest is text."""
    book = Workbook()
    book.remove(book.active)
    for heading, (header, rows) in draft.tables.items():
        sheet = book.create_sheet(heading)
        for line in (header, *rows):
            sheet.append([value_of(cell, draft.german) if _PLAIN.fullmatch(cell) else cell for cell in line])
        sheet.column_dimensions["A"].width = looks.choice((20, 30))
    for heading, sentences in draft.text.items():
        sheet = book.create_sheet(heading)
        for sentence in sentences:
            sheet.append([sentence])
    return _saved(book.save)


def portable(draft: MadeReport, looks: random.Random) -> bytes:
    """pdf: headings, ruled tables over page breaks, flowing text with page numbers."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

    styles = getSampleStyleSheet()
    story: list[Flowable] = [Paragraph(TITLE, styles["Title"])]
    grid = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("FONTSIZE", (0, 0), (-1, -1), looks.choice((8, 9)))]
    for heading, (header, rows) in draft.tables.items():
        story += [Paragraph(heading, styles["Heading1"]), Table([header, *rows], style=grid, repeatRows=1)]
        story.append(Spacer(1, looks.choice((6, 14))))
    for heading, sentences in draft.text.items():
        story += [Paragraph(heading, styles["Heading1"]), Paragraph(escape(" ".join(sentences)), styles["BodyText"])]

    def footer(canvas: Any, template: Any) -> None:
        canvas.drawString(60, 30, f"{TITLE} · page {template.page}")

    buffer = io.BytesIO()
    template = SimpleDocTemplate(buffer, pagesize=A4, title=TITLE, invariant=1)
    template.build(story, onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def separated(draft: MadeReport, looks: random.Random) -> bytes:
    """csv: the first table, with the separator of one country or another."""
    header, rows = next(iter(draft.tables.values()))
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=looks.choice(",;")).writerows([header, *rows])
    return buffer.getvalue().encode("utf-8-sig" if looks.random() < 0.5 else "utf-8")


def data(draft: MadeReport, looks: random.Random) -> bytes:
    """json: lists of objects, and lists of sentences."""
    content: dict[str, Any] = {
        heading: [dict(zip(header, row, strict=True)) for row in rows]
        for heading, (header, rows) in draft.tables.items()
    }
    return json.dumps({**content, **draft.text}, indent=looks.choice((None, 1, 4)), ensure_ascii=False).encode()


def markdown(draft: MadeReport, looks: random.Random) -> bytes:
    """md: headings, pipe tables, paragraphs."""
    parts = [f"# {TITLE}"]
    for heading, (header, rows) in draft.tables.items():
        parts += [f"## {heading}", markdown_table(header, rows)]
    for heading, sentences in draft.text.items():
        parts += [f"## {heading}", looks.choice((" ", "\n")).join(sentences)]
    return "\n\n".join(parts).encode()


FORMATS: Mapping[str, Write] = {
    "docx": word, "pptx": slides, "xlsx": workbook, "pdf": portable, "csv": separated, "json": data, "md": markdown,
}  # fmt: skip


def _saved(save: Callable[[Any], None]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()
