"""A structured query from and to plain values: in a layer's verified questions, a model's reply, a page's pickers."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import QuestionError
from warehouse.layer.model import Aggregation, Operator
from warehouse.query.structured import Filter, Grain, Level, Measure, Order, Period, Query


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterValue(_Part):
    """`field` is entity.column; `said`: the words of the time that `value` is a bound of, such as next week."""

    field: str
    op: Operator = "="
    value: bool | int | float | date | str | list[str] | list[int] | None = None
    said: str = ""


class MeasureValue(_Part):
    """`of` is entity.column, or an entity to count its rows; `over` makes a quotient, `times` 100 makes it per cent;
    `metric`: what the layer calls it.
    """

    of: str
    by: Aggregation = "count"
    where: list[FilterValue] = []
    over: str = ""
    over_by: Aggregation | None = None
    over_where: list[FilterValue] = []
    times: int = 1
    metric: str = ""
    via: str = ""


class LevelValue(_Part):
    """`grain` only for days and times."""

    field: str
    grain: Grain = ""


class PeriodValue(_Part):
    """The first day and the day after the last one, as 2026-01-31; or `words` that say it from today, such as last 3
    months.
    """

    field: str
    start: date | None = None
    end: date | None = None
    words: str = ""


class OrderValue(_Part):
    """`position`: levels first, then measures, from 0."""

    position: int
    descending: bool = False


class HavingValue(_Part):
    """Only groups whose measure at `position`, from 0, stands so to `value`."""

    position: int
    op: Operator
    value: float


class QueryValue(_Part):
    """A query as JSON. Without measures it lists the levels' values."""

    measures: list[MeasureValue] = []
    levels: list[LevelValue] = []
    filters: list[FilterValue] = []
    period: PeriodValue | None = None
    having: list[HavingValue] = []
    either: list[list[FilterValue]] = []
    also: list[FilterValue] = []
    without: list[str] = []
    order: list[OrderValue] = []
    limit: int | None = None
    before: bool = False
    counted: bool = False


def query_of(values: Any, name: str = "the query") -> Query:
    """The query of such values. Raises QuestionError: they aren't one."""
    try:
        return of_value(QueryValue.model_validate(values))
    except ValidationError as error:
        first = error.errors()[0]
        raise QuestionError(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def of_value(value: QueryValue) -> Query:
    """The query that a checked value says. An order beyond its columns is dropped."""
    columns = len(value.levels) + len(value.measures)
    return Query(
        measures=tuple(_measure(m) for m in value.measures),
        levels=tuple(Level(v.field, v.grain) for v in value.levels),
        filters=tuple(_filter(f) for f in value.filters),
        period=Period(**value.period.model_dump()) if value.period else None,
        having=tuple((h.position, h.op, h.value) for h in value.having if 0 <= h.position < len(value.measures)),
        either=tuple(tuple(_filter(f) for f in group) for group in value.either),
        also=tuple(_filter(f) for f in value.also),
        without=tuple(value.without),
        order=tuple(Order(o.position, o.descending) for o in value.order if 0 <= o.position < columns),
        limit=value.limit,
        before=value.before,
        counted=value.counted,
    )


def values_of(query: Query) -> dict[str, Any]:
    """The plain values of a query, from which `query_of` makes it again."""
    made = QueryValue(
        measures=[
            MeasureValue(
                of=m.of,
                by=m.by,
                where=[_plain(f) for f in m.where],
                over=m.over.of if m.over else "",
                over_by=m.over.by if m.over and m.over.by != m.by else None,
                over_where=[_plain(f) for f in m.over.where] if m.over else [],
                times=m.times,
                metric=m.name,
                via=m.via,
            )
            for m in query.measures
        ],
        levels=[LevelValue(field=v.field, grain=v.grain) for v in query.levels],
        filters=[_plain(f) for f in query.filters],
        period=PeriodValue(**vars(query.period)) if query.period else None,
        having=[HavingValue(position=n, op=op, value=value) for n, op, value in query.having],
        either=[[_plain(f) for f in group] for group in query.either],
        also=[_plain(f) for f in query.also],
        without=list(query.without),
        order=[OrderValue(position=o.position, descending=o.descending) for o in query.order],
        limit=query.limit,
        before=query.before,
        counted=query.counted,
    )
    return made.model_dump(mode="json", exclude_defaults=True)


def _plain(f: Filter) -> FilterValue:
    value = list(f.value) if isinstance(f.value, tuple) else f.value
    return FilterValue(field=f.field, op=f.op, value=value, said=f.said)


def _filter(f: FilterValue) -> Filter:
    return Filter(f.field, f.op, tuple(f.value) if isinstance(f.value, list) else f.value, f.said)


def _measure(m: MeasureValue) -> Measure:
    over = Measure(m.over, m.over_by or m.by, tuple(_filter(f) for f in m.over_where)) if m.over else None
    return Measure(m.of, m.by, tuple(_filter(f) for f in m.where), over, m.metric, m.times, m.via)
