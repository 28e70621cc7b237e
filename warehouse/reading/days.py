"""Which days a question is about, of which column, and by which grain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from core.errors import QuestionError
from core.text.dates import month_number
from warehouse.query.paths import way
from warehouse.query.structured import Filter, Level, Period, Query
from warehouse.reading.cues import pattern
from warehouse.reading.measures import Words
from warehouse.reading.periods import Said


class SeveralDates(QuestionError):
    """A time may be about several days of the same thing, and the layer doesn't say which is meant."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        said = " or ".join(f.replace(".", " ", 1) for f in fields)
        super().__init__(f"Which day is this about: {said}?")


def timed(words: Words, query: Query) -> Query:
    query = _with_days(words, query)
    said = list(words.marks.periods.values())
    if words.compared:
        today = words.today
        said = said or [Said(date(today.year, 1, 1), today + timedelta(days=1), 0, 0, "this year")]
        query = query.changed(before=bool(query.measures))
    if not said:
        return query
    period = said[0]
    if (span := _lasting(words, query, period)) is not None:
        return query.changed(filters=(*query.filters, *span))
    field, number = _day_field(words, query, period)
    if not field:
        return query
    if not number and (moved := _of_the_share(words, query, field, period)) is not None:
        return moved
    if number:
        filters = [*query.filters, *_in_months(words, field, period)]
        if period.start:
            filters.append(Filter(field, ">=", period.start.year, period.words))
        if period.end:
            filters.append(
                Filter(
                    field,
                    "<=",
                    (period.end.year - 1) if period.end.month == 1 and period.end.day == 1 else period.end.year,
                    period.words,
                )
            )
        if (
            len(filters) > 1
            and filters[-1].field == filters[-2].field == field
            and filters[-1].value == filters[-2].value
        ):
            filters = [*filters[:-2], replace(filters[-1], op="=")]
        return query.changed(
            filters=tuple(filters), levels=tuple(v for v in query.levels if v.field != field or query.measures)
        )
    dated = query.changed(period=Period(field, period.start, period.end, period.words))
    # Different values of a column are wanted, not one a day.
    return dated if pattern("{distinct}").search(words.main) else _dated(dated)


def _of_the_share(words: Words, query: Query, field: str, period: Said) -> Query | None:
    """ "the share of employees with a shift last month": the time is about the shifts, not about all employees."""
    measure = query.measures[0] if query.measures else None
    entity = field.partition(".")[0]
    if measure is None or measure.over is None or measure.over.where or measure.of != measure.over.of:
        return None
    if entity == measure.of.partition(".")[0] or entity not in {f.field.partition(".")[0] for f in measure.where}:
        return None
    bounds = [Filter(field, ">=", period.start, period.words)] if period.start else []
    bounds += [Filter(field, "<", period.end, period.words)] if period.end else []
    return query.changed(measures=(replace(measure, where=(*measure.where, *bounds)), *query.measures[1:]))


def by_day(words: Words, query: Query) -> Query:
    """The query by the days of what it measures; as it is where that has none."""
    field, number = (query.period.field, False) if query.period else _day_field(words, query, None)
    return query.changed(levels=(Level(field, "" if number else "day"),)) if field else query


def _dated(query: Query) -> Query:
    """In a list of what happened in a time, the day stands beside it."""
    own = {level.field.partition(".")[0] for level in query.levels}
    field = query.period.field if query.period else ""
    if query.measures or field.partition(".")[0] not in own or any(level.field == field for level in query.levels):
        return query
    return query.changed(levels=(*query.levels, Level(field)))


def _lasting(words: Words, query: Query, period: Said) -> tuple[Filter, Filter] | None:
    """ "who is on holiday next week": what has begun before the end of the time and ends after its start."""
    if (
        query.measures
        or period.start is None
        or period.end is None
        or not re.search(r"\b(?:is|are|was|were|ist|sind|esta|estan|est|sont)\b", words.main)
    ):
        return None
    for entity in dict.fromkeys(f.partition(".")[0] for f in query.fields()):
        dates = [c for c, of in words.layer.entities[entity].columns.items() if of.type in ("date", "datetime")]
        first = next((c for c in dates if re.search(r"\b(?:first|start|from|begin)", c)), "")
        last = next((c for c in dates if re.search(r"\b(?:last|end|until|to)\b", c)), "")
        if first and last:
            said = period.words
            if period.end <= words.today and re.search(r"\b(?:is|are|ist|sind|esta|estan|est|sont)\b", words.main):
                # Who "is" somewhere in December is there in the coming one.
                later = (_year_on(period.start), _year_on(period.end))
                period = period if re.search(r"\d{4}", said) else replace(period, start=later[0], end=later[1])
            return (
                Filter(f"{entity}.{first}", "<", period.end, said),
                Filter(f"{entity}.{last}", ">=", period.start, said),
            )
    return None


