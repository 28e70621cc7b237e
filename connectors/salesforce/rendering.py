"""A record as a page that reads like its own: labels, picklist words, currency, the organisation's time zone."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.salesforce.shape import Shape, ShownField, snake
from core.types import AttributeValue

Row = Mapping[str, Any]

_LONG = 200
# Attributes that mean something else to Debrief than to a record.
_TAKEN = frozenset(
    "title status language version category region product owner authors path created_at updated_at record source_uri "
    "document_type supersedes superseded_by confidentiality".split()
)


@dataclass(frozen=True)
class Locale:
    """How an organisation writes.

    Attributes:
        currency: Of amounts of records that don't say their own.
    """

    zone: ZoneInfo
    currency: str = ""


def moment(value: object) -> datetime | None:
    """The time that a field holds; None for nothing."""
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def page(shape: Shape, row: Row, children: Iterable[tuple[Shape, Sequence[Row]]], locale: Locale) -> str:
    """The record as HTML, its children below it."""
    title = title_of(shape, row)
    parts = [
        f"<!DOCTYPE html><html><head><title>{html.escape(title)}</title></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        *_fields(shape, row, locale, 2),
    ]
    for child, rows in children:
        if rows:
            parts.append(f"<h2>{html.escape(child.label)}</h2>")
        for one in rows:
            when = moment(one.get("CreatedDate"))
            said = ", ".join(p for p in (_author(one), f"{when.astimezone(locale.zone):%Y-%m-%d}" if when else "") if p)
            parts += [f"<h3>{html.escape(said or title_of(child, one))}</h3>", *_fields(child, one, locale, 4)]
    return "".join([*parts, "</body></html>"])


def title_of(shape: Shape, row: Row) -> str:
    """What people call the record: its name; with a subject, both ("00001026: Sensor offline")."""
    name = str(row.get(shape.title) or row["Id"])
    subject = str(row.get("Subject") or row.get("Title") or "")
    return f"{name}: {subject}" if subject and subject != name else name


def metadata(shape: Shape, row: Row) -> dict[str, AttributeValue]:
    """The record's short fields under their own names; those that Debrief reads otherwise with the kind before them."""
    found: dict[str, AttributeValue] = {}
    for field in shape.shown:
        value = _value(field, row.get(field.path))
        if value is None or (isinstance(value, str) and len(value) > _LONG) or field.is_html:
            continue
        name = snake(field.path if field.type == "reference" else field.name)
        found[f"{snake(shape.kind)}_{name}" if name in _TAKEN else name] = value
    if account := row.get("Account.Name") or (row.get(shape.title) if shape.kind == "Account" else None):
        found["customer"] = str(account)
    return found


def _fields(shape: Shape, row: Row, locale: Locale, level: int) -> Iterator[str]:
    short, long = [], []
    for field in shape.shown:
        text = shown_value(field, row, locale)
        if not text:
            continue
        if field.is_html or len(text) > _LONG or "\n" in text:
            body = text if field.is_html else _paragraphs(text)
            long.append(f"<h{level}>{html.escape(field.label)}</h{level}><div>{body}</div>")
        else:
            short.append(f"<li>{html.escape(field.label)}: {html.escape(text)}</li>")
    if short:
        yield f"<ul>{''.join(short)}</ul>"
    yield from long


def shown_value(field: ShownField, row: Row, locale: Locale) -> str:
    """The field's value as people see it; empty for nothing."""
    value = _value(field, row.get(field.path))
    if value is None or value == "":
        return ""
    if field.type == "boolean":
        return "yes" if value else "no"
    if field.type == "currency" and isinstance(value, int | float):
        unit = str(row.get("CurrencyIsoCode") or locale.currency)
        return f"{unit} {_number(value)}".strip()
    if field.type == "percent" and isinstance(value, int | float):
        return f"{_number(value)} %"
    if isinstance(value, int | float):
        return _number(value) if field.type != "int" or abs(value) > 9_999 else str(value)
    if field.type == "datetime" and (when := moment(value)):
        return f"{when.astimezone(locale.zone):%Y-%m-%d %H:%M} ({locale.zone.key})"
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value)


def _value(field: ShownField, value: Any) -> AttributeValue | None:
    """The value, of either interface: the one that has types, and the bulk one, which has text."""
    if value is None or value == "":
        return None
    if field.type == "boolean":
        return value is True or str(value).lower() == "true"
    if field.type in ("currency", "double", "percent", "int", "long"):
        try:
            number = float(value)
        except (TypeError, ValueError):
            return str(value)
        return int(number) if number.is_integer() else number
    if field.type == "multipicklist":
        return tuple(field.words.get(one, one) for one in str(value).split(";"))
    return field.words.get(str(value), str(value))


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _author(row: Row) -> str:
    return str(row.get("FromName") or row.get("FromAddress") or row.get("CreatedBy.Name") or "")


def _paragraphs(text: str) -> str:
    lines = (html.escape(line) for line in text.splitlines())
    return "<p>" + "<br/>".join(lines) + "</p>"
