"""Plain words in four languages → the right rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse.shop import OWNER, shop

RIGHT: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("How many riders are there?", [(4,)]),
    ("How many riders per branch?", [("North", 2), ("South", 2)]),
    ("number of rentals by tier", [("gold", 5), ("silver", 1)]),
    ("total price of rentals in February 2026", [(50,)]),
    ("What is the average price of rentals for each branch?", [("North", 15), ("South", 22.5)]),
    ("Which rider has the most rentals?", [("Ana Lima", 3)]),
    ("What are the top 2 riders by total price?", [("Ana Lima", 60), ("Rui Costa", 30)]),
    ("riders without rentals", [("Eva Berg",)]),
    ("Which branches have no riders?", [("Empty",)]),
    ("How many riders are members?", [(3,)]),
    ("rentals with a price above 25", [(3, 30), (4, 40)]),
    ("What is the ratio of open rentals to done rentals?", [(0.5,)]),
    ("What percentage of rentals are open?", [(33.333,)]),
    ("open share by tier", [("gold", 20), ("silver", 100)]),
    ("How many rentals since April 2026?", [(2,)]),
    ("total price per month in 2026", [("2026-01-01", 10), ("2026-02-01", 50), ("2026-04-01", 55)]),
    ("total cost of repairs by branch", [("North", 7), ("South", 6)]),
    # A repair joins its rental's price twice; it counts once.
    ("How many riders in Portugal?", [(2,)]),
    ("Wie viele Kunden pro Filiale?", [("North", 2), ("South", 2)]),
    ("Umsatz pro Land", [("NO", 30), ("PT", 90)]),
    ("¿Cuántos clientes por sucursal?", [("North", 2), ("South", 2)]),
    ("ingresos por país", [("NO", 30), ("PT", 90)]),
    ("rentals of riders who aren't gold", [(3,)]),
    ("riders with more than 2 rentals", [("Ana Lima", 3)]),
]


@pytest.mark.parametrize(("question", "rows"), RIGHT, ids=[q for q, _ in RIGHT])
def test_the_rows_are_right(question: str, rows: list[tuple[Any, ...]]) -> None:
    found = shop().ask(question, OWNER)
    assert not found.problem, found.problem
    assert sorted(map(_plain, found.rows)) == sorted(map(_plain, rows)), found.words


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(f"{float(v):.3f}" if isinstance(v, int | float | Decimal) else str(v) for v in row)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What is the average weight of the riders?", "weight"),
        ("Which suppliers delivered the most rentals?", "suppliers"),
        ("How many rentals per mechanic?", "mechanic"),
        ("How many rentals in Lisbon?", "Lisbon"),
        ('How many riders are called "Zoe"?', "Zoe"),
        ("What is our parental leave policy?", ""),
    ],
)
def test_what_the_data_lacks_is_said(question: str, missing: str) -> None:
    found = shop().ask(question, OWNER)
    assert found.problem and not found.rows
    assert missing in found.problem


def test_the_words_say_what_was_asked_and_of_which_days() -> None:
    found = shop().ask("total price by branch last quarter, top 3", OWNER)
    assert found.words.startswith("total price by branch name, 1 January 2026 to 31 March 2026")
