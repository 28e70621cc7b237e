"""The comparison itself: two reports → metrics, and one flat list of changes with the evidence of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from apps.compare.align import Pair, alike, best_pairs, pair_columns, pair_rows, pair_sentences, pair_tables
from apps.compare.blocks import ComparedReport, ComparedTable, Statement, plain_name
from apps.compare.values import Better, ParsedNumber, Verdict, better_way, number_of, verdict

Kind = Literal["added", "removed", "changed"]
Part = Literal["cell", "row", "column", "table", "sentence", "section"]

_VALUE_COLUMN = re.compile(r"^(?:value|actual|result|current|wert|ist|valor|valeur|resultat|amount|figure)$")
_UNIT_COLUMN = re.compile(r"^(?:unit|einheit|unidad|unité|measure)$")
_TARGET_COLUMN = re.compile(r"^(?:target|goal|ziel|objetivo|objectif|plan)$")


@dataclass(frozen=True, slots=True)
class ReportChange:
    """One difference. `label` names the row and column or the heading; numbers are there for numeric cells."""

    kind: Kind
    part: Part
    heading: str
    label: str
    before: str
    after: str
    where_before: str = ""
    where_after: str = ""
    difference: float | None = None
    percent: float | None = None
    unit: str = ""
    verdict: Verdict = "changed"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that both reports have, changed or not."""

    name: str
    heading: str
    unit: str
    before: float
    after: float
    before_text: str
    after_text: str
    target: str
    verdict: Verdict
    better: Better
    on_target: bool | None
    where_before: str
    where_after: str


@dataclass(frozen=True)
class ReportComparison:
    """Everything that was found."""

    metrics: tuple[Metric, ...]
    changes: tuple[ReportChange, ...]


def compare(before: ComparedReport, after: ComparedReport, directions: Mapping[str, Better]) -> ReportComparison:
    """What differs between the two reports. `directions`: which way is better, by words of the metric's name."""
    metrics: list[Metric] = []
    changes: list[ReportChange] = []
    pairs = pair_tables(before.tables, after.tables)
    for a, b in pairs:
        found, differences = _compare_tables(before.tables[a], after.tables[b], directions)
        metrics += found
        changes += differences
    changes += _alone(before.tables, {a for a, _ in pairs}, "removed")
    changes += _alone(after.tables, {b for _, b in pairs}, "added")
    changes += _compare_text(before, after)
    return ReportComparison(tuple(metrics), tuple(changes))


def _alone(tables: Sequence[ComparedTable], paired: set[int], kind: Kind) -> list[ReportChange]:
    changes = []
    for i, table in enumerate(tables):
        if i not in paired:
            text = "; ".join(" | ".join(row) for row in table.rows[:5])
            here = table.locator or table.heading
            sides = ("", text, "", here) if kind == "added" else (text, "", here, "")
            changes.append(ReportChange(kind, "table", table.heading, table.heading or ", ".join(table.header), *sides))
    return changes


def _compare_tables(
    before: ComparedTable, after: ComparedTable, directions: Mapping[str, Better]
) -> tuple[list[Metric], list[ReportChange]]:
    columns = pair_columns(before.header, after.header)
    if not columns:
        return [], []
    key, rows = pair_rows(before, after, columns)
    changes = _columns_alone(before, after, columns)
    metrics: list[Metric] = []
    for i, j in rows:
        name = after.rows[j][columns[key][1]] or before.rows[i][columns[key][0]]
        for place, (a, b) in enumerate(columns):
            old, new = before.rows[i][a], after.rows[j][b]
            if place == key:
                if old.strip().lower() != new.strip().lower():
                    changes.append(
                        ReportChange(
                            "changed", "cell", after.heading, after.header[b], old, new, *_where(before, after)
                        )
                    )
                continue
            metric = _metric(
                before, after, row=(i, j), column=(a, b), columns=columns, name=name, directions=directions
            )
            if metric is not None:
                metrics.append(metric)
            change = _cell(before, after, column=(a, b), name=name, old=old, new=new, metric=metric)
            if change is not None:
                changes.append(change)
    changes += _rows_alone(before, {i for i, _ in rows}, columns[key][0], "removed", after.heading or before.heading)
    changes += _rows_alone(after, {j for _, j in rows}, columns[key][1], "added", after.heading)
    return metrics, changes


def _cell(
    before: ComparedTable, after: ComparedTable, *, column: Pair, name: str, old: str, new: str, metric: Metric | None
) -> ReportChange | None:
    if _same(old, new, before.decimal, after.decimal):
        return None
    title = after.header[column[1]]
    label = name if _VALUE_COLUMN.match(plain_name(title)) else f"{name}, {title}"
    where = _where(before, after)
    if metric is None:
        return ReportChange("changed", "cell", after.heading, label, old, new, *where)
    difference = round(metric.after - metric.before, 6)
    percent = round(100 * difference / abs(metric.before), 2) if metric.before else None
    return ReportChange(
        "changed", "cell", after.heading, label, old, new, *where, difference, percent, metric.unit, metric.verdict
    )


