"""Files as people leave them: what becomes of each kind of cell, and what is said of what is left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.types import User
from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.databases.sheets import framed, typed
from warehouse.layer.draft import drafted

_LIST = """Lieferliste Werk Süd;;;;;
Stand 30.09.2026;;;;;
Lief.-Nr.;Kunde (Name);Liefer-Datum;Menge [Stk];Preis netto;Bezahlt?
L-1;Bäckerei Huber;03.08.2026;12;1.234,50 €;ja
L-2;Gasthof Adler;14.09.2026;n/a;89,90 €;nein
L-3;Bäckerei Huber;20.09.2026;40;450,00 €;ja
Summe;;;;1.774,40 €;
"""


@pytest.mark.parametrize(
    ("cells", "made"),
    [
        (["1.234,50 €", "89,90 €"], [1234.5, 89.9]),
        (["$1,234.50", "$20.00"], [1234.5, 20.0]),
        (["1,234", "12"], [1234.0, 12.0]),
        (["(300)", "1'200.50", "-5"], [-300.0, 1200.5, -5.0]),
        (["12%", "5 %"], [12.0, 5.0]),
        (["31.12.2026", "01.02.2026"], [date(2026, 12, 31), date(2026, 2, 1)]),
        (["12/31/2026", "02/01/2026"], [date(2026, 12, 31), date(2026, 2, 1)]),
        (["31/12/2026", "02/01/2026"], [date(2026, 12, 31), date(2026, 1, 2)]),
        (["7", "n/a", "–"], [7.0, None, None]),
        (["0042", "0815"], None),  # codes keep their noughts
        (["red", "12"], None),
        (["30.02.2026", "31.02.2026"], None),
    ],
)
def test_cells_of_one_column(cells: list[str], made: list[Any] | None) -> None:
    assert typed(cells, "x", []) == made


def test_a_list_with_titles_and_a_total_is_asked_like_any_table(tmp_path: Path) -> None:
    (tmp_path / "Lieferungen_Q3.csv").write_text(_LIST, encoding="utf-8")
    files = DuckFiles([tmp_path / "Lieferungen_Q3.csv"])
    layer, hints = drafted(files.catalogue(), files)
    assert any("“Summe”, adds the others up and is left out" in hint for hint in hints)
    assert layer.column("lieferungen.menge").unit == "Stk"
    shop, user = Warehouse(layer, files, today=lambda: date(2026, 10, 1)), User("a@b.c")
    for question, rows in (
        ("Wie viele Lieferungen gab es?", [(3,)]),
        ("Summe Preis netto pro Kunde", [("Bäckerei Huber", 1684.5), ("Gasthof Adler", 89.9)]),
        ("Anteil der bezahlten Lieferungen", [(pytest.approx(2 / 3),)]),
        ("Preis netto pro Monat", [(date(2026, 8, 1), 1234.5), (date(2026, 9, 1), 539.9)]),
        ("Top 1 Kunden nach Preis netto", [("Bäckerei Huber", 1684.5)]),
    ):
        found = shop.ask(question, user)
        assert found.rows == rows, (question, found.problem, found.words)


def test_two_header_rows_keep_names_apart() -> None:
    notes: list[str] = []
    rows = [
        ["", "2025", "", "2026", ""],
        ["Shop", "Q1", "Q2", "Q1", "Q2"],
        ["North", 1, 2, 3, 4],
        ["South", "5", "6", "?", "8"],
    ]
    frame = framed(rows, "plan", notes)
    assert frame is not None
    assert list(frame.columns) == ["Shop", "2025 Q1", "2025 Q2", "2026 Q1", "2026 Q2"]
    assert frame["2025 Q1"].tolist() == [1, 5]


def test_slips_in_a_column_of_numbers_are_counted_not_hidden() -> None:
    notes: list[str] = []
    assert typed([*map(str, range(30)), "ca. 40"], "stock.csv, pieces", notes) == [*map(float, range(30)), None]
    assert notes == ["stock.csv, pieces: 1 cells are no numbers (“ca. 40”) and are left out."]


def test_one_word_in_two_spellings_is_one(tmp_path: Path) -> None:
    (tmp_path / "claims.csv").write_text("id,state\n1,Approved\n2,approved\n3,Rejected\n", encoding="utf-8")
    files = DuckFiles([tmp_path / "claims.csv"])
    found = Warehouse(drafted(files.catalogue(), files)[0], files).ask("How many claims are approved?", User("a@b.c"))
    assert found.rows == [(2,)]


@pytest.mark.parametrize("text", ["", "only a title\n", "a;b\n"])
def test_a_file_without_rows_breaks_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.csv").write_text(text, encoding="utf-8")
    (tmp_path / "good.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    try:
        files = DuckFiles([tmp_path / "empty.csv", tmp_path / "good.csv"])
    except Exception as error:
        assert "empty.csv can't be read as tables" in str(error)
    else:
        assert files.rows("SELECT x FROM good")[1] == [(1,)]
