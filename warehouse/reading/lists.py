"""Counts, sums, and lists of what fits."""

from __future__ import annotations

import re
from dataclasses import replace

from core.text.words import folded
from warehouse.layer.model import Aggregation
from warehouse.query.paths import way
from warehouse.query.structured import Level, Measure, Query
from warehouse.reading.conditions import conditions
from warehouse.reading.cues import pattern
from warehouse.reading.measures import AND, EXTREME, Words, without_spans

_PEOPLE = frozenset("person people employee staff worker colleague user customer client member student patient".split())


def plain(words: Words) -> Query | None:
    levels, text = words.group_levels(words.main)
    if (both := _yes_and_no(words)) is not None:
        return both
    measures = [m for _, _, m in words.measures(text)]
    measures = _several_figures(words, text) or measures
    if not measures and (m := pattern(EXTREME + r" (?:V\d+ |E\d+ )*(?P<t>C\d+)").search(text)):
        column = words.layer.column(words.marks.names[m["t"]].what)
        if column.type in ("number", "date", "datetime"):
            low = pattern("{lowest}").fullmatch(m["how"])
            measures = [Measure(words.marks.names[m["t"]].what, "min" if low else "max")]
    first = next(iter(re.findall(r"C\d+", text)), "")
    if (
        not measures
        and first
        and re.match(r"(?:average|mean|durchschnitt|mittlere|promedio|moyenne)", words.marks.words[first].lower())
    ):
        # "mean time to respond" is both the name of a column and what to make of it.
        measures = [Measure(words.marks.names[first].what, "avg")]
    measures = measures or _asked_at_the_end(words, text)
    if measures:
        levels = levels or _ranked_things(words)
        return _averaged(words, text, Query(_on_average(words, tuple(dict.fromkeys(measures))), levels))
    if levels and (extreme := _longest(words, text)) is not None:
        return Query((extreme,), levels)
    if levels and (m := re.search(r"[EC]\d+", text)):
        # "shifts per employee": what stands before is counted; "the capital of each state" is shown.
        what = words.marks.names[m[0]].what
        beside = re.match(r" (?P<c>C\d+)", text[m.end() :]) if m[0].startswith("E") else None
        if beside and words.layer.column(field := words.marks.names[beside["c"]].what).type == "number":
            return Query((Measure(field, "sum"),), levels)  # "ticket revenue per channel"
        if m[0].startswith("C") and words.layer.column(what).type != "number":
            shown = tuple(level for c in re.findall(r"C\d+", text) for level in words.levels_of(c))
            return Query((), tuple(dict.fromkeys((*levels, *shown))))
        side = words.side(m[0])
        return Query((side,), levels) if side else None
    found = conditions(words.main, words.marks, words.lexicon)
    free = without_spans(words.main, [(f.begin, f.end) for f in found])
    listed = _listed(words, free) or _listed(words, words.main)
    return Query((), listed) if listed else None


_FIGURES: tuple[tuple[Aggregation, str], ...] = (
    ("avg", "{average}"), ("median", "{median}"), ("sum", "{sum}"), ("min", "{lowest}"), ("max", "{highest}"),
)  # fmt: skip


def _several_figures(words: Words, text: str) -> list[Measure]:
    """ "the lowest, highest and average price": several figures of one column."""
    one = "(?:" + "|".join(form for _, form in _FIGURES) + ")"
    m = pattern(
        rf"(?P<l>{one}(?:(?:, | and | und | y | et )+(?:the )?{one})+)(?: of)?(?: the)? (?:[EV]\d+ )*(?P<c>C\d+)"
    ).search(text)
    field = words.marks.names[m["c"]].what if m else ""
    if m is None or words.layer.column(field).type != "number":
        return []
    said = [(at.start(), by) for by, form in _FIGURES for at in pattern(form).finditer(m["l"])]
    return [Measure(field, by) for _, by in sorted(said)]


