"""A large OpenAPI document → one with the chosen operations and what they refer to, small enough for a plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from actions.kinds.openapi.document import Document
from core.errors import ActionError
from core.nearest import nearest


def cut_document(document: Document, wanted: Sequence[str]) -> dict[str, Any]:
    """The document with these operations alone. Raises ActionError: it has none of that name."""
    known = dict(document.operations())
    content = document.content
    made: dict[str, Any] = {k: content[k] for k in ("openapi", "info", "servers", "security") if k in content}
    made["paths"] = {}
    for name in wanted:
        if name not in known:
            raise ActionError(f"The document has no operation {name!r}; {nearest(name, list(known), 'operations')}")
        method, address, operation = known[name]
        # Answers aren't read by a form, and often are most of a document.
        kept = {key: value for key, value in operation.items() if key not in ("responses", "callbacks")}
        made["paths"].setdefault(address, {})[method] = {**kept, "operationId": name, "responses": {}}
    pending = [made["paths"]]
    while pending:
        for target in _references(pending.pop()):
            if target.startswith("#/") and (found := _copied(content, made, target)) is not None:
                pending.append(found)
    return made


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _copied(content: Mapping[str, Any], made: dict[str, Any], target: str) -> Any:
    """What was copied from there; None where it is there already, or stands nowhere."""
    keys = [unquote(key).replace("~1", "/").replace("~0", "~") for key in target[2:].split("/")]
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    here: Any = made
    for key in keys[:-1]:
        here = here.setdefault(key, {})
        if not isinstance(here, dict):
            return None
    if not isinstance(found, Mapping) or keys[-1] in here:
        return None
    here[keys[-1]] = found
    return found
