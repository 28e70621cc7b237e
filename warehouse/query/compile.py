"""A checked query → SQL. Each table stands in it as a sub-select of the rows and columns that the person may see.

    SELECT d."name" AS "department name", SUM(s."hours") AS "hours"
    FROM (SELECT id, hours, department_id FROM shifts WHERE team IN ('a')) AS s JOIN (…) AS d ON …
    GROUP BY 1 ORDER BY 2 DESC LIMIT 5

So that nothing outside the scope can be reached by whatever stands around it. Where a join would count a row several
times, the rows are taken once before they are measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlglot import exp

from core.errors import QuestionError
from warehouse.layer.model import SPAN, SPAN_UNITS, Column, Condition, Layer, span_ends
from warehouse.query.paths import Step, tree, way
from warehouse.query.structured import Filter, Level, Measure, Query

# Attribute → values of the person, for scopes.
Attributes = Mapping[str, Sequence[Any]]
_GRAINS_AS_NUMBERS = {"weekday": "ISODOW", "hour of day": "HOUR", "month of year": "MONTH"}


@dataclass(frozen=True)
class Scope:
    """What the person may see: per entity the conditions of each role that they have (any of them suffices).

    Attributes:
        least: Entities whose rows they may only count: figures of fewer rows aren't shown.
    """

    rows: Mapping[str, tuple[tuple[Condition, ...], ...]]
    attributes: Attributes
    least: Mapping[str, int] = field(default_factory=dict)


def compiled(query: Query, layer: Layer, scope: Scope, dialect: str) -> str:
    """The SQL of `query` in sqlglot's `dialect`.

    Raises:
        QuestionError: nothing in the layer joins two of the entities.
    """
    return Compiler(layer, scope).whole(query).sql(dialect=dialect, pretty=True)


def column_names(query: Query, layer: Layer) -> list[str]:
    """The result's columns in order: levels, then measures; one where only their number is wanted."""
    if query.counted:
        return [f"number of {_plural(query.levels[0].field.partition('.')[0])}"]
    names = [_level_name(level, layer) for level in query.levels] + [measure_name(m, layer) for m in query.measures]
    return [name if names.index(name) == n else f"{name} ({n + 1})" for n, name in enumerate(names)]


def measure_name(measure: Measure, layer: Layer) -> str:
    """How a result's column is headed: "total amount", "number of orders", "status = paid, number of orders"."""
    if measure.name:
        return measure.name
    entity, _, column = measure.of.partition(".")
    if SPAN in column:
        first, last, unit = span_ends(measure.of)
        column = f"{unit} from {_short(first)} to {_short(last)}"
    said = {"count": "number of", "count_distinct": "number of different", "sum": "total", "avg": "average",
            "min": "lowest", "max": "highest", "median": "median"}[measure.by]  # fmt: skip
    name = f"{said} {_plural(column or entity)}" if measure.by.startswith("count") else f"{said} {column or entity}"
    if measure.where:
        name += " (" + ", ".join(f"{_short(f.field)} {f.op} {f.value}" for f in measure.where) + ")"
    return f"{name} / {measure_name(measure.over, layer)}" if measure.over else name


def _short(field: str) -> str:
    return field.partition(".")[2]


def _level_name(level: Level, layer: Layer) -> str:
    entity, _, column = level.field.partition(".")
    if SPAN in column:
        first, last, unit = span_ends(level.field)
        return f"{unit} from {_short(first)} to {_short(last)}"
    if level.grain:
        return level.grain if layer.entities[entity].date == column else f"{level.grain} of {column}"
    return column if entity in column else f"{entity} {column}"


