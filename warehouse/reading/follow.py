"""A message that changes the last query: "only Spain", "by month", "top 3", "and last year?", "compared with the
year before".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from warehouse.query.structured import Grain, Level, Measure, Order, Period, Query
from warehouse.reading.annotate import Annotated, annotated
from warehouse.reading.conditions import conditions
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Lexicon

_MOST_WORDS = 9
_OTHER_END = re.compile(
    r"(?:and |und |y |et )?(?:the |what about the )?"
    r"(?:(?P<last>last|latest|highest|most|newest|longest|largest|letzte[rsn]?|hochste[rsn]?)|"
    r"first|earliest|lowest|least|fewest|oldest|shortest|smallest|erste[rsn]?|niedrigste[rsn]?)(?: one)?\W*"
)


def followed(before: Query, message: str, lexicon: Lexicon, today: date) -> Query | None:
    """The changed query; None where the message is a question of its own, or changes nothing that is known."""
    marks = annotated(message, lexicon, today)
    asks = any(
        pattern(f"{{{cue}}}").search(marks.text) for cue in ("count", "sum", "average", "median", "ratio", "share")
    )
    if _OF_THOSE.search(marks.text) and (narrowed := _counted(before, marks, lexicon)) is not None:
        return narrowed
    by = re.findall(r"E\d+", " ".join(m[0] for m in pattern(r"{each} (?:the )?E\d+").finditer(marks.text)))
    own = [m for m in marks.names if m.startswith(("E", "M")) and m not in by]
    if asks or own or len(message.split()) > _MOST_WORDS:
        return None
    query = _limited(_timed(_grouped(_filtered(before, marks, lexicon), marks, lexicon), marks), marks)
    if pattern("{compare}").search(marks.text) and query.period is not None:
        query = query.changed(before=True, period=before.period or query.period)
    charted = pattern("{chart}").search(marks.text)
    return query if query != before or charted else None


_OF_THOSE = re.compile(
    r"\b(?:of|from|among) (?:those|them|these)\b|\bdavon\b|\bde (?:ellos|ellas|esos|esas)\b|\bparmi (?:eux|elles)\b"
)


def _counted(before: Query, marks: Annotated, lexicon: Lexicon) -> Query | None:
    """ "how many of those are high?": the rows of the last answer that this holds for, counted."""
    query = _filtered(before, marks, lexicon)
    if query == before or not pattern("{count}").search(marks.text):
        return None
    thing = before.measures[0].of.partition(".")[0] if before.measures else before.levels[0].field.partition(".")[0]
    return query.changed(measures=(Measure(thing, "count"),), levels=(), order=(), limit=None, having=())


def _filtered(query: Query, marks: Annotated, lexicon: Lexicon) -> Query:
    found = [c.filter for c in conditions(marks.text, marks, lexicon) if c.filter is not None]
    kept = [f for f in query.filters if f.field not in {g.field for g in found}]
    return query.changed(filters=(*kept, *found))


def _grouped(query: Query, marks: Annotated, lexicon: Lexicon) -> Query:
    """ "by month" changes the grain of a level of time, or adds one; "by country" takes the place of other levels."""
    grain: Grain = next(iter(marks.grains.values()), "")
    columns = [m.what for m in marks.names.values() if m.kind == "column"]
    for entity in (m.what for m in marks.names.values() if m.kind == "entity"):
        columns += [f"{entity}.{c}" for c in lexicon.layer.entities[entity].label]
    if grain:
        timed = [n for n, level in enumerate(query.levels) if level.grain]
        field = query.levels[timed[0]].field if timed else query.period.field if query.period else ""
        field = field or _days_of(query, lexicon)
        if not field:
            return query
        changed: Sequence[Level] = [
            Level(field, grain) if n in timed else level for n, level in enumerate(query.levels)
        ]
        changed = changed if timed else [*changed, Level(field, grain)]
        return query.changed(levels=tuple(changed), order=_moved(query, len(changed)))
    if columns and query.measures and pattern(r"{each}").search(marks.text):
        kept = [level for level in query.levels if level.grain]
        levels = (*kept, *(Level(c) for c in columns))
        return query.changed(levels=levels, order=_moved(query, len(levels)))
    return query


def _days_of(query: Query, lexicon: Lexicon) -> str:
    """The day of what is measured: the layer's, else its first one."""
    for entity in (m.of.partition(".")[0] for m in query.measures):
        own = lexicon.layer.entities[entity]
        dates = [own.date] if own.date else [c for c, of in own.columns.items() if of.type in ("date", "datetime")]
        if dates:
            return f"{entity}.{dates[0]}"
    return ""


def _moved(query: Query, levels: int) -> tuple[Order, ...]:
    """Orders by figures stay with them when the number of levels changes."""
    by_figure = [o for o in query.order if o.position >= len(query.levels)]
    return tuple(Order(o.position - len(query.levels) + levels, o.descending) for o in by_figure)


def _timed(query: Query, marks: Annotated) -> Query:
    said = next(iter(marks.periods.values()), None)
    if said is None or query.period is None:
        return query
    return query.changed(period=Period(query.period.field, said.start, said.end, said.words))


def _limited(query: Query, marks: Annotated) -> Query:
    if query.limit is not None and query.order and (m := _OTHER_END.fullmatch(marks.text)):
        return query.changed(order=(replace(query.order[0], descending=m["last"] is not None), *query.order[1:]))
    m = pattern(r"(?:{highest}|{lowest}) (?P<n>N\d+)").search(marks.text)
    if m is None or not query.measures:
        return query
    down = not pattern("{lowest}").match(m[0])
    return query.changed(limit=int(marks.numbers[m["n"]]), order=(Order(len(query.levels), down),))
