"""The tables that the revisions make are those that the code declares, and no upgrade loses anything."""

from __future__ import annotations

import re
import shutil
import sqlite3
import textwrap
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext

import core.migrations.apply
from core.database import metadata, open_database
from core.errors import SettingsError
from core.migrations import REVISIONS
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OLD = Path(__file__).parent / "state_0_3_0"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path)


@pytest.fixture
def file(settings: Settings) -> Path:
    """A state file of version 0.3.0 with rows in it."""
    settings.data_path.mkdir(parents=True)
    file = settings.data_path / "state.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        for script in ("sqlite.sql", "rows.sql"):
            for statement in (OLD / script).read_text(encoding="utf-8").splitlines():
                connection.execute(statement)
        connection.commit()
    return file


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Adds a revision after the newest, whose `upgrade` has these lines."""

    def add(lines: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(ROOT / "core" / "migrations", folder)
        text = f"from alembic import op\nrevision, down_revision = '9999', '{REVISIONS[-1]}'\ndef upgrade():\n"
        (folder / "versions" / "r9999_next.py").write_text(text + textwrap.indent(lines, "    "))
        monkeypatch.setattr(core.migrations.apply, "_FOLDER", folder)
        monkeypatch.setattr(core.migrations.apply, "REVISIONS", (*REVISIONS, "9999"))

    return add


def declared() -> sa.MetaData:
    """The tables of all modules that declare some."""
    rooms = (
        "core",
        "connectors",
        "ingestion",
        "retrieval",
        "apps",
        "assistant",
        "chat_ui",
        "service",
        "evals",
        "operations",
        "workflows",
    )
    for room in rooms:
        for path in (ROOT / room).rglob("*.py"):
            if re.search(r"sa\.Table\(|versions_table\(", path.read_text(encoding="utf-8")):
                module = path.relative_to(ROOT).with_suffix("")
                if "migrations" not in module.parts:
                    import_module(".".join(module.parts))
    return metadata


def test_the_revisions_make_the_declared_tables(settings: Settings) -> None:
    with open_database(settings).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        if compare_metadata(context, declared()):
            missing = render_python_code(produce_migrations(context, metadata).upgrade_ops)
            pytest.fail(f"write core/migrations/versions/r{int(REVISIONS[-1]) + 1:04}_….py with:\n{missing}")


def test_each_revision_follows_the_one_before() -> None:
    names = sorted((ROOT / "core" / "migrations" / "versions").glob("r*.py"))
    found = [re.search(r'revision = "(\d+)"\ndown_revision = (\S+)', path.read_text()).groups() for path in names]
    expected = ["None", *[f'"{revision}"' for revision in REVISIONS]]
    assert found == list(zip(REVISIONS, expected[:-1], strict=True))


def test_older_code_refuses_newer_data(settings: Settings, failing) -> None:
    open_database(settings).dispose()
    with closing(sqlite3.connect(settings.data_path / "state.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9998'")
        connection.commit()
    with pytest.raises(SettingsError, match=r"newer Debrief \(revision 9998, .*restore a backup of before the update"):
        open_database(settings)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("op.execute('ALTER TABLE nowhere ADD COLUMN nothing TEXT')", "no such table: nowhere"),
        ("op.execute('DELETE FROM conversations')", "rows of conversations would be lost"),
        ("op.drop_table('audit_entries')", "rows of audit_entries would be lost"),
    ],
)
def test_an_upgrade_that_fails_leaves_the_file_as_it_was(
    settings: Settings, file: Path, failing, lines: str, sentence: str
) -> None:
    failing(lines)
    with closing(sqlite3.connect(file)) as connection:
        before = list(connection.iterdump())
    with pytest.raises(SettingsError, match=sentence):
        open_database(settings)
    with closing(sqlite3.connect(file)) as connection:
        assert list(connection.iterdump()) == before
    assert not list(settings.data_path.glob(".upgrade-*")), "the copy is gone"


def test_the_copy_fails_before_the_file_is_touched(settings: Settings, file: Path, failing, monkeypatch) -> None:
    touched = []
    monkeypatch.setattr(core.migrations.apply, "_try_on_copy", lambda engine: touched.append("copy") or 1 / 0)
    monkeypatch.setattr(core.migrations.apply, "_migrate", lambda connection: touched.append("file"))
    with pytest.raises(ZeroDivisionError):
        open_database(settings)
    assert touched == ["copy"]


def test_a_table_is_replaced_without_what_refers_to_it(settings: Settings, file: Path, failing) -> None:
    failing("with op.batch_alter_table('conversations', recreate='always'):\n    pass")
    with open_database(settings).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM conversation_turns").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
