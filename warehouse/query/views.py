"""Pre-aggregated views: which one holds what a query asks for, and the query over it, with the person's scope.

A view stands in for the tables only where it gives the same rows: it has each figure, level and condition of the query,
days no finer than its own, and every column that the person's scope looks at. Else the tables are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from warehouse.layer.model import SPAN, Condition, Figure, Layer, View
from warehouse.query.compile import Compiler, Scope, compared, parts_of
from warehouse.query.structured import Measure, Query

# A view's grain → the grains that its rows can be gathered to.
_COARSER = {
    "day": ("day", "week", "month", "quarter", "year", "weekday", "month of year"),
    "week": ("week",),
    "month": ("month", "quarter", "year", "month of year"),
    "quarter": ("quarter", "year"),
    "year": ("year",),
}


def view_for(query: Query, layer: Layer, scope: Scope) -> str:
    """The name of the first view that gives the query's rows for this scope; empty where none does."""
    return next((name for name, view in layer.views.items() if _fits(view, query, layer, scope)), "")


def over_view(query: Query, layer: Layer, scope: Scope, name: str, dialect: str) -> str:
    """The SQL of `query` over a view that `view_for` named."""
    return _OverView(layer, scope, layer.views[name]).whole(query).sql(dialect=dialect, pretty=True)


def _fits(view: View, query: Query, layer: Layer, scope: Scope) -> bool:
    parts = [part for measure in query.measures for part in parts_of(measure)]
    if not parts or query.counted or query.also or query.without or any(part.via for part in parts):
        return False
    if any(part.entities()[0] != view.entity or not _held(view, part) for part in parts):
        return False
    fields = [level.field for level in query.levels if level.field != view.date]
    fields += [f.field for f in (*query.conditions(), *(f for part in parts for f in part.where))]
    if any(SPAN in f or f not in view.columns for f in fields):
        return False
    return _timely(view, query) and _scoped(view, {view.entity, *(f.partition(".")[0] for f in fields)}, scope)


def _held(view: View, part: Measure) -> bool:
    if part.by == "avg":
        return all(_figure(view, replace(part, by=by)) for by in ("sum", "count"))
    return _figure(view, part) is not None


def _figure(view: View, part: Measure) -> Figure | None:
    return next((f for f in view.figures if (f.of, f.by) == (part.of, part.by)), None)


def _timely(view: View, query: Query) -> bool:
    """Whether days are asked no finer than the view has them, and a time begins and ends with its days."""
    grains = [level.grain for level in query.levels if level.field == view.date]
    if any(grain not in _COARSER[view.grain] for grain in grains):
        return False
    period = query.period
    if period is None:
        return True
    days = [day for day in (period.start, period.end) if day is not None]
    first = {"day": True, "week": all(d.weekday() == 0 for d in days), "month": all(d.day == 1 for d in days),
             "quarter": all(d.day == 1 and d.month in (1, 4, 7, 10) for d in days),
             "year": all(d.day == d.month == 1 for d in days)}  # fmt: skip
    return period.field == view.date and first[view.grain]


def _scoped(view: View, entities: set[str], scope: Scope) -> bool:
    """Whether the view has every column that the scope of these entities looks at."""
    if entities & set(scope.least):
        return False
    looked_at = [(e, c) for e in entities for role in scope.rows.get(e, ()) for c in role]
    return all(not c.through and _field(e, c) in view.columns for e, c in looked_at)


def _field(entity: str, condition: Condition) -> str:
    return f"{entity}.{condition.field.rpartition('.')[2]}"


@dataclass(frozen=True)
class _OverView(Compiler):
    """As the compiler, from the one view: its columns go by the names of the layer's fields."""

    view: View

    def _group(self, query: Query, entity: str, parts: Sequence[Measure]) -> exp.Select:
        levels = [self._level(level) for level in query.levels]
        fields = [*(v.field for v in query.levels), *(f.field for f in query.conditions())]
        fields += [f.field for part in parts for f in part.where]
        made = exp.select(
            *(e.as_(f"l{n}") for n, e in enumerate(levels)), *(self._sum(p).as_(f"p{n}") for n, p in enumerate(parts))
        ).from_(self._rows({entity, *(f.partition(".")[0] for f in fields)}))
        made = self._narrowed(made, query, entity)
        return made.group_by(*(exp.Literal.number(n + 1) for n in range(len(levels)))) if levels else made

    def _steps(self, root: str, query: Query) -> tuple[()]:
        return ()

    def _column(self, field: str) -> exp.Expr:
        # However the table keeps its days, the view has dates.
        return self._raw(field) if field == self.view.date else super()._column(field)

    def _raw(self, field: str) -> exp.Column:
        return exp.column(field, "held", quoted=True)

    def _rows(self, entities: set[str]) -> exp.Subquery:
        """The view's rows that the person may see of each of these entities."""
        view = self.view
        named = {**view.columns, view.date: view.day, **{f"{f.by} {f.of}": f.column for f in view.figures}}
        columns = [exp.column(column, quoted=True).as_(name, quoted=True) for name, column in named.items() if column]
        made = exp.select(*columns).from_(exp.to_table(view.table))
        for entity in sorted(entities):
            for condition in self._seen(entity):
                made = made.where(condition)
        return made.subquery("held")

    def _seen(self, entity: str) -> Iterator[exp.Expr]:
        roles = self.scope.rows.get(entity, ())
        if not roles:
            yield exp.false()
        elif all(roles):
            yield exp.or_(*(exp.and_(*(self._scoped(entity, c) for c in role)) for role in roles))

    def _scoped(self, entity: str, condition: Condition) -> exp.Expr:
        field = _field(entity, condition)
        column, value = exp.column(self.view.columns[field], quoted=True), condition.value
        if isinstance(value, str) and value.startswith("$"):
            values = list(self.scope.attributes.get(value[1:], ()))
            return exp.In(this=column, expressions=[exp.convert(v) for v in values]) if values else exp.false()
        return compared(column, condition.op, value, self.layer.column(field))

    def _sum(self, part: Measure) -> exp.Expr:
        if part.by == "avg":
            below = exp.func("NULLIF", self._sum(replace(part, by="count")), exp.Literal.number(0))
            above = exp.Cast(this=self._sum(replace(part, by="sum")), to=exp.DataType.build("double"))
            return exp.Div(this=above, expression=below)
        value: exp.Expr = exp.column(f"{part.by} {part.of}", "held", quoted=True)
        if part.where:
            holds = exp.and_(*(self._condition(f.field, f.op, f.value) for f in part.where))
            value = exp.Case(ifs=[exp.If(this=holds, true=value)])
        if part.by in ("min", "max"):
            return exp.Min(this=value) if part.by == "min" else exp.Max(this=value)
        added = exp.Sum(this=value)
        if part.by != "count":
            return added
        none = exp.Coalesce(this=added, expressions=[exp.Literal.number(0)])
        return exp.Cast(this=none, to=exp.DataType.build("bigint"))
