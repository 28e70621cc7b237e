"""What is to be calculated over a table, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Literal

from assistant.tables.table import Column, Table

Operation = Literal["count", "list", "sum", "average", "median", "highest", "lowest", "latest", "earliest"]


@dataclass(frozen=True)
class Condition:
    """A condition on one column; `said` is how it reads: "Status: open"."""

    column: Column
    said: str
    holds: Callable[[int], bool]


@dataclass(frozen=True)
class Calculation:
    """What to do with which rows.

    Attributes:
        column: What is summed or compared; None for counting and listing.
        by: One result for each of its values; None for one over all.
    """

    operation: Operation
    table: Table
    conditions: tuple[Condition, ...] = ()
    column: Column | None = None
    by: Column | None = None


@dataclass(frozen=True)
class Outcome:
    """The result.

    Attributes:
        value: The number or the day, as the column writes it; empty where a list is the result.
        groups: (value of `by`, result) of each group, the highest first.
        rows: The numbers of the rows it stands on.
    """

    value: str
    groups: tuple[tuple[str, str], ...] = ()
    rows: tuple[int, ...] = ()


def calculated(calculation: Calculation) -> Outcome:
    """Carries it out; without a fitting row the value is empty, and 0 for a count."""
    rows = _fitting(calculation)
    if calculation.by is not None:
        return _grouped(calculation, calculation.by, rows)
    operation, column = calculation.operation, calculation.column
    if operation == "count":
        return Outcome(str(len(rows)), rows=tuple(rows))
    if operation == "list" or column is None:
        return Outcome("", rows=tuple(rows))
    if operation in ("highest", "lowest", "latest", "earliest"):
        return _extreme(operation, column, rows)
    filled = [row for row in rows if column.numbers[row] is not None]
    return Outcome(_number(operation, column, filled), rows=tuple(filled))


def _fitting(calculation: Calculation) -> list[int]:
    """The rows that meet every condition; several on one column are alternatives."""
    by_column: dict[int, list[Condition]] = {}
    for condition in calculation.conditions:
        by_column.setdefault(condition.column.place, []).append(condition)
    ranges = {place for place, found in by_column.items() if found[0].column.kind in ("number", "day")}
    return [
        row
        for row in range(calculation.table.count)
        if all(
            (all if place in ranges else any)(condition.holds(row) for condition in found)
            for place, found in by_column.items()
        )
    ]


def _grouped(calculation: Calculation, by: Column, rows: Sequence[int]) -> Outcome:
    groups: dict[str, list[int]] = {}
    for row in rows:
        if by.cells[row]:
            groups.setdefault(by.cells[row], []).append(row)
    column, operation = calculation.column, calculation.operation
    if column is None:
        sizes = {value: Decimal(len(members)) for value, members in groups.items()}
        shown = {value: str(len(members)) for value, members in groups.items()}
    else:
        of_group = operation if operation in ("average", "median") else "sum"
        sizes = {value: _value(of_group, column, members) for value, members in groups.items()}
        shown = {value: column.written(sizes[value]) for value in groups}
    ordered = sorted(groups, key=lambda value: sizes[value], reverse=operation != "lowest")
    return Outcome("", tuple((value, shown[value]) for value in ordered), tuple(rows))


def _extreme(operation: Operation, column: Column, rows: Sequence[int]) -> Outcome:
    values = column.days if operation in ("latest", "earliest") else column.numbers
    filled = [(values[row], row) for row in rows if values[row] is not None]
    if not filled:
        return Outcome("")
    best = (max if operation in ("highest", "latest") else min)(value for value, _ in filled)  # type: ignore[type-var]
    chosen = tuple(row for value, row in filled if value == best)
    return Outcome(column.cells[chosen[0]], rows=chosen)


def _number(operation: Operation, column: Column, rows: Sequence[int]) -> str:
    return column.written(_value(operation, column, rows)) if rows else ""


def _value(operation: Operation, column: Column, rows: Sequence[int]) -> Decimal:
    numbers = [number for row in rows if (number := column.numbers[row]) is not None]
    if operation == "sum" or not numbers:
        return sum(numbers, Decimal(0))
    return sum(numbers, Decimal(0)) / len(numbers) if operation == "average" else Decimal(median(numbers))
