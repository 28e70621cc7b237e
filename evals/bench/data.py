"""Questions over a million rows, and random queries against the scope: python -m evals.bench.data [--rows 1000000]

Two engines where there are two: DuckDB in this process and a PostgreSQL of its own. Times are of `Warehouse.ask`, the
reading of the question included. The second part runs random (person, query) pairs over three tenants and four roles,
and counts rows and columns that the person may not see, and rows that are missing.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from core.errors import DebriefError, QuestionError
from core.types import User
from evals.measures.data import own_postgres
from warehouse.ask import Warehouse
from warehouse.databases import Database
from warehouse.databases.duck import DuckFiles
from warehouse.layer.load import layer_of
from warehouse.query import Filter, Level, Measure, Query

QUESTIONS = (
    "number of visits per month this year",
    "total amount by country",
    "top 5 shops by total amount in the last 3 months",
    "average amount per weekday",
    "What percentage of visits are online?",
    "shops without visits",
)
TENANTS, COUNTRIES = ("red", "green", "blue"), ("NO", "PT", "JP", "PE", "TR")
_SHOPS = 300
_SQL = """
CREATE TABLE shops (id INT, name VARCHAR(40), country VARCHAR(2), tenant VARCHAR(10), rent INT);
INSERT INTO shops SELECT i, 'shop ' || i, (ARRAY['NO','PT','JP','PE','TR'])[1 + i % 5],
(ARRAY['red','green','blue'])[1 + i % 3], i FROM generate_series(1, {shops}) AS t(i);
CREATE TABLE visits (id INT, shop_id INT, visited TIMESTAMP, amount INT, channel VARCHAR(10));
INSERT INTO visits SELECT i, 1 + (i::bigint * 7919) % ({shops} - 5), TIMESTAMP '2024-01-01' + i * INTERVAL '90 seconds',
i % 97, CASE WHEN i % 4 = 0 THEN 'online' ELSE 'shop' END FROM generate_series(1, {rows}) AS t(i);
CREATE TABLE visits_by_month AS SELECT CAST(date_trunc('month', visited) AS DATE) AS month, name, country, tenant,
channel, COUNT(*) AS visits, SUM(amount) AS amount, COUNT(amount) AS amounts
FROM visits JOIN shops ON shops.id = visits.shop_id GROUP BY 1, 2, 3, 4, 5;
"""
_ROLES = {"boss": ["bosses"], "tenant": ["tenants"], "clerk": ["clerks"], "auditor": ["auditors"]}
_OWN: dict[str, Any] = {"field": "tenant", "value": "$tenant"}
LAYER: dict[str, Any] = {
    "roles": _ROLES,
    "entities": {
        "shop": {
            "table": "shops",
            "key": ["id"],
            "label": ["name"],
            "columns": {
                "id": {"type": "id"},
                "name": {},
                "country": {},
                "tenant": {},
                "rent": {"type": "number", "hidden": ["clerk"]},
            },
            "scope": {"boss": [], "tenant": [_OWN], "clerk": [_OWN], "auditor": [{"field": "country", "value": "NO"}]},
        },
        "visit": {
            "table": "visits",
            "key": ["id"],
            "date": "visited",
            "columns": {
                "id": {"type": "id"},
                "shop_id": {"type": "id"},
                "visited": {"type": "datetime"},
                "amount": {"type": "number"},
                "channel": {},
            },
            "scope": {"boss": [], "auditor": []},
        },
    },
    "relations": [{"many": "visit.shop_id", "one": "shop.id"}],
    "views": {
        "visits by month": {
            "table": "visits_by_month",
            "entity": "visit",
            "date": "visit.visited",
            "day": "month",
            "grain": "month",
            "columns": {
                "shop.name": "name", "shop.country": "country", "shop.tenant": "tenant", "visit.channel": "channel",
            },
            "figures": [
                {"of": "visit", "column": "visits"},
                {"of": "visit.amount", "by": "sum", "column": "amount"},
                {"of": "visit.amount", "by": "count", "column": "amounts"},
            ],
        }
    },
}  # fmt: skip


def main() -> None:
    """Prints a line a question and engine, then what the random queries found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with _engines(given.rows) as engines:
        for name, database in engines:
            _timed(name, Warehouse(layer_of(LAYER, "bench"), database))
            _timed(f"{name}, no views", Warehouse(layer_of({**LAYER, "views": {}}, "bench"), database))
    with _engines(2_000) as engines:
        for name, database in engines:
            _scoped(name, Warehouse(layer_of(LAYER, "bench"), database, 5_000), given.pairs // len(engines), given.seed)
            _viewed(name, database, given.pairs // len(engines) // 5, given.seed)


def _timed(name: str, warehouse: Warehouse) -> None:
    boss, medians = User("boss@bench", ("bosses",)), []
    warehouse.lexicon(boss)
    for question in QUESTIONS:
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            found = warehouse.ask(question, boss)
            times.append(time.perf_counter() - begin)
        medians.append(statistics.median(times))
        print(f"{name}: {medians[-1]:.3f} s  {question}  → {found.problem or f'{len(found.rows)} rows'}")
    print(f"{name}: median {statistics.median(medians):.3f} s")


def _scoped(name: str, warehouse: Warehouse, pairs: int, seed: int) -> None:
    chance = random.Random(seed)
    fields = [f"{e}.{c}" for e, entity in warehouse.layer.entities.items() for c in entity.columns]
    rows = warehouse.database.rows("SELECT id, name, country, tenant, rent FROM shops", 10_000)[1]
    extra = missing = asked = refused = 0
    for _ in range(pairs):
        role, tenant = chance.choice(list(_ROLES)), chance.choice(TENANTS)
        user = User(f"{role}@{tenant}", tuple(_ROLES[role]), {"tenant": (tenant,)})
        own = {str(r[0]): r for r in rows if _sees(role, tenant, r)}
        levels = tuple(Level(f) for f in chance.sample(fields, chance.randrange(1, 4)))
        query = Query((), (Level("shop.id"), *levels))
        if chance.random() < 0.5:
            query = query.changed(filters=(Filter("shop.country", "=", chance.choice([*COUNTRIES, "x' OR '1'='1"])),))
        if chance.random() < 0.3:
            query = query.changed(measures=(Measure("shop", "count"),))
        try:
            found = {str(row[0]) for row in warehouse.run(query, user).rows}
        except QuestionError:
            refused += 1
            needs = {f.partition(".")[0] for f in query.fields()}
            missing += role == "boss" or (
                "visit" not in needs and not (role == "clerk" and "shop.rent" in query.fields())
            )
            continue
        except DebriefError as error:
            print(f"{name}: {error}")
            missing += 1
            continue
        asked += 1
        extra += bool(found - set(own)) or (role == "clerk" and "shop.rent" in query.fields())
        if not any(level.field.startswith("visit") for level in query.levels):
            wanted = {i for i, r in own.items() if all(r[2] == f.value for f in query.filters)}
            missing += found != wanted
    found_out = f"{asked} answered, {refused} refused, {extra} with too much, {missing} with too little"
    print(f"{name}: {pairs} pairs (seed {seed}): {found_out}")


def _viewed(name: str, database: Database, pairs: int, seed: int) -> None:
    """Prints for random figures and persons how many came from the view, and how often the tables say otherwise."""
    chance = random.Random(seed)
    bare_of_views: dict[str, object] = {**LAYER, "views": {}}
    over, bare = (Warehouse(layer_of(raw, "bench"), database, 50_000) for raw in (LAYER, bare_of_views))
    by = ("shop.name", "shop.country", "shop.tenant", "visit.channel", "shop.rent")
    figures = (Measure("visit"), Measure("visit.amount", "sum"), Measure("visit.amount", "avg"))
    used = other = refused = 0
    for _ in range(pairs):
        role = chance.choice(list(_ROLES))
        user = User(f"{role}@bench", tuple(_ROLES[role]), {"tenant": (chance.choice(TENANTS),)})
        levels = [Level(f) for f in chance.sample(by, chance.randrange(0, 3))]
        levels += [Level("visit.visited", chance.choice(("month", "quarter", "week")))] * chance.randrange(0, 2)
        where = (Filter("shop.country", "=", chance.choice(COUNTRIES)),) * chance.randrange(0, 2)
        query = Query(tuple(chance.sample(figures, chance.randrange(1, 4))), tuple(levels), where)
        try:
            found, true = over.run(query, user), bare.run(query, user)
        except QuestionError:
            refused += 1
            continue
        used += "from the view" in found.words
        other += _rounded(found.rows) != _rounded(true.rows)
    print(f"{name}: {pairs} figures, {refused} refused, {used} from the view, {other} other than from the tables")


def _rounded(rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    numbers = (int, float, Decimal)
    return sorted(tuple(str(round(float(v), 6)) if isinstance(v, numbers) else str(v) for v in row) for row in rows)


def _sees(role: str, tenant: str, row: tuple[Any, ...]) -> bool:
    return (
        role == "boss" or (role == "auditor" and row[2] == "NO") or (role in ("tenant", "clerk") and row[3] == tenant)
    )


@contextmanager
def _engines(rows: int) -> Iterator[list[tuple[str, Database]]]:
    script = _SQL.format(shops=_SHOPS, rows=rows)
    duck = DuckFiles([])
    for statement in script.split(";"):
        if statement.strip():
            duck.run_script(statement)
    try:
        with own_postgres() as fill:
            yield [("duckdb", duck), ("postgres", fill("bench", script))]
    except DebriefError as error:
        print(f"Only DuckDB: {error}")
        yield [("duckdb", duck)]


if __name__ == "__main__":
    main()
