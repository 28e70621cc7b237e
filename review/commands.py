"""`debrief review …`: labelling jobs, who labels, and what their labels come to."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape
from rich.table import Table

from core import audit
from core.console import out, print_json
from core.database import open_database
from core.errors import ReviewError
from core.identity import asking_user
from core.settings import load_settings
from core.types import User
from evals.suite import suite_file
from ingestion.documents import readable_ids
from review.consolidate import Way
from review.desk import Desk
from review.exports import FORMATS, exported, make_cases
from review.items import read_items
from review.make import LEFT_OUT, From, make_job
from review.results import Results, results_of
from review.spec import read_job
from review.store import Kept, State, Store

AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The job's name.")]
How = Annotated[str, typer.Option("--way", help="majority, gold (weighed by the gold items) or dawid_skene.")]

review_app = typer.Typer(no_args_is_help=True, help="Jobs for a private workforce: who labels what, and the result.")


def register(app: typer.Typer) -> None:
    """Adds the command's group."""
    app.add_typer(review_app, name="review")


@review_app.command("create")
def create(
    spec: Annotated[Path, typer.Argument(help="The job's YAML file; see docs/review.md.")],
    *,
    items: Annotated[Path | None, typer.Option("--items", help="A JSON Lines file of items.")] = None,
    answers: Annotated[int, typer.Option("--answers", min=0, help="The newest so many answers.")] = 0,
    rated_down: Annotated[bool, typer.Option("--rated-down", help="Of these only those with a thumb down.")] = False,
    run: Annotated[str, typer.Option("--run", help="The answers of this evaluation run.")] = "",
    user: AsUser = "",
) -> None:
    """Draws the items and opens the job to its reviewers."""
    job, (store, person) = read_job(spec), _opened(user)
    wanted = From(answers, rated_down, run, read_items(items) if items else ())
    made = make_job(store, job, wanted, person)
    if made.left_out:
        out.print(f"{made.left_out} {LEFT_OUT}")
    out.print(
        f"{job.job}: {made.items} items, {made.gold} of them gold, {job.each} labels each; open on the page My tasks."
    )


@review_app.command("list")
def list_jobs(user: AsUser = "", as_json: AsJson = False) -> None:
    """Lists the jobs that you label in or lead."""
    store, person = _opened(user)
    rows = [_row(store, kept, person) for kept in store.jobs() if kept.reviews(person) or kept.leads(person)]
    if as_json:
        print_json(rows)
        return
    table = Table("job", "title", "state", "you", "items", "complete")
    for row in rows:
        told = [str(row[key]) for key in ("job", "title", "state", "you", "items", "complete")]
        table.add_row(*map(escape, told))
    out.print(table if rows else "No job is yours; `debrief review create` makes one.")


@review_app.command("status")
def status(name: Name, way: How = "dawid_skene", user: AsUser = "", as_json: AsJson = False) -> None:
    """Shows how far a job is, how its reviewers agree, and what a lead has to decide."""
    store, person = _opened(user)
    store.led(name, person)
    results, chosen = results_of(store, name), _way(way)
    told = _told(results, chosen)
    if as_json:
        print_json(told)
        return
    out.print(f"{results.job.title}: {told['complete']} of {told['items']} items have all their labels.")
    if told["alpha"] is not None:
        between = f" ({told['interval'][0]:.2f} to {told['interval'][1]:.2f})" if told["interval"] else ""
        out.print(f"Krippendorff's alpha {told['alpha']:.2f}{between}")
    table = Table("reviewer", "done", "skipped", "handed on", "seconds", "gold", "as the others", "")
    for one in results.reviewers():
        gold = f"{one.gold[0]} of {one.gold[1]}" if one.gold[1] else "–"
        agrees = "–" if one.agrees is None else f"{one.agrees:.0%}"
        table.add_row(
            escape(one.email), str(one.done), str(one.skipped), str(one.escalated), f"{one.seconds:g}", gold, agrees,
            escape(one.hint),
        )  # fmt: skip
    out.print(table)
    if told["to_decide"]:
        out.print(f"To decide: {', '.join(map(str, told['to_decide']))}; `debrief review decide {name} NUMBER LABEL`.")


