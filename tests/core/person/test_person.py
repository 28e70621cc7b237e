"""What is kept about one person is handed out and deleted, in every table, and what stays says why."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from apps.kept.forms import submissions
from apps.kept.runs import record_run, results, runs
from apps.runner import RunResult
from assistant.answers.form.style import answer_styles
from assistant.records import Conversations, Trace, Traces
from assistant.records.prompts import answer_prompts
from assistant.records.running import RunningApps, running_apps
from cli import TABLES
from core import audit
from core.audit.chain import verify
from core.database import PERSONAL, metadata, open_database, utc_now
from core.llm import SentPrompt
from core.person import delete_person, person_records
from core.settings import Settings
from core.types import Answer, User
from tests.postgres import postgres_server

ANA, BEN = User("ana@x.example"), User("ben@x.example")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    for module in TABLES:
        import_module(module)
    url = SecretStr(request.getfixturevalue("server")) if request.param == "postgresql" else None
    engine = open_database(Settings(data_dir=tmp_path, database_url=url))
    yield engine
    engine.dispose()


def leave_traces(engine: sa.Engine, user: User) -> None:
    """Everything that a person leaves by using Debrief."""
    stored = Conversations(engine)
    conversation = stored.start(user)
    stored.append(conversation, user, f"Question of {user.email}", "q", Answer("Answer", outcome="answered"))
    RunningApps(engine).keep(conversation, "mail", {"text": "pasted"})
    trace = Trace(f"Question of {user.email}", outcome="answered")
    trace.prompts.append(SentPrompt("answer", "m", (("user", f"Question of {user.email}"),)))
    Traces(engine).save(trace, user)
    Traces(engine).rate(trace.id, user, "down", comment="wrong")
    record_run(engine, RunResult("mail", "1.0", "completed", inputs={"word": "theirs"}), user)
    with engine.begin() as connection:
        connection.execute(answer_styles.insert().values(user=user.email, style={"length": "short"}))
        values = {"app": "mail", "version": "1", "collection": "c", "submitted_at": utc_now(), "values": {"a": 1}}
        connection.execute(submissions.insert().values(id=user.email, user=user.email, **values))


def test_everything_is_exported_and_then_deleted_and_nobody_elses(engine: sa.Engine) -> None:
    leave_traces(engine, ANA)
    leave_traces(engine, BEN)
    before = person_records(engine, "ANA@x.example ")
    assert set(before) == {
        "answer_feedback", "answer_styles", "answer_traces", "app_run_results", "app_runs", "app_submissions",
        "audit_entries", "conversation_apps", "conversation_turns", "conversations",
    }  # fmt: skip
    assert "ben@x.example" not in json.dumps(before, default=str)
    others = person_records(engine, BEN.email)
    done = delete_person(engine, "Ana@X.example")
    assert done.left == ()
    assert [(kept.table, "retention.audit_days" in kept.reason) for kept in done.kept] == [("audit_entries", True)]
    assert set(person_records(engine, ANA.email)) == {"audit_entries"}
    assert dict(done.anonymised) == {"app_runs": 1}
    assert person_records(engine, BEN.email) == others
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(runs)) == 2, "counts stay"
        for table in (results, running_apps):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1
        assert len(connection.execute(sa.select(answer_prompts)).all()) == 1, (
            "what models were sent goes with its answer"
        )
    assert verify(engine).problems == ()
    assert delete_person(engine, ANA.email).deleted == {}
    delete_person(engine, BEN.email)


def test_what_cant_be_deleted_is_said(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_traces(engine, ANA)
    monkeypatch.setitem(answer_styles.c.user.info, PERSONAL, "anonymise")
    with engine.begin() as connection:
        # Somebody whose row a rule that is wrong leaves behind: the row of another, under the same name.
        connection.execute(answer_styles.insert().values(user="(deleted)", style={}))
    with pytest.raises(sa.exc.IntegrityError):
        delete_person(engine, ANA.email)
    monkeypatch.undo()
    assert person_records(engine, ANA.email)["answer_styles"], "nothing is half deleted"
    assert delete_person(engine, ANA.email).left == ()
    delete_person(engine, "(deleted)")


def test_every_column_that_holds_addresses_says_what_becomes_of_them() -> None:
    for module in TABLES:
        import_module(module)
    named = re.compile(r"user|person|author|email|owner|.*_by")
    silent = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if named.fullmatch(column.name) and PERSONAL not in column.info
    ]
    assert silent == []


def test_the_list_of_modules_with_tables_is_whole() -> None:
    rooms = tuple(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    declaring = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if re.search(r"^\w+ = (sa\.Table|versions_table)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    code = f"import sys\nfor m in {TABLES!r}: __import__(m)\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert declaring - set(loaded.stdout.split()) == set()


def test_commands(engine: sa.Engine, tmp_path: Path) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the command reads settings of a folder")
    leave_traces(engine, ANA)
    (tmp_path / "debrief.yaml").write_text("data_dir: .\n")

    def run(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-c",
            "import cli; cli.main()",
            "--settings",
            str(tmp_path / "debrief.yaml"),
            "person",
            *words,
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, input=typed)

    assert "app_run_results" in json.loads(run("export", ANA.email).stdout)["records"]
    assert run("delete", ANA.email, typed="n\n").returncode == 1
    done = run("delete", ANA.email, "--yes")
    assert done.returncode == 0, done.stderr
    assert "Looked up afterwards" in done.stdout and "audit_entries" in done.stdout
    assert "Nothing is kept about 'nobody@x.example'" in run("delete", "nobody@x.example", "--yes").stderr
    assert {"exported person", "deleted person"} <= set(audit.recorded_actions(engine))
