"""`debrief actions …`: what you may do in other systems, and the forms that you have under review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from actions.account_commands import add_account_commands
from actions.accounts.accounts import Accounts
from actions.connections import connection_of
from actions.kinds.kind import Field
from actions.kinds.mcp import McpSettings, mark_of, read_tools
from actions.kinds.openapi.cut import cut_document
from actions.kinds.openapi.document import read_document
from actions.proposals import OPEN, Proposal, of_user
from actions.review import Reviews, open_reviews
from core.console import out, print_json
from core.database import open_database
from core.errors import ActionError
from core.files import write_atomically
from core.identity import asking_user
from core.nearest import nearest
from core.settings import load_settings
from core.text.invisible import visible
from core.types import User

AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Form = Annotated[str, typer.Argument(help="The form's id, as `debrief actions list` shows it.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE; may be given more than once.")]
_SHORT = 12

actions_app = typer.Typer(no_args_is_help=True, help="Write into other systems, after a review.")


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(actions_app, name="actions")
    add_account_commands(actions_app)


@actions_app.command("list")
def list_actions(user: AsUser = "", as_json: AsJson = False) -> None:
    """Lists what you may do in other systems, and your forms that wait for something."""
    reviews, person = _opened(user)
    known = reviews.actions.of(person)
    forms = of_user(reviews.engine, person, OPEN)
    if as_json:
        rows = [{"action": a.id, "title": a.title, "kind": a.kind_id} for a in known.values()]
        print_json({"actions": rows, "forms": [_told(form) for form in forms]})
        return
    table = Table("action", "what it does", "fields")
    for action in known.values():
        table.add_row(action.id, action.title, ", ".join(f.name for f in action.operation.fields))
    out.print(table if known else "No action is open to you; `actions:` in debrief.yaml says which there are.")
    for form in forms:
        out.print(f"{form.id}  {form.state:9} {form.action}  {_headline(form)}", markup=False)


@actions_app.command("propose")
def propose(
    action: Annotated[str, typer.Argument(help="NAME.OPERATION, as `debrief actions list` shows it.")],
    values: Set = None,
    file: Annotated[Path | None, typer.Option("--file", help="The fields as a JSON object.")] = None,
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Fills in a form. Nothing is sent until you confirm it."""
    reviews, person = _opened(user)
    given = {**_read(file), **_pairs(values)}
    made = reviews.propose(action, given, person, origin={"command": "propose"})
    _show(reviews, made, person, as_json)


@actions_app.command("show")
def show(form: Form, user: AsUser = "", as_json: AsJson = False) -> None:
    """Shows a form: its fields, what they rest on, the record before and after, and what became of it."""
    reviews, person = _opened(user)
    _show(reviews, reviews.proposal(form, person), person, as_json)


@actions_app.command("edit")
def edit(form: Form, values: Set = None, user: AsUser = "", as_json: AsJson = False) -> None:
    """Changes fields of a form that isn't confirmed yet."""
    reviews, person = _opened(user)
    _show(reviews, reviews.edit(form, _pairs(values), person), person, as_json)


