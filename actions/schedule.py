"""The outbox, emptied each half minute by `debrief serve`: what failed or was cut off goes on, whoever has left."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from actions.review import open_reviews
from core.database import open_database
from core.logs import scheduled
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)
JOB = "actions"
_SECONDS = 30


def add_outbox_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the job, or removes it where there are no actions."""
    from apscheduler.triggers.interval import IntervalTrigger

    known = scheduler.get_job(JOB)
    if not settings.actions:
        if known is not None:
            known.remove()
        return
    trigger = IntervalTrigger(seconds=_SECONDS, timezone="UTC")
    scheduler.add_job(deliver_once, trigger, args=[str(settings.file)], id=JOB, replace_existing=True)


def deliver_once(settings_file: str) -> None:
    """A scheduled delivery of what is due. Errors end in the log, never in the scheduler."""
    with scheduled(log, JOB):
        settings = load_settings(Path(settings_file))
        engine = open_database(settings)
        open_reviews(settings, engine).outbox.deliver_due()
        engine.dispose()
