"""xlsb → sections: the values of each visible sheet, by python-calamine (no number formats or comments)."""

from __future__ import annotations

import io

import python_calamine

from core.errors import ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.office.grid import write_grid
from ingestion.parse.office.number_format import general


def parse_xlsb(file: File) -> Parsed:
    """A binary workbook's visible sheets."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.body))
    except python_calamine.CalamineError as error:
        raise ParseError(f"it is damaged: {error}; open and save it again in Excel") from error
    draft = Draft(file.budget)
    for number, sheet in enumerate(book.sheets_metadata, 1):
        name = one_line(sheet.name)
        if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
            draft.warn(f"The hidden sheet {name} was not read.")
            continue
        draft.close_headings()
        draft.place(number, f"sheet {name}")
        cells = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=True)
        rows = {at: {column: _shown(value) for column, value in enumerate(row)} for at, row in enumerate(cells)}
        if rows:
            draft.heading(1, name)
            write_grid(draft, rows, f"sheet {name}")
    return draft.parsed()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return general(float(value))
    return str(value)
