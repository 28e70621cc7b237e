"""Putting a backup back: checked first, then beside the present data, and only then in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from core.database import Engine, open_database, open_sqlite
from core.errors import BackupError
from core.rows import copy_rows
from core.settings import Settings
from operations.backup import INDEX, STATE, Backup, back_up, check_content, verify
from operations.instance import the_only_instance
from retrieval.engines.files import copy_tree, locked, make_durable, require_room, tree_size


def restore(settings: Settings, folder: Path) -> tuple[Backup, Path]:
    """Makes state and index those of the backup in `folder`; also says where the data of before now lies.

    Until everything is checked in its new place, the present data is what it was.

    Raises:
        BackupError: the backup is damaged, or of a newer version.
        IndexLocked: Debrief or a sync runs.
    """
    backup = verify(folder.absolute())
    data = settings.data_path
    with ExitStack() as held:
        held.enter_context(the_only_instance(data))
        held.enter_context(locked(data / INDEX))
        require_room(data, tree_size(folder))
        staging = data / ".restore"
        shutil.rmtree(staging, ignore_errors=True)
        held.callback(shutil.rmtree, staging, ignore_errors=True)
        copy_tree(folder, staging)
        check_content(staging, backup)
        _bring_up(staging / STATE)
        make_durable(staging)
        aside = data / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        with ExitStack() as undo:
            names = _generations(data / INDEX, staging / INDEX)
            _swap(undo, data / INDEX, staging / INDEX, aside / INDEX, names)
            if settings.database_url is None:
                _swap(undo, data, staging, aside, (STATE, f"{STATE}-wal", f"{STATE}-shm"))
            else:
                back_up(settings, aside)
                _fill(open_database(settings), staging / STATE, backup)
            undo.pop_all()
    return backup, aside


def _bring_up(file: Path) -> None:
    """The state file as this version has it, in one file."""
    open_sqlite(file).dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _generations(*folders: Path) -> tuple[str, ...]:
    """CURRENT and what there is of generations; the lock stays where it is, since it is held."""
    names = {path.name for folder in folders if folder.is_dir() for path in folder.glob("generation-*")}
    return ("CURRENT", *sorted(names))


def _swap(undo: ExitStack, place: Path, new: Path, aside: Path, names: tuple[str, ...]) -> None:
    """Moves the named files of `place` to `aside`, and those of `new` into their place; `undo` moves them back."""
    aside.mkdir(parents=True, exist_ok=True)
    for origin, target in ((place, aside), (new, place)):
        for name in names:
            if (origin / name).exists():
                os.replace(origin / name, target / name)
                undo.callback(os.replace, target / name, origin / name)


def _fill(target: Engine, file: Path, backup: Backup) -> None:
    """Replaces the rows of the database by the file's, in one transaction."""
    source = open_sqlite(file)
    try:
        with source.connect() as rows, target.begin() as written:
            counts = copy_rows(rows, written)
            wrong = [table for table, count in backup.rows.items() if counts.get(table) != count]
            if wrong:
                raise BackupError(
                    f"The rows of {', '.join(wrong)} couldn't all be written to {target.url.render_as_string()}; it "
                    "is as it was."
                )
    finally:
        source.dispose()
        target.dispose()
