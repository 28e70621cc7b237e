"""Records: the names under which connectors put a system's facts into a document's metadata, and apps read them.

A record is what a system keeps as fields: an account, a contract, a task. Its document's text is for people and for
search; whoever needs a fact takes it from the metadata by these names, whatever the text calls it and in whatever
language. A connector knows its vendor's field names; those of a company stand in its source's `mapping`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.types import Attributes

# What a document is a record of stands in its `document_type`, or in RECORD where a company calls its types otherwise.
DOCUMENT_TYPE = "document_type"
RECORD = "record"
ACCOUNT = "account"
CONTRACT = "contract"
TASK = "task"
TOUCHPOINT = "touchpoint"
USAGE_REPORT = "usage_report"
INCIDENT_RECORD = "incident_record"
HEALTH_CHECK = "health_check"

# Of an account or a contract. The owner is ours; CONTACTS are the customer's people, "name, title, address" each.
ACCOUNT_ID = "account_id"
ACCOUNT_OWNER = "account_owner"
HEALTH = "health"
CONTRACT_END = "contract_end"
CONTRACT_VALUE = "contract_value"
CURRENCY = "currency"
CUSTOMER_LANGUAGE = "customer_language"
CONTACTS = "contacts"
FIGURES = "figures"
# What attributes of these names say, nobody has to be told by the company's file.
ACCOUNT_FACTS = frozenset([ACCOUNT_OWNER, HEALTH, CONTRACT_END, CONTRACT_VALUE, CURRENCY, CUSTOMER_LANGUAGE])

# Of a task. IS_DONE is a truth value: which statuses are final, its system knows.
DUE_ON = "due_on"
ASSIGNEE = "assignee"
TASK_STATUS = "task_status"
IS_DONE = "is_done"

# Of an incident.
INCIDENT_ID = "incident_id"
OPENED_ON = "opened_on"
SEVERITY = "severity"
SUBJECT = "subject"
CONTAINED_AFTER_HOURS = "contained_after_hours"
ROOT_CAUSE = "root_cause"

_FIGURE = re.compile(r"(?P<name>.+) \((?P<period>[^()]+)\): (?P<value>\S+)(?: (?P<unit>.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a period, such as a quarter ("2026-Q3") or a month ("2026-09"). FIGURES holds them as text."""

    name: str
    period: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.period}): {self.value!r} {self.unit}".rstrip()


def figures_of(metadata: Attributes) -> Iterator[Figure]:
    """The figures in a document's metadata, as `str` wrote them; what isn't written so is left out."""
    for text in texts_of(metadata, FIGURES):
        if match := _FIGURE.fullmatch(text):
            try:
                yield Figure(match["name"], match["period"], float(match["value"]), match["unit"] or "")
            except ValueError:
                continue


def record_of(metadata: Attributes) -> str:
    """What a document with these attributes is a record of, such as TASK; another type, or "", for what is none."""
    return text_of(metadata, RECORD) or text_of(metadata, DOCUMENT_TYPE)


def text_of(metadata: Attributes, name: str) -> str:
    """The attribute as text, several values joined by commas; "" where there is none."""
    return ", ".join(texts_of(metadata, name))


def texts_of(metadata: Attributes, name: str) -> tuple[str, ...]:
    """The attribute's values as texts; () where there is none."""
    value = metadata.get(name)
    if isinstance(value, tuple):
        return value
    return () if value is None or value == "" else (str(value),)


def day_of(metadata: Attributes, name: str) -> str:
    """The attribute's day, "2026-11-25"; what isn't written as a date stays as it is."""
    text = text_of(metadata, name)
    return text[:10] if re.match(r"\d{4}-\d\d-\d\d(?:T|$)", text) else text
