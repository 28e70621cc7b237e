"""A bicycle shop's tables and layer, which no other test or sample knows."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import duckdb

from core.types import User
from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.layer.load import layer_of

TODAY = date(2026, 5, 20)
OWNER = User("owner@shop.example", ("owners",))
NORTH = User("north@shop.example", ("staff",), {"branches": ["B1"]})
NOBODY = User("visitor@shop.example")

_SQL = """
CREATE TABLE branches (branch_id VARCHAR, branch_name VARCHAR, country VARCHAR);
INSERT INTO branches VALUES ('B1', 'North', 'NO'), ('B2', 'South', 'PT'), ('B3', 'Empty', 'PT');
CREATE TABLE riders (rider_id INTEGER, full_name VARCHAR, branch_id VARCHAR, tier VARCHAR, is_member BOOLEAN, salary DOUBLE);
INSERT INTO riders VALUES (1, 'Ola Nordmann', 'B1', 'gold', TRUE, 10), (2, 'Rui Costa', 'B2', 'silver', FALSE, 20),
  (3, 'Ana Lima', 'B2', 'gold', TRUE, 30), (4, 'Eva Berg', 'B1', 'silver', TRUE, 40);
CREATE TABLE rentals (rental_id INTEGER, rider_id INTEGER, started TIMESTAMP, price DECIMAL(8, 2), status VARCHAR);
INSERT INTO rentals VALUES (1, 1, '2026-01-05 08:30', 10, 'done'), (2, 1, '2026-02-10 08:10', 20, 'done'),
  (3, 2, '2026-02-11 17:00', 30, 'open'), (4, 3, '2026-04-01 17:20', 40, 'done'), (5, 3, '2025-04-02 09:00', 5, 'done'),
  (6, 3, '2026-04-15 08:45', 15, 'open');
CREATE TABLE repairs (repair_id INTEGER, rental_id INTEGER, cost DECIMAL(8, 2));
INSERT INTO repairs VALUES (1, 1, 3), (2, 1, 4), (3, 4, 6);
"""
LAYER: dict[str, Any] = {
    "name": "shop",
    "roles": {"owner": ["owners"], "clerk": ["staff"]},
    "entities": {
        "branch": {
            "table": "branches",
            "key": ["branch_id"],
            "label": ["name"],
            "names": ["shop", "Filiale", "sucursal"],
            "columns": {
                "branch_id": {"type": "id"},
                "name": {"column": "branch_name"},
                "country": {"values": {"NO": ["Norway", "Norwegen"], "PT": ["Portugal"]}, "names": ["Land", "país", "pays"]},
            },
            "scope": {"owner": [], "clerk": [{"field": "branch_id", "value": "$branches"}]},
        },
        "rider": {
            "table": "riders",
            "key": ["rider_id"],
            "label": ["name"],
            "names": ["customer", "Kunde", "Kunden", "cliente", "client"],
            "columns": {
                "rider_id": {"type": "id"},
                "name": {"column": "full_name"},
                "branch_id": {"type": "id"},
                "tier": {},
                "is member": {"type": "boolean", "column": "is_member"},
                "salary": {"type": "number", "hidden": ["clerk"]},
            },
            "scope": {"owner": [], "clerk": [{"field": "branch_id", "value": "$branches"}]},
        },
        "rental": {
            "table": "rentals",
            "key": ["rental_id"],
            "date": "started",
            "names": ["hire", "Verleih", "Vermietung", "alquiler", "location"],
            "columns": {
                "rental_id": {"type": "id"},
                "rider_id": {"type": "id"},
                "started": {"type": "datetime"},
                "price": {"type": "number", "unit": "EUR", "names": ["revenue", "Umsatz", "ingresos", "chiffre d'affaires"]},
                "status": {},
            },
            "scope": {"owner": []},
        },
        "repair": {
            "table": "repairs",
            "key": ["repair_id"],
            "columns": {"repair_id": {"type": "id"}, "rental_id": {"type": "id"}, "cost": {"type": "number", "unit": "EUR"}},
            "scope": {"owner": []},
        },
    },
    "metrics": {
        "open share": {"of": "rental", "over": "rental", "unit": "%", "where": [{"field": "rental.status", "value": "open"}]},
    },
    "relations": [
        {"many": "rider.branch_id", "one": "branch.branch_id"},
        {"many": "rental.rider_id", "one": "rider.rider_id"},
        {"many": "repair.rental_id", "one": "rental.rental_id"},
    ],
}  # fmt: skip


@cache
def shop() -> Warehouse:
    """The shop on 20 May 2026."""
    database = DuckFiles([])
    _fill(database, _SQL)
    return Warehouse(layer_of(LAYER, "shop.yaml"), database, 100, lambda: TODAY)


def _fill(database: DuckFiles, sql: str) -> None:
    connection: duckdb.DuckDBPyConnection = database._connection
    connection.execute(sql)
