"""`debrief apps …`: list, write, check, test, run, compare, publish and roll back apps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from apps import forms, runs, versions
from apps.catalogue import app_files, find_app
from apps.context import Context, Tools
from apps.runner import RunResult, StepState, run_app
from apps.spec import App, json_schema, load_app, parse_app
from apps.template import app_from_conversation, new_app
from apps.testing import Samples, run_tests
from assistant.app_samples import Cut, SampleIndexes
from assistant.app_tools import open_tools
from assistant.ask import open_assistant
from assistant.command_inputs import Parse, given_inputs
from assistant.conversations import Conversations
from core.console import err, out, print_json
from core.database import open_database
from core.errors import AppError, IndexMissing
from core.identity import asking_user
from core.settings import Settings, load_settings
from core.types import User
from retrieval.retriever import open_retriever

SAMPLES = Path("samples/workspace")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]
SampleFolder = Annotated[Path, typer.Option("--samples", help="The folder that tests name files of.")]

apps_app = typer.Typer(no_args_is_help=True, help="No-code apps: write, test, publish and run them.")
_parse: dict[str, Parse] = {}
_cut: dict[str, Cut] = {}


def register(app: typer.Typer, parse: Parse, cut: Cut) -> None:
    """Adds the commands to `debrief`. `parse` turns a file's bytes and name into text, `cut` that into chunks."""
    _parse["file"], _cut["text"] = parse, cut
    app.add_typer(apps_app, name="apps")


@apps_app.command("list")
def list_apps(user: AsUser = "", as_json: AsJson = False) -> None:
    """Lists the apps that the user may run, with version, verification and use."""
    settings = load_settings()
    engine = open_database(settings)
    found = versions.available_apps(settings, engine, asking_user(settings, user, engine))
    used = {(u.app, u.version): u for u in runs.usage(engine)}
    rows: list[dict[str, Any]] = []
    for name, item in found.items():
        use = used.get((name, item.app.version))
        rows.append(
            {
                "name": name,
                "title": item.app.title,
                "version": item.app.version,
                "published": item.published,
                "verified": item.verified,
                "tests": len(item.app.tests),
                "runs": use.runs if use else 0,
                "minutes_saved": use.minutes_saved if use else 0.0,
            }
        )
    if as_json:
        print_json({"apps": rows})
        return
    table = Table("app", "title", "version", "state", "tests", "runs")
    for row in rows:
        state = "verified" if row["verified"] else "published" if row["published"] else "file"
        table.add_row(row["name"], row["title"], row["version"], state, str(row["tests"]), str(row["runs"]))
    out.print(table)


@apps_app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Lower-case words joined by _.")],
    from_conversation: Annotated[str, typer.Option("--from-conversation", help="A conversation's id.")] = "",
    folder: Annotated[Path | None, typer.Option(help="Where to write; default: apps_dir, or this folder.")] = None,
    user: AsUser = "",
) -> None:
    """Writes a new app's file that passes its check and its test, to be changed from there."""
    settings = load_settings()
    engine = open_database(settings)
    person = asking_user(settings, user, engine)
    target = folder or (settings.path(settings.apps_dir) if settings.apps_dir else Path())
    file = target / f"{name}.yaml"
    if file.exists():
        raise AppError(f"{file} is there already; choose another name, or remove it.")
    if from_conversation:
        turns = Conversations(engine).turns(from_conversation, person)
        if not turns:
            raise AppError(f"The conversation {from_conversation!r} has no turns; name another one.")
        text = app_from_conversation(name, person.email, [turn.question for turn in turns])
    else:
        text = new_app(name, person.email)
    parse_app(text, str(file))
    target.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    out.print(f"Wrote {file}; check it with: debrief apps check {file}")


@apps_app.command("check")
def check(file: Annotated[Path, typer.Argument(help="An app's YAML file.")], as_json: AsJson = False) -> None:
    """Checks a file as a whole; the first thing that is wrong is named with its line."""
    app = load_app(file)
    facts = {"app": app.name, "version": app.version, "steps": len(app.steps), "tests": len(app.tests), "ok": True}
    if as_json:
        print_json(facts)
    else:
        out.print(f"{file} is right: {app.title} {app.version}, {len(app.steps)} steps, {len(app.tests)} tests.")


