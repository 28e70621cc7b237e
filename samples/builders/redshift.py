"""The data warehouse as PostgreSQL-compatible SQL: schema with comments, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from samples.builders.world import World, arr, iso, load_world, name_of

# How a quarter's alerts fall on its three months; the last month takes the rest.
_SHARES = (0.33, 0.35)
_SCHEMA = """\
-- Written by samples/build.py. Plain SQL that Amazon Redshift and PostgreSQL both take.
CREATE SCHEMA IF NOT EXISTS customer_360;

CREATE TABLE customer_360.customers (
    customer_id VARCHAR(16) PRIMARY KEY,
    customer_name VARCHAR(120) NOT NULL,
    country VARCHAR(60), region VARCHAR(20), industry VARCHAR(40), tier VARCHAR(20), health VARCHAR(10),
    account_team VARCHAR(40), success_manager VARCHAR(80),
    arr_eur NUMERIC(12, 2), renewal_date DATE, updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE customer_360.customers IS 'One row a paying customer, with owner, yearly value and renewal date';
COMMENT ON COLUMN customer_360.customers.arr_eur IS 'Annual recurring revenue in euros';
COMMENT ON COLUMN customer_360.customers.account_team IS 'Directory group that may read the customer''s rows';
COMMENT ON COLUMN customer_360.customers.health IS 'Health in Totango: green, yellow or red';

CREATE TABLE customer_360.subscriptions (
    subscription_id VARCHAR(24) PRIMARY KEY,
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    product VARCHAR(40) NOT NULL, units INTEGER NOT NULL, unit VARCHAR(20) NOT NULL,
    unit_price_eur NUMERIC(10, 2) NOT NULL, annual_value_eur NUMERIC(12, 2) NOT NULL,
    start_date DATE NOT NULL, end_date DATE NOT NULL, updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE customer_360.subscriptions IS 'What each customer has bought: product, units, price and term';
COMMENT ON COLUMN customer_360.subscriptions.annual_value_eur IS 'Units times unit price, euros a year';

CREATE TABLE customer_360.licences (
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    product VARCHAR(40) NOT NULL, as_of DATE NOT NULL, licensed INTEGER NOT NULL, in_use INTEGER NOT NULL,
    updated_at TIMESTAMP NOT NULL, PRIMARY KEY (customer_id, product, as_of)
);
COMMENT ON TABLE customer_360.licences IS 'Licensed and used units at the end of each quarter';

CREATE TABLE customer_360.usage_monthly (
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    month DATE NOT NULL, alerts_triaged INTEGER, sensor_coverage_pct NUMERIC(5, 1), mttd_minutes NUMERIC(6, 1),
    mttr_hours NUMERIC(6, 1), updated_at TIMESTAMP NOT NULL, PRIMARY KEY (customer_id, month)
);
COMMENT ON TABLE customer_360.usage_monthly IS 'Watchtower use per customer and month (month = its first day)';
COMMENT ON COLUMN customer_360.usage_monthly.alerts_triaged IS 'Alerts looked at by an analyst in the month';
COMMENT ON COLUMN customer_360.usage_monthly.sensor_coverage_pct IS 'Licensed endpoints with a working sensor, %';
COMMENT ON COLUMN customer_360.usage_monthly.mttd_minutes IS 'Mean time to detect, minutes';
COMMENT ON COLUMN customer_360.usage_monthly.mttr_hours IS 'Mean time to respond, hours';

CREATE TABLE customer_360.incidents (
    incident_id VARCHAR(24) PRIMARY KEY,
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    opened_on DATE NOT NULL, severity VARCHAR(10) NOT NULL, title VARCHAR(200) NOT NULL,
    detected_after_minutes INTEGER,
    contained_after_hours NUMERIC(6, 1), root_cause VARCHAR(300), updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE customer_360.incidents IS 'Critical and high security incidents';
COMMENT ON COLUMN customer_360.incidents.contained_after_hours IS 'Hours from the first alert to containment';
"""


# A table's columns as its rows here have them.
_COLUMNS = {
    "customers": "customer_id customer_name country region industry tier health account_team success_manager arr_eur "
    "renewal_date updated_at",
    "subscriptions": "subscription_id customer_id product units unit unit_price_eur annual_value_eur start_date "
    "end_date updated_at",
    "usage_monthly": "customer_id month alerts_triaged sensor_coverage_pct mttd_minutes mttr_hours updated_at",
    "incidents": "incident_id customer_id opened_on severity title detected_after_minutes contained_after_hours "
    "root_cause updated_at",
}


def columns(table: str) -> tuple[str, ...]:
    """The names of a table's columns, in order."""
    return tuple(_COLUMNS[table].split())


def tables(world: World) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """Each table that is also a file, with its rows."""
    makers = {
        "customers": _customers,
        "subscriptions": _subscriptions,
        "usage_monthly": _usage,
        "incidents": _incidents,
    }
    for name, rows in makers.items():
        yield name, rows(world)


def write(folder: Path) -> None:
    """Writes 01_schema.sql and 02_data.sql."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "01_schema.sql").write_text(_SCHEMA, encoding="utf-8")
    (folder / "02_data.sql").write_text("\n".join(_inserts(load_world())) + "\n", encoding="utf-8")


def _inserts(world: World) -> Iterator[str]:
    yield "-- Written by samples/build.py from world.yaml."
    yield from _insert("customers", _customers(world))
    yield from _insert("subscriptions", _subscriptions(world))
    yield from _insert("licences", _licences(world))
    yield from _insert("usage_monthly", _usage(world))
    yield from _insert("incidents", _incidents(world))


def _insert(table: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield f"INSERT INTO customer_360.{table} VALUES"
    lines = ["  (" + ", ".join(_literal(value) for value in row) + ")" for row in rows]
    yield ",\n".join(lines) + ";"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _customers(world: World) -> Iterator[tuple[Any, ...]]:
    for key, c in world["customers"].items():
        place = (c["country"], c["region"], c["industry"], c["tier"], c["health"])
        yield (c["id"], c["name"], *place, c["team"], name_of(c["csm"]), arr(key), c["renewal"], iso("2026-11-20"))


def _subscriptions(world: World) -> Iterator[tuple[Any, ...]]:
    for c in world["customers"].values():
        for product, units in c["subscriptions"].items():
            p = world["products"][product]
            ident = f"{c['id']}-{product.upper()}"
            start = c["renewal"].replace(year=c["renewal"].year - 1) + timedelta(days=1)
            worth = units * p["price"]
            yield (
                ident,
                c["id"],
                p["name"],
                units,
                p["unit"],
                p["price"],
                worth,
                start,
                c["renewal"],
                iso("2026-11-20"),
            )


def _licences(world: World) -> Iterator[tuple[Any, ...]]:
    ends = {"2026-Q1": "2026-03-31", "2026-Q2": "2026-06-30", "2026-Q3": "2026-09-30"}
    for key, c in world["customers"].items():
        for quarter, end in ends.items():
            values = world["quarters"][key][quarter]
            if "watchtower" in c["subscriptions"]:
                licensed = c["subscriptions"]["watchtower"]
                yield (c["id"], "Watchtower", end, licensed, values["endpoints_covered"], iso(end))
            if "lure" in c["subscriptions"]:
                licensed = c["subscriptions"]["lure"]
                yield (
                    c["id"],
                    "Lure",
                    end,
                    licensed,
                    round(licensed * values["training_completion_pct"] / 100),
                    iso(end),
                )


def _usage(world: World) -> Iterator[tuple[Any, ...]]:
    for key, c in world["customers"].items():
        if "watchtower" not in c["subscriptions"]:
            continue
        for quarter in ("2026-Q1", "2026-Q2", "2026-Q3"):
            values = world["quarters"][key][quarter]
            total, first = values["alerts_triaged"], 3 * (int(quarter[-1]) - 1) + 1
            parts = [round(total * share) for share in _SHARES]
            parts.append(total - sum(parts))
            for offset, alerts in enumerate(parts):
                month = date(2026, first + offset, 1)
                figures = (values["coverage_pct"], values["mttd_min"], values["mttr_h"])
                yield (c["id"], month, alerts, *figures, iso(date(2026, first + offset, 28)))
        yield (c["id"], "2026-10-01", c["october_alerts"], None, None, None, iso("2026-11-02"))


def _incidents(world: World) -> Iterator[tuple[Any, ...]]:
    for i in world["incidents"]:
        customer = world["customers"][i["customer"]]["id"]
        facts = (i["severity"], i["title"], i["detect_min"], i["contain_h"], i["cause"])
        yield (i["id"], customer, i["date"], *facts, iso(i["date"], 18))
