"""`debrief doctor`: is everything in place, and if not, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import typer
from rich.markup import escape

from connectors.registry import check_sources, open_source
from core.console import out, print_json
from core.database import open_database
from core.errors import DebriefError
from core.identity import load_directory
from core.llm import check_installed, is_local
from core.llm.local import find_model
from core.llm.probe import named_models, probe
from core.nearest import nearest
from core.settings import Settings, SourceSettings, load_settings
from ingestion.enrich import load_rules
from ingestion.state import SyncState
from ingestion.sync.agreement import disagreement
from ingestion.sync.open import recipe
from ingestion.sync.schedule import trigger_for
from retrieval.engines import open_generations
from retrieval.models import open_embedder
from retrieval.models.embed import PROFILES

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Checkup:
    """One thing that was checked: how it stands, and what to do about it."""

    subject: str
    status: Status
    message: str


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    model: Annotated[
        bool,
        typer.Option("--model", help="Only the language models: makes a small call of each."),
    ] = False,
) -> None:
    """Checks settings, users, model, index and sources, and says what to do. Exit code 1 on an error."""
    findings = list(examine_models(load_settings()) if model else examine(load_settings()))
    if as_json:
        print_json({"findings": findings})
    else:
        marks: dict[Status, str] = {
            "ok": "[green]ok     [/]",
            "warning": "[yellow]warning[/]",
            "error": "[red]error  [/]",
        }
        for finding in findings:
            out.print(f"{marks[finding.status]} {finding.subject:18} {escape(finding.message)}", markup=True)
    if any(finding.status == "error" for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Checkup]:
    """Every check in turn; a failing one doesn't stop the others."""
    yield Checkup("settings", "ok", str(settings.file))
    yield from _guarded("users", lambda: _users(settings))
    yield from _guarded("rules", lambda: [Checkup("rules", "ok", f"{len(load_rules(settings).rules)} rules")])
    yield from _guarded("embedding model", lambda: _model(settings))
    yield from _guarded("language model", lambda: _language_model(settings))
    yield from _guarded("index", lambda: _index(settings))
    yield from _guarded("sources", lambda: _settings_of_sources(settings))
    for source in settings.sources:
        yield from _guarded(f"source {source.name}", partial(_source, settings, source))


def examine_models(settings: Settings) -> Iterator[Checkup]:
    """A small call of each language model that the settings name."""
    names = named_models(settings.llm)
    if not names:
        yield from _language_model(settings)
    for name in names:
        tried = probe(name, settings.llm, settings.data_path)
        yield Checkup("language model", "error" if tried.failure else "ok", f"{name}: {tried.said}")
        for concern in tried.concerns():
            yield Checkup("language model", "warning", f"{name}: {concern}")


def _guarded(subject: str, check: Callable[[], list[Checkup]]) -> Iterator[Checkup]:
    try:
        yield from check()
    except DebriefError as error:
        yield Checkup(subject, "error", str(error))


def _users(settings: Settings) -> list[Checkup]:
    directory = load_directory(settings, open_database(settings))
    found = [Checkup("users", "ok", f"{len(directory.entries)} users, {len(directory.members)} groups")]
    if settings.auth.mode == "development":
        user = directory.user(settings.auth.development_user)
        message = f"Everyone at this machine asks as {user.email}; set auth.mode: oidc before others use it."
        found.append(Checkup("sign-in", "warning", message))
    return found


def _model(settings: Settings) -> list[Checkup]:
    embedder = open_embedder(settings)
    vector = embedder.encode_query("Is the model in place?")
    found = [Checkup("embedding model", "ok", f"{embedder.name}, {vector.shape[0]} dimensions")]
    if settings.embedding.model not in PROFILES and settings.answer.min_confidence is None:
        message = (
            f"The confidence was fitted for the models {' and '.join(PROFILES)}, not for {settings.embedding.model}: "
            "set answer.min_confidence (see docs/answers.md)."
        )
        found.append(Checkup("confidence", "warning", message))
    return found


def _language_model(settings: Settings) -> list[Checkup]:
    if not settings.llm.model:
        message = "None is configured: answers quote the documents. Set llm.model to have them written."
        return [Checkup("language model", "ok", message)]
    for name in named_models(settings.llm):
        if is_local(name):
            find_model(name)
        else:
            check_installed(name)
    names = named_models(settings.llm)
    found = [Checkup("language model", "ok", f"{', '.join(names)}; `debrief doctor --model` makes a small call.")]
    for unused in sorted(set(settings.llm.models) - set(names)):
        message = f"llm.models has {unused!r}, which nothing uses; {nearest(unused, names, 'in use')}"
        found.append(Checkup("language model", "warning", message))
    return found


def _index(settings: Settings) -> list[Checkup]:
    rules = load_rules(settings)
    generations = open_generations(settings, recipe(settings, rules, open_embedder(settings)))
    current = generations.current
    if current is None:
        return [Checkup("index", "error", "There is no index yet; run `debrief sync`.")]
    if damage := generations.damage():
        return [Checkup("index", "error", damage)]
    if apart := disagreement(SyncState(open_database(settings)), generations):
        return [Checkup("index", "error", apart)]
    if generations.needs_rebuild():
        message = "Model, chunking or rules have changed since it was built; run `debrief sync` to rebuild it."
        return [Checkup("index", "warning", message)]
    return [Checkup("index", "ok", f"{current.name}, {current.documents} documents, {current.chunks} chunks")]


def _settings_of_sources(settings: Settings) -> list[Checkup]:
    check_sources(settings)
    for source in settings.sources:
        if source.schedule:
            trigger_for(source, settings.file)
    return [Checkup("sources", "ok", f"{len(settings.sources)} in {settings.file.name}")]


def _source(settings: Settings, source: SourceSettings) -> list[Checkup]:
    name = source.name
    first = next(iter(open_source(source, settings).listing()), None)
    runs = SyncState(open_database(settings)).runs(name, limit=1)
    last = f"last sync {runs[0].started_at:%Y-%m-%d %H:%M} UTC: {runs[0].state}" if runs else "never synced"
    if first is None:
        message = f"It is reachable but shows no document ({last}); check its path, prefix and patterns."
        return [Checkup(f"source {name}", "warning", message)]
    return [Checkup(f"source {name}", "ok", last)]
