"""The chain of the audit trail, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from core.audit import SERVICE, append, cut, record, recorded, told
from core.audit.chain import json_lines, read_anchors, verify, write_anchor
from core.audit.entries import digest, entries
from core.database import open_database, utc_now
from core.errors import DebriefError
from core.settings import AuditSettings, Settings
from core.types import User
from tests.postgres import postgres_server

ANA = User("Ana@x.example")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = SecretStr(request.getfixturevalue("server")) if request.param == "postgresql" else None
    engine = open_database(Settings(data_dir=tmp_path, database_url=url))
    with engine.begin() as connection:
        connection.execute(entries.delete())
    yield engine
    engine.dispose()


def write(engine: sa.Engine, count: int) -> None:
    for number in range(count):
        record(engine, ANA, "opened", f"files:{number}.md", "", documents=[f"d{number}"], share=0.1)


def change(engine: sa.Engine, statement: sa.Update | sa.Delete | sa.Insert) -> None:
    with engine.begin() as connection:
        connection.execute(statement)


def test_an_untouched_trail_is_as_it_was_written(engine: sa.Engine) -> None:
    write(engine, 7)
    found = verify(engine)
    assert (found.entries, found.first, found.last, found.problems) == (7, 1, 7, ())


@pytest.mark.parametrize("values", [{"subject": "x"}, {"user": "eve@x.example"}, {"facts": {"documents": []}}])
def test_an_edit_is_found(engine: sa.Engine, values: dict[str, object]) -> None:
    write(engine, 5)
    change(engine, entries.update().where(entries.c.id == 3).values(**values))
    (problem,) = verify(engine).problems
    assert "Entry 3 of" in problem and "isn't as it was written" in problem


def test_an_edit_whose_hash_was_made_anew_is_found_at_the_next_entry(engine: sa.Engine) -> None:
    write(engine, 5)
    with engine.begin() as connection:
        rows = {r.id: r for r in connection.execute(sa.select(entries))}
        forged = {**rows[3]._mapping, "subject": "x"}
        forged["hash"] = digest(rows[2].hash, forged)
        connection.execute(entries.update().where(entries.c.id == 3).values(**forged))
    assert [p[:7] for p in verify(engine).problems] == ["Entry 4"]


def test_a_deletion_is_found(engine: sa.Engine) -> None:
    write(engine, 6)
    change(engine, entries.delete().where(entries.c.id.in_([1, 4])))
    assert [p.partition(",")[0] for p in verify(engine).problems] == ["Entry 1 is missing", "Entry 4 is missing"]


def test_a_deletion_with_later_entries_moved_up_is_found(engine: sa.Engine) -> None:
    write(engine, 6)
    change(engine, entries.delete().where(entries.c.id == 3))
    for number in (4, 5, 6):
        change(engine, entries.update().where(entries.c.id == number).values(id=number - 1))
    assert verify(engine).problems


def test_a_reordering_is_found(engine: sa.Engine) -> None:
    write(engine, 5)
    for before, after in ((2, 20), (3, 2), (20, 3)):
        change(engine, entries.update().where(entries.c.id == before).values(id=after))
    assert [p[:7] for p in verify(engine).problems] == ["Entry 2", "Entry 3", "Entry 4"]


def test_an_entry_that_somebody_put_in_is_found(engine: sa.Engine) -> None:
    write(engine, 3)
    values = {"at": utc_now(), "user": "eve@x.example", "action": "opened", "subject": "", "detail": "", "facts": {}}
    change(engine, entries.insert().values(id=4, hash="", **values))
    write(engine, 1)
    assert any("Entry 4" in p for p in verify(engine).problems)


def test_a_cut_end_is_found_by_the_anchors_alone(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "anchors"
    file.parent.mkdir()
    write(engine, 4)
    assert write_anchor(engine, file) is not None
    assert write_anchor(engine, file) is None, "nothing new"
    change(engine, entries.delete().where(entries.c.id > 2))
    assert verify(engine).problems == ()
    (problem,) = verify(engine, read_anchors(file)).problems
    assert "has seen entry 4, and the last one is 2" in problem
    change(engine, entries.delete())
    assert verify(engine, read_anchors(file)).problems


def test_a_trail_written_anew_is_found_by_the_anchors(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    write(engine, 4)
    write_anchor(engine, file)
    change(engine, entries.delete())
    write(engine, 6)
    assert verify(engine).problems == ()
    (problem,) = verify(engine, read_anchors(file)).problems
    assert "written anew: entry 4" in problem


def test_retention_cuts_the_old_end_and_the_rest_stays_verifiable(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    write(engine, 3)
    write_anchor(engine, file)
    middle = utc_now()
    write(engine, 3)
    write_anchor(engine, file)
    assert cut(engine, middle) == 3
    found = verify(engine, read_anchors(file))
    assert (found.first, found.last, found.problems) == (4, 7, ())
    assert cut(engine, middle) == 0
    assert cut(engine, utc_now() + timedelta(days=1)) == 4
    assert [e.subject for e in recorded(engine)] == ["entries up to 7"]
    write(engine, 2)
    assert verify(engine, read_anchors(file)).problems == ()
    change(engine, entries.delete().where(entries.c.id == 8))
    assert verify(engine, read_anchors(file)).problems, "the entry of the cut is gone, too"


def test_many_writers_at_once_make_one_chain(engine: sa.Engine) -> None:
    begin = threading.Barrier(8)

    def writer(number: int) -> None:
        begin.wait()
        for n in range(12):
            record(engine, User(f"{number}@x.example"), "opened", str(n))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(writer, range(8)))
    found = verify(engine)
    assert (found.entries, found.last, found.problems) == (96, 96, ())


def test_entries_of_an_older_version_are_chained_with_the_first_new_one(engine: sa.Engine) -> None:
    old = {"at": utc_now(), "user": "ana@x.example", "action": "opened", "detail": "", "hash": ""}
    for number in (3, 8):
        change(engine, entries.insert().values(id=number, subject="old", facts=None, **old))
    write(engine, 1)
    assert all(e.hash for e in recorded(engine))
    found = verify(engine)
    assert (found.last, found.problems) == (3, ()), "numbers that the database counted had gaps"


def test_an_entry_goes_with_the_transaction_that_it_tells_of(engine: sa.Engine) -> None:
    write(engine, 1)
    with pytest.raises(RuntimeError), engine.begin() as connection:
        append(connection, ANA, "deleted", "all")
        raise RuntimeError
    write(engine, 1)
    assert [e.action for e in recorded(engine)] == ["opened", "opened"]
    assert verify(engine).problems == ()


def test_what_no_database_takes_is_left_out(engine: sa.Engine) -> None:
    record(engine, ANA, "opened", "a\x00b\ud800c", "d\x00", name="e\ud800\x00")
    (entry,) = recorded(engine)
    assert (entry.subject, entry.detail) == ("abc", "d")
    assert verify(engine).problems == ()


def test_json_lines_go_on_where_the_last_ones_ended(engine: sa.Engine) -> None:
    write(engine, 3)
    whole = [json.loads(line) for line in json_lines(engine)]
    assert [line["id"] for line in whole] == [1, 2, 3]
    assert [line["before"] for line in whole] == ["", whole[0]["hash"], whole[1]["hash"]]
    assert [json.loads(line) for line in json_lines(engine, 2)] == whole[2:]


def test_words_are_kept_as_a_hash_unless_the_settings_say_text(tmp_path: Path) -> None:
    for texts in ("hashes", "text"):
        engine = open_database(Settings(data_dir=tmp_path / texts, audit=AuditSettings(texts=texts)))
        with engine.begin() as connection:
            append(connection, SERVICE, "asked", told(connection, "Who is ill?"))
        (entry,) = recorded(engine)
        assert (entry.subject == "Who is ill?") == (texts == "text")
        assert "ill" not in entry.subject or texts == "text"


def test_a_broken_file_of_anchors_is_a_sentence(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_text('{"id": 1}\n')
    with pytest.raises(DebriefError, match="line 1, is no anchor"):
        read_anchors(file)
    write(engine, 1)
    with pytest.raises(DebriefError, match="can't be written"):
        write_anchor(engine, tmp_path / "missing" / "anchors")
