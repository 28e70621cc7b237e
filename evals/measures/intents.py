"""Labelled requests: a file of training examples and a file per split in one folder.

A file is .jsonl (keys text and intent), .csv or .tsv (a header with text and one other column: intent, label or
category). The training file's name begins with "train"; the split's is its name. The label oos (or out_of_scope,
or an empty one) marks requests that have none of the intents.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatasetError

SUFFIXES = (".jsonl", ".csv", ".tsv")
OUT_OF_SCOPE = frozenset({"", "oos", "out_of_scope", "out-of-scope", "none"})
_TEXT = ("text", "utterance", "query", "request")
_LABEL = ("intent", "label", "category", "app")


@dataclass(frozen=True, slots=True)
class LabelledRequest:
    """A message and its intent; None when it is out of scope.

    Attributes:
        attached: Names of the files that come with it.
        running: The app whose result the conversation shows.
    """

    text: str
    intent: str | None
    attached: tuple[str, ...] = ()
    running: str = ""


@dataclass(frozen=True, slots=True)
class IntentSet:
    """The examples to learn from and the requests to judge by."""

    name: str
    train: tuple[LabelledRequest, ...]
    split: tuple[LabelledRequest, ...]


def load_intent_set(folder: Path, split: str) -> IntentSet:
    """The training examples and the split of `folder`.

    Raises:
        DatasetError: the folder, one of the files or a line of them is missing or wrong.
    """
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}; give --data a folder with train*.jsonl and {split}.jsonl.")
    return IntentSet(folder.name, read_requests(_file(folder, "train")), read_requests(_file(folder, split)))


def read_requests(file: Path) -> tuple[LabelledRequest, ...]:
    """The requests of one file, in order.

    Raises:
        DatasetError: it can't be read, or a line lacks its text or label.
    """
    found = []
    for line, row in _rows(file):
        text, label = _first(row, _TEXT), _first(row, _LABEL)
        if not isinstance(text, str) or not text.strip() or label is None:
            raise DatasetError(
                f"{file} line {line} has the keys {sorted(row)}; it needs a non-empty 'text' and an 'intent'."
            )
        intent = None if str(label).lower() in OUT_OF_SCOPE else str(label)
        found.append(LabelledRequest(text, intent, _attached(file, line, row), str(row.get("running") or "")))
    if not found:
        raise DatasetError(f"{file} holds no requests; add lines with 'text' and 'intent'.")
    return tuple(found)


def _attached(file: Path, line: int, row: dict[str, object]) -> tuple[str, ...]:
    names = row.get("attached", [])
    if not isinstance(names, list):
        raise DatasetError(f"{file} line {line} has attached: {names!r}; write a list of file names.")
    return tuple(str(name) for name in names)


def _file(folder: Path, name: str) -> Path:
    exact = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    begun = sorted(f for f in folder.iterdir() if f.suffix in SUFFIXES and f.stem.startswith(f"{name}_"))
    for file in (*exact, *begun):
        if file.is_file():
            return file
    there = sorted(f.name for f in folder.iterdir() if f.suffix in SUFFIXES)
    raise DatasetError(f"{folder} has no {name}.jsonl, .csv or .tsv; it has {', '.join(there) or 'no such files'}.")


def _rows(file: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Line number and values of each record."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            if file.suffix == ".jsonl":
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield number, _json(file, number, line)
            else:
                reader = csv.DictReader(lines, delimiter="\t" if file.suffix == ".tsv" else ",")
                for row in reader:
                    yield reader.line_num, {str(key): value for key, value in row.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{file} can't be read ({error}); it must be UTF-8 text.") from error


def _json(file: Path, number: int, line: str) -> dict[str, object]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise DatasetError(f"{file} line {number} is not JSON ({error}); mend that line.") from error
    if not isinstance(value, dict):
        raise DatasetError(f"{file} line {number} is a {type(value).__name__}; write an object with text and intent.")
    return value


def _first(row: dict[str, object], names: tuple[str, ...]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)
