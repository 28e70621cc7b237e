"""An OpenAPI 3 document → its operations, and the fields of a form for each: only what a form can show.

Alternatives, schemas within themselves and lists of objects are left out where they are optional, and refused in a
sentence where they are required. References are followed within the document alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from actions.kinds.kind import Choice, Field, FieldType
from core.errors import ActionError, SettingsError
from core.yaml_text import load_yaml

_MOST_BYTES, _MOST_FIELDS, _MOST_DEPTH = 1_000_000, 60, 4
METHODS = ("get", "post", "put", "patch", "delete")
_FORMATS: Mapping[str, FieldType] = {"date": "date", "email": "email"}
# What is written rather than chosen, by the names that interfaces give it; the first is what a text goes into.
TEXTS = ("description", "body", "text", "content", "message", "details")


@dataclass(frozen=True)
class Part:
    """One field of a form, and where its value goes: "path", "query" or "body" under these keys."""

    field: Field
    place: str
    keys: tuple[str, ...]
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Spot:
    """Where in an operation a schema stands, and which references led there."""

    place: str
    keys: tuple[str, ...] = ()
    required: bool = True
    seen: tuple[str, ...] = ()


class Unshowable(ActionError):
    """A schema that no form can show."""


@dataclass(frozen=True)
class Document:
    """An OpenAPI document that was read."""

    content: Mapping[str, Any]

    def operations(self) -> Iterator[tuple[str, tuple[str, str, Mapping[str, Any]]]]:
        """(operationId, (method, address, operation)) of each; its parameters include those of its address."""
        for address, item in (self.content.get("paths") or {}).items():
            shared = item.get("parameters") or []
            for method in METHODS:
                if method in item:
                    operation = {**item[method], "parameters": [*shared, *(item[method].get("parameters") or [])]}
                    yield str(operation.get("operationId") or f"{method}_{address}"), (method, address, operation)

    def parts(self, address: str, operation: Mapping[str, Any]) -> tuple[Part, ...]:
        """The fields of an operation's form. Raises Unshowable: it needs something that a form can't show."""
        found = [*self._parameters(operation), *self._body(operation)]
        if len(found) > _MOST_FIELDS:
            raise Unshowable(f"it has {len(found)} fields, and a form at most {_MOST_FIELDS}.")
        named = {part.keys[0] for part in found if part.place == "path"}
        for name in (rest.split("}")[0] for rest in address.split("{")[1:]):
            if name not in named:
                raise Unshowable(f"its address has {name}, which is no parameter that a form can show.")
        return tuple(found)

    def _parameters(self, operation: Mapping[str, Any]) -> Iterator[Part]:
        for given in operation["parameters"]:
            parameter, seen = self._resolved(given, ())
            required = bool(parameter.get("required"))
            if parameter.get("in") in ("path", "query"):
                spot = Spot(str(parameter["in"]), (str(parameter["name"]),), required, seen)
                yield from self._shown(parameter.get("schema") or {}, spot)
            elif required:
                raise Unshowable(f"its parameter {parameter.get('name')} goes into the {parameter.get('in')}.")

    def _body(self, operation: Mapping[str, Any]) -> list[Part]:
        body, seen = self._resolved(operation.get("requestBody") or {}, ())
        if not body:
            return []
        content = body.get("content") or {}
        if "application/json" not in content:
            raise Unshowable(f"it takes {', '.join(content) or 'nothing'}, and a form sends application/json.")
        return self._shown(content["application/json"].get("schema") or {}, Spot("body", seen=seen))

    def _shown(self, schema: Mapping[str, Any], spot: Spot) -> list[Part]:
        """The fields of a schema; none where it is optional and can't be shown."""
        try:
            schema, seen = self._resolved(schema, spot.seen)
            if schema.get("type") == "object" or "properties" in schema or "allOf" in schema:
                return self._object(schema, replace(spot, seen=seen))
            return [Part(form_field(schema, spot), spot.place, spot.keys, schema)]
        except Unshowable:
            if spot.required:
                raise
            return []

    def _object(self, schema: Mapping[str, Any], spot: Spot) -> list[Part]:
        if len(spot.keys) >= _MOST_DEPTH:
            raise Unshowable(f"{'.'.join(spot.keys)} is nested more than {_MOST_DEPTH} deep.")
        properties, needed, seen = dict(schema.get("properties") or {}), set(schema.get("required") or ()), spot.seen
        for part in schema.get("allOf") or ():
            inner, seen = self._resolved(part, seen)
            properties |= inner.get("properties") or {}
            needed |= set(inner.get("required") or ())
        found: list[Part] = []
        for name, inner in properties.items():
            if not inner.get("readOnly"):
                here = Spot(spot.place, (*spot.keys, str(name)), name in needed, seen)
                found += self._shown(inner, here)
        return found

    def _resolved(self, given: Mapping[str, Any], seen: tuple[str, ...]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """What a reference stands for. Raises Unshowable: it is elsewhere, missing, or goes in a circle."""
        while "$ref" in given:
            target = str(given["$ref"])
            if target in seen:
                raise Unshowable(f"its schema {target} contains itself.")
            if not target.startswith("#/"):
                raise Unshowable(f"it refers to {target}, outside the document.")
            found: Any = self.content
            for key in target[2:].split("/"):
                plain = key.replace("~1", "/").replace("~0", "~")
                found = found.get(plain) if isinstance(found, Mapping) else None
            if not isinstance(found, Mapping):
                raise Unshowable(f"it refers to {target}, which isn't there.")
            given, seen = found, (*seen, target)
        return given, seen


def read_document(file: Path) -> Document:
    """The document in a file, JSON or YAML. Raises SettingsError: it is too large, unreadable, or no OpenAPI 3."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise SettingsError(f"{file} has over {_MOST_BYTES:,} bytes; cut it down to the operations you need.")
        found = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file} can't be read ({' '.join(str(error).split())[:200]}); correct it.") from error
    if not isinstance(found, Mapping) or not str(found.get("openapi", "")).startswith("3."):
        raise SettingsError(f"{file} is no OpenAPI 3 document; it must begin with `openapi: 3…`.")
    return Document(found)


def kind_of(schema: Mapping[str, Any]) -> str:
    """A schema's one type, nullable or not; empty when it has none."""
    kind = schema.get("type")
    kinds = [k for k in kind if k != "null"] if isinstance(kind, list) else [kind]
    return str(kinds[0]) if len(kinds) == 1 and kinds[0] else ""


def form_field(schema: Mapping[str, Any], spot: Spot) -> Field:
    """The field of a simple schema. Raises Unshowable: it isn't one."""
    name, kind = ".".join(spot.keys), kind_of(schema)
    chosen = next((word for word in ("oneOf", "anyOf", "not") if word in schema), "")
    if chosen:
        raise Unshowable(f"{name or 'its body'} is given by {chosen}, which a form can't show.")
    inner = kind_of(schema.get("items") or {}) if kind == "array" else ""
    if kind == "array" and inner not in ("string", "number", "integer"):
        raise Unshowable(f"{name} is a list of {inner or 'unnamed type'}s.")
    if not name or kind not in ("string", "number", "integer", "boolean", "array"):
        raise Unshowable(f"{name or 'its body'} has no type that a form can show ({kind or 'none'}).")
    choices: Sequence[Any] = ("true", "false") if kind == "boolean" else schema.get("enum") or ()
    shown = _shown_as(schema, kind, spot.keys[-1], bool(choices))
    return Field(
        name,
        str(schema.get("title") or name.replace("_", " ").replace(".", ": ").capitalize()),
        shown,
        spot.required,
        choices=tuple(Choice(str(choice)) for choice in choices),
        max_chars=int(schema.get("maxLength") or (20_000 if shown == "long_text" else 2_000)),
        help=f"{str(schema.get('description') or '')[:200]}{' One a line.' if kind == 'array' else ''}".strip(),
        addressee=shown == "email",
    )


def _shown_as(schema: Mapping[str, Any], kind: str, key: str, chosen: bool) -> FieldType:
    if chosen:
        return "choice"
    if kind in ("number", "integer"):
        return "number"
    if kind == "array" or key in TEXTS:
        return "long_text"
    return _FORMATS.get(str(schema.get("format")), "text")
