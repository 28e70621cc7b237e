from __future__ import annotations

import csv
import io

import pytest

from core.spreadsheet import csv_text


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-2", "@SUM(A1)", "\tx", "  =1+1", "\n=1", "\u00a0=1", "\uff1d1+1", "\u200b=1"]
)
def test_a_question_is_no_formula(text: str) -> None:
    (_, row) = csv.reader(io.StringIO(csv_text(("question",), [(text,)])))
    assert row == [f"'{text}"]


def test_a_column_is_no_formula() -> None:
    assert csv_text(("=1+1",), []) == "\ufeff'=1+1\r\n"


def test_numbers_and_other_texts_stay_as_they_are() -> None:
    text = csv_text(("name", "n"), [("Müller, Söhne", -3), ('say "no"\nnow', 0.5)])
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))) == [
        ["name", "n"],
        ["Müller, Söhne", "-3"],
        ['say "no"\nnow', "0.5"],
    ]
