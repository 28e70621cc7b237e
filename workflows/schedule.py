"""Workflows in `debrief serve`: each half minute what has happened, then what is due; the syncs don't hold them up."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from core.followed import Followed, files_stamp
from core.logs import scheduled
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from apscheduler.schedulers.background import BackgroundScheduler

    from workflows.parts import Workflows

log = logging.getLogger(__name__)
JOB = "workflows"
_SECONDS = 30


def add_workflow_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the job, in a thread of its own: a sync may hold the others' for hours."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.memory import MemoryJobStore
    from apscheduler.triggers.interval import IntervalTrigger

    opened = Followed(lambda: files_stamp([settings.file]), lambda: _opened(settings.file))
    # Not in the database: what is due stands in our own tables.
    scheduler.add_jobstore(MemoryJobStore(), JOB)
    scheduler.add_executor(ThreadPoolExecutor(1), JOB)
    trigger = IntervalTrigger(seconds=_SECONDS, timezone="UTC")
    scheduler.add_job(lambda: tick(opened.now), trigger, id=JOB, jobstore=JOB, executor=JOB)


def _opened(file: Path) -> Workflows:
    from workflows.parts import open_workflows

    return open_workflows(load_settings(file))


def tick(opened: Callable[[], Workflows]) -> None:
    """One look and one round of work. Errors end in the log, never in the scheduler."""
    from workflows.collect import collect
    from workflows.late import go_on_late
    from workflows.work import work

    with scheduled(log, JOB):
        parts = opened()
        collect(parts)
        work(parts)
        go_on_late(parts)
