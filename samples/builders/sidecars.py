"""Sidecar metadata and prefix access lists in the format of Amazon Kendra and Q Business."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from samples.builders.source import Source
from samples.builders.world import email_of, iso, load_world

_CONTENT_TYPES = {"html": "HTML", "docx": "MS_WORD", "pdf": "PDF", "pptx": "PPT", "txt": "PLAIN_TEXT"}
# Front matter that only says how the file itself is made.
_NOT_METADATA = {"from", "to", "cc", "columns", "permissions"}


def write_sidecar(source: Source, target: Path) -> None:
    """Writes `<name>.metadata.json` beside the document."""
    attributes: dict[str, Any] = {
        "_category": source.attributes.get("document_type", "document"),
        "_authors": [email_of(author) for author in source.authors],
        "_created_at": iso(source.created),
        "_last_updated_at": iso(source.updated),
        "_source_uri": _uri(source),
    }
    for key, value in source.attributes.items():
        if key not in _NOT_METADATA:
            attributes[key] = value.isoformat() if isinstance(value, date) else value
    sidecar: dict[str, Any] = {"DocumentId": source.path, "Title": source.title, "Attributes": attributes}
    if source.suffix in _CONTENT_TYPES:
        sidecar["ContentType"] = _CONTENT_TYPES[source.suffix]
    if source.allow is not None or source.deny:
        sidecar["AccessControlList"] = entries(source.allow or (), source.deny)
    _dump(target.with_name(target.name + ".metadata.json"), sidecar)


def write_prefix_access(workspace: Path) -> None:
    """Writes acl.json at the root of the folder tree and of the bucket."""
    world = load_world()
    starts = {"files": "", "s3": f"s3://{world['company']['bucket']}/"}
    for root, prefixes in world["prefix_access"].items():
        acl = [
            {"keyPrefix": starts[root] + prefix, "aclEntries": entries(rule["allow"], rule.get("deny", ()))}
            for prefix, rule in prefixes.items()
        ]
        _dump(workspace / root / "acl.json", acl)


def entries(allow: Iterable[str], deny: Iterable[str]) -> list[dict[str, str]]:
    """Access entries of principals such as "group:emea" or "user:ana.ruiz"."""
    return [_entry(p, "ALLOW") for p in allow] + [_entry(p, "DENY") for p in deny]


def _entry(principal: str, access: str) -> dict[str, str]:
    kind, _, name = principal.partition(":")
    return {"Name": email_of(name) if kind == "user" else name, "Type": kind.upper(), "Access": access}


def _uri(source: Source) -> str:
    company = load_world()["company"]
    if source.root == "s3":
        return f"s3://{company['bucket']}/{source.path}"
    return f"{company['handbook_url']}/{source.path}"


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
