"""Metadata files beside documents, exactly as Amazon Kendra and Q Business lay them out.

`report.pdf` has `report.pdf.metadata.json` with Title, Attributes, AccessControlList and ContentType, each optional.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.common.access import Access, parse_entries, stamp
from core.errors import SourceError
from core.types import Attributes, AttributeValue

SUFFIX = ".metadata.json"
# A sidecar is small by nature; anything bigger is not one.
MAX_BYTES = 1_000_000

_MEDIA_TYPES = {
    "CSV": "text/csv",
    "HTML": "text/html",
    "JSON": "application/json",
    "MD": "text/markdown",
    "MS_EXCEL": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "MS_WORD": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "PDF": "application/pdf",
    "PLAIN_TEXT": "text/plain",
    "PPT": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "RTF": "application/rtf",
    "XML": "application/xml",
}


@dataclass(frozen=True)
class Sidecar:
    """What a sidecar says of its document.

    Attributes:
        access: None when it has no AccessControlList; an empty list means nobody.
        media_type: Empty when it doesn't say.
    """

    title: str = ""
    attributes: Attributes = field(default_factory=dict)
    access: Access | None = None
    media_type: str = ""

    @property
    def digest(self) -> str:
        """Changes when anything but the access list does; empty for a document without sidecar."""
        if not (self.title or self.attributes or self.media_type):
            return ""
        said = json.dumps([self.title, self.media_type, dict(self.attributes)], sort_keys=True, default=list)
        return stamp(said)

    @property
    def url(self) -> str:
        """Where people open the document, if the sidecar knows a better place than the source."""
        return str(self.attributes.get("_source_uri", ""))


NO_SIDECAR = Sidecar()


@dataclass(frozen=True)
class SidecarDetails:
    """A sidecar, and who may read its document in the end."""

    sidecar: Sidecar
    effective: Access

    @property
    def digest(self) -> str:
        """Changes when the sidecar's metadata do."""
        return self.sidecar.digest


def parse_sidecar(content: bytes, where: str) -> Sidecar:
    """The sidecar in `content`.

    Raises:
        SourceError: it isn't JSON of that form. Its access list isn't known then, so the document must be closed.
    """
    raw = read_json(content, where)
    if not isinstance(raw, Mapping):
        raise SourceError(f"{where} holds a {type(raw).__name__}; write an object with Title, Attributes and so on.")
    attributes = raw.get("Attributes") or {}
    if not isinstance(attributes, Mapping):
        raise SourceError(f"{where}: Attributes is a {type(attributes).__name__}; write an object.")
    values = {str(name): value for name, raw_value in attributes.items() if (value := plain(raw_value)) is not None}
    if isinstance(raw.get("DocumentId"), str):
        values.setdefault("document_id", raw["DocumentId"])
    return Sidecar(
        title=str(raw.get("Title") or ""),
        attributes=values,
        access=parse_entries(raw["AccessControlList"], where) if "AccessControlList" in raw else None,
        media_type=_MEDIA_TYPES.get(str(raw.get("ContentType") or "").upper(), ""),
    )


def read_json(content: bytes, where: str) -> Any:
    """The JSON in `content`, with or without a byte order mark.

    Raises:
        SourceError: it isn't JSON in UTF-8.
    """
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SourceError(f"{where} is not valid JSON in UTF-8 ({error}); mend it.") from error


def plain(value: Any) -> AttributeValue | None:
    """A field of a source as an attribute value: lists become tuples of text, objects JSON; None for nothing."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return tuple(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
