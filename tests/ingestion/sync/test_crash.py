"""kill -9 at random moments of a sync: what was published goes on answering, and the next sync makes it whole."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from core.errors import IndexMissing
from tests.ingestion.sync_world import World

# The whole number is for a soak (DEBRIEF_KILLS=50); a few on each run of the suite already catch a broken order.
KILLS = int(os.environ.get("DEBRIEF_KILLS", "8"))
DOCUMENTS = 120

DRIVER = """
import sys
from pathlib import Path
from tests.ingestion.sync.test_crash import filled
world = filled(Path(sys.argv[1]), int(sys.argv[2]))
print("ready", flush=True)
run = world.sync()
print(run.state, flush=True)
"""


def filled(folder, version):
    """A world whose source has grown, changed and lost documents by `version`."""
    world = World(folder)
    for n in range(DOCUMENTS):
        if version and n % 10 == version % 10:
            continue
        edition = version if n % 3 == version % 3 else 0
        allow = ("group:all",) if n % 2 or not version else ("group:all", "group:board")
        world.source.put(f"{n:03}.txt", f"Text {n} in edition {edition}.\n\n" + f"filler {n} " * 30, allow=allow)
    return world


def found_is_consistent(world):
    """Search works, and no document is there twice or in two editions."""
    try:
        contents = world.contents()
    except IndexMissing:
        return
    assert world.found("text edition")
    ordinals = [(document, ordinal) for document, ordinal, *_ in contents.values()]
    assert len(ordinals) == len(set(ordinals))


def start(folder, version, project_root):
    command = [sys.executable, "-c", DRIVER, str(folder), str(version)]
    return subprocess.Popen(command, cwd=project_root, stdout=subprocess.PIPE, text=True)


def undisturbed(folder, version, project_root):
    """Seconds that a whole sync takes."""
    process = start(folder, version, project_root)
    assert process.stdout.readline() == "ready\n"
    begun = time.monotonic()
    process.communicate()
    return time.monotonic() - begun


@pytest.mark.integration
def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(tmp_path, project_root):
    chance = random.Random(20261122)
    folder = tmp_path / "killed"
    folder.mkdir()
    # The first sync reads everything, the others what has changed: each is killed within its own time.
    first, later = (undisturbed(tmp_path / "timing", version, project_root) for version in (0, 1))
    killed = 0
    for kill in range(KILLS):
        process = start(folder, kill % 4, project_root)
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.random() * (first if kill == 0 else later))
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found_is_consistent(World(folder))
    assert killed >= KILLS // 2, "most kills came while the sync ran"

    last = filled(folder, 3)
    assert last.sync().state == "SUCCEEDED"
    fresh = filled(tmp_path / "fresh", 3)
    fresh.sync()
    assert last.contents() == fresh.contents()
