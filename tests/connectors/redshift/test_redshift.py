"""Redshift: how rows become documents, increments, access rules, read-only sessions, and errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.redshift import connector as module
from connectors.redshift.client import Session
from connectors.redshift.rows import Comments, RowDocuments, render
from core.errors import CredentialError, SettingsError, SourceError, Unreachable
from core.tables import read_rows
from core.types import Connector
from samples.stand_ins import redshift
from samples.stand_ins.redshift import RedshiftStandIn
from tests.connectors.harness import open_kind, run

pytestmark = pytest.mark.integration

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS shop;
DROP TABLE IF EXISTS shop.sales;
CREATE TABLE shop.sales (customer varchar(20), month date, revenue_eur numeric(12,2), growth_pct numeric(5,1), seats integer,
    team varchar(20), owner varchar(50), changed timestamp);
COMMENT ON TABLE shop.sales IS 'Revenue per customer and month';
COMMENT ON COLUMN shop.sales.seats IS 'Seats at the end of the month';
INSERT INTO shop.sales VALUES
 ('acme', '2026-01-01', 12500.50, 3.5, 10, 'emea', 'ana@x.com', '2026-02-01 10:00'),
 ('acme', '2026-02-01', 13000, NULL, 12, 'emea', 'ana@x.com', '2026-03-01 10:00'),
 ('beta|co', '2026-01-01', 5, 0, 1, 'dach', NULL, '2026-02-01 10:00');
"""
SALES: dict[str, Any] = {
    "name": "sales",
    "query": "SELECT * FROM shop.sales",
    "id": "customer",
    "title": "Sales of {customer}",
    "updated_at": "changed",
    "order_by": ["month"],
    "table": "shop.sales",
    "allow_users": "owner",
    "allow_groups": "team",
    "readers": ["group:finance"],
    "set": {"document_type": "sales"},
}


@pytest.fixture(scope="module")
def server() -> Iterator[RedshiftStandIn]:
    with redshift.start() as running:
        yield running


@pytest.fixture(autouse=True)
def tables(server: RedshiftStandIn) -> None:
    server.run(SCHEMA)
    server.grant()


def connector(server: RedshiftStandIn, *documents: dict[str, Any], **keys: Any) -> Connector:
    defaults = {
        "kind": "redshift",
        "host": "127.0.0.1",
        "port": server.port,
        "database": redshift.DATABASE,
        "user": redshift.USER,
        "password": redshift.PASSWORD,
        "ssl": False,
        "documents": list(documents) or [SALES],
    }
    return open_kind(Path("/"), **{**defaults, **keys})


def test_a_group_of_rows_is_a_readable_document_with_units_and_meanings(server: RedshiftStandIn) -> None:
    found = run(connector(server)).documents
    acme, beta = found["src:sales/acme"], found["src:sales/beta|co"]
    text = acme.body.decode()
    assert acme.title == "Sales of acme" and "Revenue per customer and month." in text
    assert "| Month | Revenue | Growth | Seats |" in text
    assert "| 2026-01-01 | 12,500.50 EUR | 3.5% | 10 |" in text and "| 2026-02-01 | 13,000 EUR | – | 12 |" in text
    assert "- Seats: Seats at the end of the month" in text
    assert acme.allow == {"user:ana@x.com", "group:emea", "group:finance"} and beta.allow == {
        "group:dach",
        "group:finance",
    }
    assert acme.metadata == {"customer": "acme", "document_type": "sales", "table": "shop.sales"}
    assert beta.metadata["revenue_eur"] == 5 and beta.metadata["seats"] == 1
    assert acme.updated_at is not None and acme.updated_at.isoformat() == "2026-03-01T10:00:00+00:00"


def test_a_pipe_or_a_line_break_in_a_column_keeps_the_table_whole() -> None:
    spec = RowDocuments(name="a", query="SELECT 1", id="id", title="A", labels={"a": "A|B"})
    rows = [{"a": "x|y\r\nz", "b": 1}, {"a": "w", "b": 2}]
    assert read_rows(render(spec, rows, "A", Comments())) == [["A|B", "B"], ["x|y z", "1"], ["w", "2"]]


