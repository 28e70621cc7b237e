"""The types of a layer. Names are a company's words; what the database calls them stands beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ColumnType = Literal["text", "number", "date", "datetime", "time", "boolean", "id"]
Aggregation = Literal["count", "count_distinct", "sum", "avg", "min", "max", "median"]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "is null", "is not null"]
# What may be done with an entity's rows: see each, count and add them up, take them away as a file.
Action = Literal["list", "figures", "download"]
# "first day → last day": a number that the two columns make, in days, or as "… in hours".
SPAN = " → "
SPAN_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60}
# Everybody, where roles are listed.
EVERYONE = "everyone"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """`field` `op` `value`; a value of "$name" in a scope is the person's attribute `name`.

    Attributes:
        through: In a scope: the row is seen with the row of this entity that `field` refers to.
    """

    field: str
    op: Operator = "="
    value: Any = None
    through: str = ""


class Column(_Part):
    """A column.

    Attributes:
        column: What the database calls it; empty: as the layer does.
        names: Other words for it, in any language.
        values: Stored value → words for it.
        unit: Of its numbers, such as h, EUR or %.
        format: For text that holds days: strptime's format.
        epoch: For numbers that hold times: how many a second.
        hidden: Roles that don't see it; `everyone` hides it from all.
        truth: For yes and no kept otherwise: the stored values for yes and for no.
        code: Its values are codes of the system; it is shown only where it is asked for.
    """

    type: ColumnType = "text"
    column: str = ""
    names: tuple[str, ...] = ()
    description: str = ""
    values: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    unit: str = ""
    format: str = ""
    epoch: int = 0
    hidden: tuple[str, ...] = ()
    truth: tuple[str | int, str | int] | None = None
    code: bool = False


class Entity(_Part):
    """What one row of a table is.

    Attributes:
        table: The database's name, with its schema.
        key: The columns that make a row unique.
        label: The columns that name a row to people.
        date: The column that periods are about, when a question doesn't say which.
        scope: Role → conditions that its rows must fulfil, all of them; an empty list sees every row. A role that
            isn't listed sees none, `everyone` is anybody's.
        actions: Role → what it may do with them; a role that isn't listed may do all.
        least: Figures of fewer rows than this aren't shown to who may not list them.
    """

    table: str
    key: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    description: str = ""
    date: str = ""
    columns: Mapping[str, Column]
    scope: Mapping[str, tuple[Condition, ...]] = Field(default_factory=dict)
    actions: Mapping[str, tuple[Action, ...]] = Field(default_factory=dict)
    least: int = Field(default=5, ge=1)

    @model_validator(mode="after")
    def _named_columns_exist(self) -> Self:
        for what, names in (("key", self.key), ("label", self.label), ("date", (self.date,) if self.date else ())):
            for name in names:
                if name not in self.columns:
                    raise ValueError(f"{what} names the column {name!r}, which isn't among: {', '.join(self.columns)}")
        return self


class Metric(_Part):
    """A figure with a name.

    Attributes:
        of: `entity.column`, or `entity` to count its rows.
        where: Only rows that fulfil all of these.
        over: `entity.column` or `entity`: the metric is the share of `of` in it, by the same aggregation.
        better: Which direction is good news.
    """

    of: str
    by: Aggregation = "count"
    where: tuple[Condition, ...] = ()
    over: str = ""
    names: tuple[str, ...] = ()
    description: str = ""
    unit: str = ""
    better: Literal["up", "down", ""] = ""


class Relation(_Part):
    """Many rows of one entity belong to one row of another: `many` and `one` are `entity.column`."""

    many: str
    one: str


class Figure(_Part):
    """A figure that a view has added up: `column` of the view holds `by` of `of`."""

    of: str
    by: Literal["count", "sum", "min", "max"] = "count"
    column: str


class View(_Part):
    """A table or materialised view of figures that are already added up, read in place of the tables where it fits.

    Attributes:
        table: The database's name, with its schema.
        entity: Whose rows it adds up.
        columns: `entity.column` of the layer → the view's column, for all that its rows are grouped by.
        date: `entity.column` that its days are of; `day` is the view's column with each one's first day, a date.
        grain: How long a row's time is.
    """

    table: str
    entity: str
    columns: Mapping[str, str] = Field(default_factory=dict)
    date: str = ""
    day: str = ""
    grain: Literal["day", "week", "month", "quarter", "year"] = "day"
    figures: tuple[Figure, ...]

    @model_validator(mode="after")
    def _a_day_for_its_date(self) -> Self:
        if bool(self.date) != bool(self.day):
            raise ValueError("`date` and `day` belong together: what the days are of, and the view's column of them")
        return self


class Verified(_Part):
    """A question whose query a person has approved."""

    question: str
    query: dict[str, Any]
    owner: str = ""
    until: str = ""


class Layer(_Part):
    """All that a person may ask of one database.

    Attributes:
        roles: Role → groups whose members have it.
        reach: How a role is scoped where an entity says nothing: `closed` (no rows) or `open`.
    """

    name: str = "data"
    entities: Mapping[str, Entity]
    metrics: Mapping[str, Metric] = Field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    views: Mapping[str, View] = Field(default_factory=dict)
    verified: tuple[Verified, ...] = ()

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        for field in self._fields_named():
            if not self.has(field):
                raise ValueError(f"{field!r} is no entity.column of this layer")
        for name, view in self.views.items():
            if other := next((f.of for f in view.figures if f.of.partition(".")[0] != view.entity), ""):
                raise ValueError(f"the view {name} adds up {view.entity} records, and {other} is of another entity")
        for name, entity in self.entities.items():
            if entity.actions and not entity.key:
                raise ValueError(f"{name}: actions need to know what makes a row unique; give it a key")
            for role in (*entity.scope, *entity.actions):
                if role != EVERYONE and role not in self.roles:
                    raise ValueError(
                        f"{name}: scope names the role {role!r}; roles has: {', '.join(self.roles) or '-'}"
                    )
            for condition in (c for role in entity.scope.values() for c in role if c.through):
                if self.joining(name, condition) is None:
                    raise ValueError(
                        f"{name}: no relation leads from {condition.field} to {condition.through}; add one to relations"
                    )
                self._ends(name, condition.through)
        return self

    def joining(self, entity: str, condition: Condition) -> str | None:
        """The column of `condition.through` that the condition's field refers to; None where no relation says so."""
        field = condition.field if "." in condition.field else f"{entity}.{condition.field}"
        ones = (r.one.split(".", 1) for r in self.relations if r.many == field)
        return next((column for other, column in ones if other == condition.through), None)

    def _ends(self, start: str, entity: str) -> None:
        """Raises ValueError: the scopes of two entities each look at the other's."""
        seen, ahead = {start}, [entity]
        while ahead:
            here = ahead.pop()
            if here in seen:
                raise ValueError(f"the scopes of {start} and {here} lead in a circle; give one of them conditions")
            seen.add(here)
            of = self.entities.get(here)
            ahead += {c.through for role in (of.scope.values() if of else ()) for c in role if c.through}

    def _fields_named(self) -> Iterator[str]:
        for relation in self.relations:
            yield from (relation.many, relation.one)
        for metric in self.metrics.values():
            yield from (metric.of, *(c.field for c in metric.where), *([metric.over] if metric.over else []))
        for view in self.views.values():
            yield from (view.entity, *view.columns, *(f.of for f in view.figures), *([view.date] if view.date else []))
        for name, entity in self.entities.items():
            for conditions in entity.scope.values():
                yield from (c.field if "." in c.field else f"{name}.{c.field}" for c in conditions)

    def has(self, field: str) -> bool:
        """Whether `field` is an entity or an entity.column of this layer, or the time between two columns."""
        if SPAN in field:
            return all(self.has(end) and self.column(end).type in ("date", "datetime") for end in span_ends(field)[:2])
        entity, _, column = field.partition(".")
        return entity in self.entities and (not column or column in self.entities[entity].columns)

    def column(self, field: str) -> Column:
        """The column of "entity.column"."""
        if SPAN in field:
            return Column(type="number", unit=span_ends(field)[2])
        entity, _, column = field.partition(".")
        return self.entities[entity].columns[column]


def span_ends(field: str) -> tuple[str, str, str]:
    """The two fields and the unit of "entity.first day → last day in hours"."""
    first, _, rest = field.partition(SPAN)
    last, _, unit = (
        rest.rpartition(" in ") if rest.endswith(tuple(f" in {u}" for u in SPAN_UNITS)) else (rest, "", "days")
    )
    return first, f"{first.partition('.')[0]}.{last}", unit