@actions_app.command("confirm")
def confirm(
    form: Form,
    seen: Annotated[str, typer.Argument(help="The form's mark, as `show` printed it with the form.")],
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Sends a form as it was shown with that mark; one that was changed since isn't sent."""
    reviews, person = _opened(user)
    known = reviews.proposal(form, person)
    whole = known.fingerprint if len(seen) >= _SHORT and known.fingerprint.startswith(seen) else seen
    _became(reviews.confirm(form, person, whole), as_json)


@actions_app.command("cancel")
def cancel(form: Form, user: AsUser = "", as_json: AsJson = False) -> None:
    """Puts a form away without sending it."""
    reviews, person = _opened(user)
    _became(reviews.cancel(form, person), as_json)


@actions_app.command("retry")
def retry(
    form: Form,
    not_there: Annotated[
        bool, typer.Option("--not-there", help="You have looked: it isn't in the other system. Send it again.")
    ] = False,
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Tries a confirmed form again that is stuck or waits."""
    reviews, person = _opened(user)
    _became(reviews.retry(form, person, not_there), as_json)


@actions_app.command("settle")
def settle(
    form: Form,
    record: Annotated[str, typer.Argument(help="The id that it has in the other system.")],
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Says that you have found a stuck form's record in the other system."""
    reviews, person = _opened(user)
    _became(reviews.settle(form, record, person), as_json)


@actions_app.command("undo")
def undo(form: Form, user: AsUser = "", as_json: AsJson = False) -> None:
    """Takes back what a form has written, where the system lets us."""
    reviews, person = _opened(user)
    _became(reviews.undo(form, person), as_json)


@actions_app.command("deliver")
def deliver() -> None:
    """Sends everybody's confirmed forms that are due, as `debrief serve` does each half minute."""
    settings = load_settings()
    reviews = open_reviews(settings, open_database(settings))
    out.print(f"{reviews.outbox.deliver_due()} forms were due.")


@actions_app.command("find")
def find(
    name: Annotated[str, typer.Argument(help="A system, by its name in the settings.")],
    words: Annotated[str, typer.Argument(help="What the records' titles or texts contain.")],
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Finds records in another system; changes nothing."""
    reviews, person = _opened(user)
    systems = reviews.actions.systems_of(person)
    if name not in systems:
        raise ActionError(f"No system {name!r} is open to you; {nearest(name, list(systems), 'your systems')}")
    found = [r for lookup in systems[name].kind.lookups for r in lookup.run(systems[name].client_of(person), words)]
    if as_json:
        print_json({"records": found})
        return
    for record in found:
        out.print(f"{record.title}  {record.link}", markup=False)
    if not found:
        out.print("Nothing was found.")


@actions_app.command("cut")
def cut(
    document: Annotated[Path, typer.Argument(help="An OpenAPI 3 file of any size, up to 100 MB.")],
    to: Annotated[Path, typer.Argument(help="The JSON file to write.")],
    operations: Annotated[list[str], typer.Option("--operation", help="An operationId; may be given more than once.")],
) -> None:
    """Takes some operations out of a large OpenAPI document, for a plugin."""
    made = cut_document(read_document(document, 100_000_000), operations)
    write_atomically(to, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    out.print(f"Wrote {to} with {len(operations)} operations, {to.stat().st_size:,} bytes.", markup=False)


@actions_app.command("tools")
def tools(
    name: Annotated[str, typer.Argument(help="A system of the kind mcp, by its name in the settings.")],
    user: AsUser = "",
) -> None:
    """Takes the tools of an MCP server into its `document`, and shows what is new, another, or gone."""
    settings = load_settings()
    entries = {e.name: (n, e) for n, e in enumerate(settings.actions) if e.kind == "mcp"}
    if name not in entries:
        raise ActionError(f"There is no MCP server {name!r}; {nearest(name, list(entries), 'MCP servers')}")
    number, entry = entries[name]
    engine = open_database(settings)
    connection = connection_of(entry, settings, number, Accounts(settings, engine))
    own = connection.settings
    assert isinstance(own, McpSettings)
    before = {t["name"]: mark_of(t) for t in read_tools(own.document, name)} if own.document.exists() else {}
    person = asking_user(settings, user, engine) if own.oauth is not None else User("")
    found = connection.client_of(person).listed()
    write_atomically(own.document, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    for tool in found:
        known = before.pop(tool["name"], None)
        state = "new" if known is None else "same" if known == mark_of(tool) else "changed"
        hints = ", ".join(k for k, v in (tool.get("annotations") or {}).items() if v is True)
        out.print(f"{state:8} {tool['name']}  {visible(tool.get('description', ''))[:100]}  {hints}", markup=False)
    for gone in before:
        out.print(f"gone     {gone}", markup=False)
    out.print(f"Wrote {own.document}; choose `operations` of {name} among these.", markup=False)


def _opened(email: str) -> tuple[Reviews, User]:
    settings = load_settings()
    engine = open_database(settings)
    return open_reviews(settings, engine), asking_user(settings, email, engine)


def _pairs(given: Sequence[str] | None) -> dict[str, str]:
    wrong = next((pair for pair in given or () if "=" not in pair), None)
    if wrong is not None:
        raise ActionError(f"--set {wrong!r} has no value; write it as FIELD=VALUE.")
    return dict(pair.split("=", 1) for pair in given or ())


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ActionError(f'{file} can\'t be read as JSON ({error}); write {{"field": "value"}}.') from error
    if not isinstance(found, dict):
        raise ActionError(f"{file} holds a {type(found).__name__}; write an object of fields.")
    return found


def _show(reviews: Reviews, form: Proposal, person: User, as_json: bool) -> None:
    fields = reviews.actions.named(form.action, person).fields(person) if form.state == "proposed" else ()
    wrong = reviews.problems(form.id, person) if form.state == "proposed" else ()
    if as_json:
        print_json({**_told(form), "problems": list(wrong)})
        return
    out.print(f"{form.action}  {form.state}  {form.id}", markup=False)
    labels = {f.name: f for f in fields}
    for name, before in form.form.before.items():
        if name not in form.form.values:
            out.print(f"  {name}: {before}", markup=False)
    for name, value in form.form.values.items():
        _print_field(form, name, value, labels.get(name))
    for problem in wrong:
        out.print(f"! {problem.message}", markup=False)
    if form.problem:
        out.print(f"! {form.problem}", markup=False)
    if form.state == "proposed" and not wrong:
        out.print(f"Send it with: debrief actions confirm {form.id} {form.fingerprint[:_SHORT]}", markup=False)
    if form.record is not None:
        out.print(f"→ {form.record.title}  {form.record.link}", markup=False)


def _print_field(form: Proposal, name: str, value: str, field: Field | None) -> None:
    before = form.form.before.get(name)
    was = f"  (was {before or 'empty'})" if before is not None and before != value else ""
    marks = " *" if field is not None and field.addressee else ""
    out.print(f"  {name}{marks}: {value}{was}", markup=False)
    for evidence in form.form.evidence.get(name, ()):
        out.print(f"      “{evidence.quote}” {evidence.title} {evidence.locator}".rstrip(), markup=False)


def _became(form: Proposal, as_json: bool) -> None:
    if as_json:
        print_json(_told(form))
    else:
        record = f": {form.record.title}  {form.record.link}" if form.record is not None else ""
        out.print(f"{form.action} is {form.state}{record}", markup=False)
        if form.problem:
            out.print(f"! {form.problem}", markup=False)
    if form.problem and form.state in ("proposed", "stuck"):
        raise typer.Exit(1)


def _told(form: Proposal) -> dict[str, Any]:
    told = {name: getattr(form, name) for name in ("id", "action", "state", "made_at", "attempts", "problem", "record")}
    return {**told, "form": form.form, "mark": form.fingerprint}


def _headline(form: Proposal) -> str:
    return form.problem or next((v for v in form.form.values.values() if v), "")