def _yes_and_no(words: Words) -> Query | None:
    """ "how many have a permit and how many don't": all of them by whether it is so."""
    m = pattern(
        r"{count} (?P<e>E\d+) [^|]*?(?P<c>[CV]\d+)[^|]*?,? (?:and|versus|vs) (?:{count} )"
        r"(?:\S+ ){0,2}?(?:{not}|{without})\W*$"
    ).search(words.main)
    if m is None:
        return None
    field, entity = words.marks.names[m["c"]].what, words.marks.names[m["e"]].what
    words.main = words.main[: m.start()] + " ∙ "
    return Query((Measure(entity, "count"),), (Level(field),))


def _asked_at_the_end(words: Words, text: str) -> list[Measure]:
    """ "customers who joined this year, how many?", "what did gas cost in total?": a list is not what is asked."""
    if (m := pattern(r"{count}\W*$").search(text) or re.search(r"how many\W*$", text)) and re.search(
        r"E\d", text[: m.start()]
    ):
        what = words.marks.names[re.findall(r"E\d+", text[: m.start()])[0]].what
        return [Measure(what, "count")]
    if not pattern("{in_total}|{on_average}|{how_much}").search(text):
        return []
    fields = [words.marks.names[c].what for c in re.findall(r"C\d+", text)]
    return [Measure(f, "sum") for f in fields[:1] if words.layer.column(f).type == "number"]


