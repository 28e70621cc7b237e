"""PowerPoint files (pptx): each second-level heading is a slide, a `Note:` line its speaker notes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.util import Emu, Inches, Pt

from samples.builders import stable_zip
from samples.builders.markdown import Block, parse, plain
from samples.builders.source import Source
from samples.builders.world import at, name_of


def write(source: Source, target: Path) -> None:
    """Writes the source as a presentation with a title slide, text slides, tables and notes."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Emu(12192000), Emu(6858000)
    properties = deck.core_properties
    properties.title, properties.author = source.title, ", ".join(name_of(a) for a in source.authors)
    properties.last_modified_by = name_of(source.authors[0])
    properties.created, properties.modified = at(source.created), at(source.updated)
    title = deck.slides.add_slide(deck.slide_layouts[0])
    title.shapes.title.text = source.title
    title.placeholders[
        1
    ].text = f"Northgate Security Services · {source.updated} · {source.attributes['confidentiality']}"
    slide: list[Block] = []
    for block in parse(source.body):
        if block.kind == "heading" and block.level == 2:
            _add_slide(deck, slide)
            slide = []
        slide.append(block)
    _add_slide(deck, slide)
    buffer = io.BytesIO()
    deck.save(buffer)
    stable_zip.write(target, buffer.getvalue())


def _add_slide(deck: Any, blocks: list[Block]) -> None:
    if not blocks:
        return
    tables = [b for b in blocks if b.kind == "table"]
    slide = deck.slides.add_slide(deck.slide_layouts[1 if len(tables) == 0 else 5])
    heading = blocks[0] if blocks[0].kind == "heading" else Block("heading", "Overview")
    slide.shapes.title.text = plain(heading.text)
    for placeholder in slide.placeholders:
        placeholder.left, placeholder.width = Inches(0.7), Inches(11.8)
        # The template is 4:3: where a size is set here, the rest must be as well.
        top, height = (0.4, 1.0) if placeholder == slide.shapes.title else (1.6, 5.2)
        placeholder.top, placeholder.height = Inches(top), Inches(height)
    lines = [b for b in blocks[1:] if b.kind in ("paragraph", "bullet", "number", "quote", "heading")]
    if lines:
        frame = (
            slide.placeholders[1].text_frame
            if not tables
            else slide.shapes.add_textbox(Inches(0.7), Inches(5.6), Inches(11.8), Inches(1.5)).text_frame
        )
        frame.word_wrap = True
        for index, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.text = plain(line.text)
            paragraph.font.size = Pt(16 if not tables else 12)
    for block in tables:
        rows, columns = len(block.rows), len(block.rows[0])
        shape = slide.shapes.add_table(rows, columns, Inches(0.7), Inches(1.5), Inches(11.8), Inches(0.3 * rows))
        for y, cells in enumerate(block.rows):
            for x, text in enumerate(cells):
                cell = shape.table.cell(y, x)
                cell.text = plain(text)
                cell.text_frame.paragraphs[0].font.size = Pt(11)
    notes = [b.text for b in blocks if b.kind == "note"]
    if notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(notes)
