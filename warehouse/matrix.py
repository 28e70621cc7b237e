"""Who may do what: each role against each entity, with the rows, the actions and the columns that it doesn't see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.types import User
from warehouse.audit import limits_of
from warehouse.layer.model import EVERYONE, Action, Layer
from warehouse.query.check import actions_of, denial, roles_of, scope_of, visible_layer
from warehouse.query.compile import Scope


@dataclass(frozen=True)
class Permission:
    """What a role, or a person with all of theirs, may do with one entity.

    Attributes:
        rows: Which, in words: "none", "all", or the conditions.
        why: Where there are none: who sees them.
    """

    role: str
    entity: str
    rows: str
    actions: tuple[Action, ...]
    hidden: tuple[str, ...]
    why: str = ""

    def values(self) -> Mapping[str, object]:
        """As plain values, for JSON."""
        return {"role": self.role, "entity": self.entity, "rows": self.why or self.rows, "actions": list(self.actions),
                "hidden": list(self.hidden)}  # fmt: skip


def matrix(layer: Layer) -> list[Permission]:
    """Each role alone against each entity; `everyone` only where an entity lists it."""
    roles = [*layer.roles, *([EVERYONE] if any(EVERYONE in e.scope for e in layer.entities.values()) else [])]
    found = []
    for role in roles:
        alone = layer.model_copy(update={"roles": {role: layer.roles[role]} if role in layer.roles else {}})
        holder = User("", tuple(layer.roles.get(role, ())[:1]), {n: (f"${n}",) for n in _attributes(layer)})
        # Conditions stay as they are written: $departments is each person's own.
        named = replace(scope_of(holder, alone), attributes={n: [f"${n}"] for n in _attributes(layer)})
        found += [_permission(entity, role, named, holder, alone) for entity in layer.entities]
    return found


def permissions(user: User, layer: Layer) -> list[Permission]:
    """What the person may do with each entity, all roles together."""
    role, scope = ", ".join(roles_of(user, layer)), scope_of(user, layer)
    return [_permission(entity, role, scope, user, layer) for entity in layer.entities]


def _attributes(layer: Layer) -> set[str]:
    conditions = (c for e in layer.entities.values() for role in e.scope.values() for c in role)
    return {c.value[1:] for c in conditions if isinstance(c.value, str) and c.value.startswith("$")}


def _permission(entity: str, role: str, scope: Scope, user: User, layer: Layer) -> Permission:
    rows = limits_of(entity, scope)
    if rows == "none":
        return Permission(role, entity, rows, (), (), denial(entity, user, layer))
    seen = visible_layer(user, layer)
    shown = seen.entities[entity].columns if entity in seen.entities else {}
    hidden = tuple(c for c in layer.entities[entity].columns if c not in shown)
    return Permission(role, entity, rows, actions_of(entity, user, layer), hidden)
