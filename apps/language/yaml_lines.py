"""YAML text → plain data and the line on which each value stands, so that a refusal can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from core.errors import AppError
from core.yaml_text import MOST_LEVELS, Unbounded, check_bounds

# ("steps", 0, "with", "query"): how to reach a value from the top.
KeyPath = tuple[str | int, ...]
# An app's file is small; a document beyond this, once aliases are resolved, is an attack or a mistake.
_MAX_NODES = 20_000


class Mistake(AppError):
    """A refusal of an app's file. `path` leads to what is wrong, `reason` says it without file and line."""

    def __init__(self, message: str, path: KeyPath, reason: str) -> None:
        super().__init__(message)
        self.path, self.reason = path, reason


@dataclass(frozen=True)
class YamlSource:
    """A file's name, its data and its lines."""

    name: str
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of the value at `path`, or of the nearest thing around it; from 1."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def refusal(self, path: KeyPath, message: str, offset: int = 0) -> Mistake:
        """An error that begins with file, line and field. `offset` counts lines into a block of text."""
        field = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        return Mistake(f"{self.name} line {self.line(path) + offset}, {field or 'file'}: {message}", path, message)


def read_source(text: str, name: str) -> YamlSource:
    """The data of `text`.

    Raises:
        AppError: it isn't YAML, isn't a mapping, repeats a key, or unfolds to too much.
    """
    try:
        node = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise AppError(f"{name} line {_mistake(text, line, str(error.problem))}") from error
    except Unbounded as error:
        raise AppError(f"{name}: {error}.") from error
    except yaml.YAMLError as error:
        raise AppError(f"{name} holds a character that no text has; save it as plain UTF-8 text.") from error
    if not isinstance(node, yaml.MappingNode):
        raise AppError(f"{name} line 1: an app is a mapping; begin with `name: my_app`.")
    reader = _Reader(name)
    data = reader.value(node, ())
    return YamlSource(name, data, reader.lines)


def _mistake(text: str, line: int, problem: str) -> str:
    """The line on which the mistake is, and in an author's words what it is, as far as that line shows it."""
    lines = text.splitlines()
    # An open quotation is noticed at its end only.
    line = min(line, max(len(lines), 1))
    found = lines[line - 1] if lines else ""
    if "\t" in found[: len(found) - len(found.lstrip())]:
        return f"{line} is indented with a tab; use spaces, two for each level."
    if "stream" in problem or "quoted scalar" in problem:
        opened = next((n for n in range(line, 0, -1) if lines[n - 1].count('"') % 2), line)
        return f"{opened}: a quotation mark or bracket is opened and not closed; close it."
    if problem.startswith("found undefined alias"):
        return f"{line}: a text that begins with * must stand in quotes; found {found.strip()!r}."
    if re.search(r"^\s*(?:- )?[\w-]+:\s+[^\"'\[{|>].*:(?:\s|$)", found):
        return f"{line}: a text with a colon must stand in quotes; found {found.strip()!r}."
    if re.search(r":\s*\{[{%]", found):
        return f'{line}: an expression must stand in quotes, as in "{{{{ name }}}}"; found {found.strip()!r}.'
    before = [n for n in range(1, line) if lines[n - 1].strip() and not re.search(r":|^\s*(?:#|- )", lines[n - 1])]
    if "could not find expected ':'" in problem and before:
        return f"{before[-1]}: a key needs a colon behind it; found {lines[before[-1] - 1].strip()!r}."
    return f"{line} doesn't fit the lines above; check its indentation and colon. Found {found.strip()!r}."


def _composed(text: str) -> yaml.Node | None:
    """The nodes of `text`; the parser in C is several times faster, the one in Python says better what is wrong."""
    try:
        check_bounds(text)
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except Unbounded:
        raise
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[KeyPath, int] = {}
        self._scalars = yaml.SafeLoader("")
        self._left = _MAX_NODES

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        # A block of text starts on the line after its `|`.
        block = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}
        self.lines.setdefault(path, line + block)
        self._left -= 1
        if self._left < 0 or len(path) > MOST_LEVELS:
            raise AppError(
                f"{self.name} line {line}: the file unfolds to over {_MAX_NODES:,} values or {MOST_LEVELS} levels; "
                "remove anchors and aliases, or split the app."
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]
        try:
            found = self._scalars.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            raise AppError(
                f"{self.name} line {line}: {node.value!r} can't be read as {node.tag}; use plain values only."
            ) from error
        # YAML 1.1 reads 22:00 as 1320, no as false and 007 as 7, which no author means; dates are for the inputs.
        surprising = isinstance(found, bool) and node.value.lower() not in ("true", "false")
        surprising |= isinstance(found, int | float) and re.search(r"[:_]|^0\d", node.value) is not None
        plain = isinstance(found, str | int | float | bool | None) and not surprising
        return found if plain else str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if isinstance(key_node, yaml.MappingNode):
                raise AppError(
                    f'{self.name} line {line}: an expression must stand in quotes, as in "{{{{ name }}}}"; add them.'
                )
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag.endswith(":merge"):
                raise AppError(f"{self.name} line {line}: keys are plain words; write the keys out.")
            key = str(key_node.value)
            if key in result:
                raise AppError(f"{self.name} line {line}: the key '{key}' stands twice; remove one.")
            result[key] = self.value(value_node, (*path, key))
            if not isinstance(value_node, yaml.ScalarNode):
                self.lines[(*path, key)] = line
        return result
