"""An app's file and the examples beside it → `App`; a refusal points at the line and says what would be right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from apps.language import App, YamlSource
from apps.language.examples import LIBRARY_EXAMPLES, examples_file, examples_text, read_examples, with_examples
from apps.language.fragments import with_fragments
from apps.language.yaml_lines import KeyPath, read_source
from apps.publish.check import check_app
from core.errors import AppError
from core.nearest import nearest


@dataclass(frozen=True)
class AppText:
    """An app as its author wrote it: the YAML file, and the file of examples beside it, empty without one."""

    yaml: str
    examples: str = ""


def load_app(file: Path, *, packaged: bool = False) -> App:
    """The app in `file`, checked, with the examples beside it.

    Args:
        packaged: It comes with Debrief, whose tests check its steps and expressions; only its fields are looked at.

    Raises:
        AppError: it can't be read, or breaks a rule; the message names file, line, field and remedy.
    """
    text = read_app(file)
    return parse_app(text.yaml, str(file), examples=text.examples, packaged=packaged)


def read_app(file: Path) -> AppText:
    """What the author wrote, fragments taken in. An app in a library app's place that has no examples keeps its.

    Raises:
        AppError: a file can't be read, or isn't text.
    """
    text = with_fragments(_read(file), file)
    examples = examples_text(examples_file(file))
    if examples is None:
        library = examples_text(LIBRARY_EXAMPLES / f"{file.stem}.txt")
        examples = library if library is not None and not _has_examples(text, str(file)) else ""
    return AppText(text, examples)


def _has_examples(text: str, name: str) -> bool:
    routing = read_source(text, name).data.get("routing")
    return isinstance(routing, dict) and bool(routing.get("examples"))


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise AppError(
                f"{file} has {file.stat().st_size:,} bytes, over {_MAX_BYTES:,}; an app is a short text file."
            )
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise AppError(f"{file} line {line} is not UTF-8; save the file as UTF-8 in your editor.") from error
    except OSError as error:
        raise AppError(f"{file} can't be read ({error.strerror}); give the path of an app's YAML file.") from error


def parse_app(text: str, name: str, *, examples: str = "", packaged: bool = False) -> App:
    """The app in `text`, with `examples` as their file holds them; `name` stands in messages. Raises as `load_app`."""
    source = read_source(text, name)
    try:
        app = App.model_validate(source.data)
    except ValidationError as error:
        raise _refusal(source, error) from error
    if not packaged:
        check_app(app, source)
    return with_examples(app, read_examples(examples, f"{name}'s examples"))


# YAML's sorts of values as authors call them.
_SORTS = {list: "a list", dict: "keys with values", type(None): "nothing", tuple: "a list"}


_MAX_BYTES = 1_000_000


def _refusal(source: YamlSource, error: ValidationError) -> AppError:
    # A misspelt key is missing and unknown at once; what was written is the better thing to point at.
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    path: KeyPath = tuple(p for p in first["loc"] if p != "function-after")
    if first["type"] == "extra_forbidden":
        known = sorted(_known(path[:-1]))
        return source.refusal(path, f"unknown key '{path[-1]}'; {nearest(str(path[-1]), known, 'known keys')}")
    if first["type"] == "missing":
        return source.refusal(path[:-1], f"the key '{path[-1]}' is missing; add it.")
    found = first["input"] if isinstance(first["input"], str | int | float | bool) else _SORTS[type(first["input"])]
    shown = repr(found) if not isinstance(first["input"], list | dict) else found
    return source.refusal(_written(source, path), f"found {shown}; {_right(first, path)}")


def _right(error: ErrorDetails, path: KeyPath) -> str:
    """What would be right, in an author's words."""
    context = error.get("ctx", {})
    match error["type"]:
        case "string_type":
            return f'write a text, in quotes if it is a number: "{error["input"]}".'
        case "tuple_type" | "list_type":
            return f"write a list: [{error['input']}]." if isinstance(error["input"], str) else "write a list."
        case "model_type" | "dict_type" | "model_attributes_type":
            return "write keys with values below it, indented by two spaces."
        case "bool_type" | "bool_parsing":
            return "write true or false."
        case "int_parsing" | "int_type" | "int_from_float" | "float_parsing" | "float_type":
            return "write a number."
        case "greater_than_equal" | "less_than_equal" as kind:
            least = kind.startswith("greater")
            return f"write {context['ge']:,} or more." if least else f"write {context['le']:,} or less."
        case "string_pattern_mismatch" if str(path[-1]) == "version":
            return 'write numbers and points in quotes, such as "1.2".'
        case "string_pattern_mismatch":
            return "write small letters, digits and _, beginning with a letter, such as my_name."
        case "literal_error":
            known = [word.strip("'") for word in re.split(r", | or ", context["expected"])]
            return nearest(str(error["input"]), known, "write one of")
        case _:
            return f"{error['msg'][0].lower()}{error['msg'][1:]}."


def _written(source: YamlSource, path: KeyPath) -> KeyPath:
    """The longest part of `path` that stands in the file: pydantic adds the names of union members."""
    while path and path not in source.lines:
        path = path[:-1]
    return path


def _known(path: KeyPath) -> set[str]:
    here: Any = App
    for part in path:
        if isinstance(part, int) or not (isinstance(here, type) and issubclass(here, BaseModel)):
            continue
        field = next((f for n, f in here.model_fields.items() if part in (n, f.alias)), None)
        here = _part_of(field.annotation) if field is not None else None
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return set()
    return {f.alias or n for n, f in here.model_fields.items()}


def _part_of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for a in get_args(annotation) if (found := _part_of(a)) is not None), None)
