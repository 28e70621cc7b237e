"""The machine's clock jumps, either way."""

from datetime import UTC, datetime, timedelta

import pytest

import assistant.records.retention
import core.database
from assistant.records.conversations import Conversations
from assistant.records.retention import forget_once
from core.database import open_database
from core.settings import load_settings
from core.types import User
from ingestion.sync.schedule import build_scheduler
from tests.faults.conftest import fresh

ANA = User("ana@x.example")


@pytest.fixture
def jump(monkeypatch):
    """Sets the clock of what is written down."""

    def by(days):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + timedelta(days=days)

        monkeypatch.setattr(core.database, "datetime", Clock)

    return by


@pytest.mark.parametrize("days", [-400, 4_000])
def test_a_sync_goes_on(world, tmp_path, jump, days):
    world.source.put("0.txt", "The text of the second day.")
    jump(days)
    assert world.sync().counts.modified == 1
    jump(0)
    world.source.put("1.txt", "The text of the third day.")
    del world.source.documents["files:2.txt"]
    assert world.sync().state == "SUCCEEDED"
    assert [run.counts.modified for run in world.state.runs(limit=2)] == [1, 1], "the newest run is the last one"
    assert world.contents() == fresh(world, tmp_path / "fresh")


def test_a_next_run_far_ahead_is_brought_back(tmp_path):
    (tmp_path / "debrief.yaml").write_text(
        'sources: [{name: docs, kind: files, path: docs, schedule: "0 5 * * *", time_zone: UTC}]'
    )
    settings = load_settings(tmp_path / "debrief.yaml")
    scheduler = build_scheduler(settings)
    scheduler.get_job("sync:docs").modify(next_run_time=datetime.now(UTC) + timedelta(days=4_000))
    scheduler.shutdown()
    scheduler = build_scheduler(settings)
    due = scheduler.get_job("sync:docs").next_run_time
    scheduler.shutdown()
    assert due - datetime.now(UTC) <= timedelta(days=1)


def test_nothing_is_deleted_for_its_age_by_a_clock_that_jumped(tmp_path, jump, monkeypatch, caplog):
    (tmp_path / "debrief.yaml").write_text("retention: {conversations_days: 30}")
    settings = load_settings(tmp_path / "debrief.yaml")
    Conversations(open_database(settings)).start(ANA, "Prices")
    jump(4_000)
    now, steady = assistant.records.retention._clocks()
    with monkeypatch.context() as jumped:
        jumped.setattr(assistant.records.retention, "_clocks", lambda: (now + 4_000 * 86_400, steady))
        forget_once(str(settings.file))
    assert "jumped ahead by 4000 days, so nothing is deleted" in caplog.text
    assert len(Conversations(open_database(settings)).of(ANA)) == 1
    forget_once(str(settings.file))  # as much time that really went by does delete
    assert Conversations(open_database(settings)).of(ANA) == []
