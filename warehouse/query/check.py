"""Whether a person may ask a query, before and outside any model: the layer has it, their roles see it, it isn't
too large.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from core.errors import QuestionError
from core.types import User
from warehouse.layer.model import EVERYONE, Action, Condition, Layer
from warehouse.query.compile import Scope
from warehouse.query.structured import Measure, Query

MOST_LEVELS = 6
MOST_MEASURES = 8


def roles_of(user: User, layer: Layer) -> list[str]:
    """The layer's roles that the person's groups give, in the layer's order; `everyone` is always among them."""
    own = set(user.groups)
    return [role for role, groups in layer.roles.items() if own & set(groups)] + [EVERYONE]


def scope_of(user: User, layer: Layer) -> Scope:
    """The rows that the person may see, entity by entity. A role that an entity doesn't list sees none of its rows."""
    roles = roles_of(user, layer)
    rows: dict[str, tuple[tuple[Condition, ...], ...]] = {}
    for name, entity in layer.entities.items():
        rows[name] = tuple(entity.scope[role] for role in roles if role in entity.scope)
    counted = {
        name: entity.least
        for name, entity in layer.entities.items()
        if rows[name] and "list" not in actions_of(name, user, layer)
    }
    return Scope(rows, _attributes(user), counted)


def actions_of(entity: str, user: User, layer: Layer) -> tuple[Action, ...]:
    """What the person may do with the rows of an entity: what any of their roles may that sees some."""
    of = layer.entities[entity]
    roles = [role for role in roles_of(user, layer) if role in of.scope]
    return tuple(a for a in get_args(Action) if any(a in of.actions.get(role, get_args(Action)) for role in roles))


def visible_layer(user: User, layer: Layer) -> Layer:
    """The layer without what the person may not see at all: entities without a scope, hidden columns, metrics over
    them.
    """
    roles = set(roles_of(user, layer))
    entities = {}
    for name, entity in layer.entities.items():
        if not roles & set(entity.scope):
            continue
        # Hidden from everyone is hidden; else it is seen as soon as one of the roles that see rows isn't listed.
        own = (roles & set(entity.scope)) - {EVERYONE} or roles - {EVERYONE} or {EVERYONE}
        columns = {c: m for c, m in entity.columns.items() if EVERYONE not in m.hidden and own - set(m.hidden)}
        kept = tuple(c for c in entity.label if c in columns), tuple(c for c in entity.key if c in columns)
        update = {
            "columns": columns,
            "label": kept[0],
            "key": kept[1],
            "date": entity.date if entity.date in columns else "",
        }
        entities[name] = entity.model_copy(update=update)
    smaller = layer.model_copy(update={"entities": entities})
    metrics = {
        name: m
        for name, m in layer.metrics.items()
        if all(smaller.has(f) for f in (m.of, *([m.over] if m.over else []), *(c.field for c in m.where)))
    }
    relations = tuple(r for r in layer.relations if smaller.has(r.many) and smaller.has(r.one))
    return smaller.model_copy(update={"metrics": metrics, "relations": relations})


def check_query(query: Query, user: User, layer: Layer) -> None:
    """Holds the query against the layer and what the person may see.

    Raises:
        QuestionError: in one sentence, what isn't there or may not be seen, and who could change it.
    """
    if not query.levels and not query.measures:
        raise QuestionError("The question doesn't say what to count or list.")
    if len(query.levels) > MOST_LEVELS or len(query.measures) > MOST_MEASURES:
        raise QuestionError(
            f"This asks for more than {MOST_LEVELS} levels or {MOST_MEASURES} figures; ask for fewer at once."
        )
    seen = visible_layer(user, layer)
    for field in query.named():
        if not layer.has(field):
            raise QuestionError(f"The data has no {field!r}.")
        if not seen.has(field):
            raise QuestionError(denial(field, user, layer))
    _check_actions(query, user, layer)
    conditions = [*query.conditions(), *(f for m in _all(query.measures) for f in m.where)]
    for f in conditions:
        if "." not in f.field or not _fits(f.value, layer.column(f.field).type):
            raise QuestionError(f"{f.field.replace('.', ' ', 1)} can't be compared with {f.value!r}.")
    for measure in _all(query.measures):
        if measure.name and measure.name not in layer.metrics:
            raise QuestionError(f"The data has no metric {measure.name!r}.")
        column = measure.of.partition(".")[2]
        if measure.by in ("sum", "avg", "median") and (not column or layer.column(measure.of).type != "number"):
            raise QuestionError(f"{measure.of} has no numbers; it can be counted, not added up.")


def _check_actions(query: Query, user: User, layer: Layer) -> None:
    """Who may only count the rows of an entity names none of them, neither in the result nor in a condition."""
    named = [
        *(level.field for level in query.levels),
        *(f.field for f in (*query.conditions(), *(f for m in _all(query.measures) for f in m.where))),
    ]
    for entity in dict.fromkeys(f.partition(".")[0] for f in query.named()):
        of, allowed = layer.entities[entity], actions_of(entity, user, layer)
        single = {f"{entity}.{c}" for c in (*of.key, *of.label)}
        extremes = any(m.by in ("min", "max") and m.of.partition(".")[0] == entity for m in _all(query.measures))
        if "list" not in allowed and (not query.measures or single & set(named) or extremes):
            raise QuestionError(
                f"Your role may count and add up {entity} records, not see single ones; ask for figures."
            )
        if "figures" not in allowed and query.measures:
            raise QuestionError(f"Your role may list {entity} records, not count or add them up; ask for a list.")


def denial(field: str, user: User, layer: Layer) -> str:
    """Why the person doesn't see an entity or a column, and what would let them."""
    entity, _, column = field.partition(".")
    own = [r for r in roles_of(user, layer) if r != EVERYONE]
    said = f"Your role ({', '.join(own)})" if own else "Without one of the roles of this data you"
    scope = layer.entities[entity].scope
    if column and set(scope) & {*own, EVERYONE}:
        return f"{said} can't see {entity} {column}; the owner of the data decides who does."
    others = ", ".join(scope) or "nobody"
    return f"{said} can't see {entity} records; these roles do: {others}."


def _fits(value: Any, kind: str) -> bool:
    """Whether a column of the kind can be compared with the value."""
    values = value if isinstance(value, tuple | list) else (value,)
    if kind == "number":
        return all(v is None or isinstance(v, int | float) for v in values)
    if kind == "boolean":
        return all(v is None or isinstance(v, bool) for v in values)
    return not (kind in ("date", "datetime") and any(isinstance(v, int | float) for v in values))


def _all(measures: Iterable[Measure]) -> Iterable[Measure]:
    for measure in measures:
        yield measure
        if measure.over is not None:
            yield measure.over


def _attributes(user: User) -> Mapping[str, Sequence[Any]]:
    """What scopes may refer to: the person's attributes, groups and address, each as a list."""
    known: dict[str, Sequence[Any]] = {"email": [user.email], "groups": list(user.groups)}
    for name, value in user.attributes.items():
        known[name] = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    return known
