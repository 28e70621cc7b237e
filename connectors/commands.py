"""`debrief sources test`. The list of sources is added by the folder that keeps the runs."""

from __future__ import annotations

from typing import Annotated

import typer

from connectors.probe import Probe, probe
from connectors.source_edit import source_named
from core.console import out, print_json
from core.settings import load_settings

sources_app = typer.Typer()


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(sources_app, name="sources")


@sources_app.command("test")
def test_source(
    name: Annotated[str, typer.Argument(help="The source's name in debrief.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Signs in, reads one document and says what the source would need. Exit code 1 if it can't be read."""
    settings = load_settings()
    result = probe(source_named(settings, name), settings)
    if as_json:
        print_json(result)
    else:
        print_probe(result)
    if result.problem:
        raise typer.Exit(1)


def print_probe(result: Probe) -> None:
    """Prints what came of trying a source out."""
    mark = "[red]cannot be read[/]" if result.problem else "[green]can be read[/]"
    out.print(f"{result.source} ({result.kind}) {mark}, {result.seconds:.1f} s", markup=True)
    if result.document_id:
        out.print(f"  document   {result.title} ({result.document_id}), {result.size_bytes:,} bytes")
    if result.document_id and not result.problem:
        out.print(f"  may read   {', '.join(result.allow) or 'nobody'}")
        if result.deny:
            out.print(f"  may not    {', '.join(result.deny)}")
    if result.problem:
        out.print(f"  problem    {result.problem}")
    if result.credential:
        out.print(f"  credential {result.credential}")
    for note in result.notes:
        out.print(f"  note       {note}")
    for need in result.needs:
        out.print(f"  needs      {need}")
