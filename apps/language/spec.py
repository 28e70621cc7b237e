"""An app: one YAML file → `App`, checked as a whole before anything runs.

Every refusal names file, line and field, what was found, and what would be right. What the parts mean is written
for authors in docs/apps.md; docs/app.schema.json is `json_schema()` for editors.
"""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from apps.language.yaml_lines import Path as KeyPath
from apps.language.yaml_lines import Source, read_source
from core.errors import AppError
from core.settings import AnswerStyle

InputType = Literal[
    "text", "long_text", "choice", "multi_choice", "date", "number", "account", "file", "files", "language"
]
OutputKind = Literal["markdown", "email", "table", "chart", "json", "docx", "pptx", "xlsx"]
Action = Literal["copy", "download"]
NAME = r"^[a-z][a-z0-9_]{0,39}$"
Name = Annotated[str, Field(pattern=NAME)]


class Part(BaseModel):
    """A part of an app's file: immutable, closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Routing(Part):
    """What makes the router choose this app."""

    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    attachments: tuple[Literal["transcript", "report", "notes"], ...] = ()


class Limits(Part):
    """What one run may cost. A run over a limit stops with a message that names it."""

    steps: int = Field(default=60, ge=1, le=500)
    seconds: float = Field(default=120.0, gt=0, le=1800)
    tokens: int = Field(default=20_000, ge=0, le=1_000_000)
    output_chars: int = Field(default=200_000, ge=100, le=2_000_000)


class Input(Part):
    """One field of the app's form."""

    name: Name
    type: InputType
    label: str = ""
    help: str = ""
    required: bool = True
    default: str | int | float | bool | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    pattern: str = ""
    min: float | None = None
    max: float | None = None
    max_chars: int = Field(default=20_000, ge=1, le=200_000)


class Step(Part):
    """One call of a step kind. `when` skips it; `for_each` runs it once for each item of a list."""

    id: Name
    use: str
    title: str = ""
    values: dict[str, Any] = Field(default_factory=dict, alias="with")
    when: str = ""
    for_each: str = ""


class Output(Part):
    """One thing that the run hands over."""

    name: Name
    kind: OutputKind
    title: str = ""
    value: str | dict[str, Any]
    when: str = ""
    actions: tuple[Action, ...] = ("copy", "download")
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class JsonExpectation(Part):
    """A value within an output: `path` such as metrics[0].verdict."""

    path: str
    equals: str | int | float | bool | None = None
    at_least: float | None = None


class Expectation(Part):
    """What must hold of one output of a test's run."""

    output: str
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    json_: tuple[JsonExpectation, ...] = Field(default=(), alias="json")
    cites: tuple[str, ...] = ()
    max_chars: int | None = Field(default=None, gt=0)
    language: str = ""


class AppTest(Part):
    """Inputs (files by their path in the sample workspace) and what must come of them.

    Attributes:
        documents: Patterns of sample files that the run may search; nothing else is found.
        as_user: Groups of the person who runs it.
        fails: The run must be refused with a message that contains this.
    """

    name: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    documents: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    fails: str = ""


class App(Part):
    """A whole app."""

    name: Name
    title: str = Field(min_length=1, max_length=60)
    description: str = Field(min_length=1, max_length=600)
    version: str = Field(pattern=r"^\d+(\.\d+){0,2}$")
    owner: str = Field(min_length=1)
    audience: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    phrases: dict[str, dict[str, str]] = Field(default_factory=dict)
    style: AnswerStyle = AnswerStyle()
    saves_minutes: float = Field(default=0, ge=0, le=600)
    routing: Routing = Routing()
    limits: Limits = Limits()
    inputs: tuple[Input, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)
    outputs: tuple[Output, ...] = Field(min_length=1)
    tests: tuple[AppTest, ...] = ()

    def input(self, name: str) -> Input | None:
        """The input of that name."""
        return next((i for i in self.inputs if i.name == name), None)


def load_app(file: Path, *, packaged: bool = False) -> App:
    """The app in `file`, checked.

    Args:
        packaged: It comes with Debrief, whose tests check its steps and expressions; only its fields are looked at.

    Raises:
        AppError: it can't be read, or breaks a rule; the message names file, line, field and remedy.
    """
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise AppError(
                f"{file} has {file.stat().st_size:,} bytes, over {_MAX_BYTES:,}; an app is a short text file."
            )
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise AppError(f"{file} line {line} is not UTF-8; save the file as UTF-8 in your editor.") from error
    except OSError as error:
        raise AppError(f"{file} can't be read ({error.strerror}); give the path of an app's YAML file.") from error
    return parse_app(text, str(file), packaged=packaged)


def parse_app(text: str, name: str, *, packaged: bool = False) -> App:
    """The app in `text`; `name` stands in messages. Raises AppError as `load_app`."""
    source = read_source(text, name)
    try:
        app = App.model_validate(source.data)
    except ValidationError as error:
        raise _refusal(source, error) from error
    if packaged:
        return app
    # Imported here: the checks need the step kinds, which need this module's types.
    from apps.publish.check import check_app

    check_app(app, source)
    return app


def json_schema() -> str:
    """The JSON Schema of an app's file, for editors."""
    schema = App.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Debrief app"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


# YAML's sorts of values as authors call them.
_SORTS = {list: "a list", dict: "keys with values", type(None): "nothing", tuple: "a list"}
_MAX_BYTES = 1_000_000


def _refusal(source: Source, error: ValidationError) -> AppError:
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


def _written(source: Source, path: KeyPath) -> KeyPath:
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


def nearest(word: str, known: list[str], what: str) -> str:
    """A remedy: the nearest known word, or all of them."""
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean '{found[0]}'?" if found else f"{what}: {', '.join(known) or 'none'}."