def _metric(
    before: ComparedTable,
    after: ComparedTable,
    *,
    row: Pair,
    column: Pair,
    columns: Sequence[Pair],
    name: str,
    directions: Mapping[str, Better],
) -> Metric | None:
    """The cell as a figure, if it is one in both reports and not a target, a number of the row or a date."""
    old_text, new_text = before.rows[row[0]][column[0]], after.rows[row[1]][column[1]]
    old, new = number_of(old_text, before.decimal), number_of(new_text, after.decimal)
    title = after.header[column[1]]
    if old is None or new is None or _TARGET_COLUMN.match(plain_name(title)) or plain_name(title) in {"no", "nr", "id"}:
        return None
    unit = _beside(after, row[1], columns, _UNIT_COLUMN) or new.unit or old.unit
    target = _beside(after, row[1], columns, _TARGET_COLUMN)
    full = name if _VALUE_COLUMN.match(plain_name(title)) else f"{name}, {title}"
    better = better_way(full, directions)
    return Metric(
        name=full,
        heading=after.heading,
        unit=unit,
        before=old.value,
        after=new.value,
        before_text=old_text,
        after_text=new_text,
        target=target,
        verdict=verdict(new.value - old.value, better),
        better=better,
        on_target=_reached(new, number_of(target, after.decimal), better),
        where_before=before.locator or before.heading,
        where_after=after.locator or after.heading,
    )


def _beside(table: ComparedTable, row: int, columns: Sequence[Pair], name: re.Pattern[str]) -> str:
    return next((table.rows[row][b] for _, b in columns if name.match(plain_name(table.header[b]))), "").strip("–- ")


def _reached(value: ParsedNumber, target: ParsedNumber | None, better: Better) -> bool | None:
    if target is None or better == "neither":
        return None
    return value.value >= target.value if better == "higher" else value.value <= target.value


def _columns_alone(before: ComparedTable, after: ComparedTable, columns: Sequence[Pair]) -> list[ReportChange]:
    removed = [h for i, h in enumerate(before.header) if i not in {a for a, _ in columns}]
    added = [h for j, h in enumerate(after.header) if j not in {b for _, b in columns}]
    where = _where(before, after)
    return [
        *(ReportChange("removed", "column", after.heading, h, h, "", *where) for h in removed),
        *(ReportChange("added", "column", after.heading, h, "", h, *where) for h in added),
    ]


def _rows_alone(table: ComparedTable, paired: set[int], key: int, kind: Kind, heading: str) -> list[ReportChange]:
    changes = []
    for i, row in enumerate(table.rows):
        if i not in paired:
            text = ", ".join(c for c in row if c)
            here = table.locator or table.heading
            sides = ("", text, "", here) if kind == "added" else (text, "", here, "")
            changes.append(ReportChange(kind, "row", heading, row[key] or text, *sides))
    return changes


def _compare_text(before: ComparedReport, after: ComparedReport) -> list[ReportChange]:
    """Sentences are compared over the whole report: a sentence that only moved is no change."""
    old, new = before.statements, after.statements
    pairs = pair_sentences([s.text for s in old], [s.text for s in new])
    changes = [
        ReportChange(
            "changed", "sentence", new[j].heading, new[j].heading, old[i].text, new[j].text, _at(old[i]), _at(new[j])
        )
        for i, j in pairs
        if not _same(old[i].text, new[j].text)
    ]
    left_old = [s for i, s in enumerate(old) if i not in {i for i, _ in pairs}]
    left_new = [s for j, s in enumerate(new) if j not in {j for _, j in pairs}]
    headings = best_pairs(before.headings, after.headings, lambda a, b: alike(plain_name(a), plain_name(b)), 0.75)
    gone = [h for i, h in enumerate(before.headings) if i not in {i for i, _ in headings}]
    fresh = [h for j, h in enumerate(after.headings) if j not in {j for _, j in headings}]
    changes += _sections("removed", gone, left_old, before)
    changes += _sections("added", fresh, left_new, after)
    changes += [
        ReportChange("removed", "sentence", s.heading, s.heading, s.text, "", _at(s), "")
        for s in left_old
        if s.heading not in gone
    ]
    changes += [
        ReportChange("added", "sentence", s.heading, s.heading, "", s.text, "", _at(s))
        for s in left_new
        if s.heading not in fresh
    ]
    return changes


def _sections(
    kind: Kind, headings: Sequence[str], left: Sequence[Statement], report: ComparedReport
) -> list[ReportChange]:
    """Headings that only one report has, if they bring text of their own; one change each."""
    changes = []
    for heading in headings:
        own = [s for s in left if s.heading == heading]
        if not own:
            continue
        text = " ".join(s.text for s in own)
        sides = ("", text, "", _at(own[0])) if kind == "added" else (text, "", _at(own[0]), "")
        changes.append(ReportChange(kind, "section", heading, heading, *sides))
    return changes


def word_edits(before: str, after: str) -> list[tuple[str, str]]:
    """The words that were replaced between two versions of a sentence: (before, after) of each place."""
    a, b = before.split(), after.split()
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return [(" ".join(a[i:j]), " ".join(b[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]


def _same(old: str, new: str, decimal_before: str = "", decimal_after: str = "") -> bool:
    if " ".join(old.split()) == " ".join(new.split()):
        return True
    a, b = number_of(old, decimal_before), number_of(new, decimal_after)
    return a is not None and a == b


def _where(before: ComparedTable, after: ComparedTable) -> tuple[str, str]:
    return before.locator or before.heading, after.locator or after.heading


def _at(statement: Statement) -> str:
    return statement.locator or statement.heading
