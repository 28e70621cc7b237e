import pytest

from core.errors import SettingsError
from core.schedules import named_weekdays
from core.settings import load_settings
from evals.schedule import JOB, add_weekly_job, evaluate_once
from ingestion.sync.schedule import build_scheduler


def settings(folder, text):
    file = folder / "debrief.yaml"
    file.write_text(text)
    return load_settings(file)


@pytest.fixture
def scheduled(tmp_path):
    """Adds the job with these settings, as a restart of the service does; the job."""
    running = []

    def restart(text=""):
        for old in running:
            old.shutdown(wait=False)
        running.clear()
        chosen = settings(tmp_path, text)
        running.append(build_scheduler(chosen))
        add_weekly_job(running[0], chosen)
        return running[0].get_job(JOB)

    yield restart
    for old in running:
        old.shutdown(wait=False)


def test_the_evaluation_runs_on_monday_morning(scheduled):
    job = scheduled()
    assert job.next_run_time.strftime("%A") == "Monday"
    assert job.next_run_time.hour == 6


def test_weekdays_count_as_cron_counts_them():
    assert named_weekdays("0 6 * * 1-5") == "0 6 * * mon-fri"
    assert named_weekdays("0 6 * * 0,6") == "0 6 * * sun,sat"
    assert named_weekdays("0 6 * * */2") == "0 6 * * */2"
    assert named_weekdays("0 6 * * fri") == "0 6 * * fri"


def test_a_restart_keeps_the_job_and_a_change_replaces_it(scheduled):
    first = scheduled()
    assert scheduled().next_run_time == first.next_run_time
    assert scheduled("evaluation: {schedule: '30 7 * * *'}").next_run_time.minute == 30
    assert scheduled("evaluation: {schedule: ''}") is None


def test_a_wrong_schedule_is_refused(scheduled):
    with pytest.raises(SettingsError, match=r"evaluation\.schedule 'weekly'"):
        scheduled("evaluation: {schedule: weekly}")


def test_an_error_ends_in_the_log(tmp_path, caplog):
    settings(tmp_path, "")
    evaluate_once(str(tmp_path / "debrief.yaml"))
    assert "job evaluation failed" in caplog.text and "debrief sync" in caplog.text
