"""pdf → sections: a page's text in reading order, tables with ruled lines, form fields, notes, scanned pages."""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, attributes, clean
from ingestion.parse.nested import include_nested
from ingestion.parse.office.package import iso_date
from ingestion.parse.pdf.layout import PageBlock, page_blocks
from ingestion.parse.pdf.words import (
    half_points,
    heading_levels,
    is_heading,
    join_lines,
    margin_blocks,
    margin_pattern,
    repeated_margins,
    words_of,
)

MAX_PAGES = 10_000
MIN_PAGE_CHARS = 12
OCR_SHARE = 0.5  # of the time limit


@dataclass(frozen=True, slots=True)
class _Page:
    """What was read of a page; `scanned`: it is a picture without text."""

    blocks: list[PageBlock]
    notes: list[str]
    scanned: bool
    chars: int = 0


def parse_pdf(file: File) -> Parsed:
    """A PDF's pages. Pages that are pictures of text are named in a warning, or read if OCR is on."""
    try:
        pdf = pdfium.PdfDocument(file.body)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Encrypted("it is encrypted with a password; remove the password and upload it again") from error
        raise ParseError(f"it is damaged ({str(error).rstrip('.')}); get a fresh copy") from error
    draft = Draft(file.budget)
    try:
        pages = len(pdf)
        if pages == 0:
            raise ParseError("it is damaged: it has no pages; get a fresh copy")
        scanned: list[int] = []
        unreadable: list[int] = []
        read: list[_Page] = []
        for index in range(min(pages, MAX_PAGES)):
            try:
                read.append(_read(pdf, index))
            except pdfium.PdfiumError:
                unreadable.append(index + 1)
                read.append(_Page([], [], False))
            file.budget.write(read[-1].chars // 4)  # stops early; the text itself is counted when it is written
            if read[-1].scanned:
                scanned.append(index + 1)
        _write(read, _outline(pdf), draft)
        _attachments(pdf, file, draft)
        if scanned and file.budget.limits.ocr:
            scanned = _recognise(pdf, scanned, draft)
        if pages > MAX_PAGES:
            draft.warn(f"Only the first {MAX_PAGES:,} of {pages:,} pages were read; split the file.")
        if unreadable:
            draft.warn(f"Damaged pages were not read: {_numbers(unreadable)}.")
        title, metadata = _properties(pdf)
        parsed = draft.parsed(title, metadata)
        if scanned and not any(section.text for section in parsed.sections):
            raise ParseError(
                f"it has no text: {_pages(scanned)} scanned (pictures of text); "
                "install the extra 'ocr' and set parsing.ocr: true, or upload a version with a text layer"
            )
        if unreadable and not parsed.sections:
            raise ParseError(f"it is damaged: none of its {pages} pages can be read; get a fresh copy")
        if scanned:
            text = f"{_pages(scanned)} scanned and not read: {_numbers(scanned)}; "
            text += "install the extra 'ocr' and set parsing.ocr: true to read them."
            parsed = Parsed(
                parsed.sections, parsed.title, parsed.metadata, (*parsed.warnings, text[0].upper() + text[1:])
            )
        return parsed
    finally:
        pdf.close()


def _read(pdf: Any, index: int) -> _Page:
    """One page."""
    page = pdf[index]
    textpage = page.get_textpage()
    try:
        blocks = page_blocks(page, textpage)
        notes = list(_annotations(page))
        chars = sum(len(line) for block in blocks for line in block.lines)
        chars += sum(len(cell) for block in blocks for row in block.rows or [] for cell in row)
        return _Page(blocks, notes, chars < MIN_PAGE_CHARS and _has_picture(page, 0.1 if chars else 0.0), chars)
    finally:
        textpage.close()
        page.close()


def _write(pages: list[_Page], outline: dict[int, list[tuple[int, str]]], draft: Draft) -> None:
    """All pages: headings by bookmarks, or by size where there are none; what repeats on most pages once."""
    blocks = [page.blocks for page in pages]
    vocabulary = words_of(blocks)
    levels = {} if outline else heading_levels(blocks)
    margins = repeated_margins(blocks)
    for index, page in enumerate(pages):
        draft.place(index + 1, f"page {index + 1}")
        marks = list(outline.get(index, []))
        repeated = {id(block) for block in margin_blocks(page.blocks) if margin_pattern(block) in margins}
        for block in page.blocks:
            if id(block) in repeated:
                continue
            if block.rows is not None:
                draft.table(block.rows)
                continue
            text = join_lines(block.lines, vocabulary)
            # A bookmark's heading opens where its words stand.
            if found := next((mark for mark in marks if _same(mark[1], text)), None):
                for mark in marks[: marks.index(found) + 1]:
                    draft.heading(*mark)
                marks = marks[marks.index(found) + 1 :]
            elif is_heading(block, levels):
                draft.heading(levels[half_points(block.height)], text)
            else:
                draft.text(text)
        for mark in marks:
            draft.heading(*mark)
        for text in page.notes:
            draft.add(text, "note")
    draft.close_headings()
    draft.place(None, "")
    for text in margins.values():
        draft.add(text, "note", "page header or footer", ())


def _attachments(pdf: Any, file: File, draft: Draft) -> None:
    """Files attached to the PDF (a portfolio has nothing else)."""
    for number in range(min(pdf.count_attachments(), 200)):
        try:
            attachment = pdf.get_attachment(number)
            name, body = attachment.get_name(), bytes(attachment.get_data())
        except (pdfium.PdfiumError, UnicodeDecodeError, MemoryError):
            draft.warn(f"Attachment {number + 1} is damaged and was not read.")
            continue
        include_nested(draft, file, body, name)


def _same(title: str, text: str) -> bool:
    """Whether a line is a bookmark's title, its numbering aside."""
    plain, line = ("".join(re.findall(r"[^\W\d_]+", item)).lower() for item in (title, text[: 2 * len(title) + 20]))
    return bool(plain) and plain == line


def _has_picture(page: Any, share: float) -> bool:
    """Whether an image covers more than `share` of the page."""
    area = max(page.get_width() * page.get_height(), 1.0)
    for image in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = image.get_bounds()
        except pdfium.PdfiumError:
            continue
        if (right - left) * (top - bottom) > share * area:
            return True
    return False


def _annotations(page: Any) -> Iterator[str]:
    """Filled form fields and the texts of comments."""
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), 2_000)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
            if pdfium_c.FPDFAnnot_GetFlags(annotation) & 2:  # hidden
                continue
            if kind == pdfium_c.FPDF_ANNOT_WIDGET:
                name, value = _entry(annotation, b"T"), _entry(annotation, b"V")
                if value and value not in ("Off", "No"):
                    yield f"{name}: {value}" if name else value
            elif kind in (pdfium_c.FPDF_ANNOT_TEXT, pdfium_c.FPDF_ANNOT_FREETEXT, pdfium_c.FPDF_ANNOT_HIGHLIGHT):
                text, author = _entry(annotation, b"Contents"), _entry(annotation, b"T")
                if text:
                    yield f"Comment by {author}: {text}" if author else f"Comment: {text}"
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def _entry(annotation: Any, key: bytes) -> str:
    size = pdfium_c.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if not 2 < size < 1_000_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium_c.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), size)
    return clean(buffer.raw[: size - 2].decode("utf-16-le", "ignore"))


