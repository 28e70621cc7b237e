"""Each query in the audit log: who asked what of which tables, in which scope, and how many rows came, never a row."""

from __future__ import annotations

import json
from typing import Any

from core import audit
from core.database import Engine
from core.types import User
from warehouse.layer.model import Condition, Layer
from warehouse.query.check import roles_of, scope_of
from warehouse.query.compile import Scope
from warehouse.query.structured import Query
from warehouse.query.values import values_of

ASKED_DATA = "asked data"


def record(engine: Engine, user: User, query: Query, layer: Layer, *, rows: int, refused: str = "") -> None:
    """Adds an entry for a query that ran, or that was refused with this sentence."""
    scope = scope_of(user, layer)
    entities = dict.fromkeys(f.partition(".")[0] for f in query.named() if layer.has(f))
    said: dict[str, Any] = {"query": values_of(query), "rows": rows, "roles": roles_of(user, layer)}
    said["scope"] = {entity: limits_of(entity, scope) for entity in entities}
    if refused:
        said["refused"] = refused
    tables = ", ".join(dict.fromkeys(layer.entities[entity].table for entity in entities))
    audit.record(engine, user, ASKED_DATA, tables, json.dumps(said, default=str))


def limits_of(entity: str, scope: Scope) -> str:
    """The rows of an entity that somebody sees, in words: "none", "all", "team is one of A, B"."""
    roles = scope.rows.get(entity, ())
    if not roles:
        return "none"
    if not all(roles):
        return "all"
    return " or ".join(" and ".join(_condition(c, scope) for c in role) for role in roles)


def _condition(c: Condition, scope: Scope) -> str:
    value = c.value
    if c.through:
        return f"with their {c.through}"
    if isinstance(value, str) and value.startswith("$"):
        own = ", ".join(map(str, scope.attributes.get(value[1:], ())))
        return f"{c.field} is one of {own}" if own else f"{c.field} is one of nothing"
    return f"{c.field} {c.op} {value}"
