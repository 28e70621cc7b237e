"""`debrief backup` and `debrief restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.console import err, out, print_json
from core.settings import load_settings
from operations.backup import back_up, verify
from operations.restore import restore


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("backup")(backup_command)
    app.command("restore")(restore_command)


def backup_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the backup's folder is made.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copies the state database, the index and the settings' files to a new folder, and reads them again."""
    settings = load_settings()
    target, backup = back_up(settings, folder)
    if as_json:
        print_json({"folder": str(target), "generation": backup.generation, "rows": backup.rows})
        return
    index = f"the index {backup.generation}" if backup.generation else "no index (take the server's snapshot of it)"
    if not backup.generation and not settings.retrieval.server.url:
        index = "no index, since there is none yet"
    out.print(f"Written and checked: {target}, with {sum(backup.rows.values()):,} rows and {index}.")
    err.print("It holds text of documents and conversations: keep it as closed as they are.")


def restore_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `debrief backup` has made.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether it could be restored.")] = False,
) -> None:
    """Puts a backup's state database and index in the place of the present ones, which are kept aside."""
    if check:
        backup = verify(folder.absolute())
        out.print(f"{folder} is whole: {sum(backup.rows.values()):,} rows of {backup.created_at}.")
        return
    backup, aside = restore(load_settings(), folder)
    out.print(
        f"Restored the state of {backup.created_at}. What was there before lies in {aside}; delete it when you can."
    )
    out.print("Run `debrief sync` before you start the pages: access lists are as old as the backup until then.")
    if (folder / "files").is_dir():
        out.print(f"Settings and their files weren't touched; those of then are in {folder / 'files'}.")
