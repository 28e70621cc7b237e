"""`debrief workflows …`: apps that run by themselves, what came of them, and what is approved beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Annotated

import typer
from rich.table import Table

from actions.approvals import Terms
from core.console import out, print_json
from core.database import open_database
from core.errors import WorkflowError
from core.identity import asking_user
from core.settings import load_settings
from core.types import User
from workflows import approving, overview, switching
from workflows.collect import collect
from workflows.kept import all_workflows, for_review, history, of_person, workflow
from workflows.late import go_on_late
from workflows.parts import Workflows, open_workflows
from workflows.results import text_of
from workflows.work import result_of, work

AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Wanted = Annotated[str, typer.Argument(help="A workflow's id, or its beginning, as `list` shows it.")]
_SHORT = 12

workflows_app = typer.Typer(
    no_args_is_help=True, help="Apps that run by themselves: switch on, run, pause, history, standing approvals."
)


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(workflows_app, name="workflows")


@workflows_app.command("list")
def list_workflows(
    everybody: Annotated[bool, typer.Option("--everybody", help="All people's; for administrators.")] = False,
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Lists your workflows with their next run and last result, and the triggers that you can switch on."""
    parts, person = _opened(user)
    if everybody and not set(parts.settings.auth.admin_groups) & set(person.groups):
        raise WorkflowError("Everybody's workflows are for administrators; leave --everybody out.")
    found = all_workflows(parts.engine) if everybody else of_person(parts.engine, person)
    rows = [overview.told(parts, w) for w in found]
    offered = overview.offered_triggers(parts, person)
    if as_json:
        print_json({"workflows": rows, "triggers": offered})
        return
    table = Table("id", "workflow", "person", "state", "next", "last")
    for row in rows:
        table.add_row(row["id"][:_SHORT], row["name"], row["person"], row["state"], row["next"], row["last"])
    out.print(table if rows else "No workflow of yours is on.")
    for one in offered:
        out.print(f"{one['name']}  {one['title']}: debrief workflows on {one['app']} {one['trigger']}", markup=False)


@workflows_app.command("on")
def on(
    app: Annotated[str, typer.Argument(help="An app's name.")],
    trigger: Annotated[str, typer.Argument(help="One of its triggers.")],
    *,
    inputs: Annotated[list[str] | None, typer.Option("--input", help="name=value, the same at each run.")] = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="mail, or a channel of the settings.")] = None,
    schedule: Annotated[str, typer.Option(help="Another cron expression than the trigger's.")] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="Such as Europe/Berlin.")] = "",
    group: Annotated[str, typer.Option(help="For each member of this group, as themselves; for administrators.")] = "",
    user: AsUser = "",
) -> None:
    """Switches a trigger on: from now on the app runs by itself, as you."""
    parts, person = _opened(user)
    chosen = switching.Switch(_pairs(inputs), tuple(to or ()), schedule, time_zone, group)
    made, secret = switching.switch_on(parts, app, trigger, person, chosen)
    out.print(f"{made.app}.{made.trigger} is on as {made.id[:_SHORT]}.", markup=False)
    if secret:
        out.print(f"POST JSON to /api/v1/hooks/{made.id}, signed with this secret, which isn't shown again:")
        out.print(secret, markup=False)


@workflows_app.command("off")
def off(wanted: Wanted, user: AsUser = "") -> None:
    """Switches a workflow off, and deletes its history."""
    parts, person = _opened(user)
    found = workflow(parts.engine, wanted)
    switching.switch_off(parts, found, person)
    out.print(f"{found.app}.{found.trigger} is off.", markup=False)


@workflows_app.command("run")
def run(wanted: Wanted, user: AsUser = "", as_json: AsJson = False) -> None:
    """Runs a workflow of yours now, as if its time had come."""
    parts, person = _opened(user)
    found = workflow(parts.engine, wanted)
    if found.user != person.email.lower():
        raise WorkflowError(f"The workflow {wanted} runs as {found.user}; only they can run it by hand.")
    if found.paused:
        raise WorkflowError(f"The workflow is paused ({found.paused}); resume it first.")
    made = overview.run_by_hand(parts, found)
    if made is None:
        raise WorkflowError("A run of this workflow is under way; wait for it.")
    if as_json:
        print_json({"run": made})
    else:
        out.print(f"{made.state}: {made.problem}" if made.problem else made.state, markup=False)
        if made.app_run:
            out.print(text_of(result_of(parts, made, person)), markup=False)
    if made.state != "done":
        raise typer.Exit(1)


