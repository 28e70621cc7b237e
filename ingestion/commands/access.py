"""`debrief access check`: whether a person may read a document, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from core import audit
from core.console import out
from core.database import open_database
from core.errors import IdentityError
from core.identity import Directory, asking_user, load_directory
from core.settings import load_settings
from core.types import User
from ingestion.documents import principal_name, why_readable
from ingestion.state import DocumentRecord, SyncState

access_app = typer.Typer(no_args_is_help=True, help="Who may read what, and why.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(access_app, name="access")


@access_app.command("check")
def check(
    user: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    document: Annotated[str, typer.Argument(help="The document's id, as `debrief docs list` prints it.")],
) -> None:
    """Says step by step whether a person may read a document. Exit code 1 if not."""
    settings = load_settings()
    engine = open_database(settings)
    record = SyncState(engine).known([document]).get(document)
    if record is None:
        raise IdentityError(f"There is no document {document!r}; `debrief docs list` names them.")
    person = asking_user(settings, user, engine)
    answer = why_readable(person, record)
    for step in _steps(person, record, load_directory(settings, engine)):
        out.print(step)
    out.print(answer)
    audit.record(engine, audit.SERVICE, "checked access", document, answer, person=person.email)
    if record.outcome != "indexed":
        out.print(f"But it isn't found by anybody: it is {record.outcome}. {record.reason}".rstrip())
    if not answer.startswith("Yes") or record.outcome != "indexed":
        raise typer.Exit(1)


def _steps(person: User, record: DocumentRecord, directory: Directory) -> Iterator[str]:
    known = "is in the users file" if person.email in directory.entries else "isn't in the users file"
    yield f"1. {person.email} {known}."
    yield f"2. In the groups {', '.join(person.groups) or '– none –'}, without those of the sign-in's token."
    for group in person.groups:
        through = sorted(m for m in directory.members.get(group, ()) if m in person.principals())
        yield f"   {group}, through {', '.join(map(principal_name, through)) or 'the token'}"
    yield f"3. The document allows {', '.join(map(principal_name, sorted(record.allow))) or 'nobody'}."
    yield f"4. It denies {', '.join(map(principal_name, sorted(record.deny))) or 'nobody'}; deny beats allow."
