"""`debrief sources add|set|pause|resume`: what the page does, from the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
import yaml

from connectors.commands import print_probe, sources_app
from connectors.draft import drafted
from connectors.probe import probe
from connectors.registry import KINDS
from connectors.source_edit import SettingsEdit, added, changed, checked, save, settings_file, source_named
from core import audit
from core.console import err, out
from core.database import open_database
from core.errors import SettingsError
from core.settings import load_settings
from core.yaml_text import load_yaml

Keys = Annotated[
    list[str] | None,
    typer.Argument(help="Its keys, as KEY=VALUE in YAML: path=/srv/notes 'allow=[group:sales]' 'app_token=${NAME}'."),
]
NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
Tried = Annotated[bool, typer.Option(help="Try it before it is written, and write nothing if it can't be read.")]


def register(app: typer.Typer) -> None:
    """The commands are added when this is imported."""


@sources_app.command("add")
def add(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
    name: Annotated[str, typer.Argument(help="The first part of every document's id: small letters, digits, - and _.")],
    keys: Keys = None,
    test: Tried = True,
) -> None:
    """Adds a source to debrief.yaml, whose remarks stay, after trying it. A running server picks it up."""
    values = {"name": name, "kind": kind, **_values(keys or ())}
    before, file = _read()
    _write(added(before, file.path, values), before, name, "added source", test)


@sources_app.command("draft")
def draft(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            help="Sites, s3://BUCKET, a wiki, an organisation, people, folders; none: what the environment has."
        ),
    ] = None,
) -> None:
    """Prints entries for `sources:`, to be looked at and pasted; writes nothing. Secrets stand in them by name."""
    entries = drafted(addresses or (), os.environ)
    if not entries:
        raise SettingsError(
            "The environment names no source (AZURE_TENANT_ID with its client, CONFLUENCE_URL, "
            "SMARTSHEET_ACCESS_TOKEN); give addresses: debrief sources draft https://COMPANY.sharepoint.com/sites/TEAM s3://BUCKET"
        )
    shown = [{key: value for key, value in entry.items() if not key.startswith("_")} for entry in entries]
    out.print(yaml.safe_dump({"sources": shown}, sort_keys=False, allow_unicode=True).rstrip())
    for key in sorted({name for entry in shown for name in NAMED.findall(str(entry)) if name not in os.environ}):
        err.print(f"{key} isn't set in the environment yet.")


@sources_app.command("set")
def set_keys(
    name: Annotated[str, typer.Argument(help="The source's name in debrief.yaml.")],
    keys: Keys = None,
    test: Tried = True,
) -> None:
    """Changes keys of a source in debrief.yaml, after trying it."""
    before, file = _read()
    _write(changed(before, file.path, name, _values(keys or ())), before, name, "changed source", test)


@sources_app.command("pause")
def pause(name: Annotated[str, typer.Argument(help="The source's name in debrief.yaml.")]) -> None:
    """Leaves a source out of every sync. What it has brought stays and is found."""
    before, file = _read()
    _write(changed(before, file.path, name, {"paused": True}), before, name, "paused source", False)


@sources_app.command("resume")
def resume(name: Annotated[str, typer.Argument(help="The source's name in debrief.yaml.")]) -> None:
    """Takes a paused source into the syncs again."""
    before, file = _read()
    _write(changed(before, file.path, name, {"paused": False}), before, name, "resumed source", False)


def _read() -> tuple[str, Any]:
    file = settings_file(load_settings().file)
    return file.read(), file


def _write(text: str, before: str, name: str, action: str, test: bool) -> None:
    settings = load_settings()
    if text == before:
        out.print(f"{name} is so already; nothing was written.")
        return
    if test:
        tried = checked(text, settings.file)
        found = probe(source_named(tried, name), tried)
        print_probe(found)
        if found.problem:
            out.print("Nothing was written; mend it, or add --no-test.")
            raise typer.Exit(1)
    save(open_database(settings), settings.file, SettingsEdit(before, text, action, name), audit.SERVICE)
    out.print(f"{action.capitalize()}: {name}, in {settings.file}.")


def _values(keys: Sequence[str]) -> Mapping[str, Any]:
    values = {}
    for written in keys:
        key, sign, value = written.partition("=")
        if not sign or not key.strip():
            raise SettingsError(f"{written!r} is no key with a value; write it as KEY=VALUE.")
        try:
            values[key.strip()] = load_yaml(value)
        except yaml.YAMLError as error:
            raise SettingsError(f"The value of {key} isn't YAML: {' '.join(str(error).split())}; quote it.") from error
    return values
