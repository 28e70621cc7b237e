"""Files as tables: CSV, Excel and SQLite, copied into DuckDB in this process and asked there.

A copy in memory, since then no statement can reach a file: DuckDB's access to files is closed once they are read.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import statistics
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pandas as pd
import python_calamine

from core.errors import SourceError
from warehouse.databases.base import Catalogue, Rows, TableInfo, largest_step
from warehouse.databases.sheets import framed, typed

_KINDS = {".csv": "csv", ".tsv": "csv", ".xlsx": "excel", ".xls": "excel", ".ods": "excel", ".db": "sqlite",
          ".sqlite": "sqlite", ".sqlite3": "sqlite"}  # fmt: skip
_TIMEOUT_S = 30.0
# Texts of more different values than this aren't looked at for numbers and days.
_MOST_DIFFERENT = 100_000


class DuckFiles:
    """Tables made of files: a CSV is one, an Excel sheet is one, a SQLite file has several.

    Attributes:
        notes: What of the files is left out of the tables, in sentences.
    """

    dialect = "duckdb"

    def __init__(self, files: Iterable[Path], timeout_s: float = _TIMEOUT_S, time_zone: str = "") -> None:
        """Reads the files. Raises SourceError: one can't be read, named with what is wrong."""
        self._connection = duckdb.connect(":memory:")
        self._timeout_s = timeout_s
        self.notes: list[str] = []
        self._lock = threading.Lock()
        for file in files:
            try:
                self._load(file)
            except (OSError, duckdb.Error, sqlite3.Error, python_calamine.CalamineError, ValueError) as error:
                raise SourceError(f"{file.name} can't be read as tables: {_first_line(error)}.") from error
        if time_zone:
            self._connection.execute("SET GLOBAL TimeZone = $zone", {"zone": time_zone})
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    @classmethod
    def of_frames(cls, frames: Mapping[str, pd.DataFrame], notes: Iterable[str] = ()) -> DuckFiles:
        """Tables that are read already, by name; `notes` say what was left out of them."""
        made = cls(())
        for name, frame in frames.items():
            made._keep(name, frame)
        made.notes.extend(notes)
        return made

    @staticmethod
    def reads(name: str) -> bool:
        """Whether a file of this name can be asked as tables."""
        return Path(name).suffix.lower() in _KINDS

    def run_script(self, sql: str) -> None:
        """Fills an empty database from statements; for tests and evaluations."""
        self._connection.execute(sql)

    def rows(self, sql: str, limit: int = 10_000) -> tuple[list[str], Rows]:
        """As `Database.rows`."""
        with self._lock:
            cursor = self._connection.cursor()
            timer = threading.Timer(self._timeout_s, cursor.interrupt)
            timer.start()
            try:
                cursor.execute(sql)
                names = [d[0] for d in cursor.description or ()]
                return names, cursor.fetchmany(limit)
            except duckdb.InterruptException as error:
                raise SourceError(
                    f"The tables didn't answer within {self._timeout_s:g} s; ask for fewer rows or a shorter time."
                ) from error
            except duckdb.Error as error:
                raise SourceError(f"The tables can't answer this: {_first_line(error)}.") from error
            finally:
                timer.cancel()
                cursor.close()

    def estimate(self, sql: str) -> int | None:
        """As `Database.estimate`."""
        plan = self.rows(f"EXPLAIN (FORMAT JSON) {sql}")[1]
        return largest_step(json.loads(plan[0][1]), "Estimated Cardinality") if plan else None

    def catalogue(self) -> Catalogue:
        """As `Database.catalogue`."""
        found: dict[str, dict[str, str]] = {}
        cursor = self._connection.cursor()
        for table, column, kind in cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "ORDER BY table_name, ordinal_position"
        ).fetchall():
            found.setdefault(table, {})[column] = kind.lower()
        return [TableInfo(name, columns) for name, columns in found.items()]

    def close(self) -> None:
        """Frees the memory."""
        self._connection.close()

    def _load(self, file: Path) -> None:
        kind = _KINDS.get(file.suffix.lower())
        if kind is None:
            raise ValueError(f"its kind isn't among {', '.join(sorted(_KINDS))}")
        if kind == "csv":
            self._load_csv(file, _table_name(file.stem))
            return
        frames = _sheets(file, self.notes) if kind == "excel" else _sqlite_tables(file)
        for name, frame in frames:
            self._keep(_table_name(name), frame)

    def _load_csv(self, file: Path, table: str) -> None:
        # Through a bound parameter no file name becomes SQL.
        self._connection.execute(
            f"CREATE TABLE {_quoted(table)} AS SELECT * FROM read_csv(?, sample_size=-1)", [str(file)]
        )
        columns = [c[:2] for c in self._connection.execute(f"DESCRIBE {_quoted(table)}").fetchall()]
        if any(re.fullmatch(r"column\d+", name) for name, _ in columns):
            # Titles, two header rows or totals: the cells are looked at one by one.
            frame = framed(_cells(file), file.name, self.notes)
            if frame is not None:
                self._connection.execute(f"DROP TABLE {_quoted(table)}")
                self._keep(table, frame)
            return
        for name, kind in columns:
            if kind == "VARCHAR":
                self._retype(table, name, file.name)

    def _retype(self, table: str, column: str, file: str) -> None:
        """A column of text whose words are numbers or days becomes one of these."""
        read = f"SELECT DISTINCT {_quoted(column)} FROM {_quoted(table)} WHERE {_quoted(column)} IS NOT NULL"
        found = [row[0] for row in self._connection.execute(f"{read} LIMIT {_MOST_DIFFERENT}").fetchall()]
        made = typed(found, f"{file}, {column}", self.notes) if 0 < len(found) < _MOST_DIFFERENT else None
        if made is None:
            return
        self._connection.register("incoming", pd.DataFrame({"was": found, "is": made}))
        self._connection.execute(
            f'CREATE OR REPLACE TABLE {_quoted(table)} AS SELECT t.* REPLACE (i."is" AS {_quoted(column)}) '
            f"FROM {_quoted(table)} AS t LEFT JOIN incoming AS i ON t.{_quoted(column)} = i.was"
        )
        self._connection.unregister("incoming")

    def _keep(self, table: str, frame: pd.DataFrame) -> None:
        self._connection.register("incoming", frame)
        self._connection.execute(f"CREATE TABLE {_quoted(table)} AS SELECT * FROM incoming")
        self._connection.unregister("incoming")


def _cells(file: Path) -> list[list[str]]:
    """The cells of a CSV file as they stand there."""
    text = file.read_bytes().decode("utf-8-sig", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()][:200]
    parts = max(";,\t|", key=lambda d: statistics.median(line.count(d) for line in lines))
    return [row for row in csv.reader(io.StringIO(text), delimiter=parts) if any(c.strip() for c in row)]


def _sheets(file: Path, notes: list[str]) -> Iterable[tuple[str, pd.DataFrame]]:
    book = python_calamine.CalamineWorkbook.from_path(str(file))
    for name in book.sheet_names:
        frame = framed(book.get_sheet_by_name(name).to_python(), name, notes)
        if frame is not None:
            yield name, frame


def _sqlite_tables(file: Path) -> Iterable[tuple[str, pd.DataFrame]]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        for (name,) in names:
            yield name, pd.read_sql_query(f"SELECT * FROM {_quoted(name)}", connection)


def _table_name(said: str) -> str:
    return re.sub(r"\W+", "_", said.strip()).strip("_").lower() or "table"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
