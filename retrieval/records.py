"""A chunk ↔ the payload that both engines store, and the names of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.identity import normalised
from core.types import Attributes, AttributeValue, Chunk
from retrieval.access import ALLOW_FIELD, DENY_FIELD
from retrieval.bm25 import language_of
from retrieval.dialect import filterable

DENSE = "dense"
SPARSE = "text"
DOCUMENT_FIELD = "document_id"
ORDINAL_FIELD = "ordinal"
LANGUAGE_FIELD = "language"

# The chunk's own fields that filters and weights may name beside the metadata; they go before it.
_OWN_FIELDS = ("source", DOCUMENT_FIELD, "title", "url", "kind", "page")


def payload_of(chunk: Chunk) -> dict[str, Any]:
    """The chunk as JSON values, with its attributes once more in the form that filters compare."""
    return {
        DOCUMENT_FIELD: chunk.document_id,
        ORDINAL_FIELD: chunk.ordinal,
        "text": chunk.text,
        "heading_path": list(chunk.heading_path),
        "page": chunk.page,
        "locator": chunk.locator,
        "kind": chunk.kind,
        "begin": chunk.begin,
        "end": chunk.end,
        "source": chunk.source,
        "title": chunk.title,
        "url": chunk.url,
        **metadata_payload(chunk),
        **access_payload(chunk.allow, chunk.deny),
    }


def metadata_payload(chunk: Chunk) -> dict[str, Any]:
    """The part of a payload that follows from the metadata."""
    return {
        "metadata": {k: list(v) if isinstance(v, tuple) else v for k, v in chunk.metadata.items()},
        LANGUAGE_FIELD: language_of(chunk),
        **filterable(attributes_of(chunk)),
    }


def access_payload(allow: Any, deny: Any) -> dict[str, list[str]]:
    """The part of a payload that says who may read."""
    return {ALLOW_FIELD: sorted(normalised(allow)), DENY_FIELD: sorted(normalised(deny))}


def chunk_of(chunk_id: str, payload: Mapping[str, Any]) -> Chunk:
    """The chunk that `payload_of` was given."""
    return Chunk(
        id=chunk_id,
        document_id=payload[DOCUMENT_FIELD],
        ordinal=payload[ORDINAL_FIELD],
        text=payload["text"],
        heading_path=tuple(payload["heading_path"]),
        page=payload["page"],
        locator=payload["locator"],
        kind=payload["kind"],
        begin=payload["begin"],
        end=payload["end"],
        source=payload["source"],
        title=payload["title"],
        url=payload["url"],
        allow=frozenset(payload[ALLOW_FIELD]),
        deny=frozenset(payload[DENY_FIELD]),
        metadata=_attributes(payload["metadata"]),
    )


def attributes_of(chunk: Chunk) -> Attributes:
    """Everything that filters and weights may name: the metadata, and the chunk's own fields over it."""
    own = {name: getattr(chunk, name) for name in _OWN_FIELDS}
    return {**chunk.metadata, **{name: value for name, value in own.items() if value not in (None, "")}}


def attribute_fields(names: Iterable[str]) -> list[str]:
    """The payload fields that hold the attributes `names`."""
    fields = {name if name in _OWN_FIELDS else f"metadata.{name}" for name in names}
    # A name with other signs can't be written as a path; then the metadata comes whole.
    whole = any(not re.fullmatch(r"[\w-]+", name, re.ASCII) for name in names)
    return [*sorted(fields & set(_OWN_FIELDS)), "metadata"] if whole else sorted(fields)


def stored_attributes(payload: Mapping[str, Any], names: Iterable[str]) -> dict[str, AttributeValue]:
    """Those of `attributes_of` that `names` names, of a payload that has at least their fields."""
    metadata = payload.get("metadata") or {}
    found: dict[str, AttributeValue] = {}
    for name in names:
        value = payload.get(name) if name in _OWN_FIELDS else None
        if value in (None, ""):
            value = metadata.get(name)
        if value is not None:
            found[name] = tuple(value) if isinstance(value, list) else value
    return found


def _attributes(stored: Mapping[str, Any]) -> dict[str, AttributeValue]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
