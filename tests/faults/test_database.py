"""The state database is locked, or its server drops the connections. A damaged file: tests/test_cli.py."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

import cli
import core.database
from core.audit import record, recorded
from core.database import database_problem, open_database
from core.settings import Settings
from core.types import User
from ingestion.state import SyncState
from tests.faults.conftest import fresh
from tests.ingestion.sync_world import World
from tests.postgres import database, postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A PostgreSQL server; the address of its first database."""
    with postgres_server() as address:
        yield address


ANA = User("ana@x.example")


def test_locked(world, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(core.database, "_PATIENCE_MS", 100)
    monkeypatch.setenv("DEBRIEF_SETTINGS", "")  # which the option sets, so that it is as it was afterwards
    (tmp_path / "debrief.yaml").write_text(
        f"data_dir: {world.settings.data_path}\nauth: {{development_user: a@x.example}}"
    )
    monkeypatch.setattr(
        sys, "argv", ["debrief", "--settings", str(tmp_path / "debrief.yaml"), "forget", "--traces-days", "1"]
    )
    with closing(sqlite3.connect(world.settings.data_path / "state.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SystemExit) as ended:
            cli.main()
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 1 and "kept locked by another process" in said and "wait until it has done" in said


@pytest.mark.integration
def test_postgresql_drops_its_connections(postgres, tmp_path):
    settings = Settings(root=tmp_path, database_url=database(postgres, "dropped"))
    engine = open_database(settings)
    record(engine, ANA, "asked", "before")
    drop_all(postgres)
    record(engine, ANA, "asked", "after")  # the pool notices and connects anew
    assert [entry.subject for entry in recorded(engine)] == ["after", "before"]


@pytest.mark.integration
def test_postgresql_drops_its_connections_in_the_middle_of_a_sync(postgres, tmp_path):
    world = World(tmp_path / "data")
    world.engine = open_database(Settings(root=tmp_path, database_url=database(postgres, "dropped")))
    world.state = SyncState(world.engine)
    for n in range(7):
        world.source.put(f"{n}.txt", f"Text {n}.")

    class Dropping(SyncState):
        def commit(self, *args, **kwargs):
            with self._engine.begin() as connection:
                connection.exec_driver_sql("SELECT 1")
                drop_all(postgres)
                connection.exec_driver_sql("SELECT 1")

    whole, world.state = world.state, Dropping(world.engine)
    with pytest.raises(sa.exc.DBAPIError) as error:
        world.sync()
    assert "can't be used" in database_problem(error.value) and "check database_url" in database_problem(error.value)
    world.state = whole
    assert world.sync().state == "SUCCEEDED"
    assert world.contents() == fresh(world, tmp_path / "fresh")


def drop_all(server):
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dropped' AND pid <> pg_backend_pid()"
        )
