import os
import signal
import subprocess
import sys
import textwrap
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import DiskFull, IndexDamaged, IndexLocked, IndexMissing
from core.types import User
from retrieval.engines.files import copy_tree
from retrieval.engines.generations import FolderGenerations, Recipe
from retrieval.query.index import Query
from tests.retrieval.conftest import RECIPE, make_generations
from tests.retrieval.fakes import DIM, make_chunk, vectors_of

ANA = User("ana@x.com")
ROOT = Path(__file__).parents[3]


def put(writer, document_id, text="the plan"):
    writer.index.replace(document_id, [make_chunk(document_id, 0, text)], vectors_of([text]))


def publish(generations, *documents, rebuild=False, note=""):
    with generations.write(rebuild=rebuild) as writer:
        for document in documents:
            put(writer, document)
        return writer.publish(note)


def served(generations):
    return {c.document_id for c in generations.read().chunks()}


def test_before_the_first_sync_there_is_nothing(generations):
    assert generations.current is None and generations.history() == [] and not generations.needs_rebuild()
    for ask in (generations.read, generations.rollback):
        with pytest.raises(IndexMissing):
            ask()


def test_publishing_describes_what_serves(generations):
    published = publish(generations, "a", "b", note="first")
    assert generations.current == published
    assert (published.documents, published.chunks, published.note, published.recipe) == (2, 2, "first", RECIPE)
    assert served(generations) == {"a", "b"}


def test_a_rebuild_starts_empty_and_rolls_back(generations):
    first = publish(generations, "a")
    second = publish(generations, "b", rebuild=True)
    assert served(generations) == {"b"} and [g.name for g in generations.history()] == [second.name, first.name]
    assert generations.rollback() == first
    assert served(generations) == {"a"}
    assert generations.rollback(second.name).name == second.name and served(generations) == {"b"}
    with pytest.raises(IndexMissing, match=r"nowhere.*kept are"):
        generations.rollback("nowhere")


def test_a_rebuild_that_fails_leaves_the_old_one(generations):
    publish(generations, "a")
    with pytest.raises(RuntimeError), generations.write(rebuild=True) as writer:
        put(writer, "b")
        raise RuntimeError
    assert served(generations) == {"a"} and len(generations.history()) == 1


def test_another_recipe_asks_for_a_rebuild(engine, tmp_path):
    generations = make_generations(engine, tmp_path)
    publish(generations, "a")
    generations.recipe = Recipe("f2", "words", DIM)
    assert generations.needs_rebuild()
    publish(generations, "a", rebuild=True)
    assert not generations.needs_rebuild()


def test_old_rebuilds_are_dropped(engine, tmp_path):
    generations = make_generations(engine, tmp_path, keep=2)
    names = [publish(generations, "a", rebuild=True).name for _ in range(4)]
    assert [g.name for g in generations.history()] == [names[3], names[2]]
    assert generations.gc() == []


def test_one_writer_at_a_time(generations):
    with (
        generations.write(),
        pytest.raises(IndexLocked, match=rf"process {os.getpid()} since .*wait"),
        generations.write(),
    ):
        pass
    publish(generations, "a")


# What follows is about folders only.


@pytest.fixture
def folder(tmp_path):
    return FolderGenerations(tmp_path / "index", RECIPE)


def test_readers_see_nothing_of_a_copy_that_is_not_published(folder):
    publish(folder, "a")
    with folder.write() as writer:
        put(writer, "b")
        assert served(folder) == {"a"}
    assert served(folder) == {"a"} and folder.next_name() == "generation-000002"


def test_a_reader_follows_the_pointer_while_an_old_handle_still_works(folder):
    publish(folder, "a")
    reader = FolderGenerations(folder.folder)
    old = reader.read()
    for document in "bcde":
        publish(folder, document)
    assert served(reader) == {"a", "b", "c", "d", "e"}
    assert {c.document_id for c in old.chunks()} == {"a"}, "its files are gone, its searches end well"


