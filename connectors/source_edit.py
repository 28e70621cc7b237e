"""Sources added and changed from a page or the command line: checked as a whole, tried before, audited, versions kept.

The settings file stays the one place where sources stand; what is written into it is a text that a person could write.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from sqlalchemy.engine import Engine

from connectors.registry import KINDS, check_sources
from core import audit
from core.errors import SettingsError
from core.kept_file import KeptFile, versions_table
from core.nearest import nearest
from core.settings import Settings, SourceSettings, parse_settings
from core.settings_text import with_item, with_value
from core.types import User
from core.yaml_text import load_yaml

VERSIONS = versions_table("settings_versions")
_NAMED = re.compile(r"\$\{(?:file:[^}]+|aws:[^}]+|[A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class SourceKey:
    """A key that a kind of source asks for: what it is called, and what may stand there."""

    name: str
    label: str
    required: bool = False
    secret: bool = False
    many: bool = False


def asked_keys(kind: str) -> tuple[SourceKey, ...]:
    """What a form asks for; every other key of the kind may be given besides."""
    found = KINDS[kind]
    fields = found.settings.model_fields
    return tuple(
        SourceKey(
            name,
            label,
            required=fields[name].is_required(),
            secret=name in secret_keys(kind),
            many=_is_list(fields[name]),
        )
        for name, label in found.asks.items()
    )


def secret_keys(kind: str) -> set[str]:
    """The keys whose values are secrets, and stand in the settings by name alone."""
    fields = KINDS[kind].settings.model_fields
    return {name for name, field in fields.items() if SecretStr in (field.annotation, *get_args(field.annotation))}


def parsed_keys(kind: str, text: Mapping[str, str], more: str = "", there: Collection[str] = ()) -> dict[str, Any]:
    """What a form says as values: lists by commas or lines, further keys as YAML.

    Args:
        there: Keys that the source has; one of them that is empty now gets its default, others are left out.

    Raises:
        SettingsError: `more` is no YAML of keys.
    """
    fields = KINDS[kind].settings.model_fields
    values: dict[str, Any] = {}
    for name, written in text.items():
        if not written.strip():
            if name in there:
                values[name] = "" if fields[name].is_required() else _plain(fields[name].get_default())
        elif _is_list(fields[name]):
            values[name] = [part.strip() for part in re.split(r"[,\n]", written) if part.strip()]
        else:
            values[name] = written.strip()
    try:
        further = load_yaml(more) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"The further keys aren't YAML: {' '.join(str(error).split())}; mend that line.") from error
    if not isinstance(further, dict):
        raise SettingsError("The further keys are no keys; write each as `key: value` on a line of its own.")
    return {**values, **further}


def _is_list(field: FieldInfo) -> bool:
    return str(field.annotation).startswith("tuple")


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def added(text: str, file: Path, values: Mapping[str, Any]) -> str:
    """The settings' text with one source more.

    Raises:
        SettingsError: a value is wrong or a secret isn't named, or there is a source of this name; nothing is changed.
    """
    _check_secrets(str(values.get("kind", "")), values)
    changed = with_item(text, "sources", values)
    checked(changed, file)
    return changed


def changed(text: str, file: Path, name: str, values: Mapping[str, Any]) -> str:
    """The settings' text with other values of one source; what `values` doesn't name stays.

    Raises:
        SettingsError: as `added`, or there is no such source.
    """
    before = source_named(parse_settings(text, file), name)
    if values.get("name", name) != name or values.get("kind", before.kind) != before.kind:
        raise SettingsError(
            f"The source {name} keeps its name and kind, which its documents' ids rest on; add another."
        )
    there = written_keys(text, name)
    others = {key: value for key, value in values.items() if key not in there or there[key] != value}
    _check_secrets(before.kind, others)
    for key, value in others.items():
        text = with_value(text, ("sources", name, key), value)
    checked(text, file)
    return text


def written_keys(text: str, name: str) -> dict[str, Any]:
    """A source's keys as they are written: references to secrets, not secrets."""
    entries = (load_yaml(text) or {}).get("sources") or []
    return next((dict(entry) for entry in entries if entry.get("name") == name), {})


def checked(text: str, file: Path) -> Settings:
    """The settings that the text says. Raises SettingsError: naming the first key that is wrong."""
    settings = parse_settings(text, file)
    check_sources(settings)
    return settings


def source_named(settings: Settings, name: str) -> SourceSettings:
    """The source of this name. Raises SettingsError: there is none; the message names the nearest."""
    known = {source.name: source for source in settings.sources}
    if name not in known:
        raise SettingsError(f"There is no source named {name!r} in {settings.file}; {nearest(name, known, 'sources')}")
    return known[name]


def settings_file(file: Path) -> KeptFile:
    """The settings as a file whose versions are kept."""
    return KeptFile(file, VERSIONS, lambda text: checked(text, file))


@dataclass(frozen=True, slots=True)
class SettingsEdit:
    """Another text of the settings.

    Attributes:
        before: What it began with.
        action, subject: What the audit trail says: "paused source", its name.
    """

    before: str
    text: str
    action: str
    subject: str


def save(engine: Engine, file: Path, edit: SettingsEdit, user: User) -> None:
    """Writes the settings and puts it into the audit trail.

    Raises:
        SettingsError: the text is wrong, the file has changed since `before`, or it can't be written.
    """
    version = settings_file(file).save(engine, edit.text, edit.before, user)
    lines = [line.strip() for line in edit.text.splitlines() if line.strip() not in edit.before]
    audit.record(engine, user, edit.action, edit.subject, f"{version.digest[:12]} {' · '.join(lines)}"[:2_000])


def _check_secrets(kind: str, values: Mapping[str, Any]) -> None:
    if kind not in KINDS:
        raise SettingsError(f"There is no kind of source named {kind!r}; {nearest(kind, KINDS, 'kinds')}")
    for name in secret_keys(kind) & set(values):
        if values[name] and not _NAMED.fullmatch(str(values[name])):
            raise SettingsError(
                f"`{name}` is a secret, and the settings hold none: name where it is kept, as ${{NAME}} for the "
                "environment, ${file:/run/secrets/…} or ${aws:NAME#key}."
            )
