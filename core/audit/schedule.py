"""What `debrief serve` adds to the audit trail at intervals: anchors of its end, and changes of the settings' files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from core.audit.chain import write_anchor
from core.audit.settings_files import note_changed_files
from core.database import open_database, utc_now
from core.errors import DebriefError
from core.logs import scheduled
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)
JOB = "audit anchor"
FILES_JOB = "audit settings files"


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


def add_files_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Looks at the settings' files each minute, beginning now."""
    again = {"trigger": "interval", "minutes": 1, "next_run_time": utc_now()}
    scheduler.add_job(note_files_once, args=[str(settings.file)], id=FILES_JOB, replace_existing=True, **again)


def note_files_once(settings_file: str) -> None:
    """A scheduled look at the files, which is in the log only when it fails."""
    try:
        settings = load_settings(Path(settings_file))
        engine = open_database(settings)
        note_changed_files(settings, engine)
        engine.dispose()
    except DebriefError as error:
        log.error("job %(job)s failed: %(error)s", {"job": FILES_JOB, "error": str(error)})
