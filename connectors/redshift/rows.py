"""How rows become documents: declared in the settings, written as readable text with labels and units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.common import Access
from connectors.common.access import NOBODY
from core.tables import markdown_table
from core.types import AttributeValue, Principal

Row = Mapping[str, Any]

# The end of a column's name that says its unit, as data warehouses write it.
_UNITS = {
    "eur": "EUR",
    "usd": "USD",
    "gbp": "GBP",
    "pct": "%",
    "percent": "%",
    "minutes": "minutes",
    "hours": "hours",
    "days": "days",
    "seconds": "seconds",
    "gb": "GB",
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RowDocuments(BaseModel):
    """One kind of document that is made from a query.

    Attributes:
        name: Part of the documents' ids.
        query: One SELECT. All rows with the same `id` make one document.
        id: The column that identifies the document.
        title: Its title, with columns in braces: "{customer_name}, licences".
        text: Columns to write; none means all but those of access and time.
        metadata: Columns to keep as attributes; none means all that have one value in the document.
        set: Attributes that every document gets.
        updated_at: The column that says when a row last changed. Without it, every run reads all rows.
        order_by: The order of the rows within a document.
        table: schema.table, whose comments explain the columns.
        labels: Column → what to call it in the text.
        units: Column → its unit; by default told from the name's end (_eur, _pct, _hours, …).
        allow_users, allow_groups: Columns with addresses or group names (several: separated by commas).
        readers: Who may read them besides.
        url: Where people see the record, with columns in braces.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    query: str
    id: str
    title: str
    text: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    set: dict[str, str] = Field(default_factory=dict)
    updated_at: str = ""
    order_by: tuple[str, ...] = ()
    table: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    allow_users: str = ""
    allow_groups: str = ""
    readers: tuple[Principal, ...] = ()
    url: str = ""

    @field_validator("query")
    @classmethod
    def _is_one_select(cls, query: str) -> str:
        text = query.strip().rstrip(";").strip()
        if ";" in re.sub(r"'(?:[^']|'')*'", "''", text) or not re.match(r"(?is)(select|with)\b", text):
            raise ValueError("write one SELECT, without a semicolon")
        return text

    @field_validator("id", "updated_at", "allow_users", "allow_groups")
    @classmethod
    def _is_column(cls, name: str) -> str:
        # Redshift folds names to lower case.
        name = name.lower()
        if name and not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"{name!r} is no column name of the query; give it one with AS")
        return name

    @field_validator("order_by", "text", "metadata")
    @classmethod
    def _are_columns(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(cls._is_column, names))

    @field_validator("labels", "units")
    @classmethod
    def _are_by_column(cls, texts: dict[str, str]) -> dict[str, str]:
        return {cls._is_column(name): text for name, text in texts.items()}


@dataclass(frozen=True)
class Comments:
    """What the database says of a table and its columns."""

    table: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def render(spec: RowDocuments, rows: Sequence[Row], title: str, comments: Comments) -> str:
    """The rows as Markdown: what is the same in all of them as a list, the rest as a table."""
    hidden = (spec.allow_users, spec.allow_groups, spec.updated_at)
    shown = [column for column in (spec.text or rows[0]) if spec.text or column not in hidden]
    same = [column for column in shown if len({repr(row.get(column)) for row in rows}) == 1]
    differing = [column for column in shown if column not in same]
    parts = [f"# {title}"]
    if comments.table:
        parts.append(comments.table.rstrip(".") + ".")
    lines = [f"- {_label(spec, column)}: {value}" for column in same if (value := _shown(spec, column, rows[0]))]
    if lines:
        parts.append("\n".join(lines))
    if differing:
        header = [_label(spec, column) for column in differing]
        body = [[_shown(spec, column, row) or "–" for column in differing] for row in rows]
        parts.append(markdown_table(header, body))
    said = [f"- {_label(spec, column)}: {text}" for column in shown if (text := comments.columns.get(column))]
    if said:
        parts.append("## What the columns mean\n\n" + "\n".join(said))
    return "\n\n".join(parts) + "\n"


def attributes(spec: RowDocuments, rows: Sequence[Row]) -> dict[str, AttributeValue]:
    """The columns that have one value in the document, and what `set` adds."""
    hidden = (spec.allow_users, spec.allow_groups, spec.updated_at)
    names = spec.metadata or [name for name in rows[0] if name not in hidden]
    values: dict[str, AttributeValue] = {}
    for name in names:
        found = {repr(row.get(name)): row.get(name) for row in rows}
        if len(found) == 1 and (value := _plain(next(iter(found.values())))) is not None:
            values[name] = value
    return {**values, **spec.set}


def access(spec: RowDocuments, cells: Sequence[tuple[Any, Any]]) -> Access | None:
    """Who may read a document whose rows say (users, groups) in their access columns; None if no rule says.

    Rows of one document that say different things close it, since no reader may see all of it.
    """
    if not (spec.allow_users or spec.allow_groups or spec.readers):
        return None
    if len({repr(cell) for cell in cells}) > 1:
        return NOBODY
    users, groups = cells[0] if cells else (None, None)
    allow = {f"user:{name.lower()}" for name in _listed(users)} | {f"group:{name}" for name in _listed(groups)}
    return Access(frozenset(allow | set(spec.readers)))


def filled(template: str, row: Row) -> str:
    """The template with columns in braces replaced by the row's values."""
    return re.sub(r"\{(\w+)\}", lambda match: str(_plain(row.get(match.group(1)))), template)


def _listed(cell: Any) -> list[str]:
    return [part.strip() for part in re.split(r"[,;]", str(cell)) if part.strip()] if cell is not None else []


def _label(spec: RowDocuments, column: str) -> str:
    if column in spec.labels:
        return spec.labels[column]
    words = column.split("_")
    if len(words) > 1 and words[-1].lower() in _UNITS and column not in spec.units:
        words = words[:-1]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _unit(spec: RowDocuments, column: str) -> str:
    return spec.units.get(column) or _UNITS.get(column.rsplit("_", 1)[-1].lower() if "_" in column else "", "")


def _shown(spec: RowDocuments, column: str, row: Row) -> str:
    """The value as people write it: thousands with commas, with its unit."""
    value = row.get(column)
    if value is None or value == "":
        return ""
    unit = _unit(spec, column)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        is_counted = bool(unit) or value >= 10_000 or value <= -10_000
        text = f"{value:,}" if is_counted else str(value)
        text = text.removesuffix(".00")
        return f"{text}{unit}" if unit == "%" else f"{text} {unit}".strip()
    return str(_plain(value)).replace("\n", " ")


def _plain(value: Any) -> AttributeValue | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
