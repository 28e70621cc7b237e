"""A company's own Word or PowerPoint file with `{{ placeholders }}` → the same file, filled in.

    fill_docx(file, {"customer": "Acme AG", "status": "- all well"})

A placeholder within a line takes a text. One that stands alone in its paragraph takes Markdown: headings, lists and
tables in Word, paragraphs in PowerPoint; there, one that stands alone in a box may take a chart, which then has the
box's place. Everything else of the file stays as it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docx import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError as NoWord
from pptx import Presentation
from pptx.exc import PackageNotFoundError as NoDeck

from apps.render.blocks import RenderedBlock, read_blocks
from apps.render.slides import add_chart
from apps.render.word import add_block
from core.errors import AppError
from core.nearest import nearest

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_BROKEN = (NoWord, NoDeck, KeyError, ValueError)


def fill_docx(file: Path, values: Mapping[str, Any]) -> bytes:
    """The document's bytes.

    Raises:
        AppError: it is no Word file, a placeholder has no value, or a value no placeholder.
    """
    try:
        document = WordDocument(str(file))
    except _BROKEN as error:
        raise AppError(f"The template {file} is no Word file; save it as .docx.") from error
    paragraphs = list(_word_paragraphs(document))
    _check(file, [p.text for p in paragraphs], values)
    for paragraph in paragraphs:
        alone = _PLACEHOLDER.fullmatch(paragraph.text.strip())
        value = values[alone.group(1)] if alone else None
        if alone and _is_long(value) and paragraph._parent is document._body:
            _put_blocks(document, paragraph, read_blocks(str(value)))
        else:
            _fill_runs(paragraph.runs, values)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def fill_pptx(file: Path, values: Mapping[str, Any]) -> bytes:
    """The presentation's bytes. A value may be a chart: {title, labels, series}. Raises AppError as `fill_docx`."""
    try:
        deck = Presentation(str(file))
    except _BROKEN as error:
        raise AppError(f"The template {file} is no PowerPoint file; save it as .pptx.") from error
    frames = [(slide, shape, frame) for slide in deck.slides for shape, frame in _frames(slide)]
    _check(file, [frame.text for _, _, frame in frames], values)
    for slide, shape, frame in frames:
        alone = _PLACEHOLDER.fullmatch(frame.text.strip())
        value = values[alone.group(1)] if alone else None
        if isinstance(value, Mapping) and shape is not None:
            add_chart(slide, value, (shape.left, shape.top, shape.width, shape.height))
            shape._element.getparent().remove(shape._element)
        elif _is_long(value):
            _put_lines(frame, read_blocks(str(value)))
        else:
            for paragraph in frame.paragraphs:
                _fill_runs(paragraph.runs, values)
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def _check(file: Path, texts: Sequence[str], values: Mapping[str, Any]) -> None:
    there = list(dict.fromkeys(name for text in texts for name in _PLACEHOLDER.findall(text)))
    if missing := [name for name in there if name not in values]:
        raise AppError(f"The template {file.name} has {{{{ {missing[0]} }}}}, which has no value; add it to `values`.")
    if unused := [name for name in values if name not in there]:
        known = (
            nearest(unused[0], there, "placeholders") if there else "it has none: write {{ name }} where it belongs."
        )
        raise AppError(f"The template {file.name} has no placeholder {unused[0]!r}; {known}")


def _is_long(value: Any) -> bool:
    """Whether the value is Markdown of its own rather than words within a line."""
    return isinstance(value, str) and ("\n" in value.strip() or value.lstrip().startswith(("#", "- ", "* ", "|")))


def _word_paragraphs(document: Any) -> Iterator[Any]:
    yield from _within(document)
    for section in document.sections:
        yield from _within(section.header)
        yield from _within(section.footer)


def _within(part: Any) -> Iterator[Any]:
    yield from part.paragraphs
    for table in part.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from _within(cell)


def _frames(slide: Any) -> Iterator[tuple[Any, Any]]:
    """(shape, its text); the cells of tables and the speaker's notes have no shape that a chart could take."""
    for shape in slide.shapes:
        if shape.has_text_frame:
            yield shape, shape.text_frame
        elif shape.has_table:
            yield from ((None, cell.text_frame) for row in shape.table.rows for cell in row.cells)
    if slide.has_notes_slide:
        yield None, slide.notes_slide.notes_text_frame


def _put_blocks(document: Any, paragraph: Any, blocks: Sequence[RenderedBlock]) -> None:
    """Writes the blocks in the paragraph's place."""
    body = document.element.body
    before = len(body)
    try:
        for block in blocks:
            add_block(document, block)
    except KeyError as error:
        raise AppError(f"The template lacks a style ({error.args[0]}); add it there.") from error
    # They were added before the section's properties, which stay last.
    for element in list(body)[before - 1 : -1]:
        paragraph._p.addprevious(element)
    body.remove(paragraph._p)


def _put_lines(frame: Any, blocks: Sequence[RenderedBlock]) -> None:
    """Writes a paragraph a block, in the look of the placeholder's."""
    texts = [" | ".join(row) for block in blocks for row in (block.rows or ((block.text,),))]
    first = frame.paragraphs[0]
    for run in first.runs[1:]:
        run._r.getparent().remove(run._r)
    first.runs[0].text = texts[0] if texts else ""
    for number, text in enumerate(texts[1:], start=1):
        added = frame.add_paragraph()
        added.level = blocks[min(number, len(blocks) - 1)].level if not blocks[0].rows else 0
        run = added.add_run()
        run.text = text
        run.font.size, run.font.bold = first.runs[0].font.size, first.runs[0].font.bold


def _fill_runs(runs: Sequence[Any], values: Mapping[str, Any]) -> None:
    """Fills the placeholders of a line, which an editor may have cut into several runs; looks stay."""
    texts = [run.text for run in runs]
    for match in reversed(list(_PLACEHOLDER.finditer("".join(texts)))):
        value, at = values[match.group(1)], 0
        told = "" if value is None else str(value)
        for number, text in enumerate(texts):
            begin, end = max(match.start() - at, 0), min(match.end() - at, len(text))
            at += len(text)
            if begin < end:
                texts[number], told = text[:begin] + told + text[end:], ""
    for run, text in zip(runs, texts, strict=True):
        if run.text != text:
            run.text = text