@apps_app.command("test")
def test(
    name: Annotated[str, typer.Argument(help="An app or a file; default: all apps.")] = "",
    samples: SampleFolder = SAMPLES,
    as_json: AsJson = False,
) -> None:
    """Runs the tests inside the apps' files over the sample documents; exit code 1 when one fails."""
    settings = load_settings()
    names = [name] if name else list(app_files(settings))
    used = _samples(settings, samples)
    results = {n: run_tests(_named(n, settings), used) for n in names}
    failed = sum(not t.passed for tests in results.values() for t in tests)
    if as_json:
        print_json({"apps": results, "tests": sum(map(len, results.values())), "failed": failed})
    else:
        for app, tests in results.items():
            for t in tests:
                out.print(f"{'ok  ' if t.passed else 'FAIL'} {escape(app)}: {escape(t.name)} ({t.seconds:.2f} s)")
                for problem in t.problems:
                    out.print(f"     {escape(problem)}")
        out.print(f"{sum(map(len, results.values()))} tests, {failed} failed")
    if failed:
        raise typer.Exit(1)


@apps_app.command("run")
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
    app = _runnable(name, version, settings, engine, person)
    context = Context(person, _tools(settings), company=settings.company)
    result: RunResult | None = None
    for event in run_app(app, given_inputs(app, inputs or [], _parse["file"]), context):
        if isinstance(event, RunResult):
            result = event
        elif isinstance(event, StepState) and event.state != "waiting":
            err.print(f"[dim]{event.state:9} {escape(event.title)} {escape(event.detail)}[/]")
    assert result is not None
    runs.record_run(engine, result, person)
    saved = _saved(result, save)
    if as_json:
        print_json(_as_json(result, saved))
    else:
        _print_run(result, saved)
    if result.status != "completed":
        raise typer.Exit(1)


@apps_app.command("diff")
def diff(
    name: str,
    before: Annotated[str, typer.Argument(help="A published version.")],
    after: Annotated[str, typer.Argument(help="A published version, or 'file' for the file as it is now.")] = "file",
) -> None:
    """Shows what changed between two versions."""
    settings = load_settings()
    engine = open_database(settings)
    old, new_text = (_text_of(name, v, settings, engine) for v in (before, after))
    found = versions.difference(old, new_text, (f"{name} {before}", f"{name} {after}"))
    out.print(found or "No difference.", markup=False)


@apps_app.command("publish")
def publish(
    name: Annotated[str, typer.Argument(help="An app's name, or its file.")],
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Also when tests fail; it isn't verified then.")
    ] = False,
    samples: SampleFolder = SAMPLES,
    user: AsUser = "",
) -> None:
    """Tests an app and keeps it as an immutable version that people then use."""
    settings = load_settings()
    engine = open_database(settings)
    person = _author(settings, engine, user)
    file = _file(name, settings)
    app = load_app(file)
    tests = run_tests(app, _samples(settings, samples))
    text = file.read_text(encoding="utf-8")
    found = versions.publish(engine, text, str(file), tests, person.email, unverified=unverified)
    state = "verified" if found.verified else "not verified"
    out.print(
        f"Published {found.app} {found.version}, {state} by {sum(t.passed for t in tests)} of {len(tests)} tests."
    )


@apps_app.command("rollback")
def rollback(
    name: str,
    version: Annotated[str, typer.Argument(help="The version to use again; default: the one before.")] = "",
    user: AsUser = "",
) -> None:
    """Makes an older published version the one that people use."""
    settings = load_settings()
    engine = open_database(settings)
    found = versions.rollback(engine, name, version, _author(settings, engine, user).email)
    out.print(f"{found.app} is at version {found.version} again.")


