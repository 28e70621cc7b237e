"""What apps say of the customers of a company: the facts of `apps.yaml` that each output has, and its false statements.

A world is a folder with `debrief.yaml`, documents and `apps.yaml`; it is synced into a folder of its own, so that the
world may be read-only.

    apps: [customer_brief, renewal_justification, executive_report]    # these are the default
    customers:
      Acme:
        inputs: {language: en}                   # of every app; or by an app's name
        facts:
          - {fact: uptime missed its target, pattern: "Uptime.*97\\.2", apps: [customer_brief]}   # default: every app
        false_statements:
          - {statement: all on target, pattern: "all figures .* on target"}
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from apps.language import App
from apps.publish.versions import all_apps
from apps.run import Context
from apps.runner import RunResult, finish
from assistant.app_runs import open_tools
from assistant.open import open_assistant
from core.database import open_database
from core.errors import DatasetError, DebriefError
from core.identity import asking_user
from core.settings import Settings, load_settings, validate
from ingestion.sync.open import open_sync
from ingestion.sync.source_sync import SyncOptions
from ingestion.sync.sync import sync_sources
from retrieval.retriever import open_retriever

WORLD_FILE = "apps.yaml"
_APPS = ["customer_brief", "renewal_justification", "executive_report"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Part):
    """A fact, or a false `statement`: the pattern that shows it, and in which apps' outputs; none named: in all."""

    fact: str = ""
    statement: str = ""
    pattern: str
    apps: list[str] = []

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from error
        return pattern

    def within(self, text: str) -> bool:
        """Whether the text shows it, whatever the case."""
        return re.search(self.pattern, text, re.IGNORECASE) is not None


class ExpectedCustomer(_Part):
    """What must be said of a customer and what would be false."""

    inputs: dict[str, Any] = Field(default_factory=dict)
    facts: list[Expected] = []
    false_statements: list[Expected] = []


class AppWorld(_Part):
    """All of apps.yaml."""

    apps: list[str] = _APPS
    customers: dict[str, ExpectedCustomer]


@dataclass
class AppScore:
    """What an app's outputs have. `missed` and `false` name facts and statements with their customers."""

    facts: int = 0
    found: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.found / self.facts if self.facts else 0.0


def evaluate_apps(world: Path, data: Path, outputs: Path | None = None) -> dict[str, AppScore]:
    """App → its score over the world's customers; texts are written to `outputs`.

    Args:
        data: Where the world's index goes.

    Raises:
        DatasetError: the world has no apps.yaml, or names an app that isn't there.
        SettingsError: a file of it is wrong.
    """
    expected = load_world(world)
    settings = load_settings(world / "debrief.yaml").model_copy(update={"data_dir": data.resolve()})
    _synced(settings)
    apps = {name: item.app for name, item in all_apps(settings, open_database(settings))[0].items()}
    if unknown := [name for name in expected.apps if name not in apps]:
        raise DatasetError(f"{world / WORLD_FILE}: there is no app {unknown[0]!r}; apps: {', '.join(apps)}.")
    scores: dict[str, AppScore] = defaultdict(AppScore)
    for name, customer, result in _runs(expected, apps, settings):
        text = said(result)
        if result.status != "completed":
            scores[name].failed.append(f"{customer}: {result.error}")
        _score(scores[name], name, customer, expected.customers[customer], text)
        if outputs is not None:
            _write(outputs, f"{name} {customer}", text, result)
    return dict(scores)


def _write(folder: Path, name: str, text: str, result: RunResult) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    notes = "\n".join(f"note: {note}" for note in (*result.notes, result.error) if note)
    plain = re.sub(r"[^\w ]", "", name)
    (folder / f"{plain}.md").write_text(f"{text}\n\n{notes}\n", encoding="utf-8")


def load_world(world: Path) -> AppWorld:
    """The world's apps.yaml. Raises DatasetError when there is none, SettingsError when it is wrong."""
    file = world / WORLD_FILE
    if not file.is_file():
        raise DatasetError(f"There is no {file}; write the facts that each app must have, see docs/evaluation.md.")
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise DatasetError(f"{file} holds a {type(raw).__name__}; write `customers:` at its top level.")
    return validate(AppWorld, raw, file)


def said(result: RunResult) -> str:
    """What a person reads of a run: its texts; of a run that makes none, all its outputs."""
    texts = [o.text for o in result.outputs if o.kind in ("markdown", "email")]
    return "\n\n".join(texts or [o.text for o in result.outputs])


def _synced(settings: Settings) -> None:
    with open_sync(settings, [], SyncOptions()) as (context, pairs):
        runs = sync_sources(context, pairs)
    if failed := [run for run in runs if run.state == "FAILED"]:
        raise DatasetError(f"The source {failed[0].source} of {settings.file} can't be read: {failed[0].message}")


def _runs(expected: AppWorld, apps: Mapping[str, App], settings: Settings) -> Iterator[tuple[str, str, RunResult]]:
    """(app, customer, result) of each app on each customer."""
    engine = open_database(settings)
    person = asking_user(settings, "", engine)
    tools = open_tools(settings, open_assistant(settings, purpose="evaluation"), open_retriever(settings))
    for customer, wanted in expected.customers.items():
        for name in expected.apps:
            app = apps[name]
            known = {i.name for i in app.inputs}
            given = {**wanted.inputs, **wanted.inputs.get(name, {}), "customer": customer}
            values = {key: value for key, value in given.items() if key in known}
            try:
                yield name, customer, finish(app, values, Context(person, tools, company=settings.company))
            except DebriefError as error:
                yield name, customer, RunResult(name, app.version, "failed", error=str(error))


def _score(score: AppScore, name: str, customer: str, wanted: ExpectedCustomer, text: str) -> None:
    for fact in wanted.facts:
        if fact.apps and name not in fact.apps:
            continue
        score.facts += 1
        if fact.within(text):
            score.found += 1
        else:
            score.missed.append(f"{customer}: {fact.fact or fact.pattern}")
    for false in wanted.false_statements:
        if (not false.apps or name in false.apps) and false.within(text):
            score.false.append(f"{customer}: {false.statement or false.pattern}")
