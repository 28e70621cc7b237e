"""What an app needs, on the command line: name=value pairs and files in, and what is missing said in those terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from apps.language import App, AppFile, Input
from apps.run.inputs import shown
from assistant.question import Attachment
from core.errors import AppError
from core.types import Parsed

# A file's bytes and name → its text. Given by the caller: answering doesn't know the parsers.
Parse = Callable[[bytes, str], Parsed]


def given_inputs(app: App, pairs: Sequence[str], parse: Parse) -> dict[str, Any]:
    """The values of `name=value` pairs; for a file's input the value is a path, and the file is read.

    Raises:
        AppError: a pair has no value, or a file can't be read.
        ParseError: a file is broken or of an unknown kind.
    """
    return given_values(app.inputs, pairs, parse)


def given_values(fields: Sequence[Input], pairs: Sequence[str], parse: Parse) -> dict[str, Any]:
    """As `given_inputs`, for the fields of any form."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise AppError(f"--input {pair!r} has no value; write name=value.")
        item = next((i for i in fields if i.name == name), None)
        if item is not None and item.type in ("file", "files"):
            found = read_file(Path(value), parse)
            given[name] = [*given.get(name, []), found] if item.type == "files" else found
        elif item is not None and item.type in ("multi_choice", "documents"):
            given[name] = [*given.get(name, []), value]
        else:
            given[name] = value
    return given


def read_file(file: Path, parse: Parse) -> AppFile:
    """The parsed file. Errors as `given_inputs`."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise AppError(f"{file} can't be read ({error.strerror}); correct the path.") from error
    return AppFile(file.name, parse(body, file.name))


def attachment(file: AppFile) -> Attachment:
    """The file as one that was added to a conversation."""
    return Attachment(file.name, file.parsed.sections, file.parsed.title)


def form_lines(app: App, asked: Sequence[str]) -> Iterator[str]:
    """How to give each input of `app`, those that are `asked` for first: a line for --input each."""
    yield from field_lines(app.inputs, asked)


def field_lines(fields: Sequence[Input], asked: Sequence[str]) -> Iterator[str]:
    """As `form_lines`, for the fields of any form."""
    for item in sorted(fields, key=lambda i: i.name not in asked):
        need = "needed" if item.name in asked else "optional"
        default = f", default {item.default}" if item.default not in (None, "", []) else ""
        yield f"--input {item.name}={_placeholder(item)}   {shown(item)} ({need}{default})"


def _placeholder(item: Input) -> str:
    match item.type:
        case "file" | "files":
            return "FILE"
        case "document" | "documents":
            return "TITLE"
        case "date":
            return "YYYY-MM-DD"
        case "number":
            return "NUMBER"
        case _:
            return "|".join(item.choices) if item.choices else "TEXT"
