"""`debrief eval apps`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from core.console import out, print_json
from evals.commands.measures import AsJson, eval_app


def register(_app: typer.Typer) -> None:
    """The command below is already on `debrief eval`; importing this module put it there."""


@eval_app.command("apps")
def apps(
    world: Annotated[Path, typer.Argument(help="A folder with debrief.yaml, documents and apps.yaml.")],
    data: Annotated[Path | None, typer.Option(help="Where its index is kept; default: nowhere.")] = None,
    outputs: Annotated[Path | None, typer.Option(help="A folder for the texts that the apps wrote.")] = None,
    as_json: AsJson = False,
) -> None:
    """Runs apps on the customers of a company and counts the facts that they give and the statements that are false."""
    from evals.measures.app_worlds import AppScore, evaluate_apps

    with tempfile.TemporaryDirectory(prefix="debrief-world-") as folder:
        scores = evaluate_apps(world, data or Path(folder), outputs)
    total = AppScore(
        facts=sum(s.facts for s in scores.values()),
        found=sum(s.found for s in scores.values()),
        false=[f for s in scores.values() for f in s.false],
    )
    if as_json:
        by_app: dict[str, Any] = {
            name: {
                "facts": s.facts,
                "facts_found": round(s.share, 4),
                "false_statements": len(s.false),
                "false": s.false,
                "missed": s.missed,
                "failed": s.failed,
            }
            for name, s in scores.items()
        }
        print_json(
            {
                "facts": total.facts,
                "facts_found": round(total.share, 4),
                "false_statements": len(total.false),
                "apps": by_app,
            }
        )
        return
    table = Table("app", "facts", "found", "share", "false statements")
    for name, s in [*scores.items(), ("all", total)]:
        table.add_row(name, str(s.facts), str(s.found), f"{s.share:.2f}", str(len(s.false)))
    out.print(table)
    for name, s in scores.items():
        for what, lines in (("failed", s.failed), ("false", s.false), ("missed", s.missed)):
            for line in lines:
                out.print(f"{what} in {name}: {escape(line)}")