@apps_app.command("versions")
def show_versions(name: str, as_json: AsJson = False) -> None:
    """Lists the published versions of an app, newest first."""
    known = versions.list_versions(open_database(load_settings()), name)
    if as_json:
        print_json({"versions": [{k: v for k, v in vars(i).items() if k != "text"} for i in known]})
        return
    for item in known:
        mark = "→" if item.current else " "
        state = "verified" if item.verified else "not verified"
        out.print(f"{mark} {item.version}  {item.published_at:%Y-%m-%d %H:%M}  {item.author}  {state}")
    if not known:
        out.print(f"{name} was never published.")


@apps_app.command("collect")
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
    app = _runnable(name, "", settings, engine, person)
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


@apps_app.command("collected")
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
    app = _runnable(name, "", settings, engine, person)
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


@apps_app.command("schema")
def schema() -> None:
    """Prints the JSON Schema of an app's file, for editors."""
    print(json_schema(), end="")


def _author(settings: Settings, engine: sa.Engine, email: str) -> User:
    person = asking_user(settings, email, engine)
    allowed = {*settings.auth.author_groups, *settings.auth.admin_groups}
    if not allowed & set(person.groups):
        raise AppError(
            f"{person.email} may not publish apps; that is for {', '.join(sorted(allowed))} (auth.author_groups)."
        )
    return person


def _file(name: str, settings: Settings) -> Path:
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    find_app(name, settings)
    return app_files(settings)[name]


def _named(name: str, settings: Settings) -> App:
    return load_app(Path(name)) if name.endswith((".yaml", ".yml")) else find_app(name, settings)


def _runnable(name: str, version: str, settings: Settings, engine: sa.Engine, person: User) -> App:
    if name.endswith((".yaml", ".yml")):
        return load_app(Path(name))
    if version:
        return versions.find_version(engine, name, version).load()
    published = next((v for v in versions.list_versions(engine, name) if v.current), None)
    return published.load() if published is not None else find_app(name, settings)


def _text_of(name: str, version: str, settings: Settings, engine: sa.Engine) -> str:
    if version == "file":
        return _file(name, settings).read_text(encoding="utf-8")
    return versions.find_version(engine, name, version).text


def _samples(settings: Settings, folder: Path) -> Samples:
    return Samples(settings.path(folder), _parse["file"], SampleIndexes(settings, _cut["text"]))


def _tools(settings: Settings) -> Tools:
    try:
        retriever, assistant = open_retriever(settings), open_assistant(settings)
    except IndexMissing:
        # Apps that only read attached files work before the first sync.
        return open_tools(settings, None, None)
    return open_tools(settings, assistant, retriever)


def _saved(result: RunResult, folder: Path | None) -> Mapping[str, str]:
    if folder is None:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for output in result.outputs:
        if output.content:
            # The name comes from a title that an app or a person chose.
            path = folder / re.sub(r"[^\w.-]", "-", Path(output.file_name).name)
            path.write_bytes(output.content)
            paths[output.name] = str(path)
    return paths


def _as_json(result: RunResult, saved: Mapping[str, str]) -> dict[str, Any]:
    outputs = [
        {
            "name": o.name,
            "kind": o.kind,
            "title": o.title,
            "text": o.text,
            "value": o.value,
            "file": saved.get(o.name, ""),
        }
        for o in result.outputs
    ]
    kept = ("app", "version", "status", "error", "seconds", "tokens", "saved_minutes", "notes", "evidence")
    return {**{k: getattr(result, k) for k in kept}, "outputs": outputs}


def _print_run(result: RunResult, saved: Mapping[str, str]) -> None:
    if result.error:
        err.print(f"[bold red]Error:[/] {escape(result.error)}")
    for output in result.outputs:
        if output.name in saved:
            err.print(f"Saved {saved[output.name]}")
        elif output.content:
            err.print(f"{escape(output.title)}: {len(output.content):,} bytes; write it with --save FOLDER.")
        else:
            text = json.dumps(output.value, ensure_ascii=False) if output.kind == "json" else output.text
            out.print(f"── {output.title}\n{text}\n", markup=False)
    for note in result.notes:
        err.print(f"[dim]{escape(note)}[/]")
