"""The report of a sync by document, and when a running one will be done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.database import open_database
from core.settings import Settings, SourceSettings
from ingestion.report import COLUMNS, report
from ingestion.state import Counts, DocumentRecord, SyncRun, SyncState
from ingestion.sync.status import how_far, standing, statuses

READ = {"allow": ("group:all",), "content_hash": "x", "vetting": "vetted", "chunks": 3}
GONE = "It is gone at the source since the sync of 2026-11-28 05:00 UTC."
LARGE = "The file has 9 bytes, more than max_bytes (5); raise it in debrief.yaml."


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (READ, ("yes", "yes, 3 passages", "group:all", "complete", "", "")),
        ({**READ, "allow": ()}, ("yes", "yes, 3 passages", "nobody", "complete", "no access list", "under `allow` of s")),
        ({**READ, "deny": ("user:x@x.com",)}, ("yes", "3 passages", "group:all; not user:x@x.com", "complete", "", "")),
        ({**READ, "allow": ("a", "b", "c", "d", "e")}, ("yes", "3 passages", "a, b, c and 2 more", "complete", "", "")),
        ({**READ, "lacks": ("It has no owner.",)}, ("yes", "3 pass", "group", "no owner", "no owner", "Complete its metadata")),
        ({"outcome": "failed", "reason": LARGE}, ("no", "no, failed", "nobody", "not vetted", LARGE, "Raise it in debrief")),
        ({"outcome": "failed", "reason": "It hung."}, ("no", "no, failed", "nobody", "", "It hung.", "debrief sources test s")),
        ({**READ, "outcome": "held", "reason": "A draft."}, ("yes", "no, held", "group", "", "A draft.", "`unvetted`")),
        ({**READ, "reason": "The version of 2026-11-01 still answers: it hung."}, ("no, an older", "yes", "", "", "", "tries again")),
        ({**READ, "delete_pending": True}, ("yes", "yes", "", "", "waits for a word", "debrief sync s --confirm-deletes")),
        ({**READ, "outcome": "deleted", "reason": GONE}, ("gone at the source", "no, deleted", "", "", GONE, "")),
    ],
)  # fmt: skip
def test_each_document_says_what_became_of_it_and_what_to_do(record: dict, said: tuple[str, ...]) -> None:
    (line,) = report([DocumentRecord("s:1", "s", **record)])
    found = (line.crawled, line.indexed, line.access, line.metadata, line.reason, line.remedy)
    assert all(part in whole for part, whole in zip(said, found, strict=True)), found
    assert bool(line.remedy) == bool(said[-1]) and len(line.row()) == len(COLUMNS)


@pytest.mark.parametrize(
    ("counts", "before", "words"),
    [
        ({}, 0, "just begun"),
        ({"seen": 50, "seconds": 60.0}, 0, "50 looked at, the end isn't known"),
        ({"seen": 50, "seconds": 60.0}, 150, "50 of about 150 looked at in 1 minute, about 2 minutes left"),
        ({"seen": 50, "seconds": 60.0, "total": 5_050}, 0, "50 of about 5,050 looked at in 1 minute, about 100 minutes left"),
        ({"seen": 200, "seconds": 60.0}, 150, "200 looked at, the end isn't known"),
    ],
)  # fmt: skip
def test_a_running_sync_says_when_it_will_be_done(counts: dict, before: int, words: str) -> None:
    run = SyncRun(1, "s", "SYNCING", datetime.now(UTC), counts=Counts(**counts))
    assert how_far(run, before) == words


def test_the_standing_of_a_source_says_how_far_its_sync_is(tmp_path: Path) -> None:
    engine = open_database(Settings(root=tmp_path))
    state = SyncState(engine)
    state.finish(state.start("s"), "SUCCEEDED", Counts(seen=100), "")
    state.progressed(state.start("s"), Counts(seen=50, seconds=600.0))
    (status,) = statuses(engine, [SourceSettings(name="s", kind="files")])
    _, words = standing(status, None, datetime.now(UTC))
    assert "50 of about 100 looked at in 10 minutes, about 10 minutes left; last good copy" in words
