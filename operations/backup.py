"""A backup: the state database and the generation that serves, of one moment, each file with its SHA-256.

    DIR/debrief-20261128T0846/
        backup.json       of which version, when, and the checksum of every file below
        state.sqlite      the state database; the rows of a PostgreSQL database as well
        index/            CURRENT and the one generation that it names; not with a Qdrant server
        files/            the settings file and the files that it names, to be put back by hand

A sync publishes a generation before it commits what it remembers, and marks its sources before both. So a state that
was copied while one and the same generation served agrees with it, or says itself which sources are to be read anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from core.database import open_database, open_sqlite
from core.errors import BackupError
from core.files import write_atomically
from core.migrations import REVISIONS
from core.rows import copy_rows
from core.settings import Settings
from retrieval.engines.files import copy_tree, require_room, tree_size
from retrieval.engines.generations import FolderGenerations
from retrieval.engines.open import open_generations

MANIFEST = "backup.json"
STATE = "state.sqlite"
INDEX = "index"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself.

    Attributes:
        revision: Of the state database, see core/migrations.
        generation: The one that served; empty without one, or where the index is on a server.
        files: Path in the backup → SHA-256.
    """

    version: str
    revision: str
    created_at: str
    generation: str
    rows: dict[str, int]
    files: dict[str, str]


def back_up(settings: Settings, folder: Path) -> tuple[Path, Backup]:
    """The new backup's folder below `folder`, written and read again.

    Raises:
        BackupError: what was written can't be read again, or syncs publish faster than can be copied.
        DiskFull: it doesn't fit.
    """
    now = datetime.now(UTC)
    target = folder.absolute() / f"debrief-{now:%Y%m%dT%H%M%S}"
    draft = target.with_name(f".{target.name}")
    draft.mkdir(parents=True)
    try:
        require_room(draft, tree_size(settings.data_path / INDEX) // max(1, settings.retrieval.keep_generations))
        generation = _copy_of_one_moment(settings, draft)
        if generation:
            FolderGenerations(draft / INDEX).damage()  # what a first reading changes is changed before it is summed
        _copy_files(settings, draft / "files")
        _, rows = _rows(draft / STATE)
        backup = Backup(
            version("debrief"), REVISIONS[-1], f"{now:%Y-%m-%d %H:%M:%S} UTC", generation, rows, checksums(draft)
        )
        write_atomically(draft / MANIFEST, json.dumps(asdict(backup), indent=2))
        verify(draft)
        os.replace(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return target, backup


def verify(folder: Path) -> Backup:
    """What the backup in `folder` says of itself, if every file is whole, and this version can read it.

    Raises:
        BackupError: it isn't one, is damaged, or was made by a newer version.
    """
    try:
        backup = Backup(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(
            f"{folder} is no backup of Debrief ({error}); name the folder that holds {MANIFEST}."
        ) from error
    if backup.revision not in REVISIONS:
        raise BackupError(
            f"The backup {folder} was made by Debrief {backup.version} (revision {backup.revision}), and this is "
            f"{version('debrief')} (revision {REVISIONS[-1]}); install that version to restore it."
        )
    found = checksums(folder)
    wrong = sorted(path for path in {*found, *backup.files} if found.get(path) != backup.files.get(path))
    if wrong:
        raise BackupError(
            f"The backup {folder} is damaged: {', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''} isn't as it was "
            "written; take another backup."
        )
    check_content(folder, backup)
    return backup


def check_content(folder: Path, backup: Backup) -> None:
    """Looks into the database and the index in `folder`.

    Raises:
        BackupError: they don't hold what the backup says.
    """
    said, rows = _rows(folder / STATE)
    damage = FolderGenerations(folder / INDEX).damage() if backup.generation else ""
    if said != "ok" or rows != backup.rows or damage:
        what = damage or f"{STATE} doesn't hold the rows that were copied ({said})"
        raise BackupError(f"The backup {folder} can't be used: {what}")


def _rows(file: Path) -> tuple[str, dict[str, int]]:
    """What SQLite says of a state file, "ok" if it is whole, and the rows of each table; leaves no file beside it."""
    with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as connection:
        said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            return said, {}
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        return said, {
            table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for (table,) in tables
            if table not in ("alembic_version", "sqlite_sequence")
        }


def checksums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a backup, by its path in it."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: _sha256(path) for name, path in files.items() if name != MANIFEST}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_of_one_moment(settings: Settings, target: Path) -> str:
    """Copies state and index while one generation serves; its name, empty if there is none in the data folder."""
    generations = open_generations(settings)
    for _ in range(_TRIES):
        before = generations.current
        _copy_state(settings, target / STATE)
        if before is None or not isinstance(generations, FolderGenerations):
            return ""
        copy_tree(generations.folder / before.name, target / INDEX / before.name)
        after = generations.current
        if after is not None and after.name == before.name:
            (target / INDEX / "CURRENT").write_text(before.name, encoding="utf-8")
            return before.name
        shutil.rmtree(target / INDEX)
        (target / STATE).unlink()
    raise BackupError(
        f"A sync published a generation in each of {_TRIES} tries; back up again when `debrief sources` shows none."
    )


def _copy_state(settings: Settings, target: Path) -> None:
    engine = open_database(settings)
    try:
        if engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(str(engine.url.database))) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
        else:
            empty = open_sqlite(target)
            at_one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
            with at_one_moment.begin() as rows, empty.begin() as written:
                copy_rows(rows, written)
            empty.dispose()
    finally:
        engine.dispose()
    with closing(sqlite3.connect(target)) as copy:
        # One file, that reading leaves as it is.
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_files(settings: Settings, target: Path) -> None:
    """The settings file and what it names; secrets aren't in them."""
    target.mkdir()
    named = (
        settings.auth.users_file,
        settings.rules_file,
        settings.retrieval.weights_file,
        settings.guardrails_file,
        settings.apps_dir,
        settings.templates_dir,
        settings.evaluation.cases_dir,
        settings.evaluation.gates_file,
    )
    for path in [settings.file, *[settings.path(path) for path in named if path is not None]]:
        if path.is_dir():
            shutil.copytree(path, target / path.name, dirs_exist_ok=True)
        elif path.is_file():
            shutil.copy2(path, target / path.name)
