"""How a source stands, in words: never "on time" for one that fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.database import open_database
from core.settings import Settings, SourceSettings
from ingestion.state import Counts, SyncState
from ingestion.sync.schedule import build_scheduler, follow_settings
from ingestion.sync.status import SourceStatus, age, standing, statuses

NOW = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
COPIED = NOW - timedelta(minutes=30)
SOURCE = SourceSettings(name="docs", kind="files")


@pytest.mark.parametrize(
    ("status", "late", "kind", "words"),
    [
        ({"copied_at": COPIED}, None, "good", "on time, last good copy 30 minutes ago"),
        (
            {"copied_at": COPIED, "failing_since": NOW.replace(hour=22, minute=54)},
            timedelta(hours=3),
            "failing",
            "failed since 22:54 UTC, last good copy 30 minutes ago",
        ),
        ({"failing_since": NOW - timedelta(days=2)}, None, "failing", "failed since 2026-11-26 23:30 UTC, there is no"),
        ({"copied_at": COPIED}, timedelta(hours=3), "late", "late by 3 hours, last good copy"),
        ({"copied_at": COPIED, "outcomes": {"failed": 2}}, None, "partly", "2 documents couldn't be read"),
        ({}, None, "new", "not yet synced"),
    ],
)
def test_a_source_stands_as_its_words_say(status: dict, late: timedelta | None, kind: str, words: str) -> None:
    found = standing(SourceStatus(SOURCE, **status), late, NOW)
    assert found[0] == kind
    assert found[1].startswith(words)
    paused = SOURCE.model_copy(update={"paused": True})
    assert standing(SourceStatus(paused, **status), late, NOW)[0] == "paused"


def test_a_source_fails_since_the_first_of_its_failed_runs(tmp_path: Path) -> None:
    engine = open_database(Settings(root=tmp_path))
    state = SyncState(engine)
    for end in ("SUCCEEDED", "FAILED", "FAILED"):
        state.finish(state.start("docs"), end, Counts(), "")
    (found,) = statuses(engine, [SOURCE])
    first = state.runs("docs")[-2]
    assert (found.failing_since, found.copied_at) == (first.started_at, state.runs("docs")[-1].finished_at)
    state.finish(state.start("docs"), "INCOMPLETE", Counts(), "")
    (found,) = statuses(engine, [SOURCE])
    assert found.failing_since is None


def test_ages_are_words() -> None:
    found = [age(timedelta(seconds=s)) for s in (5, 60, 3_599, 7_199, 7_200, 86_400, 172_800)]
    assert found == [
        "just now",
        "1 minute ago",
        "59 minutes ago",
        "119 minutes ago",
        "2 hours ago",
        "24 hours ago",
        "2 days ago",
    ]


def test_a_running_service_follows_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "debrief.yaml"
    begin = "sources:\n  - {name: a, kind: files, path: x}\n"
    file.write_text(begin)
    from core.settings import load_settings

    scheduler = build_scheduler(load_settings(file))
    try:
        follow_settings(scheduler, load_settings(file))
        follow = scheduler.get_job("settings").func

        def planned(text: str) -> set[str]:
            file.write_text(text)
            follow()
            return {job.id for job in scheduler.get_jobs("default")}

        assert planned(f"{begin}  - {{name: b, kind: files, path: y}}\n") == {"sync:a", "sync:b"}
        assert planned(begin.replace("path: x", "path: x, paused: true")) == set()
        assert planned("sources: [") == set()
        assert planned(begin) == {"sync:a"}
    finally:
        scheduler.shutdown(wait=False)
