"""How many have more than so many of something, asked of other people's tables; and other ways to say a figure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.shop import NOBODY, NORTH, OWNER, shop
from warehouse.query.values import query_of, values_of


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many riders have more than 1 rental?", [(2,)]),
        ("How many riders have more than 2 rentals?", [(1,)]),
        ("number of branches with at least 2 riders", [(2,)]),
        ("How many riders have at least 2 rentals since 2026?", [(2,)]),
        ("riders with more than 2 rentals", [("Ana Lima", 3)]),
        ("rentals from 2026 or later, how many?", [(5,)]),
        ("How many rentals were started in 2025 or earlier?", [(1,)]),
        ("headcount per branch", None),
        ("rental price per status", [("done", 75), ("open", 45)]),
        ("Which riders have never had a repair?", [("Eva Berg",), ("Rui Costa",)]),
    ],
)
def test_the_figure_is_right(question: str, rows: list[tuple[Any, ...]] | None) -> None:
    found = shop().ask(question, OWNER)
    if rows is None:
        assert found.problem, found.words  # nobody here is an employee
        return
    assert not found.problem, found.problem
    assert sorted(tuple(map(_plain, r)) for r in found.rows) == sorted(tuple(map(_plain, r)) for r in rows), found.words


def test_it_is_said_kept_and_shown_as_one_number_of_the_rows_that_a_person_sees() -> None:
    found = shop().ask("How many riders have more than 1 rental?", OWNER)
    assert (found.kind, found.figure()) == ("number", "2")
    assert found.words == "number of riders, where number of rentals over 1"
    assert found.query is not None and query_of(values_of(found.query)) == found.query
    assert "more than 1" in shop().ask("How many riders have more than 1 rental?", NORTH).problem  # sees no rentals
    assert shop().ask("How many riders have more than 1 rental?", NOBODY).problem


@pytest.mark.parametrize(
    "question",
    [
        "average price of rentals of riders with more than 1 rental",
        "number of rentals on weekends",
        "rentals per tyre",
    ],
)
def test_what_no_query_holds_is_refused(question: str) -> None:
    found = shop().ask(question, OWNER)
    assert found.problem and not found.rows, found.words


def _plain(value: Any) -> str:
    return str(float(value)) if isinstance(value, int) or hasattr(value, "as_tuple") else str(value)
