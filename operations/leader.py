"""Of all processes that could run what is scheduled, one does: the leader. Who leads holds a lock that its end lets go.

With the state in PostgreSQL the lock is the database's, so that processes on several machines agree; with SQLite it is
a file of the data folder. A leader whose connection breaks stops its schedule before anybody else can have the lock for
longer than one look, and stands again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Protocol

import sqlalchemy as sa

from core.database import DatabaseError, Engine, held_alone
from core.errors import DebriefError
from core.files import claimed

log = logging.getLogger(__name__)
# The advisory lock of whoever runs the schedule; any number that nothing else in the database uses.
_LOCK = 0x6465_6272_6965
EVERY_S = 2.0  # so often a waiting process asks, and a leading one looks whether it still leads


class Schedule(Protocol):
    """What the leader runs, started: APScheduler's scheduler."""

    def shutdown(self, wait: bool = True) -> None:
        """Starts no further job."""


class Leader:
    """Runs the schedule whenever this process leads."""

    def __init__(self, engine: Engine, data: Path, start: Callable[[], Schedule]) -> None:
        """Does nothing yet.

        Args:
            start: Makes the schedule and starts it; its jobs' next times must be kept where the next leader finds them.
        """
        self._engine, self._data, self._start = engine, data, start
        self._lock = ExitStack()
        self._still: Callable[[], bool] = lambda: False
        self._schedule: Schedule | None = None
        self._told = False

    def stand(self) -> bool:
        """Whether this process leads now; its schedule runs then.

        Raises:
            DebriefError: it leads, and the schedule can't be started.
        """
        if self._schedule is not None and self._still():
            return True
        self.step_down()
        try:
            self._still = self._lock.enter_context(_held(self._engine, self._data))
        except (BlockingIOError, DatabaseError) as error:
            if not self._told:
                log.info("the schedule is run by another process", extra={"cause": str(error)[:200]})
            self._told = True
            return False
        try:
            self._schedule, self._told = self._start(), False
        except BaseException:
            self.step_down()
            raise
        log.info("this process runs the schedule")
        return True

    def step_down(self) -> None:
        """Stops the schedule, though not a job that runs, and lets go of the lock."""
        if self._schedule is not None:
            self._schedule.shutdown(wait=False)
        self._schedule = None
        self._lock.close()

    def run(self, stopped: Event, every_s: float = EVERY_S) -> None:
        """Stands again and again until `stopped` is set."""
        try:
            while not stopped.wait(every_s):
                try:
                    self.stand()
                except DebriefError as error:
                    log.error("the schedule can't be started", extra={"cause": str(error)})
        finally:
            self.step_down()


@contextmanager
def _held(engine: Engine, data: Path) -> Iterator[Callable[[], bool]]:
    """Holds the lock; gives what says whether it still does.

    Raises:
        BlockingIOError: another process has it.
        DatabaseError: the database can't be asked.
    """
    if engine.dialect.name != "postgresql":
        with claimed(data / "schedule.lock"):
            yield lambda: True
        return
    with held_alone(engine, _LOCK) as connection:
        yield lambda: _alive(connection)


def _alive(connection: sa.Connection) -> bool:
    try:
        connection.scalar(sa.select(1))
    except DatabaseError as error:
        log.warning("the connection of the schedule's lock is gone", extra={"cause": type(error.orig).__name__})
        return False
    return True
