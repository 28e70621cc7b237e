"""`debrief audit verify`, `export` and `anchor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.audit.chain import described, json_lines, read_anchors, verify, write_anchor
from core.audit.entries import SERVICE, record
from core.console import out, print_json
from core.database import open_database
from core.errors import SettingsError
from core.settings import Settings, load_settings

audit_app = typer.Typer(no_args_is_help=True, help="The audit trail.", rich_markup_mode=None)

AnchorsOption = Annotated[
    Path | None, typer.Option("--anchors", help="The file of anchors; default: audit.anchors_file.")
]


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def verify_trail(
    anchors: AnchorsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Checks that no entry was changed, deleted, moved or cut off. Exit code 1 if one was."""
    settings = load_settings()
    file = _anchors_file(settings, anchors)
    found = verify(open_database(settings), read_anchors(file) if file is not None else ())
    if as_json:
        print_json(found)
    else:
        for line in described(found, file):
            out.print(line)
    if found.problems:
        raise typer.Exit(1)


@audit_app.command("export")
def export_trail(
    after: Annotated[int, typer.Option(help="Only entries after this id, such as the last one exported before.")] = 0,
    file: Annotated[Path | None, typer.Option("--out", help="Append to this file; default: stdout.")] = None,
) -> None:
    """Prints the entries as JSON, one a line, for a SIEM. Each has its hash and the one before."""
    engine = open_database(load_settings())
    lines = 0
    with file.open("a", encoding="utf-8") if file is not None else open(1, "w", encoding="utf-8", closefd=False) as to:
        for line in json_lines(engine, after):
            print(line, file=to)
            lines += 1
    record(engine, SERVICE, "exported audit trail", f"{lines} entries after {after}", str(file or "stdout"))


@audit_app.command("anchor")
def anchor_trail(anchors: AnchorsOption = None) -> None:
    """Writes an anchor of the newest entry now, as `debrief serve` does at intervals."""
    settings = load_settings()
    file = _anchors_file(settings, anchors)
    if file is None:
        raise SettingsError(f"{settings.file}: audit.anchors_file isn't set; name a file on another disk there.")
    written = write_anchor(open_database(settings), file)
    out.print(f"Anchored entry {written.id} in {file}." if written else f"{file} has the newest entry already.")


def _anchors_file(settings: Settings, given: Path | None) -> Path | None:
    if given is not None:
        return given
    chosen = settings.audit.anchors_file
    return settings.path(chosen) if chosen is not None else None
