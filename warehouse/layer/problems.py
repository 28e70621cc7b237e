"""A layer held against its database: what isn't there, what isn't so, what would count rows twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose

from core.errors import SourceError
from warehouse.databases.base import Database, TableInfo
from warehouse.layer.draft import Samples, type_of
from warehouse.layer.model import EVERYONE, Entity, Layer, View

_KINDS_ALIKE = (
    {"number", "id", "boolean", "datetime"},
    {"date", "datetime", "text", "number"},
    {"text", "id", "boolean", "time"},
)


def problems(layer: Layer, database: Database) -> list[str]:
    """Each problem in a sentence with what to do. Raises SourceError: the database doesn't answer."""
    tables = {table.name.lower(): table for table in database.catalogue()}
    seen, found = Samples(database), list(getattr(database, "notes", []))
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
    for name, view in layer.views.items():
        found += _view(name, view, layer, tables, database)
    wrong = len(found) - len(getattr(database, "notes", []))
    found += _relations(layer, seen) if not wrong else []
    return found


def _view(name: str, view: View, layer: Layer, tables: Mapping[str, TableInfo], database: Database) -> Iterator[str]:
    """What the view lacks, and figures of it that aren't those of its table: it is stale, or joined otherwise."""
    table = tables.get(view.table.lower().removeprefix("public."))
    if table is None:
        yield f"view {name}: the database has no table {view.table}; correct `table`, or take the view out."
        return
    named = [*view.columns.values(), *(f.column for f in view.figures), *([view.day] if view.day else [])]
    there = {column.lower() for column in table.columns}
    if lost := [column for column in named if column.lower() not in there]:
        yield f"view {name}: {view.table} has no column {lost[0]}; it has: {', '.join(list(table.columns)[:12])}."
        return
    entity = layer.entities[view.entity]
    for figure in view.figures:
        column = figure.of.partition(".")[2]
        of = f'"{entity.columns[column].column or column}"' if column else "*"
        gathered = "sum" if figure.by == "count" else figure.by
        held = database.rows(f'SELECT {gathered}("{figure.column}") FROM {view.table}', 1)[1][0][0]
        true = database.rows(f"SELECT {figure.by}({of}) FROM {entity.table}", 1)[1][0][0]
        if not _alike(held, true):
            yield (
                f"view {name}: {figure.by} of {figure.of} is {held} in {view.table} and {true} in {entity.table}; "
                f"refresh the view, or correct what it joins."
            )


def _alike(one: object, other: object) -> bool:
    try:
        return isclose(float(str(one or 0)), float(str(other or 0)), rel_tol=1e-9, abs_tol=0.005)
    except ValueError:
        return str(one) == str(other)


def _columns(name: str, entity: Entity, table: TableInfo) -> Iterator[str]:
    there = {column.lower(): kind for column, kind in table.columns.items()}
    for column, meant in entity.columns.items():
        kind = there.get((meant.column or column).lower())
        if kind is None:
            yield (
                f"{name}.{column}: {entity.table} has no column {meant.column or column}; "
                f"it has: {', '.join(list(there)[:12])}."
            )
        elif not any({meant.type, type_of(kind, "", "")} <= group for group in _KINDS_ALIKE) and meant.type != type_of(
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
