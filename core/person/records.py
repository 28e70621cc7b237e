"""The rows about one person in every table, found by what the tables say of their columns.

    sa.Column("user", sa.String(320), info=personal("delete"))

A column that holds addresses of people says there what becomes of a row when its person is deleted: `delete`,
`anonymise` (the row stays for its counts, without the person), or the reason for which it is kept. Rows of other
tables that belong to such a row, as turns to a conversation, are the person's, too, and are always deleted.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.database import PERSONAL, SECRET, Engine, follow_deletions, metadata
from core.types import folded

DELETED = "(deleted)"
NOT_GIVEN_OUT = "(kept encrypted, not given out)"
_DELETE, _ANONYMISE = "delete", "anonymise"


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that stay, and why."""

    table: str
    rows: int
    reason: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of a person's rows. `left` are tables that still have some and shouldn't; none if all went well."""

    deleted: Mapping[str, int]
    anonymised: Mapping[str, int]
    kept: tuple[Kept, ...]
    left: tuple[str, ...] = ()


def person_records(engine: Engine, email: str) -> dict[str, list[dict[str, Any]]]:
    """Table → the rows about the person, as JSON takes them; tables without any are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    with engine.connect() as connection:
        for table, is_theirs, _ in _everywhere(email):
            rows = connection.execute(sa.select(table).where(is_theirs)).mappings()
            found.setdefault(table.name, []).extend({name: _told(table, name, r[name]) for name in r} for r in rows)
    return {table: rows for table, rows in sorted(found.items()) if rows}


def delete_person(engine: Engine, email: str) -> Deletion:
    """Deletes what is kept about the person, as far as nothing requires it, and looks afterwards whether it is gone."""
    deleted: dict[str, int] = {}
    anonymised: dict[str, int] = {}
    kept: list[Kept] = []
    with engine.begin() as connection:
        for table, is_theirs, rule in _everywhere(email):
            if rule == _DELETE:
                _add(deleted, table, connection.execute(table.delete().where(is_theirs)).rowcount)
            elif rule == _ANONYMISE:
                columns = {column.name: DELETED for column in _columns(table) if column.info[PERSONAL] == _ANONYMISE}
                _add(anonymised, table, connection.execute(table.update().where(is_theirs).values(columns)).rowcount)
            else:
                rows = connection.scalar(sa.select(sa.func.count()).select_from(table).where(is_theirs)) or 0
                kept += [Kept(table.name, rows, rule)] if rows else []
        for name, rows in follow_deletions(connection).items():
            deleted[name] = deleted.get(name, 0) + rows
    return Deletion(deleted, anonymised, tuple(kept), _left(engine, email))


def _left(engine: Engine, email: str) -> tuple[str, ...]:
    """The tables that have rows of the person which nothing requires."""
    with engine.connect() as connection:
        return tuple(
            table.name
            for table, is_theirs, rule in _everywhere(email)
            if rule in (_DELETE, _ANONYMISE)
            and connection.execute(sa.select(sa.literal(1)).select_from(table).where(is_theirs).limit(1)).first()
        )


def _everywhere(email: str) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool], str]]:
    """(Table, which of its rows are the person's, what becomes of them), belonging rows before those they belong to."""
    for table in reversed(metadata.sorted_tables):
        for column in _columns(table):
            yield table, _is(column, email), column.info[PERSONAL]
        for key in table.foreign_keys:
            for column in _columns(key.column.table):
                if column.info[PERSONAL] in (_DELETE, _ANONYMISE):
                    yield table, key.parent.in_(sa.select(key.column).where(_is(column, email))), _DELETE


def _is(column: sa.Column[Any], email: str) -> sa.ColumnElement[bool]:
    written = email.strip()
    return sa.or_(column.in_({written, folded(written)}), sa.func.lower(column) == folded(written))


def _columns(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if PERSONAL in column.info]


def _add(counts: dict[str, int], table: sa.Table, rows: int) -> None:
    if rows:
        counts[table.name] = counts.get(table.name, 0) + rows


def _told(table: sa.Table, column: str, value: Any) -> Any:
    return NOT_GIVEN_OUT if value and SECRET in table.columns[column].info else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value
