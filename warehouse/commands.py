"""`debrief data ask | check | draft | access`; those on verified questions stand in verified_commands.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import click
import typer
import yaml
from rich.markup import escape
from rich.table import Table

from core.console import err, out, print_json
from core.database import open_database as open_state
from core.errors import QuestionError, SettingsError
from core.identity import asking_user
from core.llm import open_chat_models
from core.settings import load_settings
from warehouse.ask import DataAnswer, open_database_of
from warehouse.configured import AsJson, AsUser, opened
from warehouse.layer.draft import drafted
from warehouse.layer.problems import problems
from warehouse.matrix import matrix, permissions
from warehouse.query.check import roles_of
from warehouse.query.values import values_of
from warehouse.shown import cell_text
from warehouse.verified_commands import add_verified

data_app = typer.Typer(
    no_args_is_help=True, help="Questions over tables: ask, check and draft the layer, who sees what."
)


def register(app: typer.Typer) -> None:
    """Adds the commands to `debrief`."""
    add_verified(data_app)
    app.add_typer(data_app, name="data")


@data_app.command("ask")
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    *,
    user: AsUser = "",
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL, too.")] = False,
    chart: Annotated[
        Path | None, typer.Option(help="Write the chart there: .png, .svg, or .json for Vega-Lite.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answers a question from the tables that the user may see, with the query in words."""
    settings = load_settings()
    asking = asking_user(settings, user, open_state(settings))
    warehouse, models = opened(settings), open_chat_models(settings.llm, settings.data_path)
    answer = warehouse.ask(question, asking, models=models)
    if answer.choices and not as_json and sys.stdin.isatty():
        answer = warehouse.ask(_chosen(answer), asking, models=models)
    if answer.choices:
        raise QuestionError(f"{answer.problem} Ask one of: {'; '.join(answer.choices)}")
    if answer.problem:
        raise QuestionError(answer.problem)
    if chart is not None:
        _write_chart(answer, chart)
    if as_json:
        print_json(
            {
                "words": answer.words,
                "columns": list(answer.columns),
                "rows": [list(row) for row in answer.rows],
                "chart": answer.kind,
                "sql": answer.sql,
                "query": values_of(answer.query) if answer.query else None,
                "verified": answer.verified.owner if answer.verified else None,
                "tables": list(answer.tables),
                "at": answer.at,
            }
        )
        return
    out.print(f"[bold]{escape(answer.words)}[/]")
    if answer.verified is not None:
        out.print(answer.verified.said(), style="green", markup=False)
    table = Table(*map(escape, answer.columns))
    for row in answer.shown():
        table.add_row(*(escape(cell_text(v)) for v in row))
    out.print(table)
    if answer.more:
        out.print(f"Only the first {len(answer.rows):,} rows are shown.")
    out.print(f"[dim]{escape(', '.join(answer.tables))}, {answer.at:%Y-%m-%d %H:%M} UTC[/]")
    if sql:
        print(answer.sql)


def _chosen(answer: DataAnswer) -> str:
    out.print(answer.problem, markup=False)
    for n, choice in enumerate(answer.choices, start=1):
        out.print(f"  {n}  {choice}", markup=False)
    number: int = typer.prompt("Number", type=click.IntRange(1, len(answer.choices)))
    return answer.choices[number - 1]


@data_app.command("check")
def check(as_json: AsJson = False) -> None:
    """Holds warehouse.yaml against the live database: names, types, joins that would multiply rows, scopes that
    are open.
    """
    settings = load_settings()
    warehouse = opened(settings)
    found = problems(warehouse.layer, warehouse.database)
    found += [f"The verified question “{v.question}”: {v.problem}" for v in warehouse.verified.listed() if v.problem]
    if as_json:
        print_json({"problems": found})
    else:
        for problem in found:
            err.print(problem, markup=False)
        out.print(
            f"{len(warehouse.layer.entities)} entities, {len(warehouse.layer.metrics)} metrics, {len(found)} problems."
        )
    if found:
        raise typer.Exit(1)


@data_app.command("draft")
def draft(
    save: Annotated[
        Path | None, typer.Option(help="Write it there, such as warehouse.yaml; default: print it.")
    ] = None,
) -> None:
    """Writes a first layer from the database's catalogue, keys, comments and samples, with what a person must
    decide.
    """
    settings = load_settings()
    if save is not None and save.exists():
        raise SettingsError(f"{save} is there already; choose another name, or remove it.")
    database = open_database_of(settings)
    layer, hints = drafted(database.catalogue(), database)
    body = yaml.safe_dump(
        json.loads(layer.model_dump_json(exclude_defaults=True)), sort_keys=False, allow_unicode=True, width=120
    )
    text = (
        "# A first layer, drafted from the database. To decide:\n" + "".join(f"# - {hint}\n" for hint in hints) + body
    )
    if save is None:
        print(text, end="")
        return
    save.write_text(text, encoding="utf-8")
    out.print(f"Wrote {save}; name it in `warehouse: layer`, then run `debrief data check`.", markup=False)


@data_app.command("access")
def access(user: Annotated[str, typer.Argument(help="The person's address.")], as_json: AsJson = False) -> None:
    """Shows which entities, rows and columns a person sees, by which role."""
    settings = load_settings()
    asking = asking_user(settings, user, open_state(settings))
    layer = opened(settings).layer
    found = permissions(asking, layer)
    if as_json:
        print_json({"roles": roles_of(asking, layer), "entities": [p.values() for p in found]})
        return
    out.print(f"Roles: {', '.join(roles_of(asking, layer))}")
    table = Table("entity", "rows", "may", "columns that aren't shown")
    for p in found:
        table.add_row(*map(escape, (p.entity, p.why or p.rows, ", ".join(p.actions), ", ".join(p.hidden))))
    out.print(table)


@data_app.command("matrix")
def permission_matrix(as_json: AsJson = False) -> None:
    """Shows each role against each entity: rows, actions, and the columns that it doesn't see."""
    found = matrix(opened(load_settings()).layer)
    if as_json:
        print_json({"permissions": [p.values() for p in found]})
        return
    table = Table("role", "entity", "rows", "may", "columns that aren't shown")
    for p in found:
        table.add_row(*map(escape, (p.role, p.entity, p.rows, ", ".join(p.actions), ", ".join(p.hidden))))
    out.print(table)


def _write_chart(answer: DataAnswer, file: Path) -> None:
    if answer.spec is None:
        raise QuestionError(f"This is shown as a {answer.kind}, not as a chart; leave out --chart.")
    from warehouse.charts.picture import picture

    file.write_bytes(picture(answer.spec, file.suffix.lower()))
    err.print(f"Wrote {file}.", markup=False)
