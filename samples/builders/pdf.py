"""PDF files with headings, lists, tables and page numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from samples.builders.markdown import Block, parse, runs
from samples.builders.source import Source
from samples.builders.world import name_of


def write(source: Source, target: Path) -> None:
    """Writes the source as an A4 PDF. `invariant` leaves out creation time and random ids."""
    document = SimpleDocTemplate(
        str(target),
        pagesize=A4,
        title=source.title,
        author=", ".join(name_of(a) for a in source.authors),
        margins=2 * cm,
        invariant=1,
    )
    styles = getSampleStyleSheet()
    story: list[Flowable] = [Paragraph(escape(source.title), styles["Title"])]
    for block in parse(source.body):
        story.extend(_flowables(block, styles))

    def footer(canvas: Canvas, template: Any) -> None:
        canvas.setFont("Helvetica", 8)
        label = f"Northgate Security Services · {source.attributes['confidentiality']} · page {template.page}"
        canvas.drawString(2 * cm, 1.2 * cm, label)

    document.build(story, onFirstPage=footer, onLaterPages=footer)


def _flowables(block: Block, styles: Any) -> list[Flowable]:
    if block.kind == "heading":
        style = ParagraphStyle("kept", parent=styles[f"Heading{min(block.level, 4)}"], keepWithNext=1)
        return [Paragraph(_markup(block.text), style)]
    if block.kind == "table":
        small = ParagraphStyle("cell", parent=styles["BodyText"], fontSize=8.5, leading=10.5)
        table = Table([[Paragraph(_markup(cell), small) for cell in row] for row in block.rows], repeatRows=1)
        grid = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]
        table.setStyle(TableStyle(grid))
        return [table, Spacer(1, 8)]
    if block.kind in ("bullet", "number"):
        return [Paragraph(_markup(block.text), styles["Bullet"], bulletText="•")]
    return [Paragraph(_markup(block.text), styles["BodyText"])]


def _markup(text: str) -> str:
    return "".join(f"<b>{escape(piece)}</b>" if bold else escape(piece) for piece, bold in runs(text))
