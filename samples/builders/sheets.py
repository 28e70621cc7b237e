"""Excel files (xlsx): each second-level heading is a sheet; numbers become numbers."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from samples.builders import stable_zip
from samples.builders.markdown import parse, plain
from samples.builders.source import Source
from samples.builders.world import at, name_of

_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?")


def write(source: Source, target: Path) -> None:
    """Writes the source as a workbook with one sheet a heading, texts above the tables."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = source.title, ", ".join(name_of(a) for a in source.authors)
    created, modified = at(source.created).replace(tzinfo=None), at(source.updated).replace(tzinfo=None)
    book.properties.created = created
    sheet = None
    for block in parse(source.body):
        if block.kind == "heading" or sheet is None:
            sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", plain(block.text))[:31])
            if block.kind == "heading":
                continue
        if block.kind == "table":
            for index, cells in enumerate(block.rows):
                sheet.append([_value(cell) for cell in cells])
                if index == 0:
                    for cell in sheet[sheet.max_row]:
                        cell.font = Font(bold=True)
            for column, cell in zip("ABCDEFGHIJ", block.rows[0], strict=False):
                sheet.column_dimensions[column].width = max(14, min(60, len(cell) + 12))
            sheet.append([])
        else:
            sheet.append([plain(block.text)])
    book.properties.modified = modified
    buffer = io.BytesIO()
    book.save(buffer)
    stable_zip.write(target, _dated(buffer.getvalue(), modified.strftime("%Y-%m-%dT%H:%M:%SZ")))


def _value(text: str) -> str | int | float:
    text = plain(text)
    if not _NUMBER.fullmatch(text):
        return text
    digits = text.replace(",", "")
    return float(digits) if "." in digits else int(digits)


def _dated(data: bytes, modified: str) -> bytes:
    """The workbook with its modified date set: openpyxl writes the present moment there."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", lambda m: m[1] + modified.encode(), content)
            after.writestr(name, content)
    return buffer.getvalue()
