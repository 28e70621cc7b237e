"""Which rows count, what is returned besides, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from core.errors import QuestionError
from warehouse.query.paths import way
from warehouse.query.structured import Filter, Level, Measure, Order, Query
from warehouse.reading.conditions import Found, conditions
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import tokens_of
from warehouse.reading.measures import Words, without_spans


def conditioned(words: Words, query: Query) -> Query:
    filters: list[Filter] = list(query.filters)
    groups: list[list[Filter]] = []
    for text in (words.main, words.rest):
        last: Filter | None = None
        for found in conditions(text, words.marks, words.lexicon):
            if found.either and found.filter is not None and last is not None:
                _join_group(groups, last, found.filter, filters)
            else:
                _note(words, found, filters)
            last = found.filter
    query = query.changed(either=tuple(map(tuple, groups)))
    same: dict[str, list[Filter]] = {}
    for f in filters:
        if f.op == "=":
            same.setdefault(f.field, []).append(f)
    both = [f for fs in same.values() if len(set(fs)) > 1 for f in dict.fromkeys(fs)]
    if both and not query.measures:
        query = query.changed(also=tuple(both))
        filters = [f for f in filters if f not in both]
    used = {f.field for m in query.measures for f in m.where}
    kept = [f for f in filters if f.field not in used or f in query.filters]
    levels = (
        query.levels if query.measures else _with_bounds(query.levels, query.changed(filters=tuple(kept)).conditions())
    )
    return query.changed(levels=levels, filters=tuple(dict.fromkeys(kept)), without=tuple(dict.fromkeys(words.without)))


def _join_group(groups: list[list[Filter]], last: Filter, f: Filter, filters: list[Filter]) -> None:
    """Of the two at least one holds; of the same field and by "=" they are one filter already."""
    group = next((g for g in groups if last in g), None)
    if group is not None:
        group.append(f)
    elif last in filters:
        filters.remove(last)
        groups.append([last, f])


def _with_bounds(levels: tuple[Level, ...], filters: Iterable[Filter]) -> tuple[Level, ...]:
    """In a list, what is over or under a bound stands beside it."""
    own = {level.field.partition(".")[0] for level in levels}
    bounds = [f.field for f in filters if f.op in ("<", "<=", ">", ">=") and f.field.partition(".")[0] in own]
    return tuple(dict.fromkeys((*levels, *(Level(field) for field in bounds))))


def _note(words: Words, found: Found, filters: list[Filter]) -> None:
    if found.filter is not None:
        filters.append(found.filter)
    elif found.counted is not None:
        words.having.append(found.counted)
    elif found.without:
        words.without.append(found.without)


def returned(words: Words, query: Query) -> Query:
    """What "Return …" asks for besides, or instead of the names of what is listed."""
    if not words.select:
        return query
    if (
        query.limit is None
        and (m := pattern(r"(?:{highest}) (?P<n>N\d+) [ECM]\d+").search(words.select))
        and query.measures
    ):
        query = query.changed(limit=int(words.marks.numbers[m["n"]]), order=(Order(len(query.levels), True),))
    measures = words.measures(words.select)
    free = without_spans(words.select, [(b, e) for b, e, _ in measures])
    columns = re.findall(r"C\d+" if query.measures else r"[CE]\d+", free)
    asked = tuple(dict.fromkeys(level for m in columns for level in words.levels_of(m)))
    known = {(m.of, m.by) for m in query.measures}
    more = (
        [m for _, _, m in measures if (m.of, m.by) not in known]
        if query.measures or any(m.by != "count" for _, _, m in measures)
        else []
    )
    kept = [level for level in query.levels if not _said_by(words, level, asked)]
    if query.measures or more:
        own = {m.of for m in query.measures}
        asked = tuple(level for level in asked if level.field not in own)
    levels = (*kept, *(level for level in asked if level not in kept))
    order: tuple[Order, ...] = ()
    if query.order:
        levels, order = _order_kept(query, levels)
    return query.changed(levels=levels, measures=(*query.measures, *dict.fromkeys(more)), order=order)


def _order_kept(query: Query, levels: tuple[Level, ...]) -> tuple[tuple[Level, ...], tuple[Order, ...]]:
    """The new levels with the column that the query is ranked by, and the order by it."""
    ranked = query.order[0]
    if ranked.position >= len(query.levels):
        return levels, (replace(ranked, position=len(levels) + ranked.position - len(query.levels)),)
    by = query.levels[ranked.position].field
    fields = [level.field for level in levels]
    if by not in fields:
        return (*levels, Level(by)), (replace(ranked, position=len(levels)),)
    return levels, (replace(ranked, position=fields.index(by)),)


# A column that ends so says which row it is.
_NAMING = frozenset("id name title code number key symbol email label".split())


def _said_by(words: Words, level: Level, asked: Iterable[Level]) -> bool:
    """Whether the asked columns name the same rows, so that the default name can go."""
    entity, _, column = level.field.partition(".")
    own = words.layer.entities[entity].label if entity in words.layer.entities else ()
    there = [v.field.partition(".")[2] for v in asked if v.field.partition(".")[0] == entity]
    naming = [c for c in there if c in words.layer.entities[entity].key or c.split()[-1] in _NAMING]
    return column in own and bool(naming)


def joined(words: Words, query: Query) -> Query:
    """Beside figures of what happened, whom it concerned is counted there, each once."""
    facts = {m.of.partition(".")[0] for m in query.measures}
    made = []
    for m in query.measures:
        own = m.of.partition(".")[0]
        fact = next(
            (f for f in facts if f != own and (w := way(words.layer, f, own)) and not any(s.multiplies for s in w)),
            "",
        )
        key = words.layer.entities[own].key
        if fact and m.by == "count" and "." not in m.of and not m.over and len(key) == 1:
            made.append(replace(m, of=f"{own}.{key[0]}", by="count_distinct", via=fact))
        else:
            made.append(m)
    return query.changed(measures=tuple(made))


def counted(words: Words, query: Query) -> Query:
    """ "with more than three orders": groups by how many rows they have."""
    measures = list(query.measures)
    having = []
    for entity, op, number in words.having:
        counting = Measure(entity, "count")
        if counting not in measures:
            measures.append(counting)
        having.append((measures.index(counting), op, number))
    query = query.changed(measures=tuple(measures), having=tuple(having))
    if having and query.measures and not query.levels:
        query = _number_of_groups(words, query)
    # What is only named joins: "customers who made a transaction".
    touched = {f.partition(".")[0] for f in query.named()}
    asked = [m.what for mark, m in words.marks.names.items() if m.kind == "entity" and _own_name(words, mark)]
    apart = next((e for e in asked if not any(e == t or way(words.layer, e, t) is not None for t in touched)), "")
    if apart:
        raise QuestionError(f"Nothing in the data joins {apart} with {min(touched)}; ask about them one by one.")
    if not query.measures and not query.without:
        named = [m.what for m in words.marks.names.values() if m.kind == "entity" and m.what not in touched]
        joins = [n for n in dict.fromkeys(named) if way(words.layer, next(iter(touched)), n)]
        keys = [(n, (words.layer.entities[n].key or tuple(words.layer.entities[n].columns))[0]) for n in joins]
        query = query.changed(filters=(*query.filters, *(Filter(f"{n}.{k}", "is not null") for n, k in keys)))
    return query


def _number_of_groups(words: Words, query: Query) -> Query:
    """ "How many authors have more than two papers?": the authors of whom it holds, counted."""
    first = query.measures[0]
    thing, _, column = first.of.partition(".")
    keys = words.layer.entities[thing].key
    if not first.by.startswith("count") or first.over or first.where or column not in ("", *keys) or not keys:
        raise QuestionError("A figure over only those that have so many isn't understood; ask for the list of them.")
    kept = [query.measures[n] for n, _, _ in query.having]
    having = tuple((n, op, value) for n, (_, op, value) in enumerate(query.having))
    levels = tuple(Level(f"{thing}.{key}") for key in keys)
    return query.changed(measures=tuple(kept), having=having, levels=levels, order=(), limit=None, counted=True)


def _own_name(words: Words, mark: str) -> bool:
    """Whether the first sentence calls the entity by its name, not by a word that others are called by too."""
    said = {t.plain for t in tokens_of(words.marks.words[mark])}
    return mark in words.marks.text and said == {t.plain for t in tokens_of(words.marks.names[mark].what)}


def ordered(words: Words, query: Query) -> Query:
    """The query in the order that is said; "…, top 3" at the end takes the first ones by the figure."""
    m = pattern(r"(?:{highest}|{lowest}) (?P<n>N\d+) ?\W*").search(words.main)
    if m and m.end() == len(words.main) and query.limit is None and query.measures and query.levels:
        down = not pattern("{lowest}").match(m[0])
        limit = int(words.marks.numbers[m["n"]])
        return query.changed(order=(Order(len(query.levels), down),), limit=limit)
    if not words.order_text:
        return query if query.order else _largest_first(query)
    text = words.order_text
    down = bool(pattern("{descending}").search(text)) and not pattern("{ascending}").search(text)
    if measures := words.measures(text):
        for n, measure in enumerate(query.measures):
            if (measure.of, measure.by) == (measures[0][2].of, measures[0][2].by):
                return query.changed(order=(Order(len(query.levels) + n, down),))
    for mark in re.findall(r"[EC]\d+", text):
        what = words.marks.names[mark].what
        for n, level in enumerate(query.levels):
            if level.field == what or level.field.partition(".")[0] == what:
                return query.changed(order=(Order(n, down),))
        for n, measure in enumerate(query.measures):
            if measure.of == what:
                return query.changed(order=(Order(len(query.levels) + n, down),))
        if mark.startswith("C") and (not query.measures or _of_a_level(what, query, words)):
            return query.changed(levels=(*query.levels, Level(what)), order=(Order(len(query.levels), down),))
    if query.order:
        return query
    numbers = [
        n
        for n, level in enumerate(query.levels)
        if words.layer.column(level.field).type in ("number", "date", "datetime")
    ]
    position = len(query.levels) if query.measures else numbers[-1] if numbers and down else 0
    return query.changed(order=(Order(position, down),))


def _of_a_level(field: str, query: Query, words: Words) -> bool:
    """Whether it is the key of a thing that the figures are by, so that it stands beside without parting groups."""
    entity, _, column = field.partition(".")
    return column in words.layer.entities[entity].key and any(v.field.startswith(f"{entity}.") for v in query.levels)


def _largest_first(query: Query) -> Query:
    """Figures by category are read from the largest down, by time in its order; a list stays as it comes."""
    if not query.measures or not query.levels:
        return query
    timed = [
        n
        for n, level in enumerate(query.levels)
        if level.grain or level.field.endswith((" date", ".date", "year", "month"))
    ]
    if timed:
        return query.changed(order=tuple(Order(n) for n in timed))
    return query.changed(order=(Order(len(query.levels), True),))
