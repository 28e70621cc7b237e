"""Kills the process that runs the schedule again and again, and counts whether each run happened once.

python -m tests.integration.leaders --kills 20
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import sqlalchemy as sa
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from operations.leader import Leader
from tests.postgres import database, postgres_server

_PROCESSES = 2


@dataclass(frozen=True)
class Found:
    """What became of the runs that were due, one a second."""

    kills: int
    due: int
    missing: int
    doubled: int


class _Telling(ThreadPoolExecutor):
    """Writes down each run that is handed over, with the moment that it was due."""

    def __init__(self, file: Path) -> None:
        super().__init__(1)
        self.file = file

    def _do_submit_job(self, job: Any, run_times: list[Any]) -> None:
        with self.file.open("a") as runs:
            runs.writelines(f"{when.timestamp():.0f} {os.getpid()}\n" for when in run_times)
        super()._do_submit_job(job, run_times)


def nothing() -> None:
    """The job: what counts is that it was run."""


def work(address: str, folder: Path) -> None:
    """Stands for leader, and runs a job each second while it leads."""
    engine = sa.create_engine(address)

    def start() -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            jobstores={"default": SQLAlchemyJobStore(engine=engine, tablename="scheduled_jobs")},
            executors={"default": _Telling(folder / "runs")},
            job_defaults={"coalesce": False, "misfire_grace_time": None, "max_instances": 1000},
        )
        scheduler.start(paused=True)
        if scheduler.get_job("tick") is None:
            scheduler.add_job("tests.integration.leaders:nothing", "cron", second="*", id="tick")
        (folder / "leader").write_text(str(os.getpid()))
        scheduler.resume()
        return scheduler

    Leader(engine, folder, start).run(Event(), every_s=0.2)


def killed(address: str, folder: Path, kills: int) -> Found:
    """Runs two processes, kills the leader so many times at random moments, and starts another in its place."""
    processes = [_started(address, folder) for _ in range(_PROCESSES)]
    try:
        leader = _leader(folder, 0)
        for _ in range(kills):
            time.sleep(random.uniform(0.5, 3.0))
            os.kill(leader, signal.SIGKILL)
            next(p for p in processes if p.pid == leader).wait()
            processes = [*(p for p in processes if p.pid != leader), _started(address, folder)]
            leader = _leader(folder, leader)
        time.sleep(3.0)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    runs = Counter(int(line.split()[0]) for line in (folder / "runs").read_text().splitlines())
    due = range(min(runs), max(runs) + 1)
    return Found(kills, len(due), sum(when not in runs for when in due), sum(n - 1 for n in runs.values()))


def _started(address: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.integration.leaders", "--work", address, str(folder)])


def _leader(folder: Path, before: int) -> int:
    """The process that leads, once it is another than before."""
    file, until = folder / "leader", time.monotonic() + 60
    while time.monotonic() < until:
        if file.exists() and (found := file.read_text()) and int(found) != before:
            return int(found)
        time.sleep(0.05)
    raise TimeoutError("no process leads after a minute")


def main() -> None:
    """Prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--work", nargs=2, metavar=("ADDRESS", "FOLDER"))
    given = parser.parse_args()
    if given.work:
        work(given.work[0], Path(given.work[1]))
        return
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        print(killed(database(server, "leaders"), Path(folder), given.kills))


if __name__ == "__main__":
    main()
