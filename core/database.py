"""State that must survive a restart: sync cursors and runs, conversations, feedback, evaluations, audit.

One SQLAlchemy engine: SQLite in the data folder by default, PostgreSQL by `database_url`. Each folder declares
its tables on `metadata` beside the code that uses them; `open_database` creates the missing ones.
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
        SettingsError: the database can't be opened.
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
    except OperationalError as error:
        raise SettingsError(
            f"The database {engine.url.render_as_string()} can't be opened ({error.orig}); "
            "check database_url, or that the data folder is writable."
        ) from error
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # WAL lets the chat page read while a sync writes; the time-out covers two writers that meet.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=15000")
    connection.execute("PRAGMA foreign_keys=ON")
