"""A plugin: `pytest -p tests.on_postgres` runs any tests with their state on a real PostgreSQL in SQLite's place.

Each file that a test would open is a database of its own, copied from one that has the tables. What a test starts as a
process keeps its SQLite file.
"""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

import operations.restore  # noqa: F401 – backups are SQLite files whatever the state is in: it keeps the real function
from core import database as core_database
from core.migrations import upgrade
from tests.postgres import database, postgres_server

_held = ExitStack()
_known: dict[Path, core_database.Engine] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Starts the server and puts it in the place of SQLite, before any test module is imported."""
    server = _held.enter_context(postgres_server())
    template = sa.create_engine(database(server, "template_state"))
    upgrade(template)
    template.dispose()

    def open_state(file: Path) -> core_database.Engine:
        if file not in _known:
            name = f"s{sha256(str(file).encode()).hexdigest()[:24]}"
            with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template_state")
            address = server.replace("/postgres?", f"/{name}?")
            # Without a pool: hundreds of tests leave their engines open, and the server takes 100 connections.
            _known[file] = sa.create_engine(address, poolclass=sa.NullPool)
        return _known[file]

    core_database.open_sqlite = open_state


def pytest_unconfigure() -> None:
    """Stops the server."""
    _held.close()
