"""A layer held against its database: what isn't there, what isn't so, what would count rows twice."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import SourceError
from warehouse.databases.base import Database, TableInfo
from warehouse.layer.draft import Samples, type_of
from warehouse.layer.model import EVERYONE, Entity, Layer

_ALIKE = (
    {"number", "id", "boolean", "datetime"},
    {"date", "datetime", "text", "number"},
    {"text", "id", "boolean", "time"},
)


def problems(layer: Layer, database: Database) -> list[str]:
    """Each problem in a sentence with what to do. Raises SourceError: the database doesn't answer."""
    tables = {table.name.lower(): table for table in database.catalogue()}
    seen, found = Samples(database), []
    for name, entity in layer.entities.items():
        table = tables.get(entity.table.lower().removeprefix("public."))
        if table is None:
            found.append(f"{name}: the database has no table {entity.table}; it has: {', '.join(sorted(tables)[:12])}.")
            continue
        found += _columns(name, entity, table)
        found += _key(name, entity, seen)
        if not entity.scope:
            found.append(f"{name}: nobody sees its rows; give it a scope.")
        elif entity.scope.get(EVERYONE) == () and layer.roles:
            found.append(
                f"{name}: everyone sees all its rows; if that is not meant, replace `{EVERYONE}: []` by roles."
            )
    found += _relations(layer, seen) if not found else []
    return found


def _columns(name: str, entity: Entity, table: TableInfo) -> Iterator[str]:
    there = {column.lower(): kind for column, kind in table.columns.items()}
    for column, meant in entity.columns.items():
        kind = there.get((meant.column or column).lower())
        if kind is None:
            yield (
                f"{name}.{column}: {entity.table} has no column {meant.column or column}; "
                f"it has: {', '.join(list(there)[:12])}."
            )
        elif not any({meant.type, type_of(kind, "", "")} <= group for group in _ALIKE) and meant.type != type_of(
            kind, "", ""
        ):
            yield (
                f"{name}.{column}: it is called {meant.type} and the database keeps {kind}; "
                f"correct the type, format or epoch."
            )


def _key(name: str, entity: Entity, seen: Samples) -> Iterator[str]:
    if len(entity.key) == 1 and not seen.unique(entity, entity.key[0]):
        yield (
            f"{name}: {entity.key[0]} isn't unique, so that rows would be counted several "
            f"times; name the key's columns."
        )


def _relations(layer: Layer, seen: Samples) -> Iterator[str]:
    for relation in layer.relations:
        entity, _, column = relation.one.partition(".")
        try:
            unique = seen.unique(layer.entities[entity], column)
        except SourceError:
            unique = False
        if not unique:
            yield f"{relation.many} -> {relation.one}: {relation.one} isn't unique; joining it multiplies rows."
