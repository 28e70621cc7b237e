"""`debrief vision document`: objects in the recording of an indexed document, shown on its page from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.console import err, print_json, progress
from core.database import open_database
from core.settings import load_settings
from ingestion.state import SyncState
from vision.commands import AsJson, DetectorOption, vision_app


def register(app: typer.Typer) -> None:
    """Adds the command to `debrief vision`."""
    vision_app.command("document")(document_)


def document_(
    document: Annotated[str, typer.Argument(help="A document's id, as `debrief docs list` shows it.")],
    blueprint: Annotated[Path, typer.Option(help="What is looked for: a YAML file, see docs/vision.md.")],
    detector: DetectorOption = "",
    as_json: AsJson = False,
) -> None:
    """Finds what the blueprint asks for in a document's recording; its page shows it from then on."""
    from ingestion.seen import detect_in_document
    from vision.blueprint import load_blueprint
    from vision.uses import objects

    settings, asked = load_settings(), load_blueprint(blueprint)
    with progress() as bar:
        task = bar.add_task(document, total=1.0, rate="")
        state = SyncState(open_database(settings))
        result = detect_in_document(
            settings,
            state,
            document,
            asked,
            detector=detector,
            progress=lambda share: bar.update(task, completed=share),
        )
    if as_json:
        print_json(result)
        return
    err.print(f"{sum(1 for _ in objects(result))} objects found; the page of {document} shows them.")
