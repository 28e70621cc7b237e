"""The most, the longest, the top five, and the busiest hours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from warehouse.query.structured import Grain, Level, Measure, Order, Query
from warehouse.reading.cues import pattern
from warehouse.reading.measures import EXTREME, LIST, T, Words

# What an adjective is about: words that a column's name has.
_ADJECTIVES = {
    r"long\w*|short\w*|lang\w*|kurz\w*|larg\w*|cort\w*|longue?|courte?": "length duration time elapsed",
    r"high\w*|low\w*|tall\w*|hoch\w*|alt\w*|haute?": "altitude height elevation",
    r"large\w*|big\w*|small\w*|gross\w*|klein\w*|grande?s?|petite?s?": "area size population capacity",
    r"old\w*|new\w*|early|earliest|late\w*|recent|young\w*|alt\w*|neu\w*": "date year age time created",
    r"expensive|cheap\w*|teuer\w*|billig\w*|car[oa]s?|cher": "price cost fare fee amount",
    r"heav\w*|light\w*": "weight",
    r"fast\w*|slow\w*": "speed time",
    r"best|worst|beste\w*|mejor|meilleur": "rating score grade",
}


BUSIEST = re.compile(r"\b(?:busiest|quietest|peak) (?P<unit>hours?|days?|weeks?|months?|times?|[CG]\d+)")


_POPULAR = re.compile(
    r"(?:the )?(?:top )?(?:(?P<n>N\d+) )?(?:(?P<how>most|least) (?:[a-z]+ly )?"
    r"(?:popular|common|frequent|used)|beliebteste[nrs]?|haufigste[nrs]?|"
    r"mas (?:popular|comun|frecuente)(?:es)?|plus (?:populaire|frequente?)s?) (?P<c>C\d+)"
)


def _popular(words: Words) -> Query | None:
    """ "the most popular colour": the value that most rows have."""
    m = _POPULAR.search(words.main)
    field = words.marks.names[m["c"]].what if m else ""
    if m is None or words.layer.column(field).type != "text":
        return None
    plural = words.marks.words[m["c"]].lower().endswith("s")
    words.main = words.main[: m.start()] + " ∙ " + words.main[m.end() :]
    order = Order(1, m["how"] != "least")
    limit = int(words.marks.numbers[m["n"]]) if m["n"] else None if plural else 1
    return Query((Measure(field.partition(".")[0], "count"),), (Level(field),), order=(order,), limit=limit)


def ranked(words: Words) -> Query | None:
    if (found := _popular(words) or _first_or_last(words) or _by_its_figure(words)) is not None:
        return found
    text = words.main
    top = pattern(
        (
            r"(?<!at )(?:the )?(?:{highest}|{lowest}|first) (?P<n>N\d+)(?: (?:best|most|highest|"
            r"largest|combinations? of|different|[a-z]+ing))*(?: [a-z]+)? (?P<subjects>"
        )
        + LIST
        + r")"
    ).search(text)
    if top:
        down = not pattern("{lowest}").match(re.sub(r"^the ", "", top[0]))
        limit: int | None = int(words.marks.numbers[top["n"]])
        subjects, after = re.findall(T, top["subjects"]), text[top.end() :]
        head = text[: top.start()]
        if not after.strip(" ?") and head:  # "number of signups for the top 2 states"
            after = head
    else:
        m = pattern("(?<!at )" + EXTREME + r" (?:V\d+ )*(?P<t>[ECM]\d+|V\d+|{count}|{sum}|{average})").search(text)
        if not m:
            return _said_of_it(words)
        before = re.findall(r"[ECG]\d+", text[: m.start()])
        adjectival = m["t"].startswith("E") and not re.search(
            (
                r"\b(?:has|have|had|with|haben|hat|tienen?|a|ont|avec|made|received|having|"
                r"got|gets?|took|placed|did)\b(?: \S+){0,2} ?(?:the )?$"
            ),
            text[: m.start()],
        )
        if not before and not adjectival:
            return None
        down = not pattern("{lowest}").fullmatch(m["how"])
        if adjectival and not before:
            subjects, after = [m["t"]], m["how"]
        else:
            subjects, after = (
                [before[0]] if not re.search(r"\bof (?:the |all )?$", text[: text.find(before[-1])]) else before,
                text[m.start() :],
            )
        word = words.marks.words[subjects[0]].lower()
        plural = word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))
        plural = plural or bool(
            re.match(r"(?:what|which|who|cuales|quels|quelles)? ?(?:are|were|list|sind|son|sont)\b", text)
        )
        counted = re.search(rf"(?P<n>N\d+) {subjects[0]}\b", text)
        limit = int(words.marks.numbers[counted["n"]]) if counted else None if plural else 1
    levels = tuple(dict.fromkeys(level for s in subjects for level in words.levels_of(s)))
    if not levels:
        return None
    by = _ranked_by(words, after, subjects, down)
    if by is None:
        return None
    measure, column = by
    words.main = text if top is None else text[: top.start()] + " ∙ " + text[top.start() + len(top[0]) :]
    if measure is None:
        extra = (Level(column),) if Level(column) not in levels else ()
        order = Order([*levels, *extra].index(Level(column)), down)
        return Query((), (*levels, *extra), order=(order,), limit=limit)
    others = [me for _, _, me in words.measures(words.main) if me != measure]
    more, _ = words.group_levels(words.main) if not top else ((), "")
    levels = tuple(dict.fromkeys((*levels, *(v for v in more if v not in levels))))
    return Query((measure, *others), levels, order=(Order(len(levels), down),), limit=limit)


_FIRST_LAST = re.compile(
    r"(?:(?P<e>E\d+)|what|who|was|que|quoi)(?: (?:is|are|was|were|wird|wurde|ist))? (?P<c>C\d+)(?: \S+)? "
    r"(?P<how>first|last|latest|earliest|soonest|zuerst|zuletzt)\W*$"
)


def _first_or_last(words: Words) -> Query | None:
    """ "which order is due first?", "what is delivered last?": by the day that is named."""
    m = _FIRST_LAST.search(words.main)
    field = words.marks.names[m["c"]].what if m else ""
    if m is None or words.layer.column(field).type not in ("date", "datetime"):
        return None
    own = words.layer.entities[field.partition(".")[0]]
    levels = (*(Level(f"{field.partition('.')[0]}.{c}") for c in own.label), Level(field))
    words.main = words.main[: m.start()] + " ∙ "
    down = m["how"] in ("last", "latest", "zuletzt")
    return Query((), levels, order=(Order(len(levels) - 1, down),), limit=1)


_BY_FIGURE = r"(?:the )?(?P<how>{highest}|{lowest}) (?P<e>E\d+) (?:by|in terms of|according to) (?:the )?(?P<c>C\d+)"


def _by_its_figure(words: Words) -> Query | None:
    """ "the largest site by floor area": the thing with the highest figure of its own."""
    m = pattern(_BY_FIGURE).search(words.main)
    field = words.marks.names[m["c"]].what if m else ""
    if (
        m is None
        or words.layer.column(field).type != "number"
        or not field.startswith(words.marks.names[m["e"]].what + ".")
    ):
        return None
    levels = (*words.levels_of(m["e"]), Level(field))
    down, plural = not pattern("{lowest}").fullmatch(m["how"]), words.marks.words[m["e"]].lower().endswith("s")
    words.main = words.main[: m.start()] + " ∙ " + words.main[m.end() :]
    return Query((), levels, order=(Order(len(levels) - 1, down),), limit=None if plural else 1)


def _said_of_it(words: Words) -> Query | None:
    """ "which repair was the most expensive?": the superlative stands behind its thing."""
    m = pattern(r"(?P<e>E\d+) (?:is|are|was|were) (?:the )?(?P<how>{highest}|{lowest})\W*$").search(words.main)
    entity = words.marks.names[m["e"]].what if m else ""
    column = _adjective(words, m["how"], entity) if m else ""
    if m is None or not column:
        return None
    levels = (*words.levels_of(m["e"]), Level(column))
    down = not pattern("{lowest}").fullmatch(m["how"])
    plural = words.marks.words[m["e"]].lower().endswith("s")
    words.main = words.main[: m.start()] + " ∙ "
    return Query((), levels, order=(Order(len(levels) - 1, down),), limit=None if plural else 1)


def _ranked_by(words: Words, text: str, subjects: Sequence[str], down: bool) -> tuple[Measure | None, str] | None:
    """What the rank is by: a measure, or a column of the subject itwords."""
    measures = words.measures(text)
    if measures:
        measure = measures[0][2]
        own = {words.marks.names[s].what.partition(".")[0] for s in subjects if not s.startswith("G")}
        entity, _, column = measure.of.partition(".")
        # "the highest number of citations" of a publication is a column of its own.
        if column and measure.by == "sum" and entity in own and _is_row(words, subjects, entity):
            return None, measure.of
        return measure, ""
    owner = words.marks.names[subjects[0]].what.partition(".")[0] if not subjects[0].startswith("G") else ""
    if m := pattern(r"(?:{highest}|{lowest}) (?P<v>V\d+)(?! [CM]\d)").search(text):
        # "the most sick leave": how many rows there are of that value; the value itself is a condition already.
        of = words.marks.names[m["v"]].what.partition(".")[0]
        if of != owner:
            return Measure(of, "count"), ""
    for mark in re.findall(r"[ECM]\d+", text):
        if mark in subjects:
            continue
        what = words.marks.names[mark].what
        if mark.startswith("M"):
            return words.metric(what), ""
        if mark.startswith("E"):
            if what == owner and (not subjects[0].startswith("C") or _is_row(words, subjects, owner)):
                continue  # but "which owner has the most bookings" counts them
            return Measure(what, "count"), ""
        if words.layer.column(what).type in ("number", "date", "datetime"):
            if what.partition(".")[0] == owner and _is_row(words, subjects, owner):
                return None, what
            return Measure(what, "max" if re.search("rating|score|age|rate|grade", what) else "sum"), ""
    column = _adjective(words, text, owner)
    return (None, column) if column else None


def _is_row(words: Words, subjects: Sequence[str], entity: str) -> bool:
    """Whether the subjects are rows of the entity, not groups of them."""
    meant = words.layer.entities[entity]
    # Without a key, several rows may have the same label.
    whole = {entity, *(f"{entity}.{c}" for c in (*meant.key, *(meant.label if meant.key else ())))}
    return any(not s.startswith("G") and words.marks.names[s].what in whole for s in subjects)


def _adjective(words: Words, text: str, entity: str) -> str:
    if not entity:
        return ""
    for said, about in _ADJECTIVES.items():
        if re.search(rf"\b(?:{said})\b", text):
            for wanted in about.split():
                for column, meant in words.layer.entities[entity].columns.items():
                    if wanted in column.split() and meant.type in ("number", "date", "datetime"):
                        return f"{entity}.{column}"
            return _only_one(words, about, entity)
    return ""


_MONEY_UNITS = frozenset("EUR USD GBP CHF".split())


def _only_one(words: Words, about: str, entity: str) -> str:
    """ "the oldest", "the most expensive": the entity's one date, or its one column of money."""
    columns = words.layer.entities[entity].columns.items()
    found: list[str] = []
    if "date" in about.split():
        found = [c for c, of in columns if of.type in ("date", "datetime")]
    elif "price" in about.split():
        found = [c for c, of in columns if of.unit in _MONEY_UNITS]
    return f"{entity}.{found[0]}" if len(found) == 1 else ""


def busy(words: Words) -> Query | None:
    """ "the busiest hours per day of the week": how much happens when."""
    m = BUSIEST.search(words.main)
    if m is None:
        return None
    levels, _ = words.group_levels(words.main[m.end() :])
    named = [x.what for x in words.marks.names.values() if x.kind == "entity"]
    happens = [
        e
        for e in named or words.layer.entities
        if any(c.type == "datetime" for c in words.layer.entities[e].columns.values())
    ]
    if len(happens) != 1:
        return None
    entity = happens[0]
    field = f"{entity}.{next(c for c, of in words.layer.entities[entity].columns.items() if of.type == 'datetime')}"
    said = words.marks.words.get(m["unit"], m["unit"]).lower()
    grain: Grain = "weekday" if said.startswith("day") else "month" if said.startswith("month") else "hour of day"
    grains = [level.grain for level in levels if level.grain]
    words.main = words.main[: m.start()]
    return Query((Measure(entity, "count"),), tuple(Level(field, g) for g in dict.fromkeys([*grains, grain])))
