"""Word files (docx)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from docx import Document
from docx.shared import Pt

from samples.builders import stable_zip
from samples.builders.markdown import Block, parse, plain, runs
from samples.builders.source import Source
from samples.builders.world import at, name_of

_STYLES = {"bullet": "List Bullet", "number": "List Number", "quote": "Intense Quote", "note": "Intense Quote"}


def write(source: Source, target: Path) -> None:
    """Writes the source as a Word file with real headings, lists and tables."""
    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(10.5)
    properties = document.core_properties
    properties.title, properties.author = source.title, ", ".join(name_of(a) for a in source.authors)
    properties.comments, properties.last_modified_by = "", name_of(source.authors[0])
    properties.created, properties.modified = at(source.created), at(source.updated)
    document.add_heading(source.title, 0)
    for block in parse(source.body):
        _add(document, block)
    footer = document.sections[0].footer.paragraphs[0]
    footer.text = f"Northgate Security Services · {source.attributes['confidentiality']}"
    buffer = io.BytesIO()
    document.save(buffer)
    stable_zip.write(target, buffer.getvalue())


def _add(document: Any, block: Block) -> None:
    if block.kind == "heading":
        document.add_heading(plain(block.text), block.level)
    elif block.kind == "table":
        table = document.add_table(len(block.rows), len(block.rows[0]), style="Light Grid Accent 1")
        for row, cells in zip(table.rows, block.rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = plain(text)
    else:
        paragraph = document.add_paragraph(style=_STYLES.get(block.kind))
        for text, bold in runs(block.text):
            paragraph.add_run(text).bold = bold
