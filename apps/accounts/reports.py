"""Reports about a customer that people write: what their tables and sections are, by the words of report_words.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from apps.compare.blocks import ComparedReport, ComparedTable
from apps.compare.values import number_of


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """One line of a report's table of figures; `target` as it is written."""

    name: str
    value: float
    unit: str
    target: str


def figures_in(report: ComparedReport) -> Iterator[ReportedFigure]:
    """The lines of the tables that have a column of names and one of values."""
    for table in report.tables:
        columns = _columns(table, "figures")
        if "name" not in columns or "value" not in columns:
            continue
        for row in table.rows:
            said = {field: row[column] for field, column in columns.items()}
            figure = number_of(said["value"])
            if figure is not None:
                yield ReportedFigure(said["name"], figure.value, said.get("unit", figure.unit), said.get("target", ""))


def facts_in(report: ComparedReport) -> Iterator[tuple[str, str]]:
    """(name in core/records.py, value) of each line that says something of the account."""
    for table in report.tables:
        for row in table.rows:
            name = _field(row[0], "facts") if len(row) == 2 else ""
            if name:
                yield name, row[1]


def rows_in(report: ComparedReport) -> Iterator[tuple[str, dict[str, str]]]:
    """(part, row) of each row of a table under a heading of "risks", "incidents" or "recommendations".

    A row has the fields that apps read, "" where the table has no such column, and its other columns by their names.
    """
    for table in report.tables:
        for part in _parts_of(table.heading):
            if part in _words()["rows"]:
                yield from ((part, _row(table, row, part)) for row in table.rows)


def statements_in(report: ComparedReport) -> Iterator[tuple[str, str]]:
    """(part, sentence) of each sentence under a heading of "wins" or "summary"."""
    for statement in report.statements:
        for part in _parts_of(statement.heading):
            if part not in _words()["rows"]:
                yield part, statement.text


def _row(table: ComparedTable, row: Sequence[str], part: str) -> dict[str, str]:
    fields = list(_words()["rows"][part])
    columns = _columns(table, "rows", part)
    own = {re.sub(r"\W+", "_", h.lower()).strip("_"): cell for h, cell in zip(table.header, row, strict=True)}
    said = {field: row[column] for field, column in columns.items()}
    if fields[0] not in said:
        # What the row is about stands in the first column that is nothing else.
        said[fields[0]] = next((cell for n, cell in enumerate(row) if n not in columns.values()), "")
    return {**dict.fromkeys(fields, ""), **own, **said}


def _columns(table: ComparedTable, *place: str) -> dict[str, int]:
    """Field → the number of the first column that is called so."""
    found: dict[str, int] = {}
    for number, heading in enumerate(table.header):
        if field := _field(heading, *place):
            found.setdefault(field, number)
    return found


def _field(heading: str, *place: str) -> str:
    words: Mapping[str, re.Pattern[str]] = _words()
    for key in place:
        words = words[key]  # type: ignore[assignment]
    return next((field for field, pattern in words.items() if pattern.fullmatch(heading.strip(" :"))), "")


def _parts_of(heading: str) -> list[str]:
    return [part for part, pattern in _words()["parts"].items() if pattern.search(heading)]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    """The words of the file beside this one, each list as one pattern."""
    raw = yaml.safe_load(files("apps.accounts").joinpath("report_words.yaml").read_text(encoding="utf-8"))

    def compiled(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: compiled(value) for name, value in node.items()}
        return re.compile("|".join(f"(?:{word})" for word in node), re.IGNORECASE)

    return {name: compiled(value) for name, value in raw.items()}
