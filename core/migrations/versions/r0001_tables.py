"""The tables of after version 0.3.0: made where they are missing, brought there where that version has made them.

Version 0.3.0, and what was in development until this file, kept no revision, so it looks at what it finds. 0.3.0 had
times as ISO 8601 text, empty for none, or as timestamps in UTC without a zone; structures as text or as PostgreSQL's
own JSON.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.migrations.tables_0001 import TABLES

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes or changes every table."""
    connection = op.get_bind()
    inspected = sa.inspect(connection)
    there = set(inspected.get_table_names())
    for table in TABLES.sorted_tables:
        if table.name in there:
            _bring_up(table, {column["name"]: column["type"] for column in inspected.get_columns(table.name)})
        else:
            table.create(connection)


def _bring_up(table: sa.Table, stored: dict[str, sa.types.TypeEngine[Any]]) -> None:
    for column in table.columns:
        if column.name not in stored:
            # All that were added since 0.3.0 are texts.
            op.add_column(table.name, sa.Column(column.name, column.type, nullable=False, server_default=""))
    changed = [column for column in table.columns if column.name in stored and _differs(column, stored[column.name])]
    if not changed:
        return
    if op.get_bind().dialect.name == "sqlite":
        _change_sqlite(table, changed)
        return
    for column in changed:
        if column.nullable:
            op.alter_column(table.name, column.name, nullable=True)
        using = _postgresql_value(column, stored[column.name])
        op.alter_column(table.name, column.name, type_=column.type, postgresql_using=using)


def _differs(column: sa.Column[Any], stored: sa.types.TypeEngine[Any]) -> bool:
    """Whether the column's values are stored in another way than its type says."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if isinstance(column.type, sa.DateTime):
        return isinstance(stored, sa.String) or (not sqlite and not getattr(stored, "timezone", True))
    return isinstance(stored, sa.JSON) and not sqlite


def _postgresql_value(column: sa.Column[Any], stored: sa.types.TypeEngine[Any]) -> str:
    name = sa.sql.quoted_name(column.name, True)
    if isinstance(stored, sa.JSON):
        return f'"{name}"::text'
    return f"NULLIF(\"{name}\", '')::timestamptz" if isinstance(stored, sa.String) else f"\"{name}\" AT TIME ZONE 'UTC'"


def _change_sqlite(table: sa.Table, changed: list[sa.Column[Any]]) -> None:
    """SQLite changes no column's type, and Alembic's copy of a table casts texts to numbers: another column instead."""
    for column in changed:
        indexes = [index for index in table.indexes if column.name in index.columns]
        new = sa.Column(f"{column.name}_utc", column.type, nullable=column.nullable)
        new.server_default = None if column.nullable else sa.DefaultClause("1970-01-01 00:00:00.000000")
        value = f"strftime('%Y-%m-%d %H:%M:%f000', \"{column.name}\")"
        op.add_column(table.name, new)
        op.execute(f"UPDATE {table.name} SET {column.name}_utc = {value} WHERE {value} IS NOT NULL")
        for index in indexes:
            op.drop_index(str(index.name))
        op.drop_column(table.name, column.name)
        op.alter_column(table.name, new.name, new_column_name=column.name)
        for index in indexes:
            op.create_index(str(index.name), table.name, [column.name])
