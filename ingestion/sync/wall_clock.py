"""A cron expression on the wall's clock: an hour that comes twice in autumn counts once, at its first coming.

APScheduler's own trigger comes twice in that hour, and then names its second coming for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apscheduler.triggers.cron import CronTrigger

_TICK = timedelta(microseconds=1)


class WallClockTrigger(CronTrigger):  # type: ignore[misc]
    """`CronTrigger` for zones whose clock is changed. A time that spring leaves out comes when the clock has jumped."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next moment; with a previous one, the next after that, though it may be past."""
        after = (min(now, previous_fire_time + _TICK) if previous_fire_time else now).astimezone(UTC)
        clock = CronTrigger(timezone=UTC)
        clock.__setstate__({**self.__getstate__(), "timezone": UTC})
        wall = after.astimezone(self.timezone).replace(tzinfo=UTC)
        while (wall := clock.get_next_fire_time(None, wall)) is not None:
            moment = wall.replace(tzinfo=self.timezone, fold=0).astimezone(UTC)
            if moment >= after:
                return moment.astimezone(self.timezone)
            wall += _TICK
        return None
