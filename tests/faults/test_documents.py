"""Documents of unusual size, number and name."""

import json
import time

import pytest

from tests.ingestion.sync_world import World


@pytest.mark.integration
def test_200_mb_of_text_are_refused_and_the_rest_is_read(make_workspace, tmp_path):
    workspace = make_workspace(tmp_path / "data")
    with (tmp_path / "docs" / "log.txt").open("wb") as file:
        for _ in range(200):
            file.write(b"words and words and\n" * 52_429)
    begun = time.monotonic()
    assert workspace.debrief("sync").returncode == 0
    assert time.monotonic() - begun < 60
    said = workspace.debrief("docs", "explain", "log.txt").stdout
    assert "failed" in said and "209,716,000 bytes" in said and "max_bytes" in said
    assert "180 euros" in workspace.debrief("ask", "How much may a hotel in Vienna cost a night?").stdout


def test_5000_tiny_files(tmp_path):
    world = World(tmp_path / "data")
    world.source.batch_size = 500
    for n in range(5_000):
        world.source.put(f"{n:04}.txt", f"Note {n}.")
    run = world.sync()
    assert (run.state, run.counts.added, run.counts.failed) == ("SUCCEEDED", 5_000, 0)
    assert world.sync().counts.chunks == 0


NAMES = [
    "line\nbreak.md",
    "🚄 travel \U0001f469‍\U0001f4bb.md",
    "e\u0301 and \u00e9.md",
    "a" * 240 + ".md",
    "[bold]{{ 7*7 }} 'quoted' \"twice\".md",
    "\u202egnirts.md",
    "-rf.md",
    "=cmd|' '!A1.md",
]


@pytest.mark.integration
def test_odd_names(make_workspace, tmp_path):
    workspace = make_workspace(tmp_path / "data")
    for n, name in enumerate(NAMES):
        (tmp_path / "docs" / name).write_text(f"# Rule {n}\n\nThe number of rule {n} is {4_711 + n}.\n")
    assert workspace.debrief("sync").returncode == 0
    listed = json.loads(workspace.debrief("docs", "list", "--json").stdout)["documents"]
    assert {d["outcome"] for d in listed} == {"indexed"} and len(listed) == len(NAMES) + 1
    answer = json.loads(workspace.debrief("ask", "What is the number of rule 0?", "--json").stdout)
    assert "4711" in answer["text"].replace(",", "")
    (tmp_path / "docs" / NAMES[0]).unlink()
    assert workspace.debrief("sync").returncode == 0
    gone = json.loads(workspace.debrief("docs", "list", "--outcome", "deleted", "--json").stdout)["documents"]
    assert len(gone) == 1
