"""Old conversations and traces are deleted, by the daily job as by hand, and only those."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler

from assistant.records.conversations import Conversations, conversations
from assistant.records.retention import JOB, Forgotten, add_daily_job, forget, forget_once
from assistant.records.trace import Trace, Traces, feedback, traces
from core.database import open_database, utc_now
from core.settings import RetentionSettings, Settings, load_settings
from core.types import Answer
from tests.assistant.conftest import ANA


def aged(engine: sa.Engine, days: int) -> tuple[str, str]:
    """A conversation and a rated trace of so many days ago."""
    then = utc_now() - timedelta(days=days)
    kept, trace = Conversations(engine), Trace("What?", asked_at=then)
    conversation = kept.start(ANA)
    kept.append(conversation, ANA, "What?", "What?", Answer("That."))
    trace.finish(Answer("That."))
    Traces(engine).save(trace, ANA)
    Traces(engine).rate(trace.id, ANA, "up")
    with engine.begin() as connection:
        chosen = conversations.update().where(conversations.c.id == conversation)
        connection.execute(chosen.values(updated_at=then))
    return conversation, trace.id


def left(engine: sa.Engine) -> tuple[int, int, int]:
    with engine.connect() as connection:
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in (traces, feedback)
        ]
    return (len(Conversations(engine).of(ANA)), *counts)


def test_only_what_is_older_goes_and_feedback_goes_with_its_trace(tmp_path: Path) -> None:
    engine = open_database(Settings(data_dir=tmp_path))
    aged(engine, 40)
    young = aged(engine, 5)
    assert forget(engine, RetentionSettings()) == Forgotten(0, 0)
    assert forget(engine, RetentionSettings(traces_days=30)) == Forgotten(0, 1)
    assert left(engine) == (2, 1, 1)
    assert forget(engine, RetentionSettings(conversations_days=30)) == Forgotten(1, 0)
    assert [c.id for c in Conversations(engine).of(ANA)] == [young[0]]


def test_the_daily_job_follows_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "debrief.yaml"
    file.write_text("data_dir: data\nretention: {conversations_days: 30, traces_days: 30}\n")
    settings = load_settings(file)
    aged(open_database(settings), 40)
    scheduler = BackgroundScheduler()
    scheduler.start(paused=True)
    try:
        add_daily_job(scheduler, settings)
        job = scheduler.get_job(JOB)
        assert job.args == (str(file),) and job.next_run_time - utc_now() < timedelta(days=1)
        job.func(*job.args)
        assert left(open_database(settings)) == (0, 0, 0)
        add_daily_job(scheduler, Settings(data_dir=tmp_path))
        assert scheduler.get_job(JOB) is None
    finally:
        scheduler.shutdown(wait=False)
    assert forget_once(str(tmp_path / "missing.yaml")) is None