def test_reading_changes_no_file(folder):
    publish(folder, "a", "b")
    publish(folder, "b", "c")
    shard = folder.shard(folder.current.name)

    def contents():
        return {path.relative_to(shard): path.read_bytes() for path in shard.rglob("*") if path.is_file()}

    before = {path: sha256(content).digest() for path, content in contents().items()}
    for _ in range(2):
        index = FolderGenerations(folder.folder).read()
        assert index.search(Query("plan"), ANA, 5)
        index.close()
    assert {path: sha256(content).digest() for path, content in contents().items()} == before


def test_writing_nothing_copies_nothing(folder):
    publish(folder, "a")
    with folder.write():
        assert not (folder.folder / "work").exists()


def test_two_processes_read_one_generation(folder):
    publish(folder, "a")
    mine = folder.read()
    code = f"""
        from pathlib import Path
        from retrieval.engines.generations import FolderGenerations
        print(FolderGenerations(Path({str(folder.folder)!r})).read().count())
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert found.stdout.strip() == "1" and mine.count() == 1


def test_a_writer_that_is_killed_loses_nothing_and_blocks_nobody(folder):
    publish(folder, "a")
    code = f"""
        import os, signal
        from pathlib import Path
        from retrieval.engines.generations import FolderGenerations
        from tests.retrieval.conftest import RECIPE
        from tests.retrieval.engines.test_generations import put
        with FolderGenerations(Path({str(folder.folder)!r}), RECIPE).write() as writer:
            put(writer, "b")
            writer.index.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    assert served(folder) == {"a"}
    publish(folder, "c")
    assert served(folder) == {"a", "c"} and not (folder.folder / "work").exists()


@pytest.mark.parametrize("damage", ["CURRENT", "generation.json", "shard"])
def test_damage_is_named_with_a_remedy(folder, damage):
    name = publish(folder, "a").name
    if damage == "CURRENT":
        (folder.folder / "CURRENT").write_text("rubbish")
    elif damage == "generation.json":
        (folder.folder / name / "generation.json").write_text("{")
    else:
        for file in (folder.folder / name / "shard").rglob("*.json"):
            file.write_text("{")
    with pytest.raises(IndexDamaged, match=r"debrief (index rollback|sync)"):
        fresh = FolderGenerations(folder.folder, RECIPE)
        fresh.current if damage == "generation.json" else fresh.read()


def test_copies_keep_holes_and_content(tmp_path):
    source = tmp_path / "a" / "deep"
    source.mkdir(parents=True)
    with (source / "sparse").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
        file.seek(40 * 1024 * 1024)
        file.write(b"middle")
        file.seek(0, os.SEEK_END)
        file.write(b"end")
    (source / "empty").touch()
    copy_tree(tmp_path / "a", tmp_path / "b")
    copied = tmp_path / "b" / "deep" / "sparse"
    assert copied.read_bytes() == (source / "sparse").read_bytes()
    assert copied.stat().st_blocks * 512 < 1_000_000
    assert (tmp_path / "b" / "deep" / "empty").stat().st_size == 0


def filled(folder):
    publish(FolderGenerations(folder, RECIPE), "d0", "d1", "d2")
    return FolderGenerations(folder, RECIPE)


def test_lost_chunks_are_noticed_and_the_index_is_built_anew(tmp_path):
    generations = filled(tmp_path)
    assert generations.damage() == "" and not generations.needs_rebuild()
    description = tmp_path / generations.current.name / "generation.json"
    description.write_text(description.read_text().replace('"chunks": 3', '"chunks": 5'))
    again = FolderGenerations(tmp_path, RECIPE)
    assert "holds 3 chunks and 5 were written" in again.damage() and again.needs_rebuild()


def test_overwritten_files_are_noticed(tmp_path):
    shard = tmp_path / filled(tmp_path).current.name
    for file in shard.rglob("*"):
        if file.is_file() and file.name != "generation.json":
            file.write_bytes(b"\xff" * min(file.stat().st_size, 4_096))
    again = FolderGenerations(tmp_path, RECIPE)
    assert again.damage() and again.needs_rebuild()


def test_a_full_disk_is_a_sentence_before_anything_is_written(tmp_path, monkeypatch):
    generations = filled(tmp_path)
    serving = generations.current
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10 << 20))
    with pytest.raises(DiskFull, match="10 MB free"), generations.write() as writer:
        writer.index.delete(["d0"])
    assert generations.current == serving and generations.read().count() == 3
