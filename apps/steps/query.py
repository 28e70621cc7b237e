"""`query`: a declared SELECT on the warehouse, with parameters; read-only, and shown beside its result."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from apps.run import Context, SourceQuote
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_FORBIDDEN = re.compile(
    r"\b(?:insert|update|delete|merge|drop|alter|create|grant|revoke|truncate|copy|unload|call|execute|vacuum|set|begin|"
    r"commit|rollback|lock|do|into|set_config|dblink\w*|pg_(?:sleep|read|ls|stat_file|terminate|cancel)\w*)\b",
    re.IGNORECASE,
)


class RunQuery(Parameters):
    """Attributes: sql: one SELECT with :names; it can't hold expressions. values: the names' values."""

    sql: str = Field(min_length=1, max_length=10_000)
    values: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    max_rows: int = Field(default=500, ge=1, le=10_000)


def query(given: RunQuery, context: Context) -> dict[str, Any]:
    """Columns, rows as mappings, and the query itself. Raises AppError when it isn't one SELECT."""
    sql = checked(given.sql)
    names = set(re.findall(r"(?<!:):([a-z_][a-z0-9_]*)", _LITERAL.sub("", sql)))
    if names != set(given.values):
        raise AppError(
            f"The query has the names {sorted(names)} and was given {sorted(given.values)}; make them agree."
        )
    if context.tools.query is None:
        raise AppError("This step asks the data warehouse, and no Redshift source is configured; add one to sources.")
    columns, rows = context.tools.query(sql, given.values, given.max_rows)
    records = [{c: plain_value(v) for c, v in zip(columns, row, strict=True)} for row in rows]
    place = f"query of {context.today.isoformat()}"
    number = context.cite(SourceQuote("Data warehouse", locator=place, quote=sql, rows=True))
    return {"columns": columns, "rows": records, "count": len(records), "sql": sql, "number": number}


def checked(sql: str) -> str:
    """`sql` without comments, if it is one statement that only reads.

    Raises:
        AppError: it could do more than read.
    """
    plain = _COMMENT.sub(" ", sql).strip().rstrip(";").strip()
    bare = _LITERAL.sub("''", plain)
    word = _FORBIDDEN.search(bare)
    # A backslash may end a text where this reading doesn't see it.
    if "\\" in plain or ";" in bare or not re.match(r"(?:select|with)\b", bare, re.IGNORECASE) or word:
        found = f"the word {word.group().upper()}" if word else "something that isn't one SELECT"
        raise AppError(f"A query may only read, and this one has {found}; write one SELECT.")
    return plain


def plain_value(value: Any) -> Any:
    """A value as expressions and tables take it: numbers as numbers, days as 2026-01-31."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return value


KIND = StepKind(
    "query",
    "Asks the data warehouse with a declared SELECT.",
    RunQuery,
    ("columns", "rows", "count", "sql", "number"),
    query,
    literal=("sql",),
)
