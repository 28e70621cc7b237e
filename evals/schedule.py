"""The weekly evaluation in `debrief serve`, on the scheduler of the syncs; they share a thread and never meet."""

from __future__ import annotations

import logging
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from core.errors import SettingsError
from core.logs import scheduled
from core.schedules import named_weekdays
from core.settings import Settings, load_settings
from evals.evaluate import evaluate
from evals.report import verdict_line
from evals.report.delivery import deliver
from ingestion.sync.wall_clock import WallClockTrigger

log = logging.getLogger(__name__)
JOB = "evaluation"


def add_weekly_job(scheduler: BackgroundScheduler, settings: Settings) -> None:
    """Adds the evaluation by `evaluation.schedule`, or removes it when that is empty. A missed run is caught up once.

    Raises:
        SettingsError: the schedule isn't a cron expression, or the time zone doesn't exist.
    """
    chosen = settings.evaluation
    known = scheduler.get_job(JOB)
    if not chosen.schedule:
        if known is not None:
            known.remove()
        return
    try:
        trigger = WallClockTrigger.from_crontab(named_weekdays(chosen.schedule), timezone=chosen.time_zone)
    except (ValueError, KeyError) as error:
        raise SettingsError(
            f"{settings.file}: evaluation.schedule {chosen.schedule!r} in time zone {chosen.time_zone!r} can't be used "
            f'({error}); write five fields such as "0 6 * * 1" and a zone such as Europe/Berlin.'
        ) from error
    if known is not None and repr(known.trigger) == repr(trigger) and known.args == (str(settings.file),):
        return  # Replacing it would forget a run that was missed.
    scheduler.add_job(evaluate_once, trigger, args=[str(settings.file)], id=JOB, replace_existing=True)


def evaluate_once(settings_file: str) -> None:
    """A scheduled evaluation. Errors end in the log, never in the scheduler."""
    with scheduled(log, JOB):
        settings = load_settings(Path(settings_file))
        report = evaluate(settings)
        level = logging.ERROR if report.failed else logging.INFO
        values = {"run": report.run.id, "verdict": verdict_line(report)}
        log.log(level, "evaluation %(run)s: %(verdict)s", values)
        for problem in deliver(report, settings):
            log.error("evaluation %(run)s: %(problem)s", {"run": report.run.id, "problem": problem})
