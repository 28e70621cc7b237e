"""PostgreSQL: every question in a read-only transaction with a time-out, under the person's own role where there
is one.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from core.errors import SourceError
from warehouse.databases.base import Catalogue, Rows, TableInfo, largest_step

_COLUMNS = """
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY n.nspname, c.relname, a.attnum
"""
_KEYS = """
SELECT n.nspname, c.relname, k.contype, a.attname, fn.nspname, fc.relname, fa.attname
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
LEFT JOIN pg_class fc ON fc.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace
LEFT JOIN pg_attribute fa ON fa.attrelid = fc.oid
  AND fa.attnum = k.confkey[array_position(k.conkey, a.attnum)]
WHERE k.contype IN ('p', 'f')
"""


class Postgres:
    """A PostgreSQL database. One connection, opened again when it was lost; one question at a time."""

    dialect = "postgres"

    def __init__(self, url: str, timeout_s: float = 30.0, role: str = "", time_zone: str = "") -> None:
        """`role`: SET LOCAL ROLE before each question, so that the database's own row-level security holds too."""
        self._url, self._timeout_s, self._role, self._time_zone = url, timeout_s, role, time_zone
        self._connection: Any = None
        self._lock = threading.Lock()

    def rows(self, sql: str, limit: int = 10_000) -> tuple[list[str], Rows]:
        """As `Database.rows`."""
        import psycopg

        with self._lock:
            try:
                return self._asked(sql, limit)
            except psycopg.errors.QueryCanceled as error:
                raise SourceError(
                    f"The database didn't answer within {self._timeout_s:g} s; ask for fewer rows or a shorter time."
                ) from error
            except psycopg.errors.InsufficientPrivilege as error:
                raise SourceError("The database refuses this to the account that Debrief asks with.") from error
            except psycopg.OperationalError as error:
                self._drop()
                raise SourceError(
                    "The database doesn't answer; ask again in a while, or tell your administrator."
                ) from error
            except psycopg.Error as error:
                raise SourceError(f"The database can't answer this: {str(error).splitlines()[0]}.") from error

    def estimate(self, sql: str) -> int | None:
        """As `Database.estimate`."""
        return largest_step(self.rows(f"EXPLAIN (FORMAT JSON) {sql}")[1][0][0], "Plan Rows")

    def run_script(self, sql: str) -> None:
        """Runs statements; for tests and evaluations, which make their tables so."""
        import psycopg

        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql)

    def catalogue(self) -> Catalogue:
        """As `Database.catalogue`."""
        columns: dict[str, dict[str, str]] = {}
        comments: dict[str, dict[str, str]] = {}
        for schema, table, column, kind, comment in self.rows(_COLUMNS, 100_000)[1]:
            name = _name(schema, table)
            columns.setdefault(name, {})[column] = kind
            comments.setdefault(name, {})[column] = comment or ""
        keys: dict[str, list[str]] = {}
        foreign: dict[str, dict[str, tuple[str, str]]] = {}
        for schema, table, kind, column, fschema, ftable, fcolumn in self.rows(_KEYS, 100_000)[1]:
            name = _name(schema, table)
            if kind in ("p", b"p"):
                keys.setdefault(name, []).append(column)
            else:
                foreign.setdefault(name, {})[column] = (_name(fschema, ftable), fcolumn)
        return [
            TableInfo(name, found, tuple(keys.get(name, ())), comments[name], foreign.get(name, {}))
            for name, found in columns.items()
        ]

    def close(self) -> None:
        """Closes the connection."""
        self._drop()

    def _asked(self, sql: str, limit: int) -> tuple[list[str], Rows]:
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, connect_timeout=10)
            self._connection.read_only = True
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(self._timeout_s * 1000)}")
            if self._role:
                cursor.execute(psycopg.sql.SQL("SET LOCAL ROLE {}").format(psycopg.sql.Identifier(self._role)))
            if self._time_zone:
                cursor.execute("SELECT set_config('TimeZone', %s, true)", [self._time_zone])
            cursor.execute(sql)
            return [d.name for d in cursor.description or ()], cursor.fetchmany(limit)

    def _drop(self) -> None:
        with suppress(Exception):
            if self._connection is not None:
                self._connection.close()
        self._connection = None


def _name(schema: str, table: str) -> str:
    return table if schema == "public" else f"{schema}.{table}"
