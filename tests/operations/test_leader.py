"""Of several processes one runs the schedule, and another takes over when it is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import open_sqlite
from core.errors import SettingsError
from operations.leader import Leader
from tests.integration.leaders import killed
from tests.postgres import database, postgres_server


class Schedule:
    running = True

    def shutdown(self, wait: bool = True) -> None:
        self.running = False


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as server:
        yield server


def standing(engine: sa.Engine, folder: Path) -> tuple[Leader, list[Schedule]]:
    started: list[Schedule] = []

    def start() -> Schedule:
        started.append(Schedule())
        return started[-1]

    return Leader(engine, folder, start), started


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_leads_and_the_other_takes_over(kind: str, server: str, tmp_path: Path) -> None:
    engines = [
        open_sqlite(tmp_path / "state.sqlite") if kind == "sqlite" else sa.create_engine(server) for _ in range(2)
    ]
    (one, ones), (other, others) = (standing(engine, tmp_path) for engine in engines)
    assert one.stand() and one.stand() and not other.stand()
    assert [s.running for s in ones] == [True] and others == []
    one.step_down()
    assert other.stand() and not one.stand()
    assert [s.running for s in ones] == [False] and [s.running for s in others] == [True]
    other.step_down()


def test_who_loses_the_connection_stops_its_schedule(server: str, tmp_path: Path) -> None:
    (one, ones), (other, others) = (standing(sa.create_engine(server), tmp_path) for _ in range(2))
    assert one.stand()
    with sa.create_engine(server).connect() as connection:
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
    assert other.stand() and not one.stand()
    assert not ones[0].running and others[0].running
    other.step_down()


def test_a_schedule_that_cant_be_started_lets_go_of_the_lock(tmp_path: Path) -> None:
    def start() -> Schedule:
        raise SettingsError("no such time zone")

    engine = open_sqlite(tmp_path / "state.sqlite")
    with pytest.raises(SettingsError):
        Leader(engine, tmp_path, start).stand()
    leader, _ = standing(engine, tmp_path)
    assert leader.stand()
    leader.step_down()


@pytest.mark.integration
def test_each_run_happens_once_though_the_leader_is_killed(server: str, tmp_path: Path) -> None:
    found = killed(database(server, "leaders"), tmp_path, kills=1)
    assert (found.missing, found.doubled) == (0, 0) and found.due > 2