@review_app.command("decide")
def decide(
    name: Name,
    number: Annotated[int, typer.Argument(help="The item's number.")],
    label: Annotated[str, typer.Argument(help="The label, as JSON where it is no plain choice.")],
    user: AsUser = "",
) -> None:
    """Decides on an item as its lead; your word counts for all labels."""
    store, person = _opened(user)
    offered = store.job(name).job.label.offered()
    store.decide(name, number, label if label in offered else _value(label), person)
    out.print(f"{name}/{number} is {escape(label)}.")


@review_app.command("state")
def set_state(
    name: Name, state: Annotated[str, typer.Argument(help="open, paused or closed.")], user: AsUser = ""
) -> None:
    """Opens, pauses or closes a job; what was labelled is kept."""
    if state not in get_args(State):
        raise ReviewError(f"{state!r} is no state; choose one of {', '.join(get_args(State))}.")
    store, person = _opened(user)
    store.set_state(name, state, person)  # type: ignore[arg-type]
    out.print(f"{name} is {state}.")


@review_app.command("remove")
def remove(name: Name, reviewer: Annotated[str, typer.Argument(help="Their address.")], user: AsUser = "") -> None:
    """Takes a reviewer out of a job; what they have labelled stays, what they hold is free."""
    store, person = _opened(user)
    store.remove(name, reviewer, person)
    out.print(f"{escape(reviewer)} has no tasks in {name} any more.")


@review_app.command("export")
def export(
    name: Name,
    form: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "jsonl",
    way: How = "dawid_skene",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; default: stdout.")] = None,
    user: AsUser = "",
) -> None:
    """Writes a job's labels, and the one that they come to for each item."""
    store, person = _opened(user)
    results = _seen(store, name, person)
    text = exported(results, form, _way(way))
    audit.record(store.engine, person, "exported review labels", name, form)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        out.print(f"Written to {escape(str(output))}.")


@review_app.command("cases")
def cases(
    name: Name,
    right: Annotated[str, typer.Option("--right", help="The label of answers that are right.")],
    *,
    suite: Annotated[str, typer.Option("--suite", help="The suite's name; default: evaluation.suite.")] = "",
    way: How = "dawid_skene",
    user: AsUser = "",
) -> None:
    """Makes evaluation cases of the answers that came out right; each names the job and item that it is from."""
    store, person = _opened(user)
    results = _seen(store, name, person)
    settings = load_settings()
    file = suite_file(settings, suite or settings.evaluation.suite)
    made = make_cases(results, file, right, _way(way), engine=store.engine, lead=person)
    out.print(f"{len(made)} cases were added to {escape(str(file))}; they count from the next run on.")


def _opened(email: str) -> tuple[Store, User]:
    settings = load_settings()
    engine = open_database(settings)
    return Store(engine), asking_user(settings, email, engine)


def _seen(store: Store, name: str, person: User) -> Results:
    """The results with the outcomes that the lead may see now; on stderr how many those aren't."""
    shown = Desk(store, partial(readable_ids, store.engine)).shown(store.led(name, person), person)
    results = results_of(store, name).seen_by(shown)
    erased = sum(item.erased for item in results.items.values())
    if closed := len(results.closed) - erased:
        typer.echo(f"Without {closed} items: {person.email} may not read their documents.", err=True)
    if erased:
        typer.echo(f"Without {erased} items whose answer or document is erased.", err=True)
    return results


def _way(text: str) -> Way:
    if text not in get_args(Way):
        raise ReviewError(f"{text!r} is no way to consolidate; choose one of {', '.join(get_args(Way))}.")
    return text  # type: ignore[return-value]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _row(store: Store, kept: Kept, person: User) -> dict[str, Any]:
    results = results_of(store, kept.job.job)
    you = " and ".join(filter(None, ["reviewer" * kept.reviews(person), "lead" * kept.leads(person)]))
    return {
        "job": kept.job.job, "title": kept.job.title, "state": kept.state, "you": you, "items": len(results.items),
        "complete": results.complete(),
    }  # fmt: skip


def _told(results: Results, way: Way) -> dict[str, Any]:
    alpha, between = results.agreement()
    judge, judged = results.judged(way)
    return {
        "job": results.job.job, "items": len(results.items), "complete": results.complete(), "alpha": alpha,
        "interval": between, "reviewers": results.reviewers(), "to_decide": sorted(results.to_decide(way)),
        "kappa": [{"one": a, "other": b, "kappa": k, "items": n} for (a, b), (k, n) in results.pairs().items()],
        "judge_kappa": judge, "judged_items": judged,
    }  # fmt: skip
