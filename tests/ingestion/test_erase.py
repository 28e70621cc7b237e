"""The text of a deleted document is in no file of the index any more, and the rest is found as before."""

import pytest

from core.database import utc_now
from core.errors import QuestionError
from ingestion.erase import due, erasable, erase_documents
from tests.ingestion.sync_world import World


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    for number in range(40):
        world.source.put(f"open-{number}.txt", f"The plan number {number} stays open.")
    world.source.put("gone.txt", "The plan of the zebrafinch will be deleted.")
    world.sync()
    return world


def files_with(world, word):
    folder = world.settings.data_path / "index"
    return [f for f in folder.rglob("*") if f.is_file() and word in f.read_bytes()]


def test_a_deleted_text_stays_in_the_files_until_it_is_erased(world):
    del world.source.documents["files:gone.txt"]
    world.sync(confirm_deletes=True)
    before = sorted(world.found("the plan"))
    assert files_with(world, b"zebrafinch"), "or the test proves nothing"
    (identifier,) = due(world.state, utc_now())
    removed = erase_documents(world.settings, world.state, [identifier])
    assert removed and not files_with(world, b"zebrafinch")
    assert sorted(world.found("the plan")) == before and before
    assert world.generations.damage() == ""
    record = world.state.record(identifier)
    assert (record.outcome, record.title, record.url, dict(record.attributes)) == ("deleted", "", "", {})
    assert due(world.state, utc_now()) == []


def test_a_sync_afterwards_goes_on_as_before(world):
    del world.source.documents["files:gone.txt"]
    world.sync(confirm_deletes=True)
    erase_documents(world.settings, world.state, ["files:gone.txt"])
    world.source.put("new.txt", "The plan is new.")
    run = world.sync()
    assert run.state == "SUCCEEDED" and run.counts.added == 1 and run.counts.unchanged == 40
    assert "files:new.txt" in world.found("the plan is new")


def test_what_is_indexed_or_unknown_isnt_erased(world):
    with pytest.raises(QuestionError, match="delete it in its source"):
        erasable(world.state, "files:gone.txt")
    with pytest.raises(QuestionError, match="There is no document"):
        erasable(world.state, "files:none.txt")
