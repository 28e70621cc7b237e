"""An OpenAPI 3 document → its operations, and the fields of a form for each: only what a form can show.

Alternatives, schemas within themselves and lists of objects are left out where they are optional, and refused in a
sentence where they are required. References are followed within the document alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from actions.kinds.kind import Choice, Field, FieldType
from core.errors import ActionError, SettingsError
from core.yaml_text import load_yaml

_MOST_BYTES, _MOST_FIELDS, _MOST_DEPTH = 1_000_000, 60, 4
METHODS = ("get", "post", "put", "patch", "delete")
FORM_FIELDS = "application/x-www-form-urlencoded"
_SIMPLE = ("string", "number", "integer", "boolean")
_OWN_HEADERS = frozenset({"accept", "content-type", "authorization"})
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
    # The header that our credentials go into.
    signed_by: str = ""

    def operations(self) -> Iterator[tuple[str, tuple[str, str, Mapping[str, Any]]]]:
        """(operationId, (method, address, operation)) of each; its parameters include those of its address."""
        for address, item in (self.content.get("paths") or {}).items():
            if not isinstance(item, Mapping):
                continue
            shared = item.get("parameters") or []
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
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
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            if place == "header" and name.casefold() in _OWN_HEADERS | {self.signed_by.casefold()}:
                # The specification has the first ignored; the sign-in is the settings'.
                continue
            if place in ("path", "query", "header"):
                spot = Spot(place, (name,), required, seen)
                yield from self._shown(parameter.get("schema") or {}, spot)
            elif required:
                raise Unshowable(f"its parameter {name} goes into the {place}.")

    def _body(self, operation: Mapping[str, Any]) -> list[Part]:
        body, seen = self._resolved(operation.get("requestBody") or {}, ())
        if not body:
            return []
        content = body.get("content") or {}
        media_type = body_type(content)
        if not media_type:
            raise Unshowable(f"it takes {', '.join(content) or 'nothing'}, and a form sends JSON or form fields.")
        return self._shown(content[media_type].get("schema") or {}, Spot("body", seen=seen))

    def _shown(self, schema: Mapping[str, Any], spot: Spot) -> list[Part]:
        """The fields of a schema; none where it is optional and can't be shown."""
        try:
            if not isinstance(schema, Mapping):
                raise Unshowable(f"{'.'.join(spot.keys) or 'its body'} has no schema.")
            schema, seen = self._one_of_them(*self._merged(schema, spot.seen))
            if is_object(schema):
                return self._object(schema, replace(spot, seen=seen))
            if isinstance(schema.get("items"), Mapping):
                schema = {**schema, "items": self._resolved(schema["items"], seen)[0]}
            return [Part(form_field(schema, spot), spot.place, spot.keys, schema)]
        except Unshowable:
            if spot.required:
                raise
            return []

    def _object(self, schema: Mapping[str, Any], spot: Spot) -> list[Part]:
        if len(spot.keys) >= _MOST_DEPTH:
            raise Unshowable(f"{'.'.join(spot.keys)} is nested more than {_MOST_DEPTH} deep.")
        if schema.get("minProperties") and not schema.get("properties"):
            raise Unshowable(f"{'.'.join(spot.keys) or 'its body'} needs keys that its schema doesn't name.")
        needed = set(schema.get("required") or ())
        found: list[Part] = []
        for name, inner in (schema.get("properties") or {}).items():
            if not (isinstance(inner, Mapping) and inner.get("readOnly")):
                here = Spot(spot.place, (*spot.keys, str(name)), name in needed, spot.seen)
                found += self._shown(inner, here)
        return found

    def needed_objects(self, operation: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """Where the body must have an object, also if none of its fields is filled in."""
        body, seen = self._resolved(operation.get("requestBody") or {}, ())
        content = body.get("content") or {}
        schema = (content.get(body_type(content)) or {}).get("schema") or {}
        return list(self._needed(schema, Spot("body", seen=seen)))

    def _needed(self, schema: Any, spot: Spot) -> Iterator[tuple[str, ...]]:
        if not isinstance(schema, Mapping) or len(spot.keys) >= _MOST_DEPTH:
            return
        schema, seen = self._merged(schema, spot.seen)
        if not is_object(schema):
            return
        yield spot.keys
        properties = schema.get("properties") or {}
        for name in schema.get("required") or ():
            if not (properties.get(name) or {}).get("readOnly"):
                yield from self._needed(properties.get(name), Spot("body", (*spot.keys, str(name)), seen=seen))

    def _one_of_them(
        self, schema: Mapping[str, Any], seen: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """Where a value may be nothing, or a text or another simple one: the text. Others stay as they are."""
        word = next((word for word in ("oneOf", "anyOf") if word in schema), "")
        if not word:
            return schema, seen
        known = [found for found in (self._merged(one, seen) for one in schema[word]) if kind_of(found[0]) != "null"]
        texts = [found for found in known if kind_of(found[0]) == "string" and "enum" not in found[0]]
        is_simple = all(kind_of(found[0]) in _SIMPLE for found in known)
        chosen = known if len(known) == 1 else texts if len(texts) == 1 and is_simple else []
        if not chosen:
            return schema, seen
        rest = {key: value for key, value in schema.items() if key != word}
        return {**chosen[0][0], **rest}, chosen[0][1]

    def _merged(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """A schema with all that its `allOf` says: an object's properties, or a word more on a simple one."""
        schema, seen = self._resolved(schema, seen)
        if "allOf" not in schema:
            return schema, seen
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        properties, needed = dict(schema.get("properties") or {}), list(schema.get("required") or ())
        for part in schema["allOf"]:
            inner, seen = self._merged(part, seen)
            properties |= inner.get("properties") or {}
            needed += inner.get("required") or ()
            whole = {**inner, **whole}
        return (whole | {"properties": properties, "required": needed} if properties else whole), seen

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
                found = _within(found, unquote(key).replace("~1", "/").replace("~0", "~"))
            if not isinstance(found, Mapping):
                raise Unshowable(f"it refers to {target}, which isn't there.")
            given, seen = found, (*seen, target)
        return given, seen


def read_document(file: Path, most_bytes: int = _MOST_BYTES) -> Document:
    """The document in a file, JSON or YAML. Raises SettingsError: it is too large, unreadable, or no OpenAPI 3."""
    try:
        if file.stat().st_size > most_bytes:
            raise SettingsError(f"{file} has over {most_bytes:,} bytes; take what you need with `debrief actions cut`.")
        text = file.read_text(encoding="utf-8")
        # A large document as JSON is read in a moment, as YAML in a minute.
        found = json.loads(text) if text.lstrip().startswith("{") else load_yaml(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{file} can't be read ({' '.join(str(error).split())[:200]}); correct it.") from error
    if not isinstance(found, Mapping) or not str(found.get("openapi", "")).startswith("3."):
        raise SettingsError(f"{file} is no OpenAPI 3 document; it must begin with `openapi: 3…`.")
    return Document(found)


def is_object(schema: Mapping[str, Any]) -> bool:
    """Whether a schema, with its `allOf` taken in, is an object's."""
    return kind_of(schema) == "object" or "properties" in schema


def _within(value: Any, key: str) -> Any:
    """What a mapping or a list has under a key of a reference; None where it has nothing."""
    if isinstance(value, Mapping):
        return value.get(key)
    return value[int(key)] if isinstance(value, list) and key.isdigit() and int(key) < len(value) else None


def body_type(content: Mapping[str, Any]) -> str:
    """The first media type of a body that is JSON, else that of form fields; empty without one."""
    bare = {name: name.partition(";")[0].strip().casefold() for name in content}
    json_types = [name for name, plain in bare.items() if plain == "application/json" or plain.endswith("+json")]
    return next(iter([*json_types, *(name for name, plain in bare.items() if plain == FORM_FIELDS)]), "")


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
