"""`debrief data verify | verified | revoke`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from core.console import out, print_json
from core.database import open_database as open_state
from core.errors import IdentityError, QuestionError
from core.identity import asking_user
from core.settings import Settings, load_settings
from core.types import User
from warehouse.configured import AsJson, AsUser, opened
from warehouse.query.values import values_of
from warehouse.verified import VerifiedQuestion, may_verify


def add_verified(data_app: typer.Typer) -> None:
    """Adds the commands to `debrief data`."""
    for command in (verify, verified, revoke):
        data_app.command(command.__name__)(command)


def verify(
    question: Annotated[str, typer.Argument(help="The question; what it is answered with now is approved.")],
    *,
    user: AsUser = "",
    until: Annotated[str, typer.Option(help="The last day on which it holds, as 2027-01-31; default: a year.")] = "",
) -> None:
    """Asks a question, prints the rows' query in words, and approves it: from now on these words run this query."""
    settings = load_settings()
    asking, warehouse = _approving(settings, user), opened(settings)
    day = _day(until)
    found = warehouse.ask(question, asking)
    if found.query is None or found.problem:
        raise QuestionError(found.problem or "This wasn't understood; nothing is approved.")
    kept = warehouse.verified.approve(question, found.query, asking, day)
    out.print(f"[bold]{escape(found.words)}[/]: {len(found.rows):,} rows.")
    out.print(f"Verified until {kept.until} as {kept.id}; `debrief data revoke {kept.id}` ends it.", markup=False)


def verified(as_json: AsJson = False) -> None:
    """Lists the verified questions with owner and last day, those that no longer fit, and what use suggests."""
    warehouse = opened(load_settings())
    today = warehouse.today()
    listed = [v for v in warehouse.verified.listed() if v.status == "verified"]
    suggested = warehouse.verified.suggestions(today)
    if as_json:
        kept = [
            {"id": v.id, "question": v.question, "query": values_of(v.query), "owner": v.owner, "until": v.until}
            | {"state": _state(v, today)}
            for v in listed
        ]
        more = [{"question": s.question, "query": values_of(s.query), "people": s.people} for s in suggested]
        print_json({"verified": kept, "suggested": more})
        return
    table = Table("question", "owner", "until", "state", "id")
    for v in listed:
        table.add_row(
            *map(escape, (v.question, v.owner, str(v.until or "–"), _state(v, today), v.id or "in the layer"))
        )
    out.print(table)
    for s in suggested:
        out.print(f"Suggested, {s.people} asked: {s.question}", markup=False)


def revoke(
    id: Annotated[str, typer.Argument(help="As `debrief data verified` lists it.")], *, user: AsUser = ""
) -> None:
    """Ends a verified question; from now on it is read as any other."""
    settings = load_settings()
    question = opened(settings).verified.revoke(id, _approving(settings, user))
    out.print(f"No longer verified: {question}", markup=False)


def _approving(settings: Settings, user: str) -> User:
    person = asking_user(settings, user, open_state(settings))
    if not may_verify(person, settings):
        raise IdentityError(
            f"{person.email} may not verify questions; that is for authors and administrators (auth.author_groups)."
        )
    return person


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise QuestionError(f"{said!r} is no day; write --until 2027-01-31.") from error


def _state(v: VerifiedQuestion, today: date) -> str:
    return v.problem or ("in force" if v.holds(today) else "over")
