"""Amazon Redshift, over the same sign-in as the source of that name."""

from __future__ import annotations

import re
import threading

from connectors.redshift.client import RedshiftLogin, Session
from warehouse.databases.base import Catalogue, Rows, TableInfo

_COLUMNS = """
SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'pg_internal') ORDER BY 1, 2, ordinal_position
"""


class Redshift:
    """A Redshift database; one question at a time, each in a read-only transaction."""

    dialect = "redshift"

    def __init__(self, login: RedshiftLogin) -> None:
        self._session = Session(login)
        self._lock = threading.Lock()

    def rows(self, sql: str, limit: int = 10_000) -> tuple[list[str], Rows]:
        """As `Database.rows`."""
        with self._lock:
            names, rows = self._session.rows(sql)
            return names, [tuple(row) for _, row in zip(range(limit), rows, strict=False)]

    def estimate(self, sql: str) -> int | None:
        """As `Database.estimate`; Redshift's plan is text."""
        plan = "\n".join(str(row[0]) for row in self.rows(f"EXPLAIN {sql}")[1])
        return max(map(int, re.findall(r"rows=(\d+)", plan)), default=None)

    def catalogue(self) -> Catalogue:
        """As `Database.catalogue`; Redshift's keys are only hints and are left out."""
        columns: dict[str, dict[str, str]] = {}
        for schema, table, column, kind in self.rows(_COLUMNS, 100_000)[1]:
            columns.setdefault(table if schema == "public" else f"{schema}.{table}", {})[column] = kind
        return [TableInfo(name, found) for name, found in columns.items()]

    def close(self) -> None:
        """Closes the connection."""
        self._session.close()
