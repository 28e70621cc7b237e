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
from collections.abc import Iterator
from contextlib import contextmanager
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
    with _engines(2_000) as engines:
        for name, database in engines:
            _scoped(name, Warehouse(layer_of(LAYER, "bench"), database, 5_000), given.pairs // len(engines), given.seed)


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
