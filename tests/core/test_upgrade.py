"""A database of version 0.3.0 opens under this one, with everything that was in it.

`state_0_3_0/` holds the tables as that version made them on each database, and rows as it wrote them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from apps.kept.forms import submissions
from apps.kept.runs import results
from apps.kept.usage import app_months, runs_since
from apps.publish.versions import list_versions
from assistant.answers.form.style import Styles
from assistant.records.conversations import Conversations
from assistant.records.running import RunningApps
from assistant.records.trace import Traces, traces
from assistant.records.usage import askers, questions_since, thumbs_since
from chat_ui.admin.weights import VERSIONS
from core.audit import recorded
from core.database import Json, UtcDateTime, begin_of, metadata, open_database, utc_now
from core.settings import Settings
from core.types import User
from evals.suite.history import History
from ingestion.state import SyncState, documents
from tests.postgres import database, postgres_server

OLD = Path(__file__).parent / "state_0_3_0"
ANA = User("ana@x.example")
FIRST = begin_of(datetime(2026, 3, 1))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL server; the address of its first database."""
    with postgres_server() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with an empty database."""
    if request.param == "sqlite":
        return Settings(root=tmp_path)
    server = request.getfixturevalue("server")
    url = database(server, "state")
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        # A server of another zone than UTC: a time that is converted by its clock comes out wrong.
        connection.exec_driver_sql("ALTER DATABASE state SET timezone = 'Asia/Tokyo'")
    return Settings(root=tmp_path, database_url=url)


@pytest.fixture
def unopened(settings: Settings) -> Settings:
    """The same with the database of version 0.3.0, which this version has yet to open."""
    if settings.database_url is None:
        settings.data_path.mkdir(parents=True)
        engine = sa.create_engine(f"sqlite:///{settings.data_path / 'state.sqlite'}")
    else:
        engine = sa.create_engine(settings.database_url.get_secret_value())
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if engine.dialect.name == "postgresql":
            cursor.execute("SET timezone = 'UTC'")  # as 0.3.0 wrote: its driver sent the zone with the time
        for script in (f"{engine.dialect.name}.sql", "rows.sql"):
            for statement in (OLD / script).read_text(encoding="utf-8").splitlines():
                cursor.execute(statement)
        connection.commit()
    engine.dispose()
    return settings


@pytest.fixture
def old(unopened: Settings) -> sa.Engine:
    """The database of version 0.3.0, opened by this version."""
    return open_database(unopened)


def at(*parts: int) -> datetime:
    return datetime(2026, *parts, tzinfo=UTC)


def test_conversations_traces_and_thumbs(old: sa.Engine) -> None:
    stored = Conversations(old)
    later, first = stored.of(ANA)
    assert (later.title, first.title, first.turns) == ("Later", "Prices", 1)
    assert (first.created_at, first.updated_at) == (at(3, 1, 9, 59), at(3, 1, 10))
    (turn,) = stored.turns("c1", ANA)
    assert (turn.answer.text, turn.answer.notes, turn.asked_at) == ("480 €.", ("a note",), at(3, 1, 10))
    questions = questions_since(old, FIRST)
    assert [(q.question, q.asked_at) for q in questions] == [
        ("What does it cost?", at(3, 1, 10)), ("And next year?", at(3, 1, 23, 59, 59)),
    ]  # fmt: skip
    assert questions[0].cited == ("files:a.md",)
    assert questions_since(old, at(3, 2)) == []
    assert askers(old)[ANA.email].last_at == at(3, 1, 23, 59, 59)
    (thumb,) = thumbs_since(old, FIRST)
    assert (thumb.reasons, thumb.comment, thumb.given_at) == (("wrong", "out of date"), "It is 500 €.", at(3, 1, 10, 1))
    assert Traces(old).load("t1", ANA)["asked_at"] == at(3, 1, 10)
    assert Styles(old).of(ANA).length == "short"
    assert RunningApps(old).of("c1") == ("brief", {"customer": "Acme", "topics": ["price"]})


def test_apps(old: sa.Engine) -> None:
    (run,) = runs_since(old, FIRST)
    assert run.started_at == at(3, 1, 10, 0, 0, 123456)
    assert [(m.month, m.minutes) for m in app_months(old, FIRST)] == [("2026-03", 25.0)]
    (version,) = list_versions(old, "brief")
    assert (version.published_at, version.current, version.tests[0]["passed"]) == (at(2, 1, 8), True, True)
    with old.connect() as connection:
        assert connection.execute(sa.select(results.c.inputs, results.c.notes)).one() == (
            {"customer": "Acme"},
            ["a note"],
        )
        kept = connection.execute(sa.select(submissions.c["submitted_at"], submissions.c["values"])).one()
        assert kept == (at(2, 2, 8), {"customer": "Acme"})
        assert connection.execute(sa.select(VERSIONS.c.kept_at)).scalar_one() == at(3, 1, 9, 58)


def test_evaluations_and_the_audit_log(old: sa.Engine) -> None:
    history = History(old)
    broken, finished = history.latest(finished=False)
    assert (broken.id, broken.finished_at) == ("e2", None)
    assert (finished.started_at, finished.finished_at) == (at(3, 1, 3, 0, 0, 250_000), at(3, 1, 3, 1, 0, 500_000))
    assert (finished.summary["recall@5"].value, finished.verdict) == (0.98, {"passed": True})
    assert [r.id for r in history.latest()] == ["e1"]
    assert history.results("e1")["k1"].value("outcome") == 1.0
    assert history.finish("e2", {}).finished_at is not None
    assert [(e.subject, e.at) for e in recorded(old, FIRST)] == [("sales", at(3, 1, 9, 58))]
    assert recorded(old, at(3, 1, 9, 59)) == []


def test_sources_runs_and_documents(old: sa.Engine) -> None:
    state = SyncState(old)
    (run,) = state.runs()
    assert (run.started_at, run.counts.added) == (at(3, 1, 5, 0, 0, 1), 1)
    record = state.record("files:a.md")
    assert record is not None
    assert (record.allow, record.warnings, record.changed_at) == (("everyone",), ("a warning",), at(3, 1, 5, 0, 10, 1))
    assert record.attributes == {"customer": "Acme", "tags": ("price",)}
    assert state.cursor("files") == "cursor"


def test_what_is_written_from_now_on_sorts_with_what_was_there(old: sa.Engine) -> None:
    new = Conversations(old).start(ANA, "Today")
    assert [c.title for c in Conversations(old).of(ANA)] == ["Today", "Later", "Prices"]
    # So many whole days that the moment before which is forgotten lies between the two, at any time of the day.
    days = -((at(3, 2, 10) - utc_now()) // timedelta(days=1))
    assert Conversations(old).forget_older_than(days) == 1
    assert [c.id for c in Conversations(old).of(ANA)] == [new, "c2"]
    run = SyncState(old).start("files")
    assert SyncState(old).runs()[0].started_at == run.started_at


def test_the_tables_are_then_those_of_this_version(settings: Settings, old: sa.Engine) -> None:
    def shape(engine: sa.Engine) -> dict[str, dict[str, str]]:
        inspected = sa.inspect(engine)
        return {
            table: {c["name"]: str(c["type"]) for c in inspected.get_columns(table)}
            | {str(index["name"]): str(index["column_names"]) for index in inspected.get_indexes(table)}
            for table in metadata.tables
        }

    upgraded = shape(old)
    assert shape(open_database(settings)) == upgraded, "a second opening changes nothing"
    metadata.drop_all(old)
    metadata.create_all(old)
    fresh = shape(old)
    if old.dialect.name == "sqlite":  # its JSON is text under another name, and stays
        upgraded = {
            t: {n: "TEXT" if kind == "JSON" else kind for n, kind in found.items()} for t, found in upgraded.items()
        }
    assert upgraded == fresh


def test_several_may_open_it_first(unopened: Settings) -> None:
    # Each has its own connection, which is what the database tells processes apart by.
    together = threading.Barrier(4)

    def opened() -> int:
        together.wait()
        return len(questions_since(open_database(unopened), FIRST))

    with ThreadPoolExecutor(4) as pool:
        assert [found.result() for found in [pool.submit(opened) for _ in range(4)]] == [2, 2, 2, 2]


def test_times_come_out_in_utc_whatever_zone_they_went_in_with(settings: Settings) -> None:
    engine, berlin = open_database(settings), timezone(timedelta(hours=1))
    table = sa.Table("moments", sa.MetaData(), sa.Column("at", UtcDateTime), sa.Column("what", Json))
    table.create(engine)
    moment = datetime(2026, 1, 1, 0, 30, 0, 5, tzinfo=berlin)
    with engine.begin() as connection:
        what = {"score": float("inf"), "at": moment, "of": {"b", "a"}, "word": "é"}
        connection.execute(table.insert().values(at=moment, what=what))
        connection.execute(table.insert().values(at=None, what=None))
        found = connection.execute(sa.select(table).where(table.c.at > moment - timedelta(seconds=1))).one()
        assert found.at == moment and found.at.utcoffset() == timedelta()
        assert found.what == {"score": float("inf"), "at": moment.isoformat(), "of": ["a", "b"], "word": "é"}
        assert connection.execute(sa.select(table).where(table.c.at.is_(None))).one() == (None, None)
        assert connection.execute(sa.select(sa.func.max(table.c.at))).scalar_one() == moment
    with pytest.raises(sa.exc.StatementError, match="has no zone"), engine.begin() as connection:
        connection.execute(table.insert().values(at=datetime(2026, 1, 1)))


def test_every_time_and_structure_is_of_the_one_type() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            assert not isinstance(column.type, sa.DateTime | sa.JSON), f"{table.name}.{column.name}"
            assert not column.name.endswith("_at") or isinstance(column.type, UtcDateTime), (
                f"{table.name}.{column.name}"
            )
    assert {traces.c.record.type.__class__, documents.c.allow.type.__class__} == {Json}
