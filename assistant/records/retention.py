"""What is deleted after a number of days (`retention:`): conversations that nobody continues, and traces of answers."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from actions.proposals import forget_proposals_older_than
from apps.kept import forget_results_older_than
from assistant.records.conversations import Conversations
from assistant.records.running import RunningApps
from assistant.records.trace import Traces
from core import audit
from core.database import follow_deletions, open_database, utc_now
from core.errors import SettingsError
from core.llm import ModelUsage
from core.logs import scheduled
from core.settings import RetentionSettings, Settings, load_settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)
JOB = "retention"
_HOUR = 3  # UTC; before the syncs and the evaluation


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many were deleted."""

    conversations: int
    traces: int
    audited: int = 0
    attachments: int = 0


def forget(engine: sa.Engine, retention: RetentionSettings) -> Forgotten:
    """Deletes what is older than the settings allow, everybody's; a time that isn't set keeps all."""
    conversations = traces = 0
    if retention.conversations_days is not None:
        conversations = Conversations(engine).forget_older_than(retention.conversations_days)
        forget_results_older_than(engine, retention.conversations_days)
        forget_proposals_older_than(engine, retention.conversations_days)
    if retention.traces_days is not None:
        traces = Traces(engine).forget_older_than(retention.traces_days)
        ModelUsage(engine).forget_people_before(utc_now() - timedelta(days=retention.traces_days))
        with engine.begin() as connection:
            follow_deletions(connection)
    audited = 0
    if retention.audit_days is not None:
        audited = audit.cut(engine, utc_now() - timedelta(days=retention.audit_days))
    attachments = 0
    if retention.attachments_days is not None:
        attachments = RunningApps(engine).forget_older_than(retention.attachments_days)
    return Forgotten(conversations, traces, audited, attachments)


def add_daily_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the daily deletion, or removes it when nothing is to be deleted. A missed day is caught up once."""
    from apscheduler.triggers.cron import CronTrigger

    known = scheduler.get_job(JOB)
    if settings.retention == RetentionSettings():
        if known is not None:
            known.remove()
        return
    trigger = CronTrigger(hour=_HOUR, timezone="UTC")
    if known is not None and str(known.trigger) == str(trigger) and known.args == (str(settings.file),):
        return  # Replacing it would forget a run that was missed.
    scheduler.add_job(forget_once, trigger, args=[str(settings.file)], id=JOB, replace_existing=True)


def forget_once(settings_file: str) -> None:
    """A scheduled deletion. Errors end in the log, never in the scheduler."""
    with scheduled(log, JOB):
        settings = load_settings(Path(settings_file))
        _require_steady_clock()
        done = forget(open_database(settings), settings.retention)
        log.info(
            "%(conversations)d conversations and %(traces)d traces and %(audited)d audit entries deleted", asdict(done)
        )


def _clocks() -> tuple[float, float]:
    """The time of day, and one that nobody sets, which also runs while the machine sleeps; both in seconds."""
    steady = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
    return time.time(), steady


def _require_steady_clock() -> None:
    """By a clock that has jumped ahead everything is old.

    Raises:
        SettingsError: it has, since this process began.
    """
    now, steady = _clocks()
    days = ((now - _STARTED[0]) - (steady - _STARTED[1])) / 86_400
    if days > 1:
        raise SettingsError(
            f"The clock has jumped ahead by {days:.0f} days, so nothing is deleted for its age; set it right, or "
            "restart `debrief serve` if it is right now."
        )


_STARTED = _clocks()
