"""`debrief access check`: whether a person may read a document, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, cast

import typer
from sqlalchemy.engine import Engine

from core import audit
from core.console import err, out, print_json
from core.database import open_database
from core.errors import IdentityError
from core.identity import Directory, load_directory, person_named
from core.settings import load_settings
from core.spreadsheet import csv_text
from core.types import User
from ingestion.access_history import AccessList, known_since, list_at
from ingestion.access_report import access_report
from ingestion.documents import principal_name, what_to_do, why_readable
from ingestion.groups import refresh_groups
from ingestion.state import DocumentOutcome, DocumentRecord, SyncState

access_app = typer.Typer(no_args_is_help=True, help="Who may read what, and why.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(access_app, name="access")


@access_app.command("check")
def check(
    user: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    document: Annotated[str, typer.Argument(help="The document's id, as `debrief docs list` prints it.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="By the document's list of that moment, UTC; a day alone means its end.",
        ),
    ] = None,
) -> None:
    """Says step by step whether a person may read a document, or might have then. Exit code 1 if not."""
    settings = load_settings()
    engine = open_database(settings)
    record = SyncState(engine).known([document]).get(document)
    if record is None:
        raise IdentityError(f"There is no document {document!r}; `debrief docs list` names them.")
    person = person_named(settings, user, engine)
    if as_of is not None:
        record = _as_of(engine, record, as_of)
    directory = load_directory(settings, engine)
    answer = why_readable(person, record, directory.names)
    for step in _steps(person, record, directory):
        out.print(step)
    out.print(answer)
    if as_of is None and (remedy := what_to_do(person, record, directory.names)):
        out.print(remedy)
    audit.record(engine, audit.SERVICE, "checked access", document, answer, person=person.email, as_of=as_of)
    if record.outcome != "indexed" and as_of is not None:
        out.print(f"But it isn't found by anybody: it is {record.outcome}. {record.reason}".rstrip())
    if not answer.startswith("Yes") or record.outcome != "indexed":
        raise typer.Exit(1)


@access_app.command("report")
def report(
    kind: Annotated[str, typer.Option(help="Only findings of this kind, such as 'open to everyone'.")] = "",
    file: Annotated[Path | None, typer.Option("--csv", help="Write them to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists documents open to everyone or to nobody, the widest read, unknown groups and people, and old lists."""
    settings = load_settings()
    engine = open_database(settings)
    found = access_report(engine, load_directory(settings, engine), settings.auth.groups_grace_minutes)
    found = [finding for finding in found if kind in ("", finding.kind)]
    if file is not None:
        file.write_text(csv_text(("kind", "what", "detail"), map(astuple, found)), encoding="utf-8")
    if as_json:
        print_json({"findings": found})
        return
    for finding in found:
        out.print(f"{finding.kind:18} {finding.subject}  {finding.detail}")
    counts = Counter(finding.kind for finding in found)
    err.print(", ".join(f"{count} {name}" for name, count in counts.items()) or "Nothing worth a look.")


@access_app.command("refresh")
def refresh() -> None:
    """Asks the directory (auth.graph) now who is in which group, as `debrief serve` does at intervals."""
    settings = load_settings()
    if settings.auth.graph is None:
        raise IdentityError(f"{settings.file}: auth.graph isn't set, so there is no directory to ask; set it first.")
    out.print(f"{refresh_groups(settings, open_database(settings))} groups refreshed.")


def _as_of(engine: Engine, record: DocumentRecord, as_of: datetime) -> DocumentRecord:
    """The record with the access list of then; prints what that rests on."""
    moment = as_of.replace(tzinfo=UTC)
    if (moment.hour, moment.minute) == (0, 0):
        moment += timedelta(days=1)
    now = AccessList(record.outcome, record.allow, record.deny)
    then = list_at(engine, record.id, now, moment)
    since = known_since(engine)
    out.print(f"The document's list as of {moment:%Y-%m-%d %H:%M} UTC, the person's groups as of today.")
    if since is None or since > moment:
        kept = f"begin on {since:%Y-%m-%d %H:%M} UTC" if since else "are none"
        err.print(f"What the audit trail holds of changed lists {kept}: an earlier change wouldn't be seen.")
    if then is None:
        return replace(record, allow=(), deny=(), outcome="deleted", reason="It wasn't there yet.")
    reason = record.reason if then == now else ""
    return replace(record, allow=then.allow, deny=then.deny, outcome=cast(DocumentOutcome, then.outcome), reason=reason)


def _steps(person: User, record: DocumentRecord, directory: Directory) -> Iterator[str]:
    known = "is in the users file" if person.email in directory.entries else "isn't in the users file"
    yield f"1. {person.email} {known}."
    yield f"2. In the groups {', '.join(person.groups) or '– none –'}, without those of the sign-in's token."
    for group in person.groups:
        through = sorted(m for m in directory.members.get(group, ()) if m in person.principals())
        yield f"   {group}, through {', '.join(map(principal_name, through)) or 'the token'}"
    yield f"3. The document allows {', '.join(map(principal_name, sorted(record.allow))) or 'nobody'}."
    yield f"4. It denies {', '.join(map(principal_name, sorted(record.deny))) or 'nobody'}; deny beats allow."
