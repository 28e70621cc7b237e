"""`debrief apps collect` and `collected`: many people's inputs to one app."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from apps.kept import forms
from assistant.app_runs.named_apps import runnable_app
from assistant.commands.inputs import Parse, given_inputs
from core.console import out, print_json
from core.database import open_database
from core.errors import AppError
from core.identity import asking_user
from core.settings import load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]

_parse: dict[str, Parse] = {}


def add_commands(apps_app: typer.Typer, parse: Parse) -> None:
    """Adds the commands to `debrief apps`. `parse` turns a file's bytes and name into text."""
    _parse["file"] = parse
    apps_app.command("collect")(collect)
    apps_app.command("collected")(collected)


def collect(
    name: Annotated[str, typer.Argument(help="An app's name, or its file.")],
    collection: Annotated[str, typer.Argument(help="The collection's name, such as q4-feedback.")],
    *,
    inputs: Annotated[list[str] | None, typer.Option("--input", help="name=value; fills the form in.")] = None,
    begin: Annotated[bool, typer.Option("--open", help="Begin the collection, or open it again.")] = False,
    end: Annotated[bool, typer.Option("--close", help="Take no more answers.")] = False,
    note: Annotated[str, typer.Option(help="With --open: what people should know.")] = "",
    user: AsUser = "",
) -> None:
    """Collects many people's inputs to one app: open a collection, fill its form in, close it."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    app = runnable_app(name, "", settings, engine)
    if not (begin or end or inputs):
        raise AppError("Say what to do: --open, --close, or fill the form in with --input name=value.")
    if begin:
        opened = forms.open_collection(engine, app, collection, person, note)
        out.print(f"{opened.name} is open for {app.title}; {opened.submissions} answers so far.", markup=False)
    if inputs:
        forms.submit(engine, app, collection, given_inputs(app, inputs, _parse["file"]), person)
        out.print(f"Added to {collection}.", markup=False)
    if end:
        forms.close_collection(engine, app, collection, person)
        out.print(f"{collection} is closed; read it with: debrief apps collected {app.name} {collection}", markup=False)


def collected(
    name: Annotated[str, typer.Argument(help="An app's name, or its file.")],
    collection: Annotated[str, typer.Argument(help="A collection; default: list them.")] = "",
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Shows what people put into an app's form: all of it to who opened the collection, to others their own."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    app = runnable_app(name, "", settings, engine)
    if not collection:
        _print_collections(forms.collections_of(engine, app), as_json)
    elif as_csv:
        print(forms.collected_csv(engine, app, collection, person), end="")
    else:
        columns, rows = forms.collected_table(forms.submissions_of(engine, app, collection, person))
        if as_json:
            print_json({"columns": columns, "rows": rows})
            return
        table = Table(*columns)
        for row in rows:
            table.add_row(*map(escape, row))
        out.print(table)


def _print_collections(found: list[forms.Collection], as_json: bool) -> None:
    if as_json:
        print_json({"collections": [asdict(c) for c in found]})
        return
    table = Table("collection", "state", "answers", "people", "opened by")
    for c in found:
        state = f"closed {c.closed_at:%Y-%m-%d}" if c.closed_at else "open"
        table.add_row(escape(c.name), state, str(c.submissions), str(c.people), escape(c.opened_by))
    out.print(table)
