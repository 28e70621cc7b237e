"""Going back to older texts opens nothing that was closed since, and brings back nothing that was deleted."""

from dataclasses import replace

import pytest

from core.types import User
from ingestion.sync.rollback import roll_back
from retrieval.engines.generations import FolderGenerations
from tests.ingestion.sync_world import World, touched

BOARD = User("b@x.example", ("board",))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.source.put("open.txt", "The plan stays open.")
    world.source.put("closed.txt", "The plan will be closed.")
    world.source.put("gone.txt", "The plan will be deleted.")
    world.sync()
    return world


def test_an_older_generation_has_todays_access_lists(world):
    key = world.source.put("opened.txt", "The plan of the board.", allow=("group:board",))
    closed = world.source.documents["files:closed.txt"]
    world.source.documents["files:closed.txt"] = touched(closed, allow=frozenset({"group:board"}))
    del world.source.documents["files:gone.txt"]
    run = world.sync(confirm_deletes=True)
    assert run.state == "SUCCEEDED" and world.found("the plan") == ["files:open.txt"]
    first = world.generations.history()[-1].name
    done = roll_back(world.settings, world.state, first)
    assert (done.kept, done.removed) == (2, 1)
    world.generations = FolderGenerations(world.settings.data_path / "index", done.generation.recipe)
    assert world.found("the plan") == ["files:open.txt"]
    assert set(world.found("the plan", BOARD)) == {"files:closed.txt"}
    assert key not in {c.document_id for c in world.generations.read().chunks()}


def test_what_was_held_or_dropped_since_stays_out(world):
    (record,) = world.state.known(["files:closed.txt"]).values()
    world.source.put("new.txt", "Another plan.")
    world.sync()
    world.state.commit("files", [replace(record, outcome="dropped", chunks=0)], "")
    roll_back(world.settings, world.state)
    assert "files:closed.txt" not in world.found("the plan")
