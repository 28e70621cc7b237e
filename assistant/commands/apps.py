"""`debrief apps …`: list, write, check, test, run, compare, publish and roll back apps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from apps.kept.usage import usage
from apps.language.spec import json_schema
from apps.publish import (
    SampleFile,
    Samples,
    app_files,
    app_from_conversation,
    load_app,
    new_app,
    parse_app,
    run_tests,
    versions,
)
from apps.publish.approval import review_needed
from apps.publish.load import AppText, read_app
from assistant.app_runs import SampleIndexes
from assistant.app_runs.indexed_samples import indexed_files
from assistant.app_runs.named_apps import app_file, named_app
from assistant.app_runs.samples import Cut
from assistant.commands import collections as collection_commands
from assistant.commands import reviews, running
from assistant.commands.inputs import Parse
from assistant.records import Conversations
from core.console import out, print_json
from core.database import open_database
from core.errors import AppError
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
    running.add_commands(apps_app, parse)
    reviews.add_commands(apps_app, _author)
    collection_commands.add_commands(apps_app, parse)
    app.add_typer(apps_app, name="apps")


@apps_app.command("list")
def list_apps(user: AsUser = "", as_json: AsJson = False) -> None:
    """Lists the apps that the user may run, with version, verification and use."""
    settings = load_settings()
    engine = open_database(settings)
    found = versions.available_apps(settings, engine, asking_user(settings, user, engine))
    used = {(u.app, u.version): u for u in usage(engine)}
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
    out.print(f"Wrote {file}; check it with: debrief apps check {file if folder else name}")


@apps_app.command("check")
def check(name: Annotated[str, typer.Argument(help="An app's name, or its file.")], as_json: AsJson = False) -> None:
    """Checks a file as a whole; the first thing that is wrong is named with its line."""
    file = app_file(name, load_settings())
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
    used = samples_in(settings, samples)
    results = {n: run_tests(named_app(n, settings), used) for n in names}
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
    found = versions.app_difference(old, new_text, (f"{name} {before}", f"{name} {after}"))
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
    file = app_file(name, settings)
    running.check_released(load_app(file), person, settings)
    known = versions.all_apps(settings, engine)[0].get(load_app(file).name)
    # The file itself is what there is before the first version.
    current = known.app if known is not None and known.published else None
    if reason := review_needed(load_app(file), person, settings.auth, current):
        raise AppError(
            f"{load_app(file).name} isn't published: {reason.lower()}, so a second person must agree; ask one with "
            f"`debrief apps review {name}` (or set auth.app_reviews to false)."
        )
    tests = run_tests(load_app(file), samples_in(settings, samples, person))
    found = versions.publish(engine, read_app(file), str(file), tests, person.email, unverified=unverified)
    state = "verified" if found.verified else "not verified"
    out.print(
        f"Published {found.app} {found.version}, {state} by {sum(t.passed for t in tests)} of {len(tests)} tests."
    )


@apps_app.command("review")
def review(
    name: Annotated[str, typer.Argument(help="An app's name, or its file.")],
    say: Annotated[str, typer.Option("--say", help="What the reviewer should know.")] = "",
    unverified: Annotated[bool, typer.Option("--unverified", help="Also when tests fail.")] = False,
    samples: SampleFolder = SAMPLES,
    user: AsUser = "",
) -> None:
    """Tests an app and asks a second person to publish it; `reviews` shows what waits."""
    settings = load_settings()
    engine = open_database(settings)
    person = _author(settings, engine, user)
    file = app_file(name, settings)
    running.check_released(load_app(file), person, settings)
    tests = run_tests(load_app(file), samples_in(settings, samples, person))
    asked = reviews.send_for_review(engine, read_app(file), tests, person, say, unverified=unverified)
    out.print(f"{asked.app} {asked.version} waits for a second person: debrief apps approve {asked.app} --user …")


@apps_app.command("rollback")
def rollback(
    name: str,
    version: Annotated[str, typer.Argument(help="The version to use again; default: the one before.")] = "",
    user: AsUser = "",
) -> None:
    """Makes an older published version the one that people use."""
    settings = load_settings()
    engine = open_database(settings)
    person = _author(settings, engine, user)
    if version:
        running.check_released(versions.find_version(engine, name, version).load(), person, settings)
    found = versions.rollback(engine, name, version, person.email)
    out.print(f"{found.app} is at version {found.version} again.")


@apps_app.command("versions")
def show_versions(name: str, as_json: AsJson = False) -> None:
    """Lists the published versions of an app, newest first."""
    known = versions.list_versions(open_database(load_settings()), name)
    if as_json:
        print_json({"versions": [{k: v for k, v in vars(i).items() if k not in ("text", "examples")} for i in known]})
        return
    for item in known:
        mark = "→" if item.current else " "
        state = "verified" if item.verified else "not verified"
        out.print(f"{mark} {item.version}  {item.published_at:%Y-%m-%d %H:%M}  {item.author}  {state}")
    if not known:
        out.print(f"{name} was never published.")


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


def _text_of(name: str, version: str, settings: Settings, engine: sa.Engine) -> AppText:
    if version == "file":
        return read_app(app_file(name, settings))
    return versions.find_version(engine, name, version).written


def samples_in(settings: Settings, folder: Path, person: User | None = None) -> Samples:
    """What tests run over: the files below the folder, and what of the index the person may read."""
    indexes = SampleIndexes(settings, _cut["text"])

    def indexed(ids: Sequence[str]) -> tuple[SampleFile, ...]:
        who = person or asking_user(settings, "", open_database(settings))
        return indexed_files(open_retriever(settings), who)(ids)

    return Samples(settings.path(folder), _parse["file"], indexes, indexed=indexed)
