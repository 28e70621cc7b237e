"""Markdown tables: what the one writer writes, the one reader reads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables import TableText, is_rule_line, markdown_table, read_rows, split_row

# The writer puts a cell on one line, with single blanks.
CELLS = st.one_of(st.text(), st.text(alphabet=r"a|\-: ")).map(lambda text: " ".join(text.split()))


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5))


@given(tables())
def test_the_reader_gets_back_what_was_written(rows):
    assert read_rows(markdown_table(rows[0], rows[1:])) == rows


@given(tables(), st.data())
def test_the_parts_of_a_tables_text_show_each_row_once_below_the_header(drawn, data):
    header, *rows = (tuple(row) for row in drawn)
    text = markdown_table(header, rows)
    ends = [match for match, letter in enumerate(text, start=1) if letter == "\n"]
    cut = data.draw(st.sampled_from(ends)) if ends else len(text)
    table = TableText((header, *rows), text)
    parts = [table.within(begin, end) for begin, end in ((0, cut), (cut, len(text))) if begin < end]
    assert [row for part in parts for row in part[1:]] == [row for row in rows if any(row)]
    assert {part[0] for part in parts} == {header}


def test_the_writer_puts_a_value_on_one_line_and_escapes_pipes_only():
    written = markdown_table(["a|b", "c"], [[None, "two\nlines"], [1.5, "C:\\temp\\"]])
    assert written == "| a\\|b | c |\n| --- | --- |\n|  | two lines |\n| 1.5 | C:\\temp\\ |"


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| Ana | Decide A \\| B | 12 May |", ["Ana", "Decide A | B", "12 May"]),
        ("|a|b\\||", ["a", "b|"]),
        ("  a | b  ", ["a", "b"]),
        ("| a | | |", ["a", "", ""]),
        ("| C:\\\\ | x\\\\\\|y |", ["C:\\\\", "x\\\\|y"]),
        ("", []),
    ],
)
def test_the_cells_of_a_line(line, cells):
    assert split_row(line) == cells


def test_a_table_without_a_rule_and_a_row_of_dashes_lose_no_row():
    assert read_rows("| a |\n| b |") == [["a"], ["b"]]
    assert read_rows("| a |\n| - |\n| b |") == [["a"], ["b"]]
    assert read_rows("Sales\n\n| a | b |\n|:--|--:|\n| - | - |\n| --- | --- |") == [
        ["a", "b"],
        ["-", "-"],
        ["---", "---"],
    ]


@pytest.mark.parametrize(
    ("line", "is_rule"),
    [("| --- | :-: |", False), ("|---|:--:|", True), ("--- | ---", True), ("| - | - |", False), ("| a |", False)],
)
def test_a_rule_has_two_dashes_in_each_cell(line, is_rule):
    assert is_rule_line(line) is is_rule
