"""`debrief person export` and `delete`: what is kept about one person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from core import audit
from core.console import out, print_json
from core.database import Engine, open_database
from core.errors import DebriefError
from core.files import write_atomically
from core.person.records import delete_person, person_records
from core.person.report import as_json, deletion_lines, elsewhere
from core.settings import Settings, load_settings

person_app = typer.Typer(no_args_is_help=True, help="What is kept about one person.", rich_markup_mode=None)

EndAccounts = Callable[[Settings, Engine, str], list[str]]
_hooks: dict[str, EndAccounts] = {}

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]


def register(app: typer.Typer, end_accounts: EndAccounts) -> None:
    """Adds the command's group.

    Args:
        end_accounts: Ends a person's sign-ins at other systems before they are forgotten here; what became of each.
    """
    _hooks["end accounts"] = end_accounts
    app.add_typer(person_app, name="person")


@person_app.command("export")
def export(
    email: Email,
    file: Annotated[Path | None, typer.Option("--out", help="Write to this file; default: stdout.")] = None,
) -> None:
    """Gives out everything that is kept about a person, as JSON."""
    engine = _opened()
    text = as_json(engine, email)
    audit.record(engine, audit.SERVICE, "exported person", email)
    if file is None:
        print(text)
    else:
        write_atomically(file, text)
        file.chmod(0o600)
        out.print(f"Written to {file}, for this account alone to read.")


@person_app.command("delete")
def delete(
    email: Email,
    sure: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Deletes what is kept about a person, says what stays and why, and checks that the rest is gone."""
    engine = _opened()
    found = person_records(engine, email)
    if not found:
        raise DebriefError(f"Nothing is kept about {email!r}; check how the address is written.")
    if not sure:
        counts = ", ".join(f"{len(rows)} in {table}" for table, rows in found.items())
        typer.confirm(f"Delete what is kept about {email} for good ({counts})?", abort=True)
    ended = _hooks["end accounts"](load_settings(), engine, email)
    done = delete_person(engine, email)
    audit.record(engine, audit.SERVICE, "deleted person", email)
    if json_:
        print_json({"deletion": done, "elsewhere": [*ended, *elsewhere(load_settings())]})
    else:
        for line in (*ended, *deletion_lines(done, load_settings())):
            out.print(line)
    if done.left:
        raise typer.Exit(1)


def _opened() -> Engine:
    return open_database(load_settings())