def _outline(pdf: Any) -> dict[int, list[tuple[int, str]]]:
    """Bookmarks by the page they point at (from 0): level and text."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        for number, mark in enumerate(pdf.get_toc(max_depth=6)):
            if number >= 5_000:
                break
            destination = mark.get_dest()
            index = destination.get_index() if destination else None
            title = clean(mark.get_title())
            if index is not None and title:
                found.setdefault(index, []).append((mark.level + 1, title))
    except (pdfium.PdfiumError, RecursionError):
        return {}
    return found


def _properties(pdf: Any) -> tuple[str, dict[str, str | tuple[str, ...]]]:
    try:
        values = pdf.get_metadata_dict(skip_empty=True)
    except (pdfium.PdfiumError, UnicodeDecodeError):
        return "", {}
    title = clean(values.get("Title", ""))
    # Word processors leave their file name ("Microsoft Word - x.doc") or a placeholder as the title.
    if re.match(r"(?i)microsoft \w+ - |untitled|\S+\.(docx?|pptx?|xlsx?|indd|tex|pdf|dvi|qxd)$|title$", title):
        title = ""
    return title, attributes(
        [
            ("authors", re.split(";", values.get("Author", ""))),
            ("created_at", _date(values.get("CreationDate", ""))),
            ("updated_at", _date(values.get("ModDate", ""))),
            ("subject", values.get("Subject", "")),
            ("keywords", re.split("[,;]", values.get("Keywords", ""))),
        ]
    )


def _date(value: str) -> str:
    """A PDF date (D:YYYYMMDDHHmmSS+HH'mm') as ISO 8601 in UTC; "" if it isn't one."""
    match = re.match(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?", value)
    if match is None:
        return ""
    year, month, day, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    zone = f"{sign}{zone_hours}:{zone_minutes or '00'}" if sign else "+00:00"
    return iso_date(f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}")


def _recognise(pdf: Any, numbers: list[int], draft: Draft) -> list[int]:
    """Reads scanned pages by OCR; what is left unread."""
    from ingestion.parse.pdf.ocr import recogniser

    read = recogniser()
    if read is None:
        return numbers
    left: list[int] = []
    # Seconds a page: what there is no time for stays unread, or the whole document would be lost.
    until = time.monotonic() + OCR_SHARE * draft.budget.limits.timeout_s
    for number in numbers:
        if time.monotonic() > until:
            left.append(number)
            continue
        page = pdf[number - 1]
        try:
            text = read(page)
        finally:
            page.close()
        draft.place(number, f"page {number}")
        draft.text(text)
        if not text:
            left.append(number)
    return left


def _pages(numbers: list[int]) -> str:
    return (
        "its one page is"
        if numbers == [1]
        else f"{len(numbers)} page{'s' if len(numbers) > 1 else ''} {'are' if len(numbers) > 1 else 'is'}"
    )


def _numbers(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (", …" if len(numbers) > 20 else "")