def _year_on(day: date | None) -> date | None:
    return None if day is None else day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _in_months(words: Words, year: str, period: Said) -> list[Filter]:
    """Where months stand beside years as words, those that the period has."""
    entity = year.partition(".")[0]
    kept = next((c for c in words.layer.entities[entity].columns if c.split()[-1] == "month"), "")
    if not kept or period.start is None or period.end is None or period.end - period.start > timedelta(days=360):
        return []
    numbers = {(period.start + timedelta(days=n)).month for n in range((period.end - period.start).days)}
    field = f"{entity}.{kept}"
    stored = [v for v in words.lexicon.values.get(field, ()) if month_number(str(v)) in numbers]
    if words.layer.column(field).type == "number":
        stored = sorted(numbers)
    return [Filter(field, "in", tuple(stored))] if stored else []


def _with_days(words: Words, query: Query) -> Query:
    """Grains get the column that they are about."""
    if not any(not level.field for level in query.levels):
        return query
    field, number = _day_field(words, query, None)
    if not field:
        return query.changed(
            levels=tuple(level if level.field else _kept_as_word(words, query, level) for level in query.levels)
        )
    levels = [
        level if level.field else Level(field, "" if number else level.grain)
        for level in query.levels
        if level.field or field
    ]
    return query.changed(levels=tuple(dict.fromkeys(levels)))


def _kept_as_word(words: Words, query: Query, level: Level) -> Level:
    """The column that has a grain as a word or a number: "day" with Monday, "month" with January."""
    word = {"weekday": "day", "month of year": "month"}.get(level.grain, level.grain)
    for entity in dict.fromkeys(f.partition(".")[0] for f in query.fields() if f):
        if column := next((c for c in words.layer.entities[entity].columns if c.split()[-1] == word), ""):
            return Level(f"{entity}.{column}")
    raise QuestionError(f"Nothing in the data says by {level.grain}; ask without it.")


def _day_field(words: Words, query: Query, said: object) -> tuple[str, bool]:
    """The column that days are about, and whether it only holds a year: one that is named, else the entity's own."""
    columns = {mark: m.what for mark, m in words.marks.names.items() if m.kind == "column"}
    named = list(columns.values())
    dates = [f for f in named if words.layer.column(f).type in ("date", "datetime")]
    whole = " ".join((words.marks.text,))
    near = [
        f
        for mark, f in columns.items()
        if f in dates and re.search(rf"{mark}(?: \S+){{0,3}}? D\d|D\d(?: \S+){{0,2}}? {mark}\b", whole)
    ]
    shown = [level.field for level in query.levels if level.field in dates] + [
        m.of for m in query.measures if m.of in dates
    ]
    if near or shown:
        return (near or shown)[0], False
    years = [f for f in named if f.rpartition(".")[2].split()[-1] == "year" and words.layer.column(f).type == "number"]
    if years:
        return years[0], True
    measured = [e for m in query.measures for e in m.entities()]
    touched = list(dict.fromkeys([*measured, *(f.partition(".")[0] for f in query.fields() if f)]))
    touched += [m.what for m in words.marks.names.values() if m.kind == "entity" and m.what not in touched]
    happened = fact(words, touched)
    for entity in [happened, *touched] if happened else touched:
        if words.layer.entities[entity].date and (entity in measured or entity == happened or not dates):
            return f"{entity}.{words.layer.entities[entity].date}", False
    for entity in touched:
        if "year" in words.layer.entities[entity].columns:
            return f"{entity}.year", True
    if dates:
        return dates[0], False
    for entity in touched:
        columns_of = words.layer.entities[entity].columns
        several = [f"{entity}.{c}" for c, of in columns_of.items() if of.type in ("date", "datetime")]
        if len(several) > 1 and said is not None:
            raise SeveralDates(several)
        if several:
            return several[0], False
    for entity, meant in words.layer.entities.items():
        if meant.date and touched and way(words.layer, entity, touched[0]) is not None:
            return f"{entity}.{meant.date}", False
    return "", False


def fact(words: Words, entities: Sequence[str]) -> str:
    """The entity whose rows belong to one row of each other one: what happened, among who and where."""
    for entity in entities:
        ways = [way(words.layer, entity, other) for other in entities if other != entity]
        if len(entities) > 1 and all(w is not None and not any(step.multiplies for step in w) for w in ways):
            return entity
    return ""
