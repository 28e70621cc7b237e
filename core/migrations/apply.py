"""A database brought up to the newest revision, or left as it was."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from core.errors import SettingsError

_FOLDER = Path(__file__).parent
REVISIONS = tuple(sorted(path.stem[1:5] for path in (_FOLDER / "versions").glob("r[0-9]*.py")))
_VERSION = "alembic_version"
# Two processes that open an older database at once upgrade it one after the other.
_ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(74253)"}


def upgrade(engine: sa.Engine) -> None:
    """Brings the database up to the newest revision, in one transaction; an SQLite file that has rows first as a copy.

    Raises:
        SettingsError: a newer Debrief has written it, or rows would be lost.
    """
    with engine.connect() as connection:
        if _revision(connection) == REVISIONS[-1]:
            return
    with _alone(engine) as connection:
        # Looked up anew: another process may have done it meanwhile.
        revision = _revision(connection)
        if revision == REVISIONS[-1]:
            return
        if revision and revision not in REVISIONS:
            raise SettingsError(
                f"The database {_name(engine)} is of a newer Debrief (revision {revision}, this one knows up to "
                f"{REVISIONS[-1]}); install that version, or restore a backup of before the update."
            )
        if engine.dialect.name == "sqlite" and sa.inspect(connection).get_table_names():
            _try_on_copy(engine)
        _migrate(connection)


def _revision(connection: sa.Connection) -> str:
    """The database's revision; empty where Alembic hasn't been there."""
    if not sa.inspect(connection).has_table(_VERSION):
        return ""
    return connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION}").scalar() or ""


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that no other process has at the same time.

    SQLite changes a column by replacing its table, and while it watches references the old one takes the rows with it
    that refer to it.
    """
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        try:
            with connection.begin():
                connection.exec_driver_sql(_ALONE[engine.dialect.name])
                yield connection
        finally:
            # It goes back to the pool no more: what is opened next watches references.
            connection.invalidate()


def _try_on_copy(engine: sa.Engine) -> None:
    """The upgrade of a copy beside the file, which is then removed: what fails, fails there."""
    file = Path(str(engine.url.database))
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".upgrade-") as folder:
        copy = Path(folder) / file.name
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        trial = sa.create_engine(f"sqlite:///{copy}")
        try:
            with _alone(trial) as connection:
                _migrate(connection)
                broken = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
            if broken != "ok":
                raise SettingsError(f"The database {_name(engine)} is damaged ({broken}); restore it from a backup.")
        finally:
            trial.dispose()


def _migrate(connection: sa.Connection) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_FOLDER))
    before = _rows(connection)
    context = MigrationContext.configure(
        connection, opts={"fn": lambda revision, _: scripts._upgrade_revs("head", revision)}
    )
    with Operations.context(context):
        context.run_migrations()
    after = _rows(connection)
    lost = [table for table, count in before.items() if after.get(table, 0) < count]
    if lost:
        raise SettingsError(
            f"The database {_name(connection.engine)} can't be brought up to this version: rows of {', '.join(lost)} "
            "would be lost. It was left as it was; install the version before, and report this."
        )


def _rows(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = [name for name in sa.inspect(connection).get_table_names() if name != _VERSION]
    counted = sa.func.count()
    return {name: connection.execute(sa.select(counted).select_from(sa.table(name))).scalar_one() for name in tables}


def _name(engine: sa.Engine) -> str:
    return engine.url.render_as_string()