@workflows_app.command("pause")
def pause(wanted: Wanted, user: AsUser = "") -> None:
    """Lets nothing of a workflow begin until it is resumed."""
    parts, person = _opened(user)
    switching.pause(parts, workflow(parts.engine, wanted), person)
    out.print("Paused.")


@workflows_app.command("resume")
def resume(wanted: Wanted, user: AsUser = "") -> None:
    """Lets a paused workflow go on."""
    parts, person = _opened(user)
    switching.resume(parts, workflow(parts.engine, wanted), person)
    out.print("It goes on.")


@workflows_app.command("history")
def show_history(wanted: Wanted, limit: int = 20, user: AsUser = "", as_json: AsJson = False) -> None:
    """Shows a workflow's runs, the latest first, with what changed since the run before."""
    parts, person = _opened(user)
    found = workflow(parts.engine, wanted)
    switching.check_may_change(parts, found, person)
    runs = history(parts.engine, [found.id], limit)
    # What a run read and said is its person's alone.
    mine = found.user == person.email.lower()
    if as_json:
        print_json({"runs": [r if mine else {"id": r.id, "state": r.state, "problem": r.problem} for r in runs]})
        return
    for r in runs:
        out.print(f"{r.id[:_SHORT]}  {r.due_at:%Y-%m-%d %H:%M}  {r.state:8} {r.attempts}  {r.problem}", markup=False)
        for line in r.changed if mine else ():
            out.print(f"    {line}", markup=False)
    if not runs:
        out.print("It hasn't run yet.")


@workflows_app.command("queue")
def queue(user: AsUser = "", as_json: AsJson = False) -> None:
    """Shows your results that nobody has looked at yet."""
    parts, person = _opened(user)
    found = for_review(parts.engine, person)
    if as_json:
        print_json({"runs": found})
        return
    for r in found:
        out.print(f"{r.id[:_SHORT]}  {r.due_at:%Y-%m-%d %H:%M}", markup=False)
        out.print(text_of(result_of(parts, r, person)), markup=False)
    if not found:
        out.print("Nothing waits for you.")


@workflows_app.command("tick")
def tick() -> None:
    """Looks once at what has happened, and runs what is due, as `debrief serve` does each half minute."""
    parts = open_workflows(load_settings())
    made = collect(parts)
    out.print(f"{made} runs became due; {work(parts)} ran; {go_on_late(parts)} went on without an answer.")


@workflows_app.command("approve")
def approve(
    app: Annotated[str, typer.Argument(help="An app's name; the approval is for it as it is now.")],
    action: Annotated[str, typer.Argument(help="NAME.OPERATION, as `debrief actions list` shows it.")],
    *,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day, UTC.")],
    fixed: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE that it may have; may be given more than once.")
    ] = None,
    vary: Annotated[list[str] | None, typer.Option("--vary", help="A field that may have any value.")] = None,
    user: AsUser = "",
) -> None:
    """Approves beforehand what your own workflows of an app may write without being looked at."""
    parts, person = _opened(user)
    values: dict[str, tuple[str, ...]] = {}
    for name, value in (_pair(text) for text in fixed or ()):
        values[name] = (*values.get(name, ()), value)
    end = datetime.combine(until.date(), time(23, 59, 59), UTC)
    made = approving.approve_app(parts, person, app, action, Terms(values, tuple(vary or ()), end))
    out.print(f"{made.scope.action} is approved for {app} {made.scope.version} as {made.id[:_SHORT]}.", markup=False)


@workflows_app.command("approvals")
def list_approvals(user: AsUser = "", as_json: AsJson = False) -> None:
    """Lists your standing approvals."""
    parts, person = _opened(user)
    rows = approving.listed(parts, person)
    if as_json:
        print_json({"approvals": rows})
        return
    for row in rows:
        out.print(
            f"{row['id'][:_SHORT]}  {row['state']:8} {row['app']} {row['version']}  {row['action']}  {row['words']}",
            markup=False,
        )
    if not rows:
        out.print("Nothing is approved beforehand: every form waits for you.")


@workflows_app.command("revoke")
def revoke(approval: Annotated[str, typer.Argument(help="An approval's id.")], user: AsUser = "") -> None:
    """Takes a standing approval back; forms go into review again."""
    parts, person = _opened(user)
    made = approving.revoke_approval(parts, person, approval)
    out.print(f"{made.scope.action} waits for you again.", markup=False)


def _opened(email: str) -> tuple[Workflows, User]:
    settings = load_settings()
    return open_workflows(settings), asking_user(settings, email, open_database(settings))


def _pairs(given: Sequence[str] | None) -> dict[str, str]:
    return dict(map(_pair, given or ()))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise WorkflowError(f"{text!r} has no value; write it as NAME=VALUE.")
    return name, value
