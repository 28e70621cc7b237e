"""All rows of a state database into another one: between SQLite, which a backup is, and PostgreSQL."""

from __future__ import annotations

import sqlalchemy as sa

from core.database import UtcDateTime

_PORTION = 500


def copy_rows(source: sa.Connection, target: sa.Connection) -> dict[str, int]:
    """Replaces the rows of `target` by those of `source`, in the transaction of `target`; how many, a table each.

    Both are of the same revision.
    """
    tables = [table for table in _tables(target).sorted_tables if table.name != "alembic_version"]
    for table in reversed(tables):
        target.execute(table.delete())
    counts = {}
    for table in tables:
        counts[table.name] = 0
        for rows in source.execute(sa.select(table)).mappings().partitions(_PORTION):
            target.execute(table.insert(), [dict(row) for row in rows])
            counts[table.name] += len(rows)
        _go_on_counting(target, table)
    return counts


def _tables(connection: sa.Connection) -> sa.MetaData:
    """The tables as they are, with the types by which Debrief reads and writes them."""
    found = sa.MetaData()
    found.reflect(connection)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                column.type = UtcDateTime()
            elif isinstance(column.type, sa.JSON):  # what 0.3.0 called text in SQLite
                column.type = sa.Text()
    return found


def _go_on_counting(target: sa.Connection, table: sa.Table) -> None:
    """Numbers that PostgreSQL gives by itself go on after the highest one that was copied."""
    keys = list(table.primary_key.columns)
    if target.dialect.name == "postgresql" and len(keys) == 1 and isinstance(keys[0].type, sa.Integer):
        highest = target.execute(sa.select(sa.func.max(keys[0]))).scalar()
        if highest is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, keys[0].name)
            target.execute(sa.select(sa.func.setval(sequence, highest)))
