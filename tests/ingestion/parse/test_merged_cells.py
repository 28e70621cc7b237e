"""Headers of several rows, merged cells and units reach the cells that they are about, in each format."""

from __future__ import annotations

import io

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import OxmlElement
from pptx.util import Inches

from core.types import Parsed
from ingestion.parse.formats import parse
from ingestion.parse.merged_cells import Grid, unit_of, with_unit

ROWS = [["Boat", "Fare", "Fare", "Crew"], ["Boat", "Summer", "Winter", "Crew"], ["Tern", "12", "9", "3"]]
WANTED = (("Boat", "Fare > Summer", "Fare > Winter", "Crew"), ("Tern", "12", "9", "3"))


def in_word() -> bytes:
    document = docx.Document()
    table = document.add_table(3, 4)
    for row, cells in enumerate(ROWS):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for first, last in (((0, 1), (0, 2)), ((0, 0), (1, 0)), ((0, 3), (1, 3))):
        table.cell(*last).text = ""
        table.cell(*first).merge(table.cell(*last))
    return saved(document)


def in_word_with_repeated_header() -> bytes:
    document = docx.Document()
    table = document.add_table(3, 4)
    for row, cells in enumerate(ROWS):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    return saved(document)


def in_excel() -> bytes:
    book = openpyxl.Workbook()
    for cells in ROWS:
        book.active.append(cells)
    for area in ("B1:C1", "A1:A2", "D1:D2"):
        book.active.merge_cells(area)
    return saved(book)


def in_powerpoint() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(3, 4, 0, 0, Inches(6), Inches(2)).table
    for row, cells in enumerate(ROWS):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for first, last in (((0, 1), (0, 2)), ((0, 0), (1, 0)), ((0, 3), (1, 3))):
        table.cell(*last).text = ""
        table.cell(*first).merge(table.cell(*last))
    return saved(deck)


def in_html() -> bytes:
    return (
        b"<table><tr><th rowspan=2>Boat</th><th colspan=2>Fare</th><th rowspan=2>Crew</th></tr>"
        b"<tr><th>Summer</th><th>Winter</th></tr><tr><td>Tern</td><td>12</td><td>9</td><td>3</td></tr></table>"
    )


def in_html_without_marks() -> bytes:
    return (
        b"<table><tr><td rowspan=2>Boat</td><td colspan=2>Fare</td><td rowspan=2>Crew</td></tr>"
        b"<tr><td>Summer</td><td>Winter</td></tr><tr><td>Tern</td><td>12</td><td>9</td><td>3</td></tr></table>"
    )


def saved(document: object) -> bytes:
    file = io.BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (in_word, "a.docx"),
        (in_word_with_repeated_header, "a.docx"),
        (in_excel, "a.xlsx"),
        (in_powerpoint, "a.pptx"),
        (in_html, "a.html"),
        (in_html_without_marks, "a.html"),
    ],
)
def test_both_rows_of_a_header_reach_the_cell(make: object, name: str) -> None:
    assert tables(parse(make(), name)) == [WANTED]  # type: ignore[operator]


def tables(parsed: Parsed) -> list[object]:
    return [section.rows for section in parsed.sections if section.rows]


def test_a_row_of_data_is_no_header() -> None:
    grid = Grid([["Total", "Total", "n"], ["17", "Oslo", "2"], ["19", "Bergen", "3"]], beside={(0, 1)})
    assert grid.lines()[1] == [["Total", "Total", "n"], ["17", "Oslo", "2"], ["19", "Bergen", "3"]]


def test_what_spans_the_whole_width_is_a_title_above_and_one_text_within() -> None:
    rows = [["Fares"] * 3, ["Boat", "Summer", "Winter"], ["North"] * 3, ["Tern", "12", "9"]]
    beside = {(0, 1), (0, 2), (2, 1), (2, 2)}
    assert Grid(rows, beside).lines() == (
        ["Fares"],
        [["Boat", "Summer", "Winter"], ["North", "", ""], ["Tern", "12", "9"]],
    )


def test_periods_in_a_second_row_are_headers() -> None:
    grid = Grid([["Line", "Revenue", "Revenue"], ["", "2025", "Q3 2026"], ["Ferry", "8", "9"]], beside={(0, 2)})
    assert grid.lines()[1][0] == ["Line", "Revenue > 2025", "Revenue > Q3 2026"]


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("All amounts in EUR thousand", "EUR thousand"),
        ("Revenue by line (USD million)", "USD million"),
        ("Angaben in Tausend Euro", "Tausend Euro"),
        ("en milliers d'euros", "milliers d'euros"),
        ("Unit: days", "days"),
        ("The fleet in numbers", ""),
        ("Prices were agreed in a long meeting that took two days", ""),
    ],
)
def test_the_unit_of_a_line_above_a_table(line: str, unit: str) -> None:
    assert unit_of(line) == unit


def test_a_unit_above_stands_in_the_headers_of_bare_numbers() -> None:
    rows = [["Line", "Year", "Revenue", "Growth"], ["Ferry", "2025", "1,200", "4 %"], ["Cargo", "2026", "(90)", "-2 %"]]
    assert with_unit(rows, "kEUR")[0] == ["Line", "Year", "Revenue (kEUR)", "Growth"]
    page = (
        b"<p>Amounts in kEUR</p><table><tr><th>Line</th><th>2026</th></tr><tr><td>Ferry</td><td>1,200</td></tr></table>"
    )
    assert tables(parse(page, "a.html")) == [(("Line", "2026 (kEUR)"), ("Ferry", "1,200"))]
