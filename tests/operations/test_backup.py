"""A backup is of one moment and comes back whole; what is there is kept until that is sure."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import operations.restore
from assistant.records.conversations import Conversations
from core.audit import record, recorded
from core.database import open_database
from core.errors import BackupError, IndexLocked
from core.settings import Settings
from core.types import User
from operations.backup import MANIFEST, back_up, verify
from operations.instance import the_only_instance
from operations.restore import restore
from retrieval.engines.files import locked
from retrieval.engines.generations import FolderGenerations
from tests.ingestion.sync_world import World
from tests.postgres import database, postgres_server

ANA = User("ana@x.example")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A PostgreSQL server; the address of its first database."""
    with postgres_server() as address:
        yield address


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "data")
    for n in range(7):
        world.source.put(f"{n}.txt", f"Text {n} of the first day.")
    world.sync()
    record(world.engine, ANA, "asked", "é 'quoted'")
    return world


def reopened(world: World) -> World:
    """The world with what lies in its folder now."""
    again = World(world.settings.data_path)
    again.source = world.source
    return again


def documents(world: World) -> set[str]:
    return {document for document, *_ in world.contents().values()}


def test_what_was_backed_up_comes_back(world: World, tmp_path: Path) -> None:
    then = world.contents()
    folder, backup = back_up(world.settings, tmp_path / "backups")
    assert (backup.rows["documents"], backup.rows["audit_entries"]) == (7, 3)
    world.source.put("0.txt", "Quite another text.")
    world.source.put("new.txt", "A new text.")
    world.sync()
    record(world.engine, ANA, "asked", "later")
    world.engine.dispose()
    _, aside = restore(world.settings, folder)
    again = reopened(world)
    assert again.contents() == then
    assert [entry.subject for entry in recorded(again.engine)] == ["é 'quoted'", "files", "files"]
    assert again.sync().counts.chunks == 2, "and the next sync brings what came since"
    assert "A new text." in {text for _, _, text, *_ in again.contents().values()}
    assert {path.name for path in aside.iterdir()} >= {"state.sqlite", "index"}
    kept = FolderGenerations(aside / "index")
    assert kept.damage() == "" and kept.read().count() == 8


def test_it_goes_into_an_empty_data_folder_too(world: World, tmp_path: Path) -> None:
    folder, _ = back_up(world.settings, tmp_path / "backups")
    elsewhere = Settings(data_dir=tmp_path / "other", root=tmp_path)
    restore(elsewhere, folder)
    assert World(tmp_path / "other").contents() == world.contents()


def test_settings_and_what_they_name_lie_beside(world: World, tmp_path: Path) -> None:
    (tmp_path / "debrief.yaml").write_text("key: ${SECRET}")
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "brief.yaml").write_text("app: brief")
    settings = world.settings.model_copy(update={"file": tmp_path / "debrief.yaml", "apps_dir": tmp_path / "apps"})
    folder, _ = back_up(settings, tmp_path / "backups")
    assert (folder / "files" / "debrief.yaml").read_text() == "key: ${SECRET}"
    assert (folder / "files" / "apps" / "brief.yaml").is_file()


@pytest.mark.integration
def test_it_is_of_one_moment_while_a_sync_runs(world: World, tmp_path: Path) -> None:
    """Each backup, restored and synced, is what a sync without any of it gives."""
    done, failed = threading.Event(), []

    def syncs() -> None:
        mine = reopened(world)
        for day in range(200):
            if done.is_set():
                return
            mine.source.put(f"{day % 7}.txt", f"Text of day {day}.")
            state = mine.sync().state
            if state != "SUCCEEDED":
                failed.append(state)

    running = threading.Thread(target=syncs)
    running.start()
    backups = []
    try:
        while len(backups) < 2:
            try:
                backups.append(back_up(world.settings, tmp_path / f"backup{len(backups)}")[0])
            except BackupError as error:
                assert "published a generation in each of" in str(error)
    finally:
        done.set()
        running.join()
    assert failed == []
    for n, folder in enumerate(backups):
        data = tmp_path / f"restored{n}"
        restore(Settings(data_dir=data, root=tmp_path), folder)
        restored = World(data)
        restored.source = world.source
        remembered = {r.id: r for r in restored.state.indexed()}
        assert documents(restored) == set(remembered)
        assert restored.sync().state == "SUCCEEDED"
        fresh = World(tmp_path / f"fresh{n}")
        fresh.source = world.source
        fresh.sync()
        assert restored.contents() == fresh.contents()


