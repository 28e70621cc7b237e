from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.errors import SettingsError
from core.settings import Settings, SourceSettings
from ingestion.sync import schedule
from ingestion.sync.schedule import build_scheduler, sync_one, trigger_for


def settings(folder, **sources):
    made = tuple(SourceSettings(name=name, kind="files", **values) for name, values in sources.items())
    return Settings(data_dir=folder, root=folder, file=folder / "debrief.yaml", sources=made)


@pytest.fixture
def opened():
    schedulers = []
    yield schedulers
    for scheduler in schedulers:
        scheduler.shutdown(wait=False)


def test_each_source_runs_by_its_own_clock(tmp_path):
    source = SourceSettings(name="a", kind="files", schedule="30 6 * * *", time_zone="America/New_York")
    first = trigger_for(source, tmp_path).get_next_fire_time(None, datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("UTC")))
    assert first == datetime(2026, 11, 23, 6, 30, tzinfo=ZoneInfo("America/New_York"))


def test_weekdays_count_from_sunday_as_in_cron(tmp_path):
    source = SourceSettings(name="a", kind="files", schedule="0 5 * * 1")
    monday = trigger_for(source, tmp_path).get_next_fire_time(None, datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("UTC")))
    assert monday == datetime(2026, 11, 23, 5, tzinfo=ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("schedule", "since", "expected"),
    [
        # The hour from 2 to 3 comes twice on 25 October and not at all on 29 March.
        ("30 2 * * *", "2026-10-24T12:00+00:00", ["25T00:30", "26T01:30", "27T01:30"]),
        ("0 2 * * *", "2026-10-25T00:10+00:00", ["26T01:00", "27T01:00"]),
        ("*/30 * * * *", "2026-10-24T23:50+00:00", ["25T00:00", "25T00:30", "25T02:00", "25T02:30"]),
        ("0 5 * * *", "2026-10-24T12:00+00:00", ["25T04:00", "26T04:00"]),
        ("30 2 * * *", "2026-03-28T12:00+00:00", ["29T01:30", "30T00:30"]),
        ("0 3 * * *", "2026-03-28T12:00+00:00", ["29T01:00", "30T01:00"]),
    ],
)
def test_an_hour_that_comes_twice_counts_once(tmp_path, schedule, since, expected):
    source = SourceSettings(name="a", kind="files", schedule=schedule, time_zone="Europe/Berlin")
    trigger, now, found = trigger_for(source, tmp_path), datetime.fromisoformat(since), []
    previous = None
    for _ in expected:
        previous = trigger.get_next_fire_time(previous, now)
        found.append(previous.astimezone(ZoneInfo("UTC")).strftime("%dT%H:%M"))
        # Also when the scheduler asks late, and when it asks for what was missed.
        now = previous + timedelta(minutes=1)
    assert found == expected
    late = datetime.fromisoformat(since) + timedelta(days=90)
    first = trigger.get_next_fire_time(None, datetime.fromisoformat(since))
    assert first < trigger.get_next_fire_time(first, late) < late


def test_a_changed_time_zone_is_taken_over(tmp_path, opened):
    opened.append(build_scheduler(settings(tmp_path, a={"time_zone": "America/New_York"})))
    opened.append(build_scheduler(settings(tmp_path, a={"time_zone": "Asia/Tokyo"})))
    assert opened[1].get_job("sync:a").next_run_time.astimezone(ZoneInfo("Asia/Tokyo")).hour == 5


def test_jobs_follow_the_settings(tmp_path, opened):
    opened.append(build_scheduler(settings(tmp_path, a={}, b={}, c={"schedule": ""})))
    assert {job.id for job in opened[0].get_jobs()} == {"sync:a", "sync:b"}
    opened.pop().shutdown(wait=False)
    opened.append(build_scheduler(settings(tmp_path, b={}, d={})))
    assert {job.id for job in opened[0].get_jobs()} == {"sync:b", "sync:d"}


def test_a_missed_run_is_remembered_over_a_restart_and_a_changed_schedule_is_taken(tmp_path, opened):
    opened.append(build_scheduler(settings(tmp_path, a={})))
    missed = datetime.now(ZoneInfo("UTC")) - timedelta(days=3)
    opened[0].modify_job("sync:a", next_run_time=missed)
    # The first service is not shut down: it might as well have crashed.
    opened.append(build_scheduler(settings(tmp_path, a={})))
    job = opened[1].get_job("sync:a")
    assert job.next_run_time == missed and job.coalesce and job.max_instances == 1
    opened.append(build_scheduler(settings(tmp_path, a={"schedule": "0 7 * * *"})))
    assert opened[2].get_job("sync:a").next_run_time > missed


def test_a_job_reads_the_settings_where_they_are_now(tmp_path, opened):
    opened.append(build_scheduler(settings(tmp_path, a={})))
    missed = datetime.now(ZoneInfo("UTC")) - timedelta(days=3)
    opened[0].modify_job("sync:a", next_run_time=missed)
    moved = settings(tmp_path, a={}).model_copy(update={"file": tmp_path / "moved" / "debrief.yaml"})
    opened.append(build_scheduler(moved))
    job = opened[1].get_job("sync:a")
    assert list(job.args) == [str(moved.file), "a"] and job.next_run_time == missed


def test_three_missed_days_are_caught_up_once(tmp_path, opened, monkeypatch):
    calls = []
    monkeypatch.setattr(schedule, "load_settings", lambda path: calls.append(path) or settings(tmp_path))
    opened.append(build_scheduler(settings(tmp_path, a={})))
    opened[0].modify_job("sync:a", next_run_time=datetime.now(ZoneInfo("UTC")) - timedelta(days=3))
    opened[0].resume()
    deadline = datetime.now() + timedelta(seconds=10)
    while not calls and datetime.now() < deadline:
        pass
    opened.pop().shutdown(wait=True)
    assert len(calls) == 1


def test_a_broken_scheduled_sync_only_logs(tmp_path, caplog):
    sync_one(str(tmp_path / "none.yaml"), "a")
    assert "none.yaml" in caplog.text


@pytest.mark.parametrize("wrong", [{"schedule": "every day"}, {"schedule": "61 * * * *"}, {"time_zone": "Mars/Base"}])
def test_a_wrong_schedule_is_refused(tmp_path, wrong):
    with pytest.raises(SettingsError, match="five fields"):
        build_scheduler(settings(tmp_path, a=wrong))
