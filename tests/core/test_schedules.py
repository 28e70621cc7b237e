"""When schedules are due: daylight saving in several zones, and what is no schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import SettingsError
from core.schedules import checked_schedule, due_between, in_words, next_after


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "since", "until", "due"),
    [
        ("0 7 * * 1", "Europe/Zurich", "2026-10-18", "2026-11-03", ["2026-10-19 05:00", "2026-10-26 06:00", "2026-11-02 06:00"]),
        # The doubled hour once, at its first coming.
        ("30 2 * * *", "Europe/Zurich", "2026-10-24 12:00", "2026-10-26 00:00", ["2026-10-25 00:30"]),
        ("30 1 * * *", "America/New_York", "2026-11-01 00:00", "2026-11-02 00:00", ["2026-11-01 05:30"]),
        # The missing hour when the clock has jumped.
        ("30 2 * * *", "Europe/Zurich", "2026-03-28 12:00", "2026-03-30 00:00", ["2026-03-29 01:30"]),
        ("30 2 * * *", "America/New_York", "2026-03-08 00:00", "2026-03-09 00:00", ["2026-03-08 07:30"]),
        # Half an hour of daylight saving.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00", "2026-10-04 00:00", ["2026-10-03 15:45"]),
        ("0 * * * *", "Europe/Zurich", "2026-03-29 00:00", "2026-03-29 02:00", ["2026-03-29 01:00", "2026-03-29 02:00"]),
        ("0 * * * *", "UTC", "2026-03-29 00:00", "2026-03-29 02:00", ["2026-03-29 01:00", "2026-03-29 02:00"]),
        # The day that Samoa left out: noon of 30 December never came.
        ("0 12 * * *", "Pacific/Apia", "2011-12-29 20:00", "2011-12-31 21:00", ["2011-12-29 22:00", "2011-12-30 22:00"]),
    ],
)  # fmt: skip
def test_daylight_saving(schedule: str, zone: str, since: str, until: str, due: list[str]) -> None:
    assert due_between(schedule, zone, utc(since), utc(until)) == [utc(text) for text in due]
    assert next_after(schedule, zone, utc(since)) == utc(due[0])


def test_a_year_has_each_day_once() -> None:
    for zone in ("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"):
        for hour in range(4):
            assert len(due_between(f"30 {hour} * * *", zone, utc("2026-01-01 12:00"), utc("2027-01-01 12:00"))) == 365


@pytest.mark.parametrize(
    ("schedule", "zone", "says"),
    [("every day", "UTC", "write five fields"), ("0 0 30 2 *", "UTC", "never comes"), ("0 7 * * 1", "Mars", "no time zone")],
)  # fmt: skip
def test_no_schedule(schedule: str, zone: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        checked_schedule(schedule, zone)


def test_usual_schedules_are_said_in_words() -> None:
    said = {
        "0 7 * * 1": "each Monday at 7:00", "30 18 * * *": "each day at 18:30", "5 9 * * 1-5": "Monday to Friday at 9:05",
        "0 7 * * sun": "each Sunday at 7:00", "*/5 * * * *": "*/5 * * * *", "0 7 1 * *": "0 7 1 * *",
    }  # fmt: skip
    assert {schedule: in_words(schedule) for schedule in said} == said
