"""A kept query on another day: "last 3 months" means the months before today, not those before it was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from warehouse.query.structured import Filter, Period, Query
from warehouse.reading.periods import Said, periods_in


def renewed(query: Query, today: date) -> Query:
    """The query with the times that were said in words counted from `today`; days that were named stay."""
    period = query.period
    if period is not None and (said := _said(period.words, today)) is not None:
        period = Period(period.field, said.start, said.end, period.words)
    return query.changed(filters=tuple(_renewed(f, today) for f in query.filters), period=period)


def lasting(query: Query, today: date) -> Query:
    """The query as it can be kept: words of a time that alone don't say one are left out, and its days stay."""
    period = query.period
    if period is not None:
        said = _said(period.words, today)
        alike = said is not None and (said.start is None, said.end is None) == (
            period.start is None,
            period.end is None,
        )
        period = period if alike else replace(period, words="")
    kept = tuple(f if _said(f.said, today) is not None else replace(f, said="") for f in query.filters)
    return query.changed(filters=kept, period=period)


def _renewed(f: Filter, today: date) -> Filter:
    said = _said(f.said, today)
    if said is None:
        return f
    last = said.end - timedelta(days=1) if said.end else None
    days = {"<": said.end, ">=": said.start, "=": said.start, "<=": last}
    day = days.get(f.op)
    if day is None:
        return f
    # Where only the year is kept, the bound is one.
    return replace(f, value=day.year if isinstance(f.value, int) else day)


def _said(words: str, today: date) -> Said | None:
    found = periods_in(words, today) if words else []
    return found[0] if len(found) == 1 else None
