"""What every database gives: rows of a statement, its tables, and the different values of a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class TableInfo:
    """A table as the catalogue has it.

    Attributes:
        columns: Name → the database's type, in order.
        key: The primary key's columns.
        comments: Column → its comment.
        foreign: Column → (table, column) that it refers to.
        written: Column or table → its name as people wrote it, where the database keeps another spelling.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    foreign: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    def spelling(self, name: str) -> str:
        """`name` as people wrote it."""
        return self.written.get(name, name)


Catalogue = Sequence[TableInfo]


class Database(Protocol):
    """A database that only reads. `dialect` is sqlglot's name for its SQL."""

    dialect: str

    def rows(self, sql: str, limit: int = 10_000) -> tuple[list[str], Rows]:
        """Column names and at most `limit` rows.

        Raises:
            SourceError: it doesn't answer, refuses, or takes longer than its time-out; in one sentence.
        """
        ...

    def estimate(self, sql: str) -> int | None:
        """How many rows the largest step of the statement handles, as its planner thinks; None: it doesn't say.

        Raises:
            SourceError: as `rows`.
        """
        ...

    def catalogue(self) -> Catalogue:
        """Its tables and views, by name. Raises SourceError."""
        ...

    def close(self) -> None:
        """Gives the connection back."""
        ...


def largest_step(plan: Any, key: str) -> int | None:
    """The largest number under `key` anywhere in a plan."""
    if isinstance(plan, dict):
        own = [int(float(v)) for k, v in plan.items() if k == key and str(v).replace(".", "", 1).isdigit()]
        found = own + [n for v in plan.values() if (n := largest_step(v, key)) is not None]
    elif isinstance(plan, list):
        found = [n for v in plan if (n := largest_step(v, key)) is not None]
    else:
        return None
    return max(found, default=None)
