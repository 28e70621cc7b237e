"""Amazon Q Business' attribute filters as ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import QuestionError
from retrieval.query.filters import All, AnyOf, Either, Filter, Not, all_of

# Their names for a document's attributes, and ours.
_ATTRIBUTES = {
    "_data_source_id": "source", "_document_title": "title", "_language_code": "language", "_category": "document_type",
    "_file_type": "file_type", "_last_updated_at": "updated_at", "_created_at": "created_at", "_authors": "authors",
}  # fmt: skip
_OF_SEVERAL = ("andAllFilters", "orAllFilters")


def filter_of(given: Mapping[str, Any]) -> Filter | None:
    """Their attribute filter as ours. Raises QuestionError: it asks for what ours can't say."""
    parts: list[Filter | None] = []
    for kind, value in given.items():
        _check(kind, value)
        match kind:
            case "andAllFilters":
                parts.append(all_of(*(filter_of(one) for one in _several(value))))
            case "orAllFilters":
                either = [one for one in map(filter_of, _several(value)) if one is not None]
                parts.append(Either(tuple(either)) if either else None)
            case "notFilter":
                inner = filter_of(value)
                parts.append(Not(inner) if inner is not None else None)
            case "equalsTo" | "containsAny":
                parts.append(AnyOf(_attribute(value), tuple(_values(value))))
            case "containsAll":
                parts.append(All(tuple(AnyOf(_attribute(value), (one,)) for one in _values(value))))
            case _:
                raise QuestionError(f"The filter {kind[:40]} isn't known; use equalsTo, containsAny or containsAll.")
    return all_of(*parts)


def _attribute(given: Mapping[str, Any]) -> str:
    name = str(given.get("name", ""))
    return _ATTRIBUTES.get(name, name)


def _check(kind: str, value: object) -> None:
    if not isinstance(value, list if kind in _OF_SEVERAL else Mapping):
        raise QuestionError(f"The filter {kind[:40]} has no {type(value).__name__} in it; see AttributeFilter.")


def _several(given: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    if not all(isinstance(one, Mapping) for one in given):
        raise QuestionError("Filters of several are a list of filters; see AttributeFilter.")
    return given


def _values(given: Mapping[str, Any]) -> Sequence[str]:
    kinds = given.get("value")
    if not isinstance(kinds, Mapping) or not kinds:
        raise QuestionError("A filter compares with a `value`, such as {stringValue: …}; it has none.")
    found = next(iter(kinds.values()))
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]
