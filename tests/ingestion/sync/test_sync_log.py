"""What a sync logs: a commit, the switch of the generation, its end; each once, never a document's text."""

import logging

import pytest

from tests.ingestion.sync_world import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def said(caplog, logger):
    return [record for record in caplog.records if record.name == logger]


def test_a_sync_logs_its_commit_the_switch_and_its_end_once(world, caplog):
    caplog.set_level(logging.DEBUG)
    world.source.put("a", "zanzibar is the marker of this text")
    world.source.put("b", "corrupt zanzibar")
    world.sync()
    # The second one is of what was found out about all documents together.
    commits = [record.args for record in said(caplog, "ingestion.sync.commit")]
    assert commits[0] == {"generation": "generation-000001", "documents": 2, "sources": ["files"]}
    switches = [record.args["generation"] for record in said(caplog, "retrieval.engines.generations")]
    assert switches == [commit["generation"] for commit in commits]
    (end,) = said(caplog, "ingestion.sync.sync")
    assert (end.levelname, end.args["state"], end.args["source"]) == ("INFO", "INCOMPLETE", "files")
    assert "zanzibar" not in caplog.text


def test_a_sync_that_changes_nothing_publishes_nothing(world, caplog):
    world.source.put("a", "some text")
    world.sync()
    caplog.set_level(logging.INFO)
    caplog.clear()
    world.sync()
    assert [record.name for record in caplog.records] == ["ingestion.sync.sync"]


def test_a_failed_source_is_an_error(world, caplog):
    world.source.put("a", "some text")
    world.source.break_after = 0
    world.sync()
    (end,) = said(caplog, "ingestion.sync.sync")
    assert end.levelname == "ERROR" and "went away" in end.getMessage()


def test_a_rollback_is_a_switch(world, caplog):
    for text in ("one", "two"):
        world.source.put("a", text)
        world.sync()
    caplog.set_level(logging.INFO)
    caplog.clear()
    world.generations.rollback()
    assert len(said(caplog, "retrieval.engines.generations")) == 1
