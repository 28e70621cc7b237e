"""The index's files aren't what was written, or are of another moment than the state database."""

import os
import shutil

import pytest

from core.errors import IndexLocked
from ingestion.sync.agreement import disagreement
from tests.faults.conftest import again, fresh


def largest_file(world):
    shard = world.generations.shard(world.generations.current.name)
    return max((p for p in shard.rglob("*") if p.is_file()), key=lambda p: p.stat().st_blocks)


def flip(file):
    """Turns one bit in what is written in the file."""
    with file.open("r+b") as opened:
        begin = os.lseek(opened.fileno(), 0, os.SEEK_DATA)
        content = os.pread(opened.fileno(), 4096, begin)
        at = begin + next(n for n, byte in enumerate(content) if byte)
        os.pwrite(opened.fileno(), bytes([content[at - begin] ^ 1]), at)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "gone"])
def test_a_damaged_file_is_noticed_and_the_next_sync_builds_the_index_anew(world, tmp_path, damage):
    file = largest_file(world)
    if damage == "flipped":
        flip(file)
    elif damage == "truncated":
        os.truncate(file, file.stat().st_size // 2)
    else:
        file.unlink()
    reopened = again(world)
    assert "run `debrief sync`" in reopened.generations.damage()
    assert reopened.sync().state == "SUCCEEDED"
    assert again(world).generations.damage() == ""
    assert again(world).contents() == fresh(world, tmp_path / "fresh")


def test_an_older_state_beside_a_newer_index_is_noticed_and_mended(world, tmp_path):
    world.engine.dispose()
    state = world.settings.data_path / "state.sqlite"
    shutil.copy(state, tmp_path / "older.sqlite")
    world.source.put("new.txt", "A text of the second day.")
    world.sync()
    world.source.put("0.txt", "Another text of the third day.")
    world.sync()
    world.engine.dispose()
    for name in ("", "-wal", "-shm"):
        state.with_name(f"state.sqlite{name}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "older.sqlite", state)

    del world.source.documents["files:new.txt"]  # nobody remembers that it is in the index
    reopened = again(world)
    assert "of different moments; run `debrief sync`" in disagreement(reopened.state, reopened.generations)
    assert "files:new.txt" in reopened.found("second day")
    assert reopened.sync().state == "SUCCEEDED"
    assert disagreement(reopened.state, reopened.generations) == ""
    assert reopened.contents() == fresh(world, tmp_path / "fresh")


def test_two_syncs_at_once(world):
    with world.generations.write(), pytest.raises(IndexLocked, match=r"being written by process \d+ since"):
        world.source.put("new.txt", "A new text.")
        again(world).sync()
    assert again(world).sync().state == "SUCCEEDED"
