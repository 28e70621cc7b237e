"""Figures of a report wherever they stand: in the cells of a table, behind a colon, in a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from apps.compare.shape import ShapedTable
from apps.compare.units import Quantity, comparable, in_unit_of, quantity, unit_in
from apps.compare.values import number_of
from apps.compare.words import Better, bound_of, cues, plain_words, word_set

Source = tuple[Literal["row", "sentence"], int, int]

# "98.4% (target 99.5%)"
_TARGET_INSIDE = re.compile(
    r"^(?P<value>.+?)\s*[(\[,;]\s*(?P<words>[^\W\d]+(?: [^\W\d]+){0,3}?)\s*:?\s*(?P<target>[^()\[\]]+?)\s*[)\]]?$"
)
_ASIDE = re.compile(r"\s*\([^()]*\)$")
# "7.8 of 10", "4,2 von 5": what the most would be is no part of the number.
_OUT_OF = re.compile(r"\s*(?:out of|of|von|de|sur|/)\s*\d{1,3}$")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a report gives for something.

    Attributes:
        name: What for, as the report calls it.
        context: The heading above it, which may be part of the name ("North").
        written: The number as written; `quantity` is what it says.
        target: What it should be, as written; `goal` is what that says.
        source: Where in the report: a row (table, row) or a sentence (number, 0).
        composed: The name is made of a row's and a column's.
        reached: Whether the report itself says that the target is reached; None where it doesn't say.
    """

    name: str
    context: str
    written: str
    quantity: Quantity
    source: Source
    place: str = ""
    target: str = ""
    goal: Quantity | None = None
    composed: bool = False
    reached: bool | None = None

    @property
    def shown(self) -> str:
        """The number as written, with the unit that stands beside it."""
        unit = self.quantity.unit
        return self.written if not unit or unit in self.written else f"{self.written} {unit}"

    @property
    def bound(self) -> Better:
        """Which way is better by the target: "≥ 95 %", "max. 5", missed with less, none at all, or all of them."""
        way, _ = bound_of(self.target)
        if way != "neither":
            return way
        if self.goal is None:
            return "neither"
        if self.reached is not None and self.goal.value != self.quantity.value:
            return "higher" if self.reached == (self.quantity.amount > self.goal.amount) else "lower"
        if self.goal.value == 0:
            return "lower"
        return "higher" if self.goal.measures == "share" and self.goal.value == 100 else "neither"


def figure_at(table: ShapedTable, row: int, column: int, source: Source) -> Figure | None:
    """The cell as a figure: None for a word, a date, a target or the number of the row."""
    if column == table.key or table.roles[column] not in (None, "value", "previous"):
        return None
    name, title = table.name(row), table.header[column]
    is_value = table.roles[column] is not None
    written, target = _split(table.rows[row][column])
    beside = table.cell(row, "unit") or unit_in(name) or unit_in(title)
    found = quantity_of(written, beside, table.table.decimal)
    if found is None:
        return None
    target = table.cell(row, "target") or target
    return Figure(
        name=name if is_value else f"{name}, {title}",
        context=table.heading.rpartition(" › ")[2],
        written=written,
        quantity=found,
        source=source,
        place=table.place,
        target=target,
        goal=quantity_of(bound_of(target)[1], found.unit, table.table.decimal),
        composed=not is_value,
        reached=_reached(table, row),
    )


def figures_in_row(table: ShapedTable, row: int, source: Source) -> list[Figure]:
    """The row's figures: its value, or else each number that stands in one of its columns."""
    value = table.column("value")
    columns = [value] if value is not None else table.attributes()
    return [f for column in columns if (f := figure_at(table, row, column, source)) is not None]


def quantity_of(written: str, unit: str, decimal: str) -> Quantity | None:
    """The amount that a text is, in its own unit or else in `unit`; None for anything but a number."""
    number = number_of(_OUT_OF.sub("", written), decimal)
    return None if number is None else quantity(number, unit)


def _reached(table: ShapedTable, row: int) -> bool | None:
    """What a cell of the row says of the target ("off target"), if one says nothing else."""
    said = {" ".join(plain_words(table.rows[row][n])) for n in table.attributes()}
    yes, no = (any(phrase in said for phrase in cues()["reached"][way]) for way in ("yes", "no"))
    return yes if yes != no else None


def _split(cell: str) -> tuple[str, str]:
    """The value and the target of a cell that holds both."""
    match = _TARGET_INSIDE.match(cell)
    if match and set(plain_words(f"{match['words']} {match['target']}")) & word_set("roles", "target"):
        number = re.search(r"[€$£]?\s?\d.*", match["target"])
        return match["value"], number[0].strip() if number else match["target"]
    # Another aside says something else of the number.
    bare = _ASIDE.sub("", cell.strip())
    return (bare if number_of(bare) is not None else cell.strip()), ""


def same_goal(a: Figure, b: Figure) -> bool:
    """Whether both have a target, and the same one; none at all is too common to tell anything."""
    if a.goal is None or b.goal is None or not comparable(a.goal, b.goal) or not a.goal.value:
        return False
    wanted = in_unit_of(a.goal, b.goal)
    return abs(wanted - b.goal.value) <= 0.005 * abs(b.goal.value)
