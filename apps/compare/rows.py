"""Rows of tables: those of the same table, then those of any table that are the same by name and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.compare.align import Pair, pair_columns, pair_rows, pair_tables
from apps.compare.changes import Kind, Metric, Part, ReportChange, metric_of, nature_of
from apps.compare.figures import Figure, figure_at, figures_in_row, same_goal
from apps.compare.join import Join, Row, Side
from apps.compare.meaning import assigned, few_enough, name_other_things, shared_words
from apps.compare.shape import ShapedTable
from apps.compare.units import comparable, in_unit_of, quantity
from apps.compare.values import number_of

# How much of a name two rows must share: less where their figures speak for it.
_SAME_NAME = 0.8
_SAME_FIGURE = 0.6
# What speaks for two figures being the same: their target, what they measure, their size.
_GOAL, _MEASURE, _SIZE = 0.35, 0.1, 0.1
_LEAST_NAME = 0.3
_ALL_WORDS = 0.95
_AS_MUCH = 1.1


@dataclass(frozen=True)
class _LeftRow:
    """A row that has no counterpart yet; `figures` has its value, if it is one."""

    row: Row
    table: ShapedTable
    name: str
    figures: list[Figure]


def join_tables(join: Join) -> None:
    """Tables that are the same by heading and header, row by row."""
    one, other = join.before, join.after
    for a, b in pair_tables(one.tables, other.tables):
        before, after = one.tables[a], other.tables[b]
        columns = pair_columns(before, after)
        if len(columns) < min(2, len(before.header), len(after.header)):
            continue
        key, rows = pair_rows(before, after, columns)
        if not rows:
            continue
        join.changes += _columns_alone(before, after, columns)
        for i, j in rows:
            _compare_rows(join, (a, i), (b, j), columns, columns[key])


def join_rows(join: Join) -> None:
    """Rows that are left, whatever tables they stand in."""
    left_a, left_b = _left(join.before), _left(join.after)
    if not few_enough(left_a, left_b):
        return
    for x, y in assigned([[_rows_alike(a, b) for b in left_b] for a in left_a]):
        one, other = left_a[x], left_b[y]
        columns = pair_columns(one.table, other.table)
        _compare_rows(join, one.row, other.row, columns, (one.table.key, other.table.key))


def _left(side: Side) -> list[_LeftRow]:
    rows = [(row, side.tables[row[0]]) for row in side.left_rows()]
    return [
        _LeftRow(
            row,
            t,
            t.name(row[1]),
            figures_in_row(t, row[1], ("row", *row))[:1] if t.column("value") is not None else [],
        )
        for row, t in rows
    ]


def rows_alone(join: Join) -> None:
    """Rows that only one report has; a whole table of them is one change."""
    sides: tuple[tuple[Side, Kind], ...] = ((join.before, "removed"), (join.after, "added"))
    for side, kind in sides:
        left = side.left_rows()
        for t, table in enumerate(side.tables):
            rows = [r for at, r in left if at == t]
            if len(rows) == len(table.rows) and len(rows) > 1:
                text = "; ".join(" | ".join(row) for row in table.rows[:5])
                join.changes.append(_alone(kind, "table", table, table.heading or ", ".join(table.header), text))
                continue
            for r in rows:
                others = [c for n, c in enumerate(table.rows[r]) if n != table.key and table.roles[n] != "number" and c]
                text = ", ".join([table.name(r), *others])
                join.changes.append(_alone(kind, "row", table, table.name(r) or text, text))


def figures_alike(a: Figure, b: Figure, name: float) -> float:
    """How sure it is that two figures with names as alike as this are the same one; 0 below what is needed."""
    if not comparable(a.quantity, b.quantity) or name < _LEAST_NAME:
        return 0.0
    old, new = abs(in_unit_of(a.quantity, b.quantity)), abs(b.quantity.value)
    measured = bool(a.quantity.measures or b.quantity.measures)
    goal = same_goal(a, b)
    as_much = measured and max(old, new) <= _AS_MUCH * min(old, new) and (a.goal is None or b.goal is None)
    # "Open tickets" are not "closed tickets", unless they have one target, or without any are as much as before.
    if name_other_things(a.name, b.name) and name < _ALL_WORDS and not (goal or as_much):
        return 0.0
    score = name + _GOAL * goal + _MEASURE * measured + _SIZE * (max(old, new) <= 2 * min(old, new))
    return score if score >= _SAME_FIGURE else 0.0


def _rows_alike(one: _LeftRow, other: _LeftRow) -> float:
    """How sure it is that two rows are the same one; 0 below what is needed."""
    name = shared_words(one.name, other.name)
    if one.figures and other.figures:
        return figures_alike(one.figures[0], other.figures[0], name)
    if one.figures or other.figures or name < _SAME_NAME or len(pair_columns(one.table, other.table)) < 2:
        return 0.0
    return name


def _compare_rows(join: Join, a: Row, b: Row, columns: Sequence[Pair], key: Pair) -> None:
    before, after = join.before.tables[a[0]], join.after.tables[b[0]]
    join.rows(a, b)
    name = after.rows[b[1]][key[1]] or before.rows[a[1]][key[0]]
    with_figure = False
    for i, j in columns:
        if (i, j) == key:
            continue
        old, new = before.rows[a[1]][i], after.rows[b[1]][j]
        one, other = figure_at(before, a[1], i, ("row", *a)), figure_at(after, b[1], j, ("row", *b))
        metric = None
        if one is not None and other is not None and comparable(one.quantity, other.quantity):
            metric = metric_of(one, other, join.directions, after.heading)
            join.metrics.append(metric)
            with_figure = True
        if _same(old, new, before, after) or (before.roles[i] == "target" and _same_target(before, a[1], after, b[1])):
            continue
        label = name if after.roles[j] == "value" else f"{name}, {after.header[j]}"
        change = ReportChange("changed", "cell", after.heading, label, old, new, before.place, after.place)
        if metric is not None:
            join.changes.append(change_of(metric, change))
        else:
            join.changes.append(replace(change, nature=nature_of(old, new)))
    old, new = before.rows[a[1]][key[0]], after.rows[b[1]][key[1]]
    if old.strip().lower() != new.strip().lower():
        nature = "wording" if with_figure else nature_of(old, new)
        join.changes.append(
            ReportChange("changed", "cell", after.heading, after.header[key[1]], old, new, before.place, after.place,
                         nature=nature)
        )  # fmt: skip


def change_of(metric: Metric, change: ReportChange) -> ReportChange:
    """The change of a cell or a sentence with what its figure says."""
    difference = round(metric.after - metric.before, 6)
    percent = round(100 * difference / abs(metric.before), 2) if metric.before else None
    return replace(
        change, difference=difference, percent=percent, unit=metric.unit, verdict=metric.verdict, as_figure=True
    )


def _same_target(before: ShapedTable, a: int, after: ShapedTable, b: int) -> bool:
    """Whether two rows have the same target, in units that may stand beside it; none is no other one."""
    one, other = figures_in_row(before, a, ("row", 0, a)), figures_in_row(after, b, ("row", 0, b))
    if not one or not other:
        return False
    return same_goal(one[0], other[0]) or (one[0].goal is None and other[0].goal is None)


def _same(old: str, new: str, before: ShapedTable, after: ShapedTable) -> bool:
    """Whether two cells say the same: the same words, or the same amount in another unit."""
    if " ".join(old.split()) == " ".join(new.split()):
        return True
    a, b = number_of(old, before.table.decimal), number_of(new, after.table.decimal)
    if a is None or b is None:
        return False
    one, other = quantity(a), quantity(b)
    if not one.measures and not other.measures:
        return a == b
    return comparable(one, other) and abs(in_unit_of(one, other) - other.value) <= 1e-9 * max(1.0, abs(other.value))


def _columns_alone(before: ShapedTable, after: ShapedTable, columns: Sequence[Pair]) -> list[ReportChange]:
    """Columns that only one table has; one with a role is missing from a template, not from what is said."""
    removed = [before.header[n] for n in before.attributes() if n not in {i for i, _ in columns}]
    added = [after.header[n] for n in after.attributes() if n not in {j for _, j in columns}]
    return [
        *(ReportChange("removed", "column", after.heading, h, h, "", before.place, after.place) for h in removed),
        *(ReportChange("added", "column", after.heading, h, "", h, before.place, after.place) for h in added),
    ]


def _alone(kind: Kind, part: Part, table: ShapedTable, label: str, text: str) -> ReportChange:
    sides = ("", text, "", table.place) if kind == "added" else (text, "", table.place, "")
    return ReportChange(kind, part, table.heading, label, *sides)