def _on_average(words: Words, measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """ "how many hours … on average" is no sum."""
    if not pattern("{on_average}").search(words.main):
        return measures
    return tuple(replace(m, by="avg") if m.by == "sum" and not m.name else m for m in measures)


def _ranked_things(words: Words) -> tuple[Level, ...]:
    """ "customers by total price": the things that are put in order by a figure."""
    m = re.match(
        r"(?:(?:show|list|give)(?: me)? )?(?:the |all )*(?P<e>E\d+) (?:ranked |sorted |ordered )?by (?!E)", words.main
    )
    return words.levels_of(m["e"]) if m else ()


# Before a thing they count its rows; other superlatives are about a figure of each.
_COUNTING = re.compile(r"most|fewest|least|top|best|worst|meisten?|wenigsten|mas|menos|(?:le|la|les) plus|le moins")


def _longest(words: Words, text: str) -> Measure | None:
    """ "the longest shift of each employee": of a thing with one figure, its highest."""
    m = pattern(EXTREME + r" (?:V\d+ )*(?P<e>E\d+)").search(text)
    if m is None or _COUNTING.fullmatch(m["how"]):
        return None
    entity = words.marks.names[m["e"]].what
    numbers = [c for c, of in words.layer.entities[entity].columns.items() if of.type == "number"]
    low = pattern("{lowest}").fullmatch(m["how"])
    return Measure(f"{entity}.{numbers[0]}", "min" if low else "max") if len(numbers) == 1 else None


def _whose(words: Words, text: str, measure: Measure) -> str:
    """ "the average number of shifts worked by employees": the thing that they are counted for, each alike."""
    if measure.by != "count" or measure.over or not pattern(r"{average} (?:of )?(?:the )?{count}").search(text):
        return ""
    others = [words.marks.names[e].what for e in re.findall(r"E\d+", text)]
    for other in others:
        steps = way(words.layer, measure.of.partition(".")[0], other)
        if other != measure.of and steps and not any(step.multiplies for step in steps):
            return other
    return ""


def _averaged(words: Words, text: str, query: Query) -> Query:
    """ "the average number of shifts per employee" is one figure, and so is "the average of the hours per shift"."""
    if not query.levels and (owner := _whose(words, text, query.measures[0])):
        return query.changed(measures=(replace(query.measures[0], over=Measure(owner, "count")), *query.measures[1:]))
    measure, owners = query.measures[0], {level.field.partition(".")[0] for level in query.levels}
    if len(query.measures) != 1 or len(owners) != 1 or any(level.grain for level in query.levels):
        return query
    owner = next(iter(owners))
    own = words.layer.entities[owner]
    if not {level.field for level in query.levels} <= {f"{owner}.{c}" for c in (*own.key, *own.label)}:
        return query
    if measure.by == "avg" and measure.of.startswith(f"{owner}.") and not own.label:
        return query.changed(levels=())
    counts = measure.by == "count" and measure.of != owner and not measure.over
    if counts and pattern(r"{average} (?:of )?(?:the )?{count}").search(text):
        return query.changed(measures=(replace(measure, over=Measure(owner, "count")),), levels=())
    return query


def _listed(words: Words, text: str) -> tuple[Level, ...]:
    """What a list shows: columns that are asked for, else what its rows are called."""
    marks = re.findall(r"[EC]\d+", text)
    if re.match(r"(?:who|wer|quien|quienes|qui)\b", text) and not any(m.startswith("E") for m in marks):
        return _people(words)
    if not marks:
        # "list the hospitals": the things of which it is a value.
        values = [words.marks.names[v].what.partition(".")[0] for v in re.findall(r"V\d+", words.main)[:1]]
        return tuple(Level(f"{e}.{c}") for e in values for c in words.layer.entities[e].label)
    if marks[0].startswith("C") and re.match(
        rf"(?:which|list|show(?: me)?|welche|que|quels?|quelles?)?(?: all| the)* ?{marks[0]}", text
    ):
        # "Which customers renew": whose renewal it is comes first.
        field = words.marks.names[marks[0]].what
        entity, _, column = field.partition(".")
        own = words.layer.entities[entity]
        names = {w for n in (entity, *own.names) for w in folded(n).split()}
        said = folded(words.marks.words[marks[0]]).split()
        if column not in (*own.label, *own.key) and said and {said[0], said[0].rstrip("s")} & names and len(said) > 1:
            return (*(Level(f"{entity}.{c}") for c in own.label), Level(field))
    named = re.match(rf".*?(?P<list>C\d+(?:{AND} ?C\d+)*)(?: of| for|\b)", text)
    first_entity = next((m for m in marks if m.startswith("E")), "")
    if named and (not first_entity or text.find(named["list"]) < text.find(first_entity)):
        levels = tuple(level for m in re.findall(r"C\d+", named["list"]) for level in words.levels_of(m))
        levels = _with_names(words, levels, named["list"], first_entity, text)
    else:
        levels = words.levels_of(first_entity or marks[0])
        extra = (
            re.findall(
                rf"{first_entity},?(?: V\d+)? (?:and|with|und|y|et) (?:their |its |the )?(C\d+(?:{AND} ?C\d+)*)",
                text,
            )
            if first_entity
            else []
        )
        levels += tuple(level for group in extra for m in re.findall(r"C\d+", group) for level in words.levels_of(m))
    if m := re.search(rf"\band (?:their|its|his|her|the|ihre|sus|leurs?) (C\d+(?:{AND} ?C\d+)*) ?\W*$", text):
        levels += tuple(level for c in re.findall(r"C\d+", m[1]) for level in words.levels_of(c))
    return tuple(dict.fromkeys(levels))


def _people(words: Words) -> tuple[Level, ...]:
    """Whom "who" means: the people among the entities that the question can be about."""
    touched = [m.what.partition(".")[0] for m in words.marks.names.values() if m.kind in ("value", "column", "entity")]
    people = [
        e for e, of in words.layer.entities.items() if _PEOPLE & {w for n in (e, *of.names) for w in n.lower().split()}
    ]
    near = [e for e in people if touched and way(words.layer, touched[0], e) is not None]
    return tuple(Level(f"{near[0]}.{c}") for c in words.layer.entities[near[0]].label) if near else ()


def _with_names(words: Words, levels: tuple[Level, ...], said: str, entity_mark: str, text: str) -> tuple[Level, ...]:
    """ "the scores of the courses": whose each of them is stands beside it."""
    if not entity_mark or not re.search(
        rf"{re.escape(said)} (?:of|for|der|von|de|des)(?: all| the| each| those)* {entity_mark}", text
    ):
        return levels
    entity = words.marks.names[entity_mark].what
    own = words.layer.entities[entity]
    known = {level.field for level in levels}
    if known & {f"{entity}.{c}" for c in (*own.label, *own.key)} or not all(f.startswith(f"{entity}.") for f in known):
        return levels
    return (*(Level(f"{entity}.{c}") for c in own.label), *levels)
