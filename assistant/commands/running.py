"""`debrief apps run`, `resume` and `waiting`: an app's steps as they go, what it asks, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from apps.kept import my_runs, record_resumed, record_run, waiting_run
from apps.language import App
from apps.publish.release import unreleased
from apps.run import Context, Tools
from apps.runner import RunResult, StepState, resume, run_app
from assistant.app_runs import open_tools
from assistant.app_runs.named_apps import runnable_app
from assistant.commands.inputs import Parse, field_lines, given_inputs, given_values
from assistant.commands.run_output import print_run, run_facts, saved_files
from assistant.open import open_assistant
from core.console import err, out, print_json
from core.database import open_database
from core.errors import AppError, IndexMissing
from core.identity import asking_user
from core.settings import Settings, load_settings
from core.types import User
from retrieval.retriever import open_retriever

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]

_parse: dict[str, Parse] = {}


def add_commands(apps_app: typer.Typer, parse: Parse) -> None:
    """Adds the commands to `debrief apps`. `parse` turns a file's bytes and name into text."""
    _parse["file"] = parse
    apps_app.command("run")(run)
    apps_app.command("resume")(resume_run)
    apps_app.command("waiting")(list_waiting)


def run(
    name: Annotated[str, typer.Argument(help="An app's name, or its file.")],
    *,
    inputs: Annotated[list[str] | None, typer.Option("--input", help="name=value; for a file its path.")] = None,
    version: Annotated[str, typer.Option(help="A published version; default: the current one.")] = "",
    save: Annotated[Path | None, typer.Option(help="A folder for the files that the run makes.")] = None,
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Runs an app; its steps go to stderr, its outputs to stdout."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    app = runnable_app(name, version, settings, engine)
    if name.endswith((".yaml", ".yml")):
        # Whoever runs the command may have written it; what the pages offer is the administrators' choice.
        check_released(app, person, settings)
    context = Context(person, _tools(settings), company=settings.company)
    result = _followed(app, run_app(app, given_inputs(app, inputs or [], _parse["file"]), context))
    _tell(result, record_run(engine, result, person), save, as_json=as_json)


def resume_run(
    run: Annotated[str, typer.Argument(help="The id of a run that waits; `apps waiting` lists them.")],
    *,
    inputs: Annotated[list[str] | None, typer.Option("--input", help="An answer: name=value.")] = None,
    save: Annotated[Path | None, typer.Option(help="A folder for the files that the run makes.")] = None,
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Goes on with a run that stopped to ask; without answers it says what is asked."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    app, waits = waiting_run(engine, run, person)
    if not inputs:
        _print_questions(waits, run)
        return
    context = Context(person, _tools(settings), company=settings.company)
    answers = given_values(waits.asks, inputs, _parse["file"])
    result = _followed(app, resume(app, waits, answers, context))
    record_resumed(engine, run, result)
    _tell(result, run, save, as_json=as_json)


def list_waiting(user: AsUser = "", as_json: AsJson = False) -> None:
    """Lists your runs that wait for an answer, the newest first."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    rows = [run for run in my_runs(engine, person) if run.status == "waiting"]
    if as_json:
        print_json({"waiting": [asdict(run) for run in rows]})
        return
    for run in rows:
        out.print(f"{run.id}  {run.started_at:%Y-%m-%d %H:%M}  {run.app} {run.version}  {run.subject}", markup=False)
    if not rows:
        out.print("None of your runs waits.")


def check_released(app: App, person: User, settings: Settings) -> None:
    """Raises AppError: only an administrator may try or publish the app."""
    if refusal := unreleased(app, person, settings.auth):
        raise AppError(refusal)


def _followed(app: App, events: Iterator[StepState | RunResult]) -> RunResult:
    """The result of a run whose steps go to stderr as they change."""
    result: RunResult | None = None
    try:
        for event in events:
            if isinstance(event, RunResult):
                result = event
            elif event.state != "waiting":
                err.print(f"[dim]{event.state:9} {escape(event.title)} {escape(event.detail)}[/]")
    except KeyboardInterrupt:
        err.print(f"Stopped {escape(app.title)}; nothing of the run is kept.")
        raise typer.Exit(130) from None
    assert result is not None
    return result


def _tell(result: RunResult, run: str, save: Path | None, *, as_json: bool) -> None:
    """Prints what a run gave, or asks; the exit code is 1 when it failed."""
    saved = saved_files(result, save)
    if as_json:
        print_json({**run_facts(result, saved), "run": run})
    elif result.status == "waiting":
        _print_questions(result, run)
    else:
        print_run(result, saved)
    if result.status not in ("completed", "waiting"):
        raise typer.Exit(1)


def _print_questions(waits: RunResult, run: str) -> None:
    out.print(waits.error, markup=False)
    out.print(f"Go on with: debrief apps resume {run}", markup=False)
    for line in field_lines(waits.asks, [i.name for i in waits.asks if i.required]):
        out.print(f"  {line}", markup=False)


def _tools(settings: Settings) -> Tools:
    try:
        retriever, assistant = open_retriever(settings), open_assistant(settings)
    except IndexMissing:
        # Apps that only read attached files work before the first sync.
        return open_tools(settings, None, None)
    return open_tools(settings, assistant, retriever)
