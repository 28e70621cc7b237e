"""JSON Schemas that authors write for an output: checked without fetching anything, within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from core.errors import PatternTimeout
from core.text.patterns import matches, pattern_problem

# Each value of a schema is held against each part of an output.
_MOST_VALUES = 500
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def schema_problem(schema: Any) -> str:
    """What is wrong with the schema, and the remedy; empty when it can be used."""
    try:
        if sum(1 for _ in _members(schema)) > _MOST_VALUES:
            return f"it has over {_MOST_VALUES} values; check less."
        for key, value in _members(schema):
            if key in _REFERENCES:
                return f"found {key}, and a schema can't refer to another place; write it out here."
            if key == "pattern" and isinstance(value, str) and (problem := pattern_problem(value)):
                return problem
            if key == "patternProperties":
                return "found patternProperties; name the properties."
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"found what no JSON Schema has: {error.message}; mend it."
    except RecursionError:
        return "it nests too deep; write it flatter."
    return ""


def value_problem(schema: Any, value: Any) -> str:
    """Where and how the value breaks the schema; empty when it fits."""
    try:
        _Validator(schema, registry=Registry()).validate(value)
    except ValidationError as error:
        return f"at {error.json_path}: {error.message}"
    except (PatternTimeout, RecursionError) as error:
        return f"somewhere, since it can't be checked: {error}"
    return ""


def _members(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            yield str(key), value
            yield from _members(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _members(value)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})
