"""The moments of a cron expression in a time zone, daylight saving included.

    due_between("0 7 * * 1", "Europe/Zurich", since, now)

The expression is followed on the wall's clock. An hour that comes twice in autumn counts once, at its first coming; a
time that spring leaves out comes when the clock has jumped: 2:30 at 3:30.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import SettingsError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

# More than any clock jumps, but for a change of the date line, which is one day that nobody has.
_SLACK = timedelta(hours=3)
_MOST = 10_000
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FULL = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
         "sun": "Sunday"}  # fmt: skip


def named_weekdays(expression: str) -> str:
    """A cron expression with its weekdays by name: cron counts from Sunday, APScheduler from Monday."""
    fields = expression.split()
    if len(fields) == 5:
        fields[4] = re.sub(r"(?<![\w/])[0-7](?!\w)", lambda match: _WEEKDAYS[int(match.group())], fields[4])
    return " ".join(fields)


def in_words(schedule: str) -> str:
    """A schedule of a usual kind in words, such as "each Monday at 7:00"; any other as it stands."""
    fields = schedule.split()
    if len(fields) != 5 or not (fields[0].isdigit() and fields[1].isdigit()) or fields[2:4] != ["*", "*"]:
        return schedule
    days = named_weekdays(schedule).split()[4].lower()
    known = {"*": "each day", "mon-fri": "Monday to Friday"} | {day: f"each {_FULL[day]}" for day in _FULL}
    return f"{known[days]} at {int(fields[1])}:{int(fields[0]):02}" if days in known else schedule


def checked_schedule(schedule: str, time_zone: str) -> None:
    """Raises SettingsError: it isn't a cron expression of five fields, never comes, or the time zone doesn't exist."""
    zone = _zone(time_zone)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    if next(_moments(schedule, zone, begin), None) is None:
        raise SettingsError(f"The schedule {schedule!r} never comes; correct its day or month.")


def due_between(schedule: str, time_zone: str, since: datetime, until: datetime) -> list[datetime]:
    """The moments after `since` up to `until`, in UTC and in order, at most the last 10,000."""
    found: set[datetime] = set()
    for moment in _moments(schedule, _zone(time_zone), since - _SLACK):
        if moment > until + _SLACK:
            break
        if since < moment <= until:
            found.add(moment)
            if len(found) > _MOST:
                found.discard(min(found))
    return sorted(found)


def next_after(schedule: str, time_zone: str, now: datetime) -> datetime | None:
    """The first moment after `now`, in UTC; None where none comes any more."""
    later: list[datetime] = []
    for moment in _moments(schedule, _zone(time_zone), now - _SLACK):
        if later and moment > later[0] + _SLACK:
            break
        if moment > now:
            # The jump of spring may bring a later time of the wall's clock first.
            later = [min([moment, *later])]
    return later[0] if later else None


def _moments(schedule: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """The moments of the wall's clock from `since` on, as UTC; near a change of the clock not always in order."""
    trigger = _wall_clock(schedule)
    wall = since.astimezone(zone).replace(tzinfo=UTC)
    last: datetime | None = None
    while (fires := trigger.get_next_fire_time(last, wall)) is not None:
        yield fires.replace(tzinfo=zone, fold=0).astimezone(UTC)
        last, wall = fires, fires + timedelta(seconds=1)


@lru_cache(maxsize=256)
def _wall_clock(schedule: str) -> CronTrigger:
    """The expression on a clock that never changes."""
    # Here, not above: apps are checked where nothing is scheduled.
    from apscheduler.triggers.cron import CronTrigger

    try:
        return CronTrigger.from_crontab(named_weekdays(schedule), timezone=UTC)
    except (ValueError, KeyError) as error:
        raise SettingsError(
            f'The schedule {schedule!r} can\'t be used ({error}); write five fields such as "0 7 * * 1".'
        ) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"There is no time zone {name!r}; write one such as Europe/Berlin.") from error
