"""`debrief erase`: the text of a deleted document goes from everywhere."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated

import typer

from core import audit
from core.console import out
from core.database import Engine, open_database
from core.settings import load_settings
from ingestion.erase import erasable, erase_documents
from ingestion.state import SyncState

EraseRecords = Callable[[Engine, Collection[str]], dict[str, int]]
_records: dict[str, EraseRecords] = {}
_NAMES = {
    "turn": "answers of conversations",
    "trace": "traces",
    "result": "results of apps",
    "item": "items of reviews",
}


def register(app: typer.Typer, erase_records: EraseRecords) -> None:
    """Adds the command. `erase_records` takes documents out of what is kept of conversations."""
    _records["erase"] = erase_records
    app.command("erase")(erase)


def erase(
    documents: Annotated[list[str], typer.Argument(help="Ids of deleted documents, as in `debrief docs list`.")],
    sure: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Erases the text of deleted documents from the index's generations, stored answers, traces and results."""
    settings = load_settings()
    engine = open_database(settings)
    state = SyncState(engine)
    for document in documents:
        erasable(state, document)
    if not sure:
        typer.confirm(f"Erase {len(documents)} documents for good, and older generations of the index?", abort=True)
    erased = _records["erase"](engine, documents)
    removed = erase_documents(settings, state, documents)
    audit.record(engine, audit.SERVICE, "erased documents", ", ".join(documents), "", documents=documents)
    told = ", ".join(f"{count} {_NAMES[kind]}" for kind, count in erased.items())
    out.print(f"Erased {len(documents)} documents: {told or 'no stored answer rested on them'}.")
    if removed:
        out.print(f"The index was written anew without them; the generations {', '.join(removed)} are gone.")
    out.print("Backups keep what they hold. The ids stay in the audit trail, and in traces that found them.")
