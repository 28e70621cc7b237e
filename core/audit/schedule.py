"""The anchors of the audit trail, written at intervals by `debrief serve`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from core.audit.chain import write_anchor
from core.database import open_database
from core.logs import scheduled
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)
JOB = "audit anchor"


def add_anchor_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the job, or removes it where `audit.anchors_file` isn't set."""
    from apscheduler.triggers.interval import IntervalTrigger

    known = scheduler.get_job(JOB)
    if settings.audit.anchors_file is None:
        if known is not None:
            known.remove()
        return
    trigger = IntervalTrigger(minutes=settings.audit.anchor_minutes, timezone="UTC")
    scheduler.add_job(anchor_once, trigger, args=[str(settings.file)], id=JOB, replace_existing=True)


def anchor_once(settings_file: str) -> None:
    """A scheduled anchor. Errors end in the log, never in the scheduler."""
    with scheduled(log, JOB):
        settings = load_settings(Path(settings_file))
        if settings.audit.anchors_file is not None:
            engine = open_database(settings)
            write_anchor(engine, settings.path(settings.audit.anchors_file))
            engine.dispose()