def test_one_row_of_a_group_changed_added_or_gone_changes_its_document(server: RedshiftStandIn) -> None:
    cursor = run(connector(server)).cursor
    for change in (
        "UPDATE shop.sales SET seats = 13, changed = '2026-04-01' WHERE month = '2026-02-01'",
        "INSERT INTO shop.sales SELECT customer, '2026-03-01', 1, 1, 1, team, owner, changed FROM shop.sales WHERE seats = 10",
        "DELETE FROM shop.sales WHERE month = '2026-03-01'",
    ):
        server.run(change)
        found = run(connector(server), cursor)
        assert set(found.documents) == {"src:sales/acme"}, change
        cursor = found.cursor
    server.run("DELETE FROM shop.sales WHERE customer = 'acme'")
    assert run(connector(server), cursor).deleted == ["src:sales/acme"]


def test_rows_of_the_same_moment_are_not_missed_shortly_after_it(server: RedshiftStandIn) -> None:
    server.run("UPDATE shop.sales SET changed = getdate()")
    first = run(connector(server))
    server.run("UPDATE shop.sales SET seats = 99 WHERE customer = 'beta|co'")
    second = run(connector(server), first.cursor)
    assert "- Seats: 99" in second.documents["src:sales/beta|co"].body.decode()
    assert run(connector(server, overlap_s=0), run(connector(server, overlap_s=0)).cursor).is_empty()


def test_without_a_time_of_change_the_rows_themselves_are_compared(server: RedshiftStandIn) -> None:
    plain = {key: value for key, value in SALES.items() if key != "updated_at"}
    first = run(connector(server, plain))
    assert run(connector(server, plain), first.cursor).is_empty()
    server.run("UPDATE shop.sales SET seats = 77 WHERE month = '2026-02-01'")
    assert set(run(connector(server, plain), first.cursor).documents) == {"src:sales/acme"}


