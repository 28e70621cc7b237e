"""An app's YAML changed in places: what isn't touched stays as it is written, comments and unknown keys included."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from apps.language.yaml_lines import read_source
from core.errors import AppError

# A list whose dashes stand under its key, or further in: one's own way is kept.
_FURTHER_IN = re.compile(r"^\w+:[^\n]*\n(?:\s*#[^\n]*\n)*  +- ", re.MULTILINE)
_UNDER = re.compile(r"^\w+:[^\n]*\n(?:\s*#[^\n]*\n)*- ", re.MULTILINE)


def read_yaml(text: str) -> CommentedMap:
    """The file's keys, to be changed. Raises AppError as `parse_app` does for what isn't an app's YAML."""
    read_source(text, "The file")
    try:
        found = _yaml(text).load(text)
    except YAMLError as error:
        raise AppError(
            f"The file can't be read as YAML ({str(error).splitlines()[0]}); mend it behind the tab."
        ) from error
    assert isinstance(found, CommentedMap)
    return found


def written_yaml(data: CommentedMap, before: str) -> str:
    """The text of the keys, in the manner of the text that they were read from."""
    out = io.StringIO()
    _yaml(before).dump(data, out)
    return out.getvalue()


def put(data: CommentedMap, key: str, value: Any, *, empty: Any = "", at: int | None = None) -> None:
    """Sets a key if its value is another one; `empty` takes the key away."""
    if value == empty:
        data.pop(key, None)
    elif plain(data.get(key)) != value:
        found = styled(value)
        if key not in data and at is not None:
            data.insert(at, key, found)
        else:
            data[key] = found


def plain(value: Any) -> Any:
    """The value without what remembers how it was written; every list as a list."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def styled(value: Any) -> Any:
    """The value as an author writes it: several lines after a |, a short list or a short mapping on one line."""
    if isinstance(value, str):
        return LiteralScalarString(value.rstrip("\n") + "\n") if "\n" in value.strip() else value
    if isinstance(value, Mapping):
        made = CommentedMap({key: styled(part) for key, part in value.items()})
        if _is_short(value):
            made.fa.set_flow_style()
        return made
    if isinstance(value, Sequence):
        listed = CommentedSeq([styled(part) for part in value])
        if _is_short(value):
            listed.fa.set_flow_style()
        return listed
    return value


def _is_short(value: Any) -> bool:
    """Whether it fits on a line: nothing of several lines in it."""
    text = repr(plain(value))
    return len(text) < 100 and "\\n" not in text


def _yaml(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    # Lines are the author's, also long ones.
    yaml.width = 10_000
    under = _UNDER.search(text) is not None and _FURTHER_IN.search(text) is None
    yaml.indent(mapping=2, sequence=2 if under else 4, offset=0 if under else 2)
    return yaml
