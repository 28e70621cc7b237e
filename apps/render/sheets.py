"""Tables → an Excel workbook; a cell that begins like a formula stays text."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from apps.render.blocks import ACCENT
from core.tables import headed

_WIDEST = 60


def write_xlsx(title: str, tables: Sequence[Mapping[str, Any]], company: str) -> bytes:
    """The workbook's bytes. A table is {title, columns, rows}, see `apps.run.outputs.headed`."""
    book = Workbook()
    book.properties.title, book.properties.creator = title, company
    book.remove(book.active)
    used: set[str] = set()
    for table in tables or [{"title": title, "columns": [], "rows": []}]:
        sheet = book.create_sheet(_sheet_name(str(table.get("title") or title), used))
        columns, rows = headed(table.get("columns", []), table["rows"])
        for n, row in enumerate([columns, *rows], start=1):
            for m, value in enumerate(row, start=1):
                cell = sheet.cell(n, m)
                cell.value = value if isinstance(value, int | float | bool) or value is None else str(value)
                if isinstance(cell.value, str):
                    # openpyxl takes "=…" for a formula; foreign text must never become one.
                    cell.data_type = "s"
        for cell in sheet[1]:
            cell.font = Font(bold=True, color="FFFFFF")
            cell.fill = PatternFill("solid", fgColor=ACCENT)
        sheet.freeze_panes = "A2"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = "1:1"
        for m in range(1, len(columns) + 1):
            longest = max((len(str(r[m - 1])) for r in [columns, *rows] if len(r) >= m), default=8)
            sheet.column_dimensions[get_column_letter(m)].width = min(_WIDEST, longest + 3)
            for cell in sheet[get_column_letter(m)][1:]:
                cell.alignment = Alignment(vertical="top", wrap_text=longest + 3 > _WIDEST)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet_name(title: str, used: set[str]) -> str:
    name = re.sub(r"[\[\]:*?/\\]", " ", title).strip()[:28] or "Sheet"
    unique, n = name, 2
    while unique.lower() in used:
        unique, n = f"{name} {n}", n + 1
    used.add(unique.lower())
    return unique