def _plural(name: str) -> str:
    """A few of an entity: customers, entries, boxes."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return name if name.endswith(("s", "en")) else f"{name}es" if name.endswith(("x", "ch", "sh")) else f"{name}s"


@dataclass(frozen=True)
class Compiler:
    """Makes the SQL of queries for one scope."""

    layer: Layer
    scope: Scope

    def whole(self, query: Query) -> exp.Select:
        """The whole statement."""
        if query.counted:
            rows = self.whole(replace(query, counted=False, order=(), limit=None)).subquery("rows")
            return exp.select(exp.Count(this=exp.Star()).as_(column_names(query, self.layer)[0], quoted=True)).from_(
                rows
            )
        names = column_names(query, self.layer)
        body = self._measured(query, names) if query.measures else self._listed(query, names)
        if query.having:
            outer = exp.select(*(exp.column(n, quoted=True) for n in names)).from_(body.subquery("figures"))
            for position, op, value in query.having:
                measured = exp.column(names[len(query.levels) + position], quoted=True)
                outer = outer.where(compared(measured, op, value, Column(type="number")))
            body = outer
        for order in query.order:
            key = exp.column(names[order.position], quoted=True)
            body = body.order_by(exp.Ordered(this=key, desc=order.descending, nulls_first=False))
        return body.limit(query.limit) if query.limit is not None else body

    # -- lists -----------------------------------------------------------------------------------------------------

    def _listed(self, query: Query, names: Sequence[str]) -> exp.Select:
        root = query.levels[0].field.partition(".")[0]
        made = exp.select(
            *(self._level(level).as_(name, quoted=True) for level, name in zip(query.levels, names, strict=True))
        ).distinct()
        return self._narrowed(self._from(made, root, query), query, root)

    # -- figures ---------------------------------------------------------------------------------------------------

    def _measured(self, query: Query, names: Sequence[str]) -> exp.Select:
        parts = [part for measure in query.measures for part in parts_of(measure)]
        entities = list(dict.fromkeys(part.entities()[0] for part in parts))
        if len(entities) == 1:
            made = self._group(query, entities[0], parts)
            if any(measure.over for measure in query.measures):
                return self._quotients(query, made.subquery("parts"), names)
            return self._renamed(made, query, names)
        groups = [self._group(query, e, parts).subquery(f"g{n}") for n, e in enumerate(entities)]
        levels = [f"l{n}" for n in range(len(query.levels))]
        first = exp.select("*").from_(groups[0])
        for group in groups[1:]:
            if levels:
                first = first.join(group, join_type="FULL", using=[*levels])
            else:
                first = first.join(group, join_type="CROSS")
        return self._quotients(query, first.subquery("parts"), names)

    def _renamed(self, made: exp.Select, query: Query, names: Sequence[str]) -> exp.Select:
        # The sub-select's short names give way to what people read.
        made = made.copy()
        made.set("expressions", [e.this.as_(n, quoted=True) for e, n in zip(made.expressions, names, strict=True)])
        return made

    def _quotients(self, query: Query, source: exp.Subquery, names: Sequence[str]) -> exp.Select:
        chosen: list[exp.Expr] = [exp.column(f"l{n}") for n in range(len(query.levels))]
        number = 0
        for measure in query.measures:
            value = self._there(measure, f"p{number}")
            number += 1
            if measure.over:
                below = exp.func("NULLIF", exp.column(f"p{number}"), exp.Literal.number(0))
                value = exp.Div(
                    this=exp.Mul(this=value, expression=exp.Literal.number(f"{measure.times}.0")), expression=below
                )
                number += 1
            chosen.append(value)
        return exp.select(*(e.as_(n, quoted=True) for e, n in zip(chosen, names, strict=True))).from_(source)

    def _there(self, measure: Measure, name: str) -> exp.Expr:
        """The part's column; a count that is missing beside another entity's is none."""
        column = exp.column(name)
        return (
            exp.Coalesce(this=column, expressions=[exp.Literal.number(0)]) if measure.by.startswith("count") else column
        )

    def _group(self, query: Query, entity: str, parts: Sequence[Measure]) -> exp.Select:
        """Levels as l0 … and those parts that measure `entity` as p0 …, by their number among all parts."""
        own = [(n, part) for n, part in enumerate(parts) if part.entities()[0] == entity]
        asked = replace(query, measures=tuple(part for _, part in own))
        steps = self._steps(entity, asked)
        levels = [self._level(level) for level in query.levels]
        if not any(step.multiplies for step in steps):
            made = exp.select(
                *(e.as_(f"l{n}") for n, e in enumerate(levels)),
                *(self._aggregate(part, self._value(part)).as_(f"p{n}") for n, part in own),
            )
            made = self._many(self._narrowed(self._from(made, entity, asked), query, entity), entity, asked)
            return made.group_by(*(exp.Literal.number(n + 1) for n in range(len(levels)))) if levels else made
        if hidden := next((s.entity for s in steps if s.entity in self.scope.least), ""):
            raise QuestionError(f"Your role may only count {hidden} records; ask for figures of {hidden} alone.")
        keys = self.layer.entities[entity].key or tuple(self.layer.entities[entity].columns)
        plain = [(n, part) for n, part in own if not part.where]
        single = [
            *(e.as_(f"l{n}") for n, e in enumerate(levels)),
            *(exp.column(key, entity, quoted=True).as_(f"k{n}") for n, key in enumerate(keys)),
            *(self._value(part).as_(f"v{n}") for n, part in plain),
        ]
        # A row counts once, whether its condition holds for one or for several of what belongs to it.
        some = [exp.Max(this=self._value(part)).as_(f"v{n}") for n, part in own if part.where]
        once = self._narrowed(self._from(exp.select(*single, *some), entity, asked), query, entity)
        once = once.group_by(*(exp.Literal.number(n + 1) for n in range(len(single)))) if some else once.distinct()
        rows = once.subquery("rows")
        made = exp.select(
            *(exp.column(f"l{n}") for n in range(len(levels))),
            *(self._aggregate(part, exp.column(f"v{n}")).as_(f"p{n}") for n, part in own),
        ).from_(rows)
        made = self._many(made, entity, Query(levels=(Level(entity),)))
        return made.group_by(*(exp.column(f"l{n}") for n in range(len(levels)))) if levels else made

    def _many(self, made: exp.Select, root: str, query: Query) -> exp.Select:
        """Only groups of as many different rows as somebody must see together who may not see each."""
        for entity in dict.fromkeys(f.partition(".")[0] for f in (root, *query.fields())):
            least = self.scope.least.get(entity)
            if least:
                key = exp.column(self.layer.entities[entity].key[0], entity, quoted=True)
                rows = exp.Star() if entity == root else exp.Distinct(expressions=[key])
                made = made.having(exp.GTE(this=exp.Count(this=rows), expression=exp.convert(least)))
        return made

    def _value(self, part: Measure) -> exp.Expr:
        column = _short(part.of)
        value: exp.Expr = self._column(part.of) if column else exp.Literal.number(1)
        if part.where:
            condition = exp.and_(*(self._condition(f.field, f.op, f.value) for f in part.where))
            value = exp.Case(ifs=[exp.If(this=condition, true=value)])
        return value

    def _aggregate(self, part: Measure, value: exp.Expr) -> exp.Expr:
        if part.by == "count":
            return exp.Count(this=value)
        if part.by == "count_distinct":
            return exp.Count(this=exp.Distinct(expressions=[value]))
        if part.by == "median":
            return exp.WithinGroup(
                this=exp.PercentileCont(this=exp.Literal.number("0.5")),
                expression=exp.Order(expressions=[exp.Ordered(this=value)]),
            )
        return {"sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max}[part.by](this=value)

    # -- rows ------------------------------------------------------------------------------------------------------

    def _steps(self, root: str, query: Query) -> tuple[Step, ...]:
        entities = dict.fromkeys(f.partition(".")[0] for f in query.fields() if f not in query.without)
        steps = tree(self.layer, root, entities)
        if steps is None:
            lost = next(e for e in entities if way(self.layer, root, e) is None)
            raise QuestionError(f"Nothing in the data joins {root} with {lost}; ask about them one by one.")
        return steps

    def _from(self, made: exp.Select, root: str, query: Query) -> exp.Select:
        made = made.from_(self._source(root))
        for step in self._steps(root, query):
            made = made.join(self._source(step.entity), on=_equal(self._raw(step.near), self._raw(step.far)))
        return made

    def _narrowed(self, made: exp.Select, query: Query, root: str) -> exp.Select:
        for f in query.filters:
            made = made.where(self._condition(f.field, f.op, f.value))
        for group in query.either:
            entities = {f.field.partition(".")[0] for f in group}
            if len(entities) > 1 and any(s.multiplies and s.entity in entities for s in self._steps(root, query)):
                raise QuestionError(f"“or” between {' and '.join(sorted(entities))} isn't understood; ask one by one.")
            made = made.where(exp.or_(*(self._condition(f.field, f.op, f.value) for f in group)))
        if query.period:
            day = self._column(query.period.field)
            if query.period.start:
                made = made.where(exp.GTE(this=day, expression=_day(query.period.start)))
            if query.period.end:
                made = made.where(exp.LT(this=day.copy(), expression=_day(query.period.end)))
        for f in query.also:
            made = made.where(self._some_of(root, f.field.partition(".")[0], f))
        for entity in query.without:
            made = made.where(exp.Not(this=self._some_of(root, entity)))
        return made

    def _some_of(self, root: str, entity: str, holds: Filter | None = None) -> exp.Expr:
        """Whether a row of `entity` belongs to the root's row, and fulfils the filter."""
        steps = way(self.layer, root, entity)
        if not steps:
            raise QuestionError(f"Nothing in the data joins {root} with {entity}; ask about them one by one.")
        inner = exp.select(exp.Literal.number(1)).from_(self._source(steps[0].entity, "w0"))
        for n, step in enumerate(steps[1:], start=1):
            near = exp.column(_short(step.near), f"w{n - 1}", quoted=True)
            inner = inner.join(
                self._source(step.entity, f"w{n}"), on=_equal(near, exp.column(_short(step.far), f"w{n}", quoted=True))
            )
        inner = inner.where(_equal(exp.column(_short(steps[0].far), "w0", quoted=True), self._raw(steps[0].near)))
        if holds is not None:
            column = exp.column(_short(holds.field), f"w{len(steps) - 1}", quoted=True)
            inner = inner.where(compared(column, holds.op, holds.value, self.layer.column(holds.field)))
        return exp.Exists(this=inner)

    def _source(self, entity: str, alias: str = "") -> exp.Subquery:
        meant = self.layer.entities[entity]
        table = exp.to_table(meant.table)
        columns = [
            exp.column(c.column or n, quoted=bool(c.column) or n == n.lower()).as_(n, quoted=True)
            for n, c in meant.columns.items()
        ]
        made = exp.select(*columns).from_(table)
        roles = self.scope.rows.get(entity, ())
        if not roles:
            made = made.where(exp.false())
        elif all(roles):
            seen = [exp.and_(*(self._scoped(entity, c) for c in role)) for role in roles]
            made = made.where(exp.or_(*seen))
        return made.subquery(exp.to_identifier(alias or entity, quoted=True))

    def _scoped(self, entity: str, condition: Condition) -> exp.Expr:
        name = condition.field.rpartition(".")[2]
        column = self.layer.entities[entity].columns[name]
        raw = exp.column(column.column or name, quoted=bool(column.column) or name == name.lower())
        value = condition.value
        if condition.through:
            far = exp.column(self.layer.joining(entity, condition) or "", quoted=True)
            return exp.In(this=raw, query=exp.select(far).from_(self._source(condition.through)).subquery())
        if isinstance(value, str) and value.startswith("$"):
            values = list(self.scope.attributes.get(value[1:], ()))
            return exp.In(this=raw, expressions=[exp.convert(v) for v in values]) if values else exp.false()
        return compared(raw, condition.op, value, column)

    def _condition(self, field: str, op: str, value: Any) -> exp.Expr:
        return compared(self._column(field), op, value, self.layer.column(field))

    def _raw(self, field: str) -> exp.Column:
        entity, _, column = field.partition(".")
        return exp.column(column, entity, quoted=True)

    def _column(self, field: str) -> exp.Expr:
        """The column as what it means: times as times, even where they are kept as text or numbers."""
        if SPAN in field:
            return self._span(*span_ends(field))
        raw, column = self._raw(field), self.layer.column(field)
        if column.epoch:
            seconds = exp.Div(this=raw, expression=exp.Literal.number(column.epoch)) if column.epoch != 1 else raw
            return exp.Cast(this=exp.UnixToTime(this=seconds), to=exp.DataType.build("timestamp"))
        if column.format:
            return exp.StrToTime(this=raw, format=exp.Literal.string(column.format))
        return raw

    def _span(self, first: str, last: str, unit: str) -> exp.Expr:
        kind = exp.DataType.build("date" if unit == "days" else "timestamp")
        begin, end = (exp.Cast(this=self._column(f), to=kind.copy()) for f in (first, last))
        between = exp.Paren(this=exp.Sub(this=end, expression=begin))
        if unit == "days":
            return between
        seconds = exp.Extract(this=exp.var("EPOCH"), expression=between)
        return exp.Div(this=seconds, expression=exp.Literal.number(f"{SPAN_UNITS[unit]}.0"))

    def _level(self, level: Level) -> exp.Expr:
        value = self._column(level.field)
        if not level.grain:
            return value
        if level.grain in _GRAINS_AS_NUMBERS:
            return exp.Extract(this=exp.var(_GRAINS_AS_NUMBERS[level.grain]), expression=value)
        stamp = exp.Cast(this=value, to=exp.DataType.build("timestamp"))
        cut = exp.TimestampTrunc(this=stamp, unit=exp.var(level.grain.upper()))
        return cut if level.grain == "hour" else exp.Cast(this=cut, to=exp.DataType.build("date"))


