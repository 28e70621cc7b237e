"""What columns are by the look of their cells, whatever they are called: figures with targets, tasks, incidents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from apps.accounts.labels import label_words
from apps.accounts.vocabulary import bare_target, iso_day, notions
from apps.compare.blocks import ComparedTable
from apps.compare.values import number_of

_ID = re.compile(r"[A-Za-zÀ-ÿ]{1,6}[-/ #]?\d{2,}(?:[-/]\d+)*")
_TARGET_AND_VALUE = ("target", "value")
# The header of a table on its side names at least two figures beside an empty corner.
_FIGURES = 3
_NAME = re.compile(r"(?:[A-ZÀ-Ý&][\w.'’&-]*\s?){1,5}")


def looks_like(shape: str, values: Sequence[str]) -> bool:
    """Whether most values are of the shape: day, money, number, name, id or colour."""
    tests = {
        "day": lambda v: bool(iso_day(v)),
        "money": lambda v: bool(re.search(r"\d", v)) and number_of(v) is not None,
        "number": lambda v: not iso_day(v) and number_of(bare_target(v)) is not None,
        "name": lambda v: bool(_NAME.fullmatch(v)),
        "id": lambda v: bool(_ID.fullmatch(v)),
        "colour": lambda v: label_words(v) in _colours(),
    }
    return bool(values) and sum(map(tests[shape], values)) * 2 > len(values)


def rows_by_look(rows: Sequence[Sequence[str]]) -> tuple[str, dict[int, str]]:
    """("tasks" or "incidents", column → what it is) of a table whose cells tell; ("", {}) of another.

    Incidents have a number and a day; tasks have a text, a name and a day.
    """
    columns = [[cell for cell in column if cell] for column in zip(*rows, strict=True)]
    shapes = {
        shape: [n for n, column in enumerate(columns) if looks_like(shape, column)] for shape in ("day", "id", "name")
    }
    texts = [n for n, column in enumerate(columns) if _is_text(column) and n not in shapes["day"] + shapes["id"]]
    if shapes["id"] and shapes["day"] and len(columns) > 2:
        about = next((n for n in range(len(columns)) if n not in shapes["id"] + shapes["day"]), None)
        named = dict(zip(shapes["day"], ("date", "closed"), strict=False)) | {shapes["id"][0]: "incident"}
        return "incidents", named | ({} if about is None else {about: "what_happened"})
    names = [n for n in shapes["name"] if n not in texts[:1] and n not in shapes["day"]]
    if texts and names and len(shapes["day"]) == 1:
        return "tasks", {texts[0]: "recommendation", names[0]: "owner", shapes["day"][0]: "due"}
    return "", {}


def figure_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """The two columns of numbers of a table of figures, whose units agree row by row; [] for another table."""
    columns = list(zip(*rows, strict=True))
    numbers = [n for n, column in enumerate(columns) if looks_like("number", [c for c in column if c])]
    if len(numbers) != 2 or 0 in numbers or not _is_text(columns[0], 1):
        return []
    pairs = [[number_of(bare_target(row[n])) for n in numbers] for row in rows]
    agreeing = sum(a is not None and b is not None and a.unit == b.unit for a, b in pairs)
    return numbers if agreeing * 4 >= len(rows) * 3 else []


def upright(table: ComparedTable) -> ComparedTable:
    """The table with its figures down: two rows of numbers under the figures' names lie on their side."""
    if len(table.rows) != len(_TARGET_AND_VALUE) or len(table.header) < _FIGURES or figure_columns(table.rows):
        return table
    turned = list(zip(table.header, *table.rows, strict=True))
    found = replace(table, header=turned[0], rows=tuple(turned[1:]))
    return found if figure_columns(found.rows) else table


def constant_column(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> int | None:
    """The one of two columns that stays the same from report to report while the other moves: the targets."""
    by_name: dict[str, list[Sequence[str]]] = defaultdict(list)
    for row in rows:
        by_name[row[0]].append(row)
    repeated = [group for group in by_name.values() if len(group) > 1]
    moved = {n: sum(len({row[n] for row in group}) > 1 for group in repeated) for n in numbers}
    still = [n for n in numbers if not moved[n]]
    return still[0] if len(still) == 1 and max(moved.values()) * 2 > len(repeated) else None


def _is_text(column: Sequence[str], words: int = 2) -> bool:
    """Whether most cells are of so many words or more, and no two the same thing."""
    long = sum(len(cell.split()) >= words and not cell[:1].isdigit() for cell in column)
    return bool(column) and long * 2 > len(column)


def _colours() -> set[tuple[str, ...]]:
    return {label_words(word) for names in notions()["health"].values() for word in names}
