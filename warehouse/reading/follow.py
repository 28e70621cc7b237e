"""A message that changes the last query: "only Spain", "by month", "top 3", "and last year?", "compared with the
year before".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from warehouse.query.structured import Grain, Level, Order, Period, Query
from warehouse.reading.annotate import Annotated, annotated
from warehouse.reading.conditions import conditions
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Lexicon

_MOST_WORDS = 9


def followed(before: Query, message: str, lexicon: Lexicon, today: date) -> Query | None:
    """The changed query; None where the message is a question of its own, or changes nothing that is known."""
    marks = annotated(message, lexicon, today)
    asks = any(
        pattern(f"{{{cue}}}").search(marks.text) for cue in ("count", "sum", "average", "median", "ratio", "share")
    )
    by = re.findall(r"E\d+", " ".join(m[0] for m in pattern(r"{each} (?:the )?E\d+").finditer(marks.text)))
    own = [m for m in marks.names if m.startswith(("E", "M")) and m not in by]
    if asks or own or len(message.split()) > _MOST_WORDS:
        return None
    query = _limited(_timed(_grouped(_filtered(before, marks, lexicon), marks, lexicon), marks), marks)
    if pattern("{compare}").search(marks.text) and query.period is not None:
        query = query.changed(before=True, period=before.period or query.period)
    charted = pattern("{chart}").search(marks.text)
    return query if query != before or charted else None


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
    m = pattern(r"(?:{highest}|{lowest}) (?P<n>N\d+)").search(marks.text)
    if m is None or not query.measures:
        return query
    down = not pattern("{lowest}").match(m[0])
    return query.changed(limit=int(marks.numbers[m["n"]]), order=(Order(len(query.levels), down),))
