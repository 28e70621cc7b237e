"""State that must survive a restart: sync cursors and runs, conversations, feedback, evaluations, audit.

One SQLAlchemy engine: SQLite in the data folder by default, PostgreSQL by `database_url`. Each folder declares
its tables on `metadata` beside the code that uses them, times as `UtcDateTime` and structures as `Json`.
`open_database` brings the tables of an older version up to this one, by the revisions in `core/migrations`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from core.errors import SettingsError
from core.migrations import upgrade
from core.settings import Settings

# What pages and commands pass around; only the rooms that own a table ask it anything.
Engine = sa.Engine
DatabaseError = DBAPIError  # what they catch of it
metadata = sa.MetaData()
_PATIENCE_MS = 15_000
# In a column's `info`: it holds people's addresses, see core/person.
PERSONAL = "personal"
# In a table's `info`: what takes out of it the words of rows in other tables that are gone, see `follow_deletions`.
FOLLOWS = "follows"
# Marks a column whose values leave the database for nobody, not even for the person that they are about.
SECRET = "secret"
# An engine's option: the audit trail may hold people's words, see core/audit.
KEEP_TEXTS = "audit_texts"


def utc_now() -> datetime:
    """Now, as the tables keep times: in UTC, with the zone."""
    return datetime.now(UTC)


def personal(rule: str) -> dict[str, str]:
    """The `info` of a column with people's addresses: "delete", "anonymise", or why a deleted person's rows stay."""
    return {PERSONAL: rule}


def follow_deletions(connection: sa.Connection) -> dict[str, int]:
    """Has the tables that keep words of others' rows let go of those whose rows are gone; table → how many did."""
    following = [(table, table.info[FOLLOWS]) for table in metadata.sorted_tables if FOLLOWS in table.info]
    return {table.name: count for table, forget in following if (count := forget(connection))}


def begin_alone(connection: sa.Connection, lock: int) -> None:
    """Waits until no other transaction has the lock, on SQLite until none writes; it is let go of at the end."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
    elif not getattr(connection.connection.dbapi_connection, "in_transaction", False):
        # A transaction that has written already is alone.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def held_alone(engine: Engine, lock: int) -> Iterator[sa.Connection]:
    """Holds a lock of a PostgreSQL database, on a connection of its own whose end lets go of it, however that comes.

    Raises:
        BlockingIOError: another session has it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(lock))):
            raise BlockingIOError("another process of this database")
        try:
            yield connection
        finally:
            # Back in the pool the session would go on, and hold it.
            connection.invalidate()


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
    """An engine with the tables of this version.

    Raises:
        SettingsError: the database can't be opened, or can't be brought up to this version.
    """
    if settings.database_url is None:
        settings.data_path.mkdir(parents=True, exist_ok=True)
        return _keeping(open_sqlite(settings.data_path / "state.sqlite"), settings)
    try:
        # Connections that the server has dropped meanwhile are noticed before they are used.
        engine = sa.create_engine(settings.database_url.get_secret_value(), pool_pre_ping=True)
    except (ImportError, sa.exc.ArgumentError) as error:
        raise SettingsError(
            f"database_url can't be used ({error}); write it as postgresql+psycopg://USER@HOST/NAME, and install the "
            "driver with pip install 'debrief[postgresql]'."
        ) from error
    return _keeping(_upgraded(engine), settings)


def _keeping(engine: Engine, settings: Settings) -> Engine:
    engine.update_execution_options(**{KEEP_TEXTS: settings.audit.texts == "text"})
    return engine


def open_sqlite(file: Path) -> Engine:
    """An engine on a state database in a file, with the tables of this version.

    Raises:
        SettingsError: it can't be opened, or can't be brought up to this version.
    """
    return _upgraded(sa.create_engine(f"sqlite:///{file}"))


def _upgraded(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        upgrade(engine)
    except DBAPIError as error:
        raise SettingsError(database_problem(error, engine)) from error
    return engine


def database_problem(error: DBAPIError, engine: Engine | None = None) -> str:
    """What went wrong with the database, and the remedy, in one sentence."""
    where = f" {engine.url.render_as_string()}" if engine is not None else ""
    said = " ".join(str(error.orig).split())
    if "malformed" in said or "not a database" in said:
        return f"The database{where} is damaged ({said}); restore data_dir/state.sqlite from a backup."
    if "locked" in said:
        return f"The database{where} is kept locked by another process ({said}); wait until it has done, or end it."
    if "full" in said or "I/O error" in said:
        remedy = "make room on the disk of data_dir, or have the disk checked"
        return f"The database{where} can't be written ({said}); {remedy}."
    return f"The database{where} can't be used ({said}); check database_url, or that the data folder is writable."


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # WAL lets the chat page read while a sync writes; the time-out covers two writers that meet.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: people were promised that it is gone.
    connection.execute("PRAGMA secure_delete=ON")