def parts_of(measure: Measure) -> list[Measure]:
    """The measure without its divisor, and the divisor where there is one."""
    own = [replace(measure, over=None)]
    return [*own, replace(measure.over, over=None)] if measure.over else own


def _equal(one: exp.Expr, other: exp.Expr) -> exp.EQ:
    return exp.EQ(this=one, expression=other)


def _day(day: date) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(day.isoformat()), to=exp.DataType.build("date"))


def _literal(value: Any) -> exp.Expr:
    return _day(value) if isinstance(value, date) else exp.convert(value)


def compared(column: exp.Expr, op: str, value: Any, meant: Column) -> exp.Expr:
    """ "column op value", as the column keeps its values."""
    if op == "is null":
        return exp.Is(this=column, expression=exp.null())
    if op == "is not null":
        return exp.Not(this=exp.Is(this=column, expression=exp.null()))
    if isinstance(value, bool) and meant.truth is not None:
        value = meant.truth[0 if value else 1]
    if meant.type == "id" and op in ("=", "!=", "in", "not in"):
        # Whether a database keeps its numbers of things as numbers or as text, both are compared as text.
        column = exp.Cast(this=column, to=exp.DataType.build("text"))
        value = tuple(map(str, value)) if op.endswith("in") else str(value)
    if op in ("in", "not in"):
        among = exp.In(this=column, expressions=[_literal(v) for v in value])
        return among if op == "in" else exp.Not(this=among)
    if op == "contains":
        plain = str(value).lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        like = exp.Like(this=exp.Lower(this=column), expression=exp.Literal.string(f"%{plain}%"))
        return exp.Escape(this=like, expression=exp.Literal.string("\\"))
    kinds = {"=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
    return kinds[op](this=column, expression=_literal(value))
