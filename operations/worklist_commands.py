"""`debrief docs worklist`: what the documents' owners have to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from core.console import err, out, print_json
from core.database import Engine, open_database
from core.errors import SettingsError
from core.identity import load_directory
from core.nearest import nearest
from core.settings import Settings, load_settings
from core.spreadsheet import csv_text
from ingestion.commands.sync import docs_app
from operations.worklist import COLUMNS, KINDS, Missing, worklist

FindMissing = Callable[[Settings, Engine], Iterable[Missing]]


def register(app: typer.Typer, missing: FindMissing) -> None:
    """Adds the command to `debrief docs`.

    Args:
        missing: The topics that people asked about and nothing answers.
    """

    @docs_app.command("worklist")
    def list_work(
        kind: Annotated[str, typer.Option(help=f"Only one of: {', '.join(KINDS)}.")] = "",
        file: Annotated[Path | None, typer.Option("--csv", help="Write the list to this file.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Lists contradictions, what is out of date, ownerless, doubled, never used, and asked for and missing."""
        if kind and kind not in KINDS:
            raise SettingsError(f"There is no kind {kind!r} of work; {nearest(kind, KINDS, 'kinds')}")
        settings = load_settings()
        engine = open_database(settings)
        found = worklist(settings, engine, load_directory(settings, engine), missing(settings, engine))
        found = [task for task in found if kind in ("", task.kind)]
        if file is not None:
            file.write_text(csv_text(COLUMNS, (task.row() for task in found)), encoding="utf-8")
        if as_json:
            print_json({"tasks": found})
            return
        for task in found:
            out.print(f"{task.kind}: {task.title} ({task.owner or 'no owner'})\n  {task.wrong}\n  {task.remedy}")
        counts = Counter(task.kind for task in found)
        err.print(", ".join(f"{number} {name}" for name, number in counts.items()) or "Nothing to do.")
