"""`table`: rows of results → a table whose columns are expressions over each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from apps.language import Guard
from apps.language.isolated import evaluate_rows
from apps.run import Context
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError
from core.tables import markdown_table

_WHERE, _SORT = "(where)", "(sort)"
_MOST_ROWS = 5_000


class Table(Parameters):
    """Parameters.

    Attributes:
        rows: A list of results, such as what a `for_each` or `find_documents` gives.
        columns: Heading → expression over `row`, its fields by their names, and what the run has.
        where: Which rows stay.
        sort: By what, an expression; `descending` turns it round.
        first: How many at most; 0 keeps all.
    """

    rows: list[Any]
    columns: dict[str, str] = Field(min_length=1)
    where: str = ""
    sort: str = ""
    descending: bool = False
    first: int = Field(default=0, ge=0)


def table(given: Table, context: Context) -> dict[str, Any]:
    """Headings, rows by their headings, and the Markdown of it. Raises AppError when an expression can't be filled."""
    if len(given.rows) > _MOST_ROWS:
        raise AppError(f"the table has {len(given.rows):,} rows and the limit is {_MOST_ROWS:,}; narrow them.")
    texts = {**given.columns, **{k: v for k, v in ((_WHERE, given.where), (_SORT, given.sort)) if v}}
    guard = Guard(context.max_chars, context.deadline, context.clock)
    found = evaluate_rows(texts, [_names(row) for row in given.rows], context.values, guard=guard)
    kept = [row for row in found if not given.where or row[_WHERE]]
    if given.sort:
        kept = sorted(kept, key=lambda row: _order(row[_SORT]), reverse=given.descending)
    rows = [{name: row[name] for name in given.columns} for row in kept[: given.first or None]]
    cells = [list(row.values()) for row in rows]
    return {
        "columns": list(given.columns),
        "rows": rows,
        "count": len(rows),
        "text": markdown_table(list(given.columns), cells) if rows else "",
    }


def _names(row: Any) -> dict[str, Any]:
    """What an expression over the row may name."""
    return {**(row if isinstance(row, Mapping) else {}), "row": row}


def _order(value: Any) -> tuple[int, Any]:
    """Numbers before texts, and nothing last."""
    if isinstance(value, int | float):
        return 0, float(value)
    return (2, "") if value in (None, "") else (1, str(value).casefold())


KIND = StepKind(
    "table",
    "Makes a table of rows, its columns by expressions.",
    Table,
    ("columns", "rows", "count", "text"),
    table,
    templates=("columns", "where", "sort"),
    expressions=("columns", "where", "sort"),
    names=("*",),
)
