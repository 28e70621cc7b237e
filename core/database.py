"""State that must survive a restart: sync cursors and runs, conversations, feedback, evaluations, audit.

One SQLAlchemy engine: SQLite in the data folder by default, PostgreSQL by `database_url`. Each folder declares
its tables on `metadata` beside the code that uses them; `open_database` creates the missing ones, and the columns
that a later version of Debrief has added to a table since. Columns are only ever added, so an upgrade loses nothing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from core.errors import SettingsError
from core.settings import Settings

metadata = sa.MetaData()


def open_database(settings: Settings) -> sa.Engine:
    """An engine with every declared table in place.

    Raises:
        SettingsError: the database can't be opened, or can't be brought up to this version.
    """
    if settings.database_url is None:
        settings.data_path.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.data_path / 'state.sqlite'}"
    else:
        url = settings.database_url.get_secret_value()
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        metadata.create_all(engine)
        _add_missing_columns(engine)
    except OperationalError as error:
        raise SettingsError(
            f"The database {engine.url.render_as_string()} can't be opened ({error.orig}); "
            "check database_url, or that the data folder is writable."
        ) from error
    return engine


def _add_missing_columns(engine: sa.Engine) -> None:
    """Columns of `metadata` that the tables of an older version lack; old rows get the column's default."""
    found = sa.inspect(engine).get_multi_columns(filter_names=list(metadata.tables))
    for (_, table), columns in found.items():
        have = {column["name"] for column in columns}
        for column in metadata.tables[table].columns:
            if column.name not in have:
                _add_column(engine, column)


def _add_column(engine: sa.Engine, column: sa.Column[Any]) -> None:
    default = getattr(column.default, "arg", None)
    if not column.nullable and not isinstance(default, bool | int | float | str):
        raise SettingsError(
            f"The database {engine.url.render_as_string()} is of another version: its table {column.table.name} has "
            f"no column {column.name}, which old rows can't be given; move it away and run debrief sync --full."
        )
    definition = sa.Column(
        column.name,
        column.type,
        nullable=column.nullable,
        server_default=None if column.nullable else sa.literal(default, column.type),
    )
    with engine.begin() as connection:
        copy = sa.Table(column.table.name, sa.MetaData(), definition)
        rendered = sa.schema.CreateColumn(copy.columns[column.name]).compile(dialect=engine.dialect)
        table = engine.dialect.identifier_preparer.format_table(column.table)
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {rendered}")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # WAL lets the chat page read while a sync writes; the time-out covers two writers that meet.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=15000")
    connection.execute("PRAGMA foreign_keys=ON")