@pytest.mark.parametrize("damage", ["state", "segment", "missing", "more"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(world: World, tmp_path: Path, damage: str) -> None:
    folder, _ = back_up(world.settings, tmp_path / "backups")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    largest = max((p for p in files if "index" in p.parts), key=lambda p: p.stat().st_blocks)
    if damage == "state":
        with (folder / "state.sqlite").open("r+b") as file:
            file.seek(5_000)
            file.write(b"\xff")
    elif damage == "segment":
        os.truncate(largest, largest.stat().st_size // 2)
    elif damage == "missing":
        largest.unlink()
    else:
        (folder / "index" / "stray").write_text("x")
    with pytest.raises(BackupError, match=r"is damaged: .* take another backup"):
        restore(world.settings, folder)
    assert len(reopened(world).contents()) == 7
    assert not list(world.settings.data_path.glob("before-restore-*"))


def test_a_backup_of_newer_code_is_refused(world: World, tmp_path: Path) -> None:
    folder, _ = back_up(world.settings, tmp_path / "backups")
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "version": "9.0", "revision": "9000"}))
    with pytest.raises(BackupError, match=r"made by Debrief 9\.0 \(revision 9000\).*install that version"):
        restore(world.settings, folder)
    (folder / MANIFEST).write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(BackupError, match="is no backup of Debrief"):
        verify(folder)


def test_not_while_debrief_or_a_sync_runs(world: World, tmp_path: Path) -> None:
    folder, _ = back_up(world.settings, tmp_path / "backups")
    with the_only_instance(world.settings.data_path), pytest.raises(IndexLocked, match=r"is served by process \d+"):
        restore(world.settings, folder)
    with locked(world.settings.data_path / "index"), pytest.raises(IndexLocked, match="being written by"):
        restore(world.settings, folder)


@pytest.mark.parametrize("at", range(1, 7))
def test_a_move_that_fails_is_undone(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    folder, _ = back_up(world.settings, tmp_path / "backups")
    world.source.put("new.txt", "A new text.")
    world.sync()
    now, moves, move = world.contents(), [], os.replace

    def failing(source: Path, target: Path) -> None:
        moves.append(source)
        if len(moves) == at:
            raise OSError(28, "No space left on device")
        move(source, target)

    world.engine.dispose()
    monkeypatch.setattr(operations.restore.os, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        restore(world.settings, folder)
    monkeypatch.undo()
    again = reopened(world)
    assert again.contents() == now
    assert {r.id for r in again.state.indexed()} == documents(again)


@pytest.mark.integration
def test_postgresql_is_backed_up_and_restored(world: World, tmp_path: Path, postgres: str) -> None:
    url = database(postgres, "backed")
    settings = Settings(data_dir=tmp_path / "data", root=tmp_path, database_url=url)
    engine = open_database(settings)
    record(engine, ANA, "asked", "first")
    folder, backup = back_up(settings, tmp_path / "backups")
    assert backup.rows["audit_entries"] == 1
    record(engine, ANA, "asked", "second")
    at = recorded(engine)[-1].at
    _, aside = restore(settings, folder)
    assert [(entry.subject, entry.at) for entry in recorded(engine)] == [("first", at)]
    record(engine, ANA, "asked", "third")  # the database counts on
    assert [entry.subject for entry in recorded(engine)] == ["third", "first"]
    (kept,) = aside.glob("debrief-*")
    assert verify(kept).rows["audit_entries"] == 2
    # Also from one kind of database into the other.
    moved = Settings(data_dir=tmp_path / "moved", root=tmp_path)
    restore(moved, kept)
    assert {entry.subject for entry in recorded(open_database(moved))} == {"first", "second"}


@pytest.mark.integration
def test_rows_that_postgresql_refuses_leave_it_as_it_was(world: World, tmp_path: Path, postgres: str) -> None:
    Conversations(world.engine).start(ANA, "with \0 in it")
    folder, _ = back_up(world.settings, tmp_path / "backups")
    settings = Settings(data_dir=tmp_path / "other", root=tmp_path, database_url=database(postgres, "refusing"))
    record(open_database(settings), ANA, "asked", "here before")
    with pytest.raises((sa.exc.DBAPIError, BackupError)):
        restore(settings, folder)
    assert [entry.subject for entry in recorded(open_database(settings))] == ["here before"]
