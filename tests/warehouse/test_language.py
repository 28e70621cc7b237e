"""What conditions and figures may be said: one of several, days between two dates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.shop import OWNER, shop
from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.layer.load import layer_of

TRIPS = {
    "entities": {
        "trip": {
            "table": "trips",
            "key": ["trip_id"],
            "date": "departure",
            "columns": {"trip_id": {"type": "id"}, "city": {}, "departure": {"type": "datetime"}, "arrival": {"type": "datetime"}},
            "scope": {"everyone": []},
        }
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def trips() -> Warehouse:
    database = DuckFiles([])
    database.run_script(
        "CREATE TABLE trips AS SELECT * FROM (VALUES (1, 'Rome', TIMESTAMP '2026-01-01 10:00', TIMESTAMP '2026-01-03 22:00'),"
        "(2, 'Rome', TIMESTAMP '2026-01-01 10:00', TIMESTAMP '2026-01-01 13:30'),"
        "(3, 'Oslo', TIMESTAMP '2026-01-01 10:00', TIMESTAMP '2026-02-20 10:00')) t(trip_id, city, departure, arrival)"
    )
    return Warehouse(layer_of(TRIPS, "trips.yaml"), database)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("average number of days between departure and arrival per city", [("Oslo", 50), ("Rome", 1)]),
        (
            "What is the average time in hours between departure and arrival per city?",
            [("Oslo", 1200), ("Rome", 31.75)],
        ),
        ("How many trips took longer than 30 days?", [(1,)]),
        ("How many trips lasted at least 2 days?", [(2,)]),
        ("How many trips lasted less than 4 hours?", [(1,)]),
        ("longest time between departure and arrival", [(50,)]),
    ],
)
def test_the_time_between_two_days(trips: Warehouse, question: str, rows: list[tuple[Any, ...]]) -> None:
    found = trips.ask(question, OWNER)
    assert not found.problem, found.problem
    assert sorted(tuple(map(_plain, r)) for r in found.rows) == sorted(tuple(map(_plain, r)) for r in rows), found.words


RIGHT: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("rentals that are open or with a price above 35", [(3, 30), (4, 40), (6, 15)]),
    ("How many rentals are open or have a price under 12?", [(4,)]),
    ("How many rentals with a price under 12 or above 35?", [(3,)]),
    ("How many riders are gold or from Norway?", [(3,)]),
    ("riders in branch North or South", [("Ana Lima",), ("Eva Berg",), ("Ola Nordmann",), ("Rui Costa",)]),
    ("Wie viele Kunden sind gold oder aus Norwegen?", [(3,)]),
]


@pytest.mark.parametrize(("question", "rows"), RIGHT, ids=[q for q, _ in RIGHT])
def test_one_of_several(question: str, rows: list[tuple[Any, ...]]) -> None:
    found = shop().ask(question, OWNER)
    assert not found.problem, found.problem
    assert sorted(tuple(map(_plain, r)) for r in found.rows) == sorted(tuple(map(_plain, r)) for r in rows), found.words


def _plain(value: Any) -> str:
    return str(float(value)) if isinstance(value, int) or hasattr(value, "as_tuple") else str(value)
