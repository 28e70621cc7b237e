"""The metadata standard: reserved attributes, their types, and how a source's own names map onto them.

docs/metadata.md is the description for people; `RESERVED` here is what is enforced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

from core.types import Attributes, AttributeValue

Kind = Literal["text", "list", "date", "number"]

RESERVED: Mapping[str, Kind] = {
    "title": "text",
    "authors": "list",
    "created_at": "date",
    "updated_at": "date",
    "category": "text",
    "document_type": "text",
    "customer": "text",
    "product": "text",
    "region": "text",
    "language": "text",
    "confidentiality": "text",
    "status": "text",
    "owner": "text",
    "review_by": "date",
    "supersedes": "list",
    "view_count": "number",
    "version": "text",
    "valid_from": "date",
    "valid_until": "date",
    "as_of": "date",
    "source_uri": "text",
    # Of records, see core/records.py.
    "record": "text",
    "account_owner": "text",
    "contract_end": "date",
    "contract_value": "number",
    "currency": "text",
    "customer_language": "text",
    "contacts": "list",
    "figures": "list",
    "due_on": "date",
    "assignee": "text",
    "opened_on": "date",
    "subject": "text",
}

# Amazon Kendra's and Q Business's reserved names, Dublin Core as office files carry it, and common spellings.
ALIASES: Mapping[str, str] = {
    "_authors": "authors",
    "_category": "category",
    "_created_at": "created_at",
    "_document_title": "title",
    "_language_code": "language",
    "_last_updated_at": "updated_at",
    "_source_uri": "source_uri",
    "_version": "version",
    "_view_count": "view_count",
    "author": "authors",
    "creator": "authors",
    "created": "created_at",
    "modified": "updated_at",
    "last_modified": "updated_at",
    "lang": "language",
    "type": "document_type",
    "doc_type": "document_type",
    "review_date": "review_by",
    # What other languages and systems call the three that decide whose a document is, what, and for whom.
    **dict.fromkeys(
        "client client_name customer_name account_name kunde kundenname mandant auftraggeber cliente nombre_cliente "
        "nom_client nome_cliente committente klant klantnaam opdrachtgever".split(),
        "customer",
    ),
    **dict.fromkeys(
        "dokumentart dokumenttyp tipo_documento tipo_de_documento type_de_document".split(), "document_type"
    ),
    **dict.fromkeys(
        "classification sensitivity vertraulichkeit schutzklasse confidencialidad confidencialidade riservatezza "
        "vertrouwelijkheid".split(),
        "confidentiality",
    ),
}

_NOT_NAME = re.compile(r"[^0-9a-z]+")
_DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d", "%Y%m%d")


def attribute_name(name: str) -> str:
    """A source's field name as an attribute name: snake case, aliases resolved ("Document Type" → document_type)."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    plain = _NOT_NAME.sub("_", spaced.lower()).strip("_")
    return ALIASES.get(name, ALIASES.get(plain, plain))


def normalise(raw: Mapping[str, Any], mapping: Mapping[str, str]) -> tuple[dict[str, AttributeValue], list[str]]:
    """The attributes of `raw` under standard names and types, and a sentence for each value that was dropped.

    Args:
        raw: A source's fields as they come.
        mapping: The source's own rules, field name → attribute name ("" drops the field); they win over aliases.
    """
    attributes: dict[str, AttributeValue] = {}
    problems: list[str] = []
    mapped: set[str] = set()
    for field, value in raw.items():
        name = mapping[field] if field in mapping else attribute_name(str(field))
        if not name or value is None or value in ("", [], ()):
            continue
        typed = typed_value(value, RESERVED.get(name))
        if typed is None:
            problems.append(f"The attribute {name} is {value!r}, not a {RESERVED[name]}; it was left out.")
        elif name not in attributes or field in mapping or (field == name and name not in mapped):
            attributes[name] = typed
            mapped |= {name} if field in mapping else set()
    return attributes, problems


def typed_value(value: Any, kind: Kind | None) -> AttributeValue | None:
    """`value` as the attribute type `kind`; None when it can't be. Without a kind, a plain form of what it is."""
    if kind == "date":
        return iso_date(value)
    if kind == "number":
        return _number(value)
    if kind == "list":
        items = value if isinstance(value, list | tuple | set | frozenset) else re.split(r"\s*[;\n]\s*", str(value))
        return tuple(str(item).strip() for item in items if str(item).strip()) or None
    if kind == "text":
        return str(value[0] if isinstance(value, list | tuple) and value else value).strip()
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return iso_date(value)
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(str(item) for item in value)
    return str(value)


def iso_date(value: Any) -> str | None:
    """A date as ISO 8601 in UTC ("2026-11-22T00:00:00Z"); None when it can't be read as one."""
    moment: datetime | None = None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # Systems count in seconds or in milliseconds; the year 2100 in seconds is 4.1e9.
        try:
            moment = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    else:
        moment = _parse_date(str(value).strip())
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        number = float(str(value).replace(",", "").replace(" ", ""))
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def merged(*layers: Attributes) -> dict[str, AttributeValue]:
    """All attributes; an earlier layer wins over a later one."""
    result: dict[str, AttributeValue] = {}
    for layer in layers:
        for name, value in layer.items():
            result.setdefault(name, value)
    return result
