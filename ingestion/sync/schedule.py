"""The daily sync: each source by its own cron expression and time zone, in `debrief serve`.

Runs that were missed while the service was down are caught up once. All syncs share one thread, and one process at a
time runs it (`operations/leader.py`), so neither two runs of a source nor two writers of the index ever meet.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from core.database import open_database
from core.errors import SettingsError
from core.followed import Followed, files_stamp
from core.logs import scheduled
from core.schedules import named_weekdays
from core.settings import Settings, SourceSettings, load_settings
from ingestion.sync.wall_clock import WallClockTrigger

log = logging.getLogger(__name__)
_OWN = "settings"


def build_scheduler(settings: Settings) -> BackgroundScheduler:
    """A scheduler, not yet started, with one job for each source that has a schedule.

    Raises:
        SettingsError: a schedule isn't a cron expression, or a time zone doesn't exist.
    """
    scheduler = BackgroundScheduler(
        jobstores={"default": _store(settings)},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    # Started paused, so that jobs of an earlier run of the service can be looked up and compared.
    scheduler.start(paused=True)
    plan_syncs(scheduler, settings)
    _without_a_wrong_clocks_times(scheduler)
    return scheduler


def _store(settings: Settings) -> SQLAlchemyJobStore:
    """Where the next run of each job is kept: where the state is on a server there, since another may lead next."""
    if settings.database_url is not None:
        return SQLAlchemyJobStore(engine=open_database(settings), tablename="scheduled_jobs")
    settings.data_path.mkdir(parents=True, exist_ok=True)
    return SQLAlchemyJobStore(url=f"sqlite:///{settings.data_path / 'schedule.sqlite'}")


def plan_syncs(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Makes the planned syncs those of the settings: one for each source that has a schedule and isn't paused.

    Raises:
        SettingsError: as `build_scheduler`; nothing is changed.
    """
    wanted = [source for source in settings.sources if source.schedule and not source.paused]
    triggers = {source.name: trigger_for(source, settings.file) for source in wanted}
    for job in scheduler.get_jobs():
        # Others' jobs, such as the weekly evaluation, stay.
        if job.id.startswith("sync:") and job.id.removeprefix("sync:") not in triggers:
            job.remove()
    for name, trigger in triggers.items():
        known = scheduler.get_job(f"sync:{name}")
        args = [str(settings.file), name]
        # Their `str` leaves out the time zone.
        if known is not None and repr(known.trigger) == repr(trigger):
            # Replacing it would forget a run that was missed; the settings may have moved all the same.
            known.modify(args=args)
            continue
        scheduler.add_job(sync_one, trigger, args=args, id=f"sync:{name}", replace_existing=True)


def follow_settings(scheduler: BackgroundScheduler, settings: Settings, every_s: int = 5) -> None:
    """Plans the syncs anew when the settings file changes; one that can't be read changes nothing and is logged."""

    def planned() -> None:
        plan_syncs(scheduler, load_settings(settings.file))

    followed = Followed(lambda: files_stamp([settings.file]), planned)
    followed.now()
    # Not in the database: it is this process's own, and a sync may hold the other thread for hours.
    scheduler.add_jobstore(MemoryJobStore(), _OWN)
    scheduler.add_executor(ThreadPoolExecutor(1), _OWN)
    scheduler.add_job(followed.now, "interval", seconds=every_s, id="settings", jobstore=_OWN, executor=_OWN)


def _without_a_wrong_clocks_times(scheduler: BackgroundScheduler) -> None:
    """A clock that once was years ahead has set the next runs years ahead: none is later than it is due from now."""
    for job in scheduler.get_jobs():
        due = job.trigger.get_next_fire_time(None, datetime.now(UTC))
        if due is not None and job.next_run_time is not None and job.next_run_time > due:
            job.modify(next_run_time=due)


def trigger_for(source: SourceSettings, file: Path) -> CronTrigger:
    """The source's schedule.

    Raises:
        SettingsError: it isn't a cron expression of five fields, or the time zone doesn't exist.
    """
    try:
        return WallClockTrigger.from_crontab(named_weekdays(source.schedule), timezone=source.time_zone)
    except (ValueError, KeyError) as error:
        raise SettingsError(
            f"{file}: source {source.name}: schedule {source.schedule!r} in time zone {source.time_zone!r} can't be "
            f'used ({error}); write five fields such as "0 5 * * *" and a zone such as Europe/Berlin.'
        ) from error


def sync_one(settings_file: str, name: str) -> None:
    """A scheduled sync of one source. Errors end in the log and in the run's record, never in the scheduler."""
    # Here, not above: the connectors' libraries take seconds to import, and the pages need the times only.
    from ingestion.sync.open import open_sync
    from ingestion.sync.source_sync import SyncOptions
    from ingestion.sync.sync import sync_sources

    with (
        scheduled(log, f"sync {name}"),
        open_sync(load_settings(Path(settings_file)), [name], SyncOptions()) as (context, pairs),
    ):
        sync_sources(context, pairs)
