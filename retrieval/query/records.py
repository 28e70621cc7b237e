"""A chunk ↔ the payload that both engines store, and the names of its fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from core.identity import denied, normalised
from core.types import Attributes, AttributeValue, Chunk, Principal, Rows
from retrieval.query.access import ALLOW_FIELD, DENY_FIELD
from retrieval.query.bm25 import language_of
from retrieval.query.dialect import filterable

DENSE = "dense"
SPARSE = "text"
DOCUMENT_FIELD = "document_id"
ORDINAL_FIELD = "ordinal"
LANGUAGE_FIELD = "language"
TEXT_FIELD = "text"
# Everything that is only read back, as one JSON text: a field of its own costs the engine 2-10 µs a chunk.
DETAILS_FIELD = "details"
# A table's cells, apart from the details, which weights read of every candidate; chunks of text have no such field.
ROWS_FIELD = "rows"

# The chunk's own fields that filters and weights may name beside the metadata; they go before it.
_OWN_FIELDS = ("source", DOCUMENT_FIELD, "title", "url", "kind", "page")


def payload_of(chunk: Chunk) -> dict[str, Any]:
    """The chunk as JSON values, with its attributes once more in the form that filters compare."""
    return {
        DOCUMENT_FIELD: chunk.document_id,
        ORDINAL_FIELD: chunk.ordinal,
        TEXT_FIELD: chunk.text,
        **({ROWS_FIELD: json.dumps(chunk.rows, ensure_ascii=False, separators=(",", ":"))} if chunk.rows else {}),
        **metadata_payload(chunk),
        **access_payload(chunk.allow, chunk.deny),
    }


def metadata_payload(chunk: Chunk) -> dict[str, Any]:
    """The part of a payload that follows from the metadata."""
    details = {
        "source": chunk.source,
        "title": chunk.title,
        "url": chunk.url,
        "kind": chunk.kind,
        "page": chunk.page,
        "heading_path": chunk.heading_path,
        "locator": chunk.locator,
        "begin": chunk.begin,
        "end": chunk.end,
        "metadata": dict(chunk.metadata),
    }
    return {
        DETAILS_FIELD: json.dumps(details, ensure_ascii=False),
        LANGUAGE_FIELD: language_of(chunk),
        **filterable(attributes_of(chunk)),
    }


def access_payload(allow: Iterable[Principal], deny: Iterable[Principal]) -> dict[str, list[str]]:
    """The part of a payload that says who may read."""
    return {ALLOW_FIELD: _stored(frozenset(allow)), DENY_FIELD: sorted(denied(deny))}


@lru_cache(maxsize=1_024)
def _stored(principals: frozenset[Principal]) -> list[Principal]:
    return sorted(normalised(principals))


def chunk_of(chunk_id: str, payload: Mapping[str, Any]) -> Chunk:
    """The chunk that `payload_of` was given."""
    details = json.loads(payload[DETAILS_FIELD])
    return Chunk(
        id=chunk_id,
        document_id=payload[DOCUMENT_FIELD],
        ordinal=payload[ORDINAL_FIELD],
        text=payload[TEXT_FIELD],
        rows=_rows(payload.get(ROWS_FIELD)),
        allow=frozenset(payload[ALLOW_FIELD]),
        deny=frozenset(payload[DENY_FIELD]),
        **{
            **details,
            "heading_path": tuple(details["heading_path"]),
            "metadata": {name: _value(value) for name, value in details["metadata"].items()},
        },
    )


def attributes_of(chunk: Chunk) -> Attributes:
    """Everything that filters and weights may name: the metadata, and the chunk's own fields over it."""
    own = {name: getattr(chunk, name) for name in _OWN_FIELDS}
    return {**chunk.metadata, **{name: value for name, value in own.items() if value not in (None, "")}}


# What `stored_attributes` needs of a candidate.
ATTRIBUTE_FIELDS = (DOCUMENT_FIELD, DETAILS_FIELD)


def stored_attributes(payload: Mapping[str, Any], names: Iterable[str]) -> dict[str, AttributeValue]:
    """Those of `attributes_of` that `names` names, of a payload that has at least ATTRIBUTE_FIELDS."""
    details = json.loads(payload[DETAILS_FIELD])
    details[DOCUMENT_FIELD] = payload[DOCUMENT_FIELD]
    metadata = details["metadata"]
    found: dict[str, AttributeValue] = {}
    for name in names:
        value = details.get(name) if name in _OWN_FIELDS else None
        if value in (None, ""):
            value = metadata.get(name)
        if value is not None:
            found[name] = _value(value)
    return found


def _rows(stored: str | None) -> Rows:
    return tuple(tuple(row) for row in json.loads(stored)) if stored else ()


def _value(stored: Any) -> AttributeValue:
    value: AttributeValue = tuple(stored) if isinstance(stored, list) else stored
    return value
