"""What a table's columns hold: names, the current value, a target, a unit; one on its side is set upright."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.compare.blocks import ComparedTable
from apps.compare.periods import Period, is_period, periods_in
from apps.compare.values import number_of
from apps.compare.words import Role, role_of
from core.text.dates import days_in


@dataclass(frozen=True)
class ShapedTable:
    """A table whose rows are things and whose columns are known.

    Attributes:
        roles: What each column holds. Of several periods the latest is "value" and the others are "previous".
        key: The column that names rows.
    """

    table: ComparedTable
    roles: tuple[Role | None, ...]
    key: int

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The table's rows."""
        return self.table.rows

    @property
    def header(self) -> tuple[str, ...]:
        """The table's header."""
        return self.table.header

    @property
    def heading(self) -> str:
        """The heading that it stands under."""
        return self.table.heading

    @property
    def place(self) -> str:
        """Where it stands, for a citation."""
        return self.table.locator or self.table.heading

    def column(self, role: Role) -> int | None:
        """The first column that holds this."""
        return self.roles.index(role) if role in self.roles else None

    def cell(self, row: int, role: Role) -> str:
        """The row's cell of the column that holds this; "" without one, or where it says that there is nothing."""
        column = self.column(role)
        return "" if column is None else self.rows[row][column].strip("–- ")

    def attributes(self) -> list[int]:
        """The columns that are about the row and have no role of their own."""
        return [n for n, role in enumerate(self.roles) if role is None and n != self.key]

    def name(self, row: int) -> str:
        """What the row is about."""
        return self.rows[row][self.key]


# So many columns called like rows show that a table lies on its side.
_SHARED_NAMES = 2


def shaped(table: ComparedTable) -> ShapedTable:
    """The table, upright, with the roles of its columns."""
    if _lies_on_its_side(table):
        turned = list(zip(table.header, *table.rows, strict=True))
        table = replace(table, header=turned[0], rows=tuple(turned[1:]))
    roles = _roles(table)
    return ShapedTable(table, roles, _key(table, roles))


def turned_like(table: ShapedTable, other: ShapedTable) -> ShapedTable:
    """The table with the other's rows: one whose columns are called as those rows lies on its side."""
    names = {other.name(n).strip().lower() for n in range(len(other.rows))} - {""}
    across = {h.strip().lower() for h in table.header[1:]}
    down = {row[0].strip().lower() for row in table.rows}
    if len(names & across) < max(_SHARED_NAMES, len(names) / 2) or len(names & down) >= len(names & across):
        return table
    turned = list(zip(table.header, *table.rows, strict=True))
    upright = replace(table.table, header=turned[0], rows=tuple(turned[1:]))
    roles = _roles(upright)
    return ShapedTable(upright, roles, 0)


def _lies_on_its_side(table: ComparedTable) -> bool:
    """Whether the first column says "target" and "May 2026" rather than the header; days there are when things are."""
    across, down = table.header[1:], [row[0] for row in table.rows]
    return len(down) > 1 and not any(days_in(d, None) for d in down) and _telling(down) > 0.5 and _telling(across) < 0.5


def _telling(headings: Sequence[str]) -> float:
    """The share of headings that tell a role or a period."""
    return sum(role_of(h) is not None or is_period(h) for h in headings) / max(1, len(headings))


def _roles(table: ComparedTable) -> tuple[Role | None, ...]:
    header = table.header
    roles = [role_of(heading) for heading in header]
    periods: dict[int, Period] = {}
    for n, heading in enumerate(header):
        if roles[n] in (None, "value") and is_period(heading):
            periods[n] = periods_in(heading)[-1]
    for n in [n for n, role in enumerate(roles) if role == "value" and periods and n not in periods]:
        # "Figure" beside columns of periods heads the names.
        roles[n] = "value" if _are_numbers([row[n] for row in table.rows]) else None
    current = max(periods, key=lambda n: (periods[n], n)) if periods else None
    values = [n for n, role in enumerate(roles) if role == "value" and n not in periods]
    for n in periods:
        roles[n] = "value" if n == current and not values else "previous"
    for n in values[1:]:
        roles[n] = None
    if "value" not in roles and ("target" in roles or "unit" in roles):
        # Beside a target the only numbers without a role are what the target is for.
        numeric = [n for n, role in enumerate(roles) if role is None and _are_numbers([row[n] for row in table.rows])]
        if len(numeric) == 1:
            roles[numeric[0]] = "value"
    return tuple(roles)


def _are_numbers(cells: Sequence[str]) -> bool:
    return sum(number_of(c) is not None for c in cells) > len(cells) / 2


def _key(table: ComparedTable, roles: Sequence[Role | None]) -> int:
    """The column that names rows: the first with words, of those in which each row has its own."""

    def worth(column: int) -> tuple[float, int]:
        cells = [row[column].strip().lower() for row in table.rows]
        unique = len(set(cells)) / max(1, len(cells))
        wordy = sum(bool(c) and (number_of(c) is None or c.count(" ") > 1) and not is_period(c) for c in cells) / max(
            1, len(cells)
        )
        return (unique + 2 * wordy - (2.0 if roles[column] is not None else 0.0), -column)

    return max(range(len(table.header)), key=worth)
