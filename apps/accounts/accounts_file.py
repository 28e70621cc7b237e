"""accounts.yaml, beside debrief.yaml: how this company calls the facts of its customers, and what these may be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.errors import SettingsError
from core.settings import validate

ACCOUNTS_FILE = "accounts.yaml"
Labels = dict[str, list[str]]
Part = Literal["summary", "wins", "risks", "incidents", "tasks", "decisions", "questions", "figures", "letters"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetadataNames(_Part):
    """Names of attributes."""

    customer: list[str] = ["customer"]
    document_type: list[str] = ["document_type"]
    date: list[str] = ["updated_at", "created_at"]
    confidentiality: list[str] = ["confidentiality"]


class ColumnNames(_Part):
    """Headings of columns, by the kind of table: what the column has → how it is headed."""

    figures: Labels = Field(default_factory=dict)
    incidents: Labels = Field(default_factory=dict)
    tasks: Labels = Field(default_factory=dict)
    risks: Labels = Field(default_factory=dict)


class Directions(_Part):
    """Words of figures' names, by which way is better."""

    higher: list[str] = []
    lower: list[str] = []
    neither: list[str] = []


class CustomerPlaces(_Part):
    """What says whose a document is, where no attribute does.

    Attributes:
        lines: Labels of lines "label: name", and headings of the column with the names in lists.
        folders: Folders whose folders are called as the customers are.
    """

    lines: list[str] = []
    folders: list[str] = []


class ForCustomers(_Part):
    """What may leave the house: closed where nothing here opens it.

    Attributes:
        labels: A document with one of these labels may be told to the customer that it is about.
        report_labels: With one of these, a report may.
        unlabelled_types: So may a document of one of these types, if it carries no label at all.
        parts: Of such a document these parts.
        facts: What both sides know anyway, from whichever document.
    """

    labels: list[str] = []
    report_labels: list[str] = []
    unlabelled_types: list[str] = []
    parts: list[Part] = ["figures", "summary", "wins", "incidents", "tasks", "decisions"]
    facts: list[str] = ["contract_end", "contract_start", "notice_period"]


class AccountsFile(_Part):
    """The whole file. What it doesn't name is read by the standard words of notions.yaml.

    Attributes:
        types: contract, report, meeting, letter or advice → values of the document's type.
        facts: health, contract_end, … → how a line, a column or an attribute calls it.
        headings: summary, risks, … → how headings say it.
        targets: A figure's name → its target, for reports that don't have it.
        done: How a state says that a task is over.
        ignore: Labels that mean none of this, whatever the standard words say.
    """

    metadata: MetadataNames = MetadataNames()
    customers: CustomerPlaces = CustomerPlaces()
    types: Labels = Field(default_factory=dict)
    facts: Labels = Field(default_factory=dict)
    headings: Labels = Field(default_factory=dict)
    columns: ColumnNames = ColumnNames()
    directions: Directions = Directions()
    targets: dict[str, str] = Field(default_factory=dict)
    done: list[str] = []
    for_customers: ForCustomers = ForCustomers()
    ignore: list[str] = []


def load_accounts(file: Path) -> AccountsFile | None:
    """What `file` says; None when there is no such file.

    Raises:
        SettingsError: it is no YAML, or has a key that isn't known.
    """
    if not file.is_file():
        return None
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{file} holds a {type(raw).__name__}; write keys such as `facts:` at its top level.")
    return validate(AccountsFile, _filled(raw), file)


def _filled(raw: dict[str, Any]) -> dict[str, Any]:
    """`raw` without keys whose entries are all commented out: as if they weren't there."""
    return {k: _filled(v) if isinstance(v, dict) else v for k, v in raw.items() if v is not None}
