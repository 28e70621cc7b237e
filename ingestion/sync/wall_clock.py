"""A cron expression on the wall's clock: an hour that comes twice in autumn counts once, at its first coming.

APScheduler's own trigger comes twice in that hour, and then names its second coming for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.triggers.cron import CronTrigger

_TICK = timedelta(microseconds=1)


class WallClockTrigger(CronTrigger):  # type: ignore[misc]
    """`CronTrigger` for zones whose clock is changed. A time that spring leaves out comes when the clock has jumped."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next moment; with a previous one, the next after that, though it may be past."""
        is_past = previous_fire_time is not None and previous_fire_time <= now
        after = (previous_fire_time + _TICK if previous_fire_time and is_past else now).astimezone(UTC)
        clock = CronTrigger(timezone=UTC)
        state: Any = self.__getstate__()
        clock.__setstate__({**state, "timezone": UTC})
        wall: datetime | None = after.astimezone(self.timezone).replace(tzinfo=UTC)
        while (wall := clock.get_next_fire_time(None, wall)) is not None:
            moment = wall.replace(tzinfo=self.timezone, fold=0).astimezone(UTC)
            if moment >= after:
                own: datetime = moment.astimezone(self.timezone)
                return own
            wall += _TICK
        return None
