"""A `query` step over the wire of the Redshift stand-in: rows by name, read-only, bounded."""

from datetime import date

import pytest

from apps.run.context import Context
from apps.runner import finish
from assistant.app_runs.tools import open_tools
from core.settings import Settings
from samples.stand_ins import redshift
from samples.stand_ins.run import WORKSPACE

APP = """\
audience: [emea]
inputs:
  - {name: customer, type: text}
steps:
  - id: use
    use: query
    with:
      sql: >-
        SELECT month, sensor_coverage_pct FROM customer_360.usage_monthly JOIN customer_360.customers
        USING (customer_id) WHERE customer_name = :customer ORDER BY month
      values: {customer: "{{ customer }}"}
      max_rows: MOST
outputs:
  - {name: rows, kind: table, value: {columns: "{{ use.columns }}", rows: "{{ use.rows }}"}}
"""


@pytest.fixture(scope="module")
def warehouse():
    with redshift.start(WORKSPACE / "redshift") as running:
        source = {
            "name": "redshift",
            "kind": "redshift",
            "host": "127.0.0.1",
            "port": running.port,
            "ssl": False,
            "database": "analytics",
            "user": "debrief_reader",
            "password": "sample-password",
            "documents": [
                {
                    "name": "c",
                    "query": "SELECT * FROM customer_360.customers",
                    "id": "customer_id",
                    "title": "{customer_name}",
                }
            ],
        }
        yield open_tools(Settings(sources=[source]), None, None)


@pytest.fixture
def asked(app_of, person, warehouse):
    def ask(customer, most=50):
        return finish(
            app_of(APP.replace("MOST", str(most))),
            {"customer": customer},
            Context(person, warehouse, today=date(2026, 11, 22)),
        )

    return ask


def test_rows_come_from_the_warehouse_with_the_query_as_evidence(asked):
    result = asked("Alpenbank AG")
    assert result.status == "completed", result.error
    table = result.output("rows").value
    assert table["columns"] == ["month", "sensor_coverage_pct"]
    assert ["2026-01-01", 94.8] in [[str(m)[:10], float(v)] for m, v in table["rows"] if v is not None]
    assert "WHERE customer_name = :customer" in result.evidence[0].quote


def test_a_value_is_never_part_of_the_query(asked):
    assert asked("x' OR '1'='1").output("rows").value["rows"] == []


def test_too_many_rows_are_refused_with_the_limit(asked):
    result = asked("Alpenbank AG", most=2)
    assert result.status == "failed"
    assert "more than 2 rows" in result.error
