"""A query in words: what the person reads above the rows, and the title of a chart."""

from __future__ import annotations

from datetime import date, timedelta

from core.text.locale import long_date
from warehouse.layer.model import SPAN, Layer, span_ends
from warehouse.query.compile import column_names
from warehouse.query.structured import Filter, Period, Query

_OPERATORS = {
    "=": "is",
    "!=": "is not",
    "<": "under",
    "<=": "at most",
    ">": "over",
    ">=": "at least",
    "in": "is one of",
    "not in": "is none of",
    "contains": "contains",
    "is null": "is missing",
    "is not null": "is filled",
}


def in_words(query: Query, layer: Layer, today: date) -> str:
    """ "total amount by country, where status is paid, 1 April 2026 to 30 September 2026, highest first, 5 at most"."""
    names = column_names(query.changed(counted=False), layer)
    levels, measures = names[: len(query.levels)], names[len(query.levels) :]
    said = " and ".join(measures) if measures else ", ".join(levels)
    said = f"{said} by {' and '.join(levels)}" if measures and levels else said
    parts = column_names(query, layer) if query.counted else [said]
    conditions = [
        _condition(f, layer) for f in (*query.filters, *query.also) if f.op != "is not null" or not _is_key(f, layer)
    ]
    conditions += [f"({' or '.join(_condition(f, layer) for f in group)})" for group in query.either]
    conditions += [f"{names[len(query.levels) + n]} {_OPERATORS[op]} {value:g}" for n, op, value in query.having]
    conditions += [f"without {entity}" for entity in query.without]
    parts += [f"where {' and '.join(conditions)}"] if conditions else []
    parts += [period_words(query.period, today)] if query.period else []
    if query.order and (query.limit is not None or not query.measures):
        first = query.order[0]
        parts.append(f"{names[first.position]}, {'highest' if first.descending else 'lowest'} first")
    parts += [f"{query.limit} at most"] if query.limit is not None else []
    return ", ".join(parts)


def title(query: Query, layer: Layer, today: date) -> str:
    """A chart's title: "Total amount by country, 2025"."""
    names = column_names(query.changed(counted=False), layer)
    levels, measures = names[: len(query.levels)], names[len(query.levels) :]
    said = " and ".join(measures) or ", ".join(levels)
    said += f" by {' and '.join(levels)}" if measures and levels else ""
    said += f", {period_words(query.period, today)}" if query.period else ""
    return said[:1].upper() + said[1:]


def period_words(period: Period, today: date) -> str:
    """The days that count, both ends in: "1 April 2026 to 30 September 2026"."""
    last = period.end - timedelta(days=1) if period.end else None
    if period.start and last:
        if period.start == last:
            return long_date(last)
        whole = period.start.month == period.start.day == 1 and last.month == 12 and last.day == 31
        if whole and period.start.year == last.year:
            return str(last.year)
        return f"{long_date(period.start)} to {long_date(last)}"
    return f"from {long_date(period.start)}" if period.start else f"until {long_date(last)}" if last else ""


def _is_key(f: Filter, layer: Layer) -> bool:
    entity, _, column = f.field.partition(".")
    return column in layer.entities[entity].key


def _condition(f: Filter, layer: Layer) -> str:
    name = f.field.replace(".", " ", 1)
    if SPAN in f.field:
        first, last, unit = span_ends(f.field)
        name = f"{unit} from {first.replace('.', ' ', 1)} to {last.partition('.')[2]}"
    if f.op.startswith("is"):
        return f"{name} {_OPERATORS[f.op]}"
    said = layer.column(f.field).values
    values = f.value if isinstance(f.value, tuple) else (f.value,)
    shown = " or ".join(
        said[str(v)][0] if str(v) in said else "yes" if v is True else "no" if v is False else str(v) for v in values
    )
    return f"{name} {_OPERATORS[f.op]} {shown}"