def test_a_reload_of_everything_is_read_in_one_go(server: RedshiftStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(connector(server))
    server.run("UPDATE shop.sales SET changed = changed + interval '200 days', seats = seats + 1")
    asked: list[str] = []
    real = Session.rows
    monkeypatch.setattr(Session, "rows", lambda self, sql, values=(): asked.append(sql) or real(self, sql, values))
    monkeypatch.setattr(module, "_ONE_BY_ONE", 1)
    assert len(run(connector(server), first.cursor).documents) == 2
    assert not any("CAST(customer AS VARCHAR) = %s" in sql for sql in asked)


def test_another_query_or_wording_writes_every_document_again(server: RedshiftStandIn) -> None:
    first = run(connector(server))
    reworded = {**SALES, "labels": {"seats": "Licensed seats"}}
    second = run(connector(server, reworded), first.cursor)
    assert len(second.documents) == 2 and "Licensed seats" in second.documents["src:sales/acme"].body.decode()
    server.run("COMMENT ON TABLE shop.sales IS 'Turnover'")
    third = run(connector(server, reworded), second.cursor)
    assert "Turnover." in third.documents["src:sales/acme"].body.decode()
    narrower = {**SALES, "query": "SELECT * FROM shop.sales WHERE team = 'dach'"}
    assert run(connector(server, narrower), third.cursor).deleted == ["src:sales/acme"]


@pytest.mark.parametrize("change", ["team = 'dach'", "owner = NULL"])
def test_rows_that_disagree_on_their_readers_close_the_document(server: RedshiftStandIn, change: str) -> None:
    server.run(f"UPDATE shop.sales SET {change} WHERE month = '2026-02-01' AND customer = 'acme'")
    whole = run(connector(server)).documents["src:sales/acme"]
    assert whole.allow == set()
    listed = {ref.id: ref.allow for ref in connector(server).listing()}
    assert listed["src:sales/acme"] == set()


def test_without_a_rule_nobody_reads(server: RedshiftStandIn) -> None:
    plain = {key: value for key, value in SALES.items() if not key.startswith("allow_") and key != "readers"}
    assert all(not document.allow for document in run(connector(server, plain)).documents.values())
    opened = run(connector(server, plain, allow=["group:all"])).documents.values()
    assert all(document.allow == {"group:all"} for document in opened)


def test_several_queries_and_ids_of_numbers_keep_the_order(server: RedshiftStandIn) -> None:
    server.run("DROP TABLE IF EXISTS shop.n; CREATE TABLE shop.n AS SELECT generate_series(1, 2500) AS id; ")
    server.grant()
    numbers = {"name": "a", "query": "SELECT id FROM shop.n", "id": "id", "title": "Number {id}"}
    more = {**numbers, "name": "a-b"}
    first = run(connector(server, numbers, SALES, more))
    assert len(first.documents) == 5_002 and first.seen == 5_002
    assert run(connector(server, numbers, SALES, more), first.cursor).is_empty()


def test_a_query_with_too_many_rows_is_refused(server: RedshiftStandIn) -> None:
    with pytest.raises(SourceError, match="more than 2 rows"):
        run(connector(server, row_limit=2))


def test_sessions_are_read_only_and_time_out(server: RedshiftStandIn) -> None:
    writing = {**SALES, "query": "SELECT set_config('a.b', 'c', false) AS customer, now()::timestamp AS changed"}
    session = connector(server, writing)._lister  # type: ignore[attr-defined]
    with pytest.raises(SourceError, match="25006"):
        session.rows("CREATE TEMP TABLE t AS SELECT 1; ".rstrip("; "))
    slow = {**SALES, "query": "SELECT *, pg_sleep(3) FROM shop.sales"}
    with pytest.raises(SourceError, match=r"longer than 1 s.*statement_timeout_s"):
        run(connector(server, slow, statement_timeout_s=1))


def test_a_lost_connection_is_opened_again(server: RedshiftStandIn) -> None:
    reader = connector(server)
    assert len(list(reader.listing())) == 2
    server.drop_connections()
    assert len(list(reader.listing())) == 2


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ({"password": "wrong"}, CredentialError, "check user and password"),
        ({"documents": [{**SALES, "query": "SELECT * FROM shop.nothing", "table": ""}]}, SourceError, "unknown table"),
        ({"documents": [{**SALES, "id": "nothing"}]}, SourceError, "unknown column"),
        ({"port": 9}, Unreachable, "127.0.0.1:9"),
    ],
)
def test_errors_say_what_is_wrong(
    server: RedshiftStandIn, keys: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(connector(server, **keys))


def test_a_table_that_may_not_be_read_says_what_to_grant(server: RedshiftStandIn) -> None:
    server.run(f"REVOKE SELECT ON shop.sales FROM {redshift.USER}")
    with pytest.raises(
        CredentialError, match="grant USAGE on the schema and SELECT on the table to debrief_reader"
    ) as raised:
        run(connector(server))
    assert raised.value.problem == "insufficient"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"documents": []}, "documents"),
        ({"documents": [{**SALES, "query": "DELETE FROM t"}]}, "write one SELECT"),
        ({"documents": [{**SALES, "query": "SELECT 1; DROP TABLE t"}]}, "write one SELECT"),
        ({"documents": [{**SALES, "id": "a b"}]}, "is no column name"),
        ({"documents": [SALES, SALES]}, "same name"),
        ({"documents": [{**SALES, "tittle": "x"}]}, r"unknown key 'documents\[0\]\.tittle'"),
        ({"password": None}, "give host, user and password, or iam: true"),
        ({"iam": True, "host": ""}, "cluster_identifier or serverless_work_group"),
    ],
)
def test_wrong_settings_are_named(server: RedshiftStandIn, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        connector(server, **keys)
