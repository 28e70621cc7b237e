"""State that must survive a restart: sync cursors and runs, conversations, feedback, evaluations, audit.

One SQLAlchemy engine: SQLite in the data folder by default, PostgreSQL by `database_url`. Each folder declares
its tables on `metadata` beside the code that uses them, times as `UtcDateTime` and structures as `Json`.
`open_database` creates the missing tables, adds the columns that a later version of Debrief has added to a table
since, and turns times and structures that an older version stored otherwise into those two. A column's content is
never dropped, so an upgrade loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from core.errors import SettingsError
from core.settings import Settings

# What pages and commands pass around; only the rooms that own a table ask it anything.
Engine = sa.Engine
metadata = sa.MetaData()

# Two processes that open an older database at once upgrade it one after the other.
_UPGRADE = 74253
# In a column's `info`: it holds people's addresses, see core/person.
PERSONAL = "personal"
# An engine's option: the audit trail may hold people's words, see core/audit.
KEEP_TEXTS = "audit_texts"


def utc_now() -> datetime:
    """Now, as the tables keep times: in UTC, with the zone."""
    return datetime.now(UTC)


def personal(rule: str) -> dict[str, str]:
    """The `info` of a column with people's addresses: "delete", "anonymise", or why a deleted person's rows stay."""
    return {PERSONAL: rule}


def begin_alone(connection: sa.Connection, lock: int) -> None:
    """Waits until no other transaction has the lock, on SQLite until none writes; it is let go of at the end."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
    elif not getattr(connection.connection.dbapi_connection, "in_transaction", False):
        # A transaction that has written already is alone.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def begin_of(day: date) -> datetime:
    """The first moment of a day in UTC."""
    return datetime.combine(day, time(), UTC)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment: goes in with any zone, comes out in UTC with its zone, to the microsecond.

    PostgreSQL keeps it as `timestamp with time zone`, SQLite as text in UTC that sorts by time.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """The moment in UTC. Raises ValueError when it has no zone: nobody could say which moment it is."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"The time {value} has no zone; take core.database.utc_now(), or give it one.")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """The moment with its zone, which SQLite doesn't keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(sa.types.TypeDecorator[Any]):
    """A structure of dicts, lists, texts and numbers, as JSON text on every database.

    Not the database's own JSON: PostgreSQL's refuses NaN, which scores may be. Sets go in as sorted lists, times as
    ISO 8601, anything else that JSON lacks as its text.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """The structure as text; None stays NULL."""
        return None if value is None else json.dumps(value, default=_plain, ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """The structure, tuples and sets as lists."""
        return None if value is None else json.loads(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def open_database(settings: Settings) -> Engine:
    """An engine with every declared table in place.

    Raises:
        SettingsError: the database can't be opened, or can't be brought up to this version.
    """
    if settings.database_url is None:
        settings.data_path.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.data_path / 'state.sqlite'}"
    else:
        url = settings.database_url.get_secret_value()
    try:
        # Connections that the server has dropped meanwhile are noticed before they are used.
        engine = sa.create_engine(url, pool_pre_ping=settings.database_url is not None)
    except (ImportError, sa.exc.ArgumentError) as error:
        raise SettingsError(
            f"database_url can't be used ({error}); write it as postgresql+psycopg://USER@HOST/NAME, and install the "
            "driver with pip install 'debrief[postgresql]'."
        ) from error
    engine.update_execution_options(**{KEEP_TEXTS: settings.audit.texts == "text"})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        _upgrade(engine)
    except DBAPIError as error:
        raise SettingsError(database_problem(error, engine)) from error
    return engine


def database_problem(error: DBAPIError, engine: Engine | None = None) -> str:
    """What went wrong with the database, and the remedy, in one sentence."""
    where = f" {engine.url.render_as_string()}" if engine is not None else ""
    said = " ".join(str(error.orig).split())
    if "malformed" in said or "not a database" in said:
        return f"The database{where} is damaged ({said}); restore data_dir/state.sqlite from a backup."
    if "full" in said:
        return f"The database{where} can't grow ({said}); make room on the disk of data_dir."
    return f"The database{where} can't be used ({said}); check database_url, or that the data folder is writable."


def _upgrade(engine: sa.Engine) -> None:
    """Brings the tables of an older version up to this one, in one transaction."""
    with engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        if there.issuperset(metadata.tables) and not any(_changes(connection)):
            return
    with engine.begin() as connection:
        begin_alone(connection, _UPGRADE)
        # Looked up anew: another process may have done it meanwhile.
        metadata.create_all(connection)
        for statement in list(_changes(connection)):
            connection.exec_driver_sql(statement)


def _changes(connection: sa.Connection) -> Iterator[str]:
    """The statements that bring the tables up to `metadata`."""
    found = sa.inspect(connection).get_multi_columns(filter_names=list(metadata.tables))
    for (_, table), columns in found.items():
        stored = {column["name"]: column["type"] for column in columns}
        for column in metadata.tables[table].columns:
            if column.name not in stored:
                yield _added(connection, column)
            elif new := _converted(column, stored[column.name], connection.dialect):
                convert = _sqlite_change if connection.dialect.name == "sqlite" else _postgresql_change
                yield from convert(column, new, connection.dialect)


def _added(connection: sa.Connection, column: sa.Column[Any]) -> str:
    """The statement that adds a column; old rows get its default."""
    default = getattr(column.default, "arg", None)
    if not column.nullable and not isinstance(default, bool | int | float | str):
        raise SettingsError(
            f"The database {connection.engine.url.render_as_string()} is of another version: its table "
            f"{column.table.name} has no column {column.name}, which old rows can't be given; move it away and run "
            "debrief sync --full."
        )
    return _add_column(column, column.name, default, connection.dialect)


def _add_column(column: sa.Column[Any], name: str, default: object, dialect: sa.Dialect) -> str:
    definition = sa.Column(
        name,
        column.type,
        nullable=column.nullable,
        server_default=None if column.nullable else sa.literal(default, column.type),
    )
    copy = sa.Table(column.table.name, sa.MetaData(), definition)
    rendered = sa.schema.CreateColumn(copy.columns[name]).compile(dialect=dialect)
    return f"ALTER TABLE {_quoted(column, dialect)[0]} ADD COLUMN {rendered}"


def _converted(column: sa.Column[Any], stored: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> str:
    """What the column's values become, in SQL; empty where they are stored as its type stores them.

    Version 0.3.0 had times as ISO 8601 text, empty for none, and as timestamps in UTC without a zone; and structures
    as text or as the database's own JSON, which is text on SQLite.
    """
    _, name = _quoted(column, dialect)
    sqlite = dialect.name == "sqlite"
    if isinstance(column.type, UtcDateTime) and isinstance(stored, sa.String):
        return f"strftime('%Y-%m-%d %H:%M:%f000', {name})" if sqlite else f"NULLIF({name}, '')::timestamptz"
    if isinstance(column.type, UtcDateTime) and not sqlite and not getattr(stored, "timezone", True):
        return f"{name} AT TIME ZONE 'UTC'"
    if isinstance(column.type, Json) and not sqlite and isinstance(stored, sa.JSON):
        return f"{name}::text"
    return ""


def _postgresql_change(column: sa.Column[Any], new: str, dialect: sa.Dialect) -> Iterator[str]:
    table, name = _quoted(column, dialect)
    if column.nullable:
        yield f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"
    yield f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {column.type.compile(dialect)} USING {new}"


def _sqlite_change(column: sa.Column[Any], new: str, dialect: sa.Dialect) -> Iterator[str]:
    """SQLite changes no column's type: another column takes its place."""
    table, name = _quoted(column, dialect)
    indexes = [index for index in column.table.indexes if column.name in index.columns]
    yield _add_column(column, f"{column.name}_utc", datetime(1970, 1, 1, tzinfo=UTC), dialect)
    yield f"UPDATE {table} SET {column.name}_utc = {new} WHERE {new} IS NOT NULL"
    for index in indexes:
        yield f"DROP INDEX IF EXISTS {index.name}"
    yield f"ALTER TABLE {table} DROP COLUMN {name}"
    yield f"ALTER TABLE {table} RENAME COLUMN {column.name}_utc TO {name}"
    for index in indexes:
        yield str(sa.schema.CreateIndex(index).compile(dialect=dialect))


def _quoted(column: sa.Column[Any], dialect: sa.Dialect) -> tuple[str, str]:
    prepare = dialect.identifier_preparer
    return prepare.format_table(column.table), prepare.quote(column.name)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # WAL lets the chat page read while a sync writes; the time-out covers two writers that meet.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=15000")
    connection.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: people were promised that it is gone.
    connection.execute("PRAGMA secure_delete=ON")
