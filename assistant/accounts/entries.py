"""The rows of lists: customers, incidents and tasks, each with its cells by column and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from apps.compare.values import number_of
from assistant.accounts.account import Account, Place, Row
from assistant.accounts.asked import Asked
from assistant.accounts.fields import fact_value
from assistant.accounts.figures import period_text, value_text
from assistant.accounts.known import Known
from assistant.accounts.vocabulary import tokens_of
from assistant.accounts.wording import say
from core.text.dates import find_day
from core.text.locale import long_date

Kind = Literal["accounts", "incidents", "tasks"]
_MOST_CUSTOMERS = 60


@dataclass
class Entry:
    """One row: what it is called, and its cells by column: the text that is compared, the one shown, and the place."""

    name: str
    place: Place | None
    cells: dict[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value: as it is kept, as it is shown, and where it stands."""

    kept: str
    shown: str
    place: Place


def entries_of(kind: Kind, asked: Asked, known: Known, customers: Sequence[str]) -> list[Entry]:
    """Every row of the kind that the person may read, of the named customers where some are named."""
    if kind == "accounts":
        named = known.called(asked.tokens)
        of_kind = (a for a in _accounts(known, customers) if named is None or a.name in named)
        return [_account_entry(a, asked.language) for a in of_kind]
    accounts = [known.account(c) for c in asked.customers] if asked.customers else known.recorded
    if not accounts and kind == "tasks":
        accounts = [known.account(c) for c in customers[:_MOST_CUSTOMERS]]
    rows = [row for a in accounts for row in (a.tasks if kind == "tasks" else a.incidents)]
    return [_row_entry(row, kind, asked.language) for row in rows]


def _accounts(known: Known, customers: Sequence[str]) -> list[Account]:
    """Every customer; where no record has fields of theirs, their documents are read."""
    recorded = {a.name: a for a in known.recorded if a.facts}
    others = [c for c in customers if c not in recorded][:_MOST_CUSTOMERS]
    return [*recorded.values(), *(known.account(c) for c in others)]


def _account_entry(account: Account, language: str) -> Entry:
    entry = Entry(account.name, None)
    for fact in sorted(account.facts, key=lambda f: f.day, reverse=True):
        column = fact.name or " ".join(tokens_of(fact.label))
        entry.cells.setdefault(column, Cell(fact.value, fact_value(fact, account, language), fact.place))
    for name, series in account.figures.items():
        period = max(series)
        point = series[period]
        shown = f"{value_text(point, language)} ({period_text(period)})"
        entry.cells.setdefault(name, Cell(str(point.value), shown, point.place))
    return entry


def _row_entry(row: Row, kind: Kind, language: str) -> Entry:
    name = row.fields["incident" if kind == "incidents" else "task"]
    cells = {}
    for column, value in row.fields.items():
        day = find_day(value, None) if column in ("due", "opened") else None
        cells[column] = Cell(value, long_date(day, language) if day else value, row.place)
    return Entry(name, row.place, cells)


def day_of_entry(entry: Entry, column: str) -> date | None:
    """The day in that column; None for anything else."""
    cell = entry.cells.get(column)
    return find_day(cell.kept, None) if cell else None


def number_of_entry(entry: Entry, column: str) -> float | None:
    """The number in that column; None for anything else."""
    cell = entry.cells.get(column)
    number = number_of(cell.kept) if cell else None
    return number.value if number else None


def column_label(column: str, language: str) -> str:
    """A column's heading: ours for the fields that we know, else its own."""
    try:
        return say(column, language)
    except KeyError:
        return column[:1].upper() + column[1:]
