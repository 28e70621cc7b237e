"""The short way to say what JSON a model is to give, as a class that checks it.

priority: [low, medium, high]                  one of these
due: date                                      text, number, whole, yes/no, date
risks: [{text: text, severity: [low, high]}]   a list of such rows
names: [text]                                  a list of texts
note?: text                                    may be left out
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from core.errors import AppError

TYPES: Mapping[str, Any] = {"text": str, "number": float, "whole": int, "yes/no": bool, "date": date}
_MOST_FIELDS = 60


def schema_class(schema: Mapping[str, Any], name: str = "Reply") -> type[BaseModel]:
    """A class whose values are what the schema says.

    Raises:
        AppError: a field isn't written as above; the message names it.
    """
    if not schema or len(schema) > _MOST_FIELDS:
        raise AppError(f"schema has {len(schema)} fields at {name}; name 1 to {_MOST_FIELDS}.")
    fields: dict[str, Any] = {}
    for key, form in schema.items():
        field = str(key).removesuffix("?")
        if not field.isidentifier() or field.startswith("_"):
            raise AppError(f"schema: found the field {key!r}; write letters, digits and _.")
        type_ = _type(form, field)
        fields[field] = (type_ | None, None) if str(key).endswith("?") else (type_, Field())
    made: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="ignore"), **fields)
    return made


def _type(form: Any, field: str) -> Any:
    if isinstance(form, Mapping):
        return schema_class(form, field.capitalize())
    if isinstance(form, list | tuple):
        if len(form) == 1:
            return list[_type(form[0], field)]  # type: ignore[misc]  # made here, as the author wrote it
        if form and all(isinstance(one, str) for one in form):
            return Literal[tuple(form)]
    elif str(form) in TYPES:
        return TYPES[str(form)]
    raise AppError(
        f"schema: found {form!r} for {field}; write one of {', '.join(TYPES)}, a list of words to choose from, [text] "
        "for a list, or fields below it."
    )
