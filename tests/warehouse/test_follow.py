"""The next message changes the last query."""

from __future__ import annotations

from typing import Any

from tests.warehouse.shop import OWNER, shop


def _after(first: str, *then: str) -> Any:
    found = shop().ask(first, OWNER)
    for message in then:
        found = shop().ask(message, OWNER, found.query)
        assert not found.problem, (message, found.problem)
    return found


def test_only_one_value() -> None:
    assert _after("How many riders per branch?", "only Portugal").rows == [("South", 2)]


def test_another_grain_and_another_year() -> None:
    found = _after("total price per month in 2026", "by year", "and in 2025?")
    assert [(r[0].isoformat(), float(r[1])) for r in found.rows] == [("2025-01-01", 5.0)]


def test_another_level_and_a_limit() -> None:
    found = _after("number of rentals by tier", "by branch", "top 1")
    assert found.rows == [("South", 4)]


def test_beside_the_year_before() -> None:
    found = shop().ask("total price per month compared with last year", OWNER)
    assert found.columns == ["month", "total price", "total price before"]
    april = next(row for row in found.rows if row[0].month == 4)
    assert [float(v) for v in april[1:]] == [55.0, 5.0]


def test_a_question_of_its_own_carries_nothing_over() -> None:
    assert _after("How many riders per branch?", "How many rentals are open?").rows == [(2,)]
