"""A question in plain words → a structured query over a layer, by the forms that questions have.

What to measure, by what, of which rows, in which order: each is looked for by its cue words among the marks of
`annotate`, and taken out. What then is left and says something is unknown; a question with too much of that isn't
answered, since a number for another question is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.errors import QuestionError
from core.text.dates import month_number
from core.text.words import folded
from warehouse.layer.model import Aggregation, Operator
from warehouse.query.paths import way
from warehouse.query.structured import Filter, Grain, Level, Measure, Order, Period, Query
from warehouse.reading.annotate import Annotated, annotated
from warehouse.reading.conditions import Found, conditions
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Lexicon
from warehouse.reading.missing import missing_words, says
from warehouse.reading.periods import Said

_T = r"[ECMG]\d+"
_AND = r"(?:,? (?:and|und|y|e|et|as well as|along with|&)(?: the| their| its| per| by| each| both)*|, ?(?:the |their |its |per |by )?)"
_LIST = rf"{_T}(?:{_AND} ?{_T})*"
_MEASURES: tuple[tuple[str, str], ...] = (
    ("count", r"(?:{sum} )?{count}(?: the| all| of| total)*(?: (?P<distinct>{distinct}))?(?: the| of)?(?: (?:V\d+|[a-z-]+)){0,1}? (?P<t>[ECM]\d+)"),
    ("average", r"{average}(?: of)?(?: the| daily| G\d+)* (?:{count} )?(?:V\d+ |E\d+ )*(?P<t>[CM]\d+)"),
    ("median", r"{median}(?: of)?(?: the| G\d+)* (?:V\d+ |E\d+ )*(?P<t>[CM]\d+)"),
    ("sum", r"{sum}(?: of)?(?: the| all| G\d+)* (?:V\d+ |E\d+ )*(?P<t>[CM]\d+)"),
    ("money", r"{sum}(?: G\d+)* (?:V\d+ )*(?P<t>E\d+)(?! counts?| numbers?)"),
    ("entities", r"{sum}(?: of)?(?: {distinct})? (?:V\d+ )*(?P<t>E\d+)(?: counts?| numbers?)?"),
    ("entities", r"(?P<t>E\d+) counts?"),
    ("metric", r"(?P<t>M\d+)"),
)  # fmt: skip
_BUSIEST = re.compile(r"\b(?:busiest|quietest|peak) (?P<unit>hours?|days?|weeks?|months?|times?|[CG]\d+)")
_PEOPLE = frozenset("person people employee staff worker colleague user customer client member student patient".split())
# Of an entity that has one of these, "total sales" are its sum.
_MONEY = re.compile(r"\b(price|amount|revenue|value|betrag|importe|montant)\b")
_EXTREME = r"(?P<how>{highest}|{lowest})(?: of| the| daily| G\d+)*"
# What an adjective is about: words that a column's name has.
_ADJECTIVES = {
    r"long\w*|short\w*|lang\w*|kurz\w*|larg\w*|cort\w*|longue?|courte?": "length duration time elapsed",
    r"high\w*|low\w*|tall\w*|hoch\w*|alt\w*|haute?": "altitude height elevation",
    r"large\w*|big\w*|small\w*|gross\w*|klein\w*|grande?s?|petite?s?": "area size population capacity",
    r"old\w*|new\w*|early|earliest|late\w*|recent|young\w*|alt\w*|neu\w*": "date year age time created",
    r"expensive|cheap\w*|teuer\w*|billig\w*|car[oa]s?|cher": "price cost fare fee amount",
    r"heav\w*|light\w*": "weight", r"fast\w*|slow\w*": "speed time", r"best|worst|beste\w*|mejor|meilleur": "rating score grade",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What was understood: a query, or in one sentence why there is none.

    Attributes:
        unknown: Words of the question that nothing in the data is called.
        choices: Where a word may mean several things: how each of them would be asked.
    """

    query: Query | None = None
    problem: str = ""
    unknown: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def read(question: str, lexicon: Lexicon, today: date) -> Reading:
    """The query that `question` means."""
    marks = annotated(re.sub(r"\bnon-(?=\w)|(?<=t)-(?=\w+ed\b)", lambda m: "non " if m[0] != "-" else " ", question), lexicon, today)
    if marks.lost:
        return Reading(problem=f"The data has no “{marks.lost[0]}”.", unknown=marks.lost)
    if not marks.names and not _BUSIEST.search(marks.text):
        return Reading(problem="The question names nothing that the data has.", unknown=marks.unknown)
    if absent := missing_words(question, marks):
        return Reading(problem=f"The data has nothing for “{absent[0]}”.", unknown=tuple(absent))
    try:
        query = _Reader(marks, lexicon, today).query()
    except QuestionError as error:
        return Reading(problem=str(error), unknown=marks.unknown)
    if query is None:
        return Reading(problem="The question doesn't say what to count or list.", unknown=marks.unknown)
    narrowed = query.filters or query.also or query.without or query.having or query.period or query.order
    unsaid = [w for w in marks.unknown if says(w)]
    if not query.measures and not narrowed and unsaid:
        return Reading(problem=f"The data has nothing for “{unsaid[0]}”.", unknown=tuple(unsaid))
    return Reading(query, unknown=tuple(unsaid))


class _Reader:
    """Takes a marked question apart; each step blanks out what it has used."""

    def __init__(self, marks: Annotated, lexicon: Lexicon, today: date) -> None:
        self.today = today
        self.marks, self.lexicon, self.layer = marks, lexicon, lexicon.layer
        sentences = [s.strip() for s in re.split(r"(?<=[?!;])\s+|\.\s+|\.$|;\s*", marks.text) if s.strip()]
        self.main, tails = sentences[0], sentences[1:]
        self.select = " | ".join(t for t in tails if pattern(r"{return}|what").match(t))
        self.rest = " | ".join(t for t in tails if not pattern(r"{return}|what").match(t))
        self.order_text = ""
        self.having: list[tuple[str, Operator, float]] = []
        self.without: list[str] = []
        self.compared = False

    def query(self) -> Query | None:
        self._take_comparison()
        self._take_order()
        made = self._busy() or self._quotient() or self._ranked() or self._plain()
        if made is None:
            return None
        made = self._conditioned(made)
        made = self._returned(made)
        made = self._timed(made)
        made = self._joined(self._counted(made))
        return self._ordered(made)

    def _take_comparison(self) -> None:
        """"compared with last year" says beside what, not of which days."""
        m = pattern(r",? ?{compare}(?: the)? (?P<d>D\d+|G\d+ before|previous G\d+)").search(self.main)
        if m is None:
            return
        self.main = (self.main[: m.start()] + self.main[m.end() :]).strip()
        self.compared = True
        self.marks.periods.pop(m["d"], None)

    def _busy(self) -> Query | None:
        """"the busiest hours per day of the week": how much happens when."""
        m = _BUSIEST.search(self.main)
        if m is None:
            return None
        levels, _ = self._group_levels(self.main[m.end() :])
        named = [x.what for x in self.marks.names.values() if x.kind == "entity"]
        happens = [e for e in named or self.layer.entities if any(c.type == "datetime" for c in self.layer.entities[e].columns.values())]
        if len(happens) != 1:
            return None
        entity = happens[0]
        field = f"{entity}.{next(c for c, of in self.layer.entities[entity].columns.items() if of.type == 'datetime')}"
        said = self.marks.words.get(m["unit"], m["unit"]).lower()
        grain: Grain = "weekday" if said.startswith("day") else "month" if said.startswith("month") else "hour of day"
        grains = [level.grain for level in levels if level.grain]
        self.main = self.main[: m.start()]
        return Query((Measure(entity, "count"),), tuple(Level(field, g) for g in dict.fromkeys([*grains, grain])))

    # -- pieces ----------------------------------------------------------------------------------------------------

    def _take_order(self) -> None:
        for name in ("main", "rest", "select"):
            text = getattr(self, name)
            if m := pattern(r"(?:,? ?(?:and )?){order}(?P<rest>[^|;?]*)").search(text):
                self.order_text += " " + m[0]
                setattr(self, name, (text[: m.start()] + " " + text[m.end() :]).strip())
        for name in ("main", "rest"):
            text = getattr(self, name)
            if m := pattern(r",? ?(?:{descending}|{ascending}|{alphabetical})").search(text):
                self.order_text += " " + m[0]
                setattr(self, name, (text[: m.start()] + " " + text[m.end() :]).strip())

    def _measures(self, text: str) -> list[tuple[int, int, Measure]]:
        """The measures that `text` names and where, in order."""
        found: list[tuple[int, int, Measure]] = []
        for kind, form in _MEASURES:
            for m in pattern(form).finditer(text):
                if all(m.end() <= b or m.start() >= e for b, e, _ in found):
                    of_money = kind == "count" and re.search(r"amounts? of|betrag|montant|importe", m[0])
                    made = self._measure("money" if of_money else kind, m["t"], bool(m.groupdict().get("distinct")))
                    found.append((m.start(), m.end(), made))
                    if kind == "count" and (more := re.match(r",? (?:and|und|y|et) (?P<t>E\d+)(?! counts?)", text[m.end() :])):
                        found.append((m.end(), m.end() + more.end(), self._measure(kind, more["t"])))
        return sorted(found, key=lambda f: f[0])

    def _measure(self, kind: str, mark: str, distinct: bool = False) -> Measure:
        what = self.marks.names[mark].what
        if mark.startswith("M"):
            return self._metric(what)
        if mark.startswith("E"):
            money = [c for c, m in self.layer.entities[what].columns.items() if m.type == "number" and _MONEY.search(c)]
            if kind == "money" and len(money) == 1:
                return Measure(f"{what}.{money[0]}", "sum")
            # A row may stand for several: "checkin" with its "count".
            many = [c for c, m in self.layer.entities[what].columns.items() if m.type == "number" and c in ("count", "quantity")]
            return Measure(f"{what}.{many[0]}", "sum") if many else Measure(what, "count")
        column = self.layer.column(what)
        if kind in ("average", "sum", "median") and column.type == "number":
            by: Aggregation = "avg" if kind == "average" else "median" if kind == "median" else "sum"
            return Measure(what, by)
        if kind == "count" and column.type == "number" and not distinct:
            return Measure(what, "sum")
        return Measure(what, "count_distinct")

    def _metric(self, name: str) -> Measure:
        metric = self.layer.metrics[name]
        where = tuple(Filter(c.field, c.op, c.value) for c in metric.where)
        over = Measure(metric.over, metric.by) if metric.over else None
        return Measure(metric.of, metric.by, where, over, name, 100 if metric.unit == "%" and over else 1)

    def _levels_of(self, mark: str) -> tuple[Level, ...]:
        if mark.startswith("G"):
            return (Level("", self.marks.grains[mark]),)
        if mark.startswith("M"):
            return ()
        what = self.marks.names[mark].what
        if mark.startswith("C"):
            return (Level(what),)
        entity = self.layer.entities[what]
        return tuple(Level(f"{what}.{c}") for c in (entity.label or entity.key or tuple(entity.columns)[:3]))

    def _group_levels(self, text: str) -> tuple[tuple[Level, ...], str]:
        """Levels after "per", "by", "for each", and adjectives as "monthly"; the text without them."""
        levels: list[Level] = []
        form = rf"{{each}}(?: of| the| these| those| different| possible| type| kind| combination| single)* (?P<list>{_LIST})"
        at = 0
        while m := pattern(form).search(text, at):
            if _agent(text, m, self.marks.words):
                at = m.end()
                continue
            for mark in re.findall(_T, m["list"]):
                levels += self._levels_of(mark)
            text = text[: m.start()] + " ∙ " + text[m.end() :]
        for m in re.finditer(r"(?P<g>G\d+) (?=(?:the )?(?:average|total|sum|number|mean|median|count|[CEM]\d))", text):
            word = self.marks.words[m["g"]].lower()
            if word.endswith(("ly", "al", "lich", "liche", "el", "elle", "uel")):
                levels.append(Level("", self.marks.grains[m["g"]]))
        return tuple(dict.fromkeys(levels)), text

    # -- quotients -------------------------------------------------------------------------------------------------

    def _quotient(self) -> Query | None:
        text = self.main
        percent = 100 if re.search(r"percent|prozent|porcentaje|pourcentage|%", text) else 1
        out_of = pattern(r"(?:{ratio}|{share})(?: the)? (?P<a>.+?) (?:out of|among|von allen|de entre|parmi)(?: all| the)* (?P<b>[^?]+)").search(text)
        to = pattern(r"{ratio}(?: the)? (?P<a>.+?) (?:to|and|zu|und|y|et|versus|vs) (?P<b>[^?]+)").search(text)
        share = pattern(r"{share}(?: the| all)* (?P<a>[^?]+)").search(text)
        per = pattern(r"{ratio}(?: the)? (?P<a>[EC]\d+) per (?P<b>[EC]\d+[^?]*)").search(text)
        m = out_of or per or to
        if m is not None:
            levels, below = self._group_levels(m["b"])
            more, above = self._group_levels(m["a"])
            one, other = self._side(above), self._side(below)
            if one is None or other is None:
                return None
            a, b = one, other
            shared = tuple(f for f in b.where if (out_of or f.field not in {g.field for g in a.where}) and self._last_value(below, f)) if a.where or out_of else ()
            if shared and (out_of or a.where):
                b = replace(b, where=tuple(f for f in b.where if f not in shared))
            self.main = text[: m.start()] + " ∙ " + re.sub(r"[ECVMN]\d+", "", text[m.end() :])
            self.select = re.sub(r"", "", self.select)
            measure = replace(a, over=b, times=percent)
            return Query((measure,), (*levels, *more), shared)
        if share is not None:
            levels, inner = self._group_levels(share["a"])
            side = self._side(inner)
            if side is None:
                return None
            base = replace(side, where=())
            self.main = text[: share.start()] + " ∙ "
            return Query((replace(side, over=base, times=percent),), levels)
        return None

    def _last_value(self, text: str, f: Filter) -> bool:
        """Whether the condition stands behind an "in" at the end, and so is about both sides."""
        return bool(re.search(r"\b(?:in|at|for|during|im|en|dans)(?: the| all)? V\d+(?: [CE]\d+)?\W*(?:∙\W*)*$", text.strip()))

    def _side(self, text: str) -> Measure | None:
        found = conditions(text, self.marks, self.lexicon)
        free = _without_spans(text, [(f.begin, f.end) for f in found])
        measures = self._measures(free)
        where = tuple(f.filter for f in found if f.filter is not None)
        if measures:
            return replace(measures[0][2], where=(*measures[0][2].where, *where))
        if m := re.search(r"[EC]\d+", free) or re.search(r"[EC]\d+", text):
            mark = m[0]
            what = self.marks.names[mark].what
            if mark.startswith("E"):
                return Measure(what, "count", where)
            number = self.layer.column(what).type == "number"
            return Measure(what, "sum" if number else "count_distinct", where)
        fields = [f.field.partition(".")[0] for f in where]
        return Measure(fields[0], "count", where) if fields else None

    # -- the highest, the top five ---------------------------------------------------------------------------------

    def _ranked(self) -> Query | None:
        text = self.main
        top = pattern(r"(?:the )?(?:{highest}|{lowest}|first) (?P<n>N\d+)(?: (?:best|most|highest|largest|combinations? of|different|[a-z]+ing))*(?: [a-z]+)? (?P<subjects>" + _LIST + r")").search(text)
        if top:
            down = not pattern("{lowest}").match(re.sub(r"^the ", "", top[0]))
            limit: int | None = int(self.marks.numbers[top["n"]])
            subjects, after = re.findall(_T, top["subjects"]), text[top.end() :]
            head = text[: top.start()]
            if not after.strip(" ?") and head:  # "number of signups for the top 2 states"
                after = head
        else:
            m = pattern(_EXTREME + r" (?:V\d+ )*(?P<t>[ECM]\d+|{count}|{sum}|{average})").search(text)
            if not m:
                return None
            before = re.findall(r"[ECG]\d+", text[: m.start()])
            adjectival = m["t"].startswith("E") and not re.search(r"\b(?:has|have|had|with|haben|hat|tienen?|a|ont|avec|made|received|having|got|gets?|took|placed|did)\b(?: \S+){0,2} ?(?:the )?$", text[: m.start()])
            if not before and not adjectival:
                return None
            down = not pattern("{lowest}").fullmatch(m["how"])
            if adjectival and not before:
                subjects, after = [m["t"]], m["how"]
            else:
                subjects, after = [before[0]] if not re.search(r"\bof (?:the |all )?$", text[: text.find(before[-1])]) else before, text[m.start() :]
            word = self.marks.words[subjects[0]].lower()
            plural = word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))
            plural = plural or bool(re.match(r"(?:what|which|who|cuales|quels|quelles)? ?(?:are|were|list|sind|son|sont)\b", text))
            limit = None if plural and self.order_text else 1 if not plural else None
            limit = None if plural and not self.order_text else limit
        levels = tuple(level for s in subjects for level in self._levels_of(s))
        if not levels:
            return None
        found = self._ranked_by(after, subjects, down)
        if found is None:
            return None
        measure, column = found
        self.main = text if top is None else text[: top.start()] + " ∙ " + text[top.start() + len(top[0]) :]
        if measure is None:
            extra = (Level(column),) if Level(column) not in levels else ()
            order = Order([*levels, *extra].index(Level(column)), down)
            return Query((), (*levels, *extra), order=(order,), limit=limit)
        others = [me for _, _, me in self._measures(self.main) if me != measure]
        more, _ = self._group_levels(self.main) if not top else ((), "")
        levels = tuple(dict.fromkeys((*levels, *(l for l in more if l not in levels))))
        return Query((measure, *others), levels, order=(Order(len(levels), down),), limit=limit)

    def _ranked_by(self, text: str, subjects: Sequence[str], down: bool) -> tuple[Measure | None, str] | None:
        """What the rank is by: a measure, or a column of the subject itself."""
        measures = self._measures(text)
        if measures:
            measure = measures[0][2]
            own = {self.marks.names[s].what.partition(".")[0] for s in subjects if not s.startswith("G")}
            entity, _, column = measure.of.partition(".")
            # "the highest number of citations" of a publication is a column of its own.
            if column and measure.by == "sum" and entity in own and self._is_row(subjects, entity):
                return None, measure.of
            return measure, ""
        owner = self.marks.names[subjects[0]].what.partition(".")[0] if not subjects[0].startswith("G") else ""
        for mark in re.findall(r"[ECM]\d+", text):
            if mark in subjects:
                continue
            what = self.marks.names[mark].what
            if mark.startswith("M"):
                return self._metric(what), ""
            if mark.startswith("E"):
                if what == owner:
                    continue
                return Measure(what, "count"), ""
            if self.layer.column(what).type in ("number", "date", "datetime"):
                if what.partition(".")[0] == owner and self._is_row(subjects, owner):
                    return None, what
                return Measure(what, "max" if re.search("rating|score|age|rate|grade", what) else "sum"), ""
        column = self._adjective(text, owner)
        return (None, column) if column else None

    def _is_row(self, subjects: Sequence[str], entity: str) -> bool:
        """Whether the subjects are rows of the entity, not groups of them."""
        meant = self.layer.entities[entity]
        whole = {entity, *(f"{entity}.{c}" for c in (*meant.key, *meant.label))}
        return any(not s.startswith("G") and self.marks.names[s].what in whole for s in subjects)

    def _adjective(self, text: str, entity: str) -> str:
        if not entity:
            return ""
        for words, about in _ADJECTIVES.items():
            if re.search(rf"\b(?:{words})\b", text):
                for wanted in about.split():
                    for column, meant in self.layer.entities[entity].columns.items():
                        if wanted in column.split() and meant.type in ("number", "date", "datetime"):
                            return f"{entity}.{column}"
        return ""

    # -- counts, sums, lists ---------------------------------------------------------------------------------------

    def _plain(self) -> Query | None:
        levels, text = self._group_levels(self.main)
        measures = [m for _, _, m in self._measures(text)]
        if not measures and (m := pattern(_EXTREME + r" (?:V\d+ |E\d+ )*(?P<t>C\d+)").search(text)):
            column = self.layer.column(self.marks.names[m["t"]].what)
            if column.type in ("number", "date", "datetime"):
                low = pattern("{lowest}").fullmatch(m["how"])
                measures = [Measure(self.marks.names[m["t"]].what, "min" if low else "max")]
        if measures:
            return Query(tuple(dict.fromkeys(measures)), levels)
        if levels and (m := re.search(r"[EC]\d+", text)):
            # "shifts per employee": what stands before is counted; "the capital of each state" is shown.
            what = self.marks.names[m[0]].what
            if m[0].startswith("C") and self.layer.column(what).type != "number":
                shown = tuple(level for c in re.findall(r"C\d+", text) for level in self._levels_of(c))
                return Query((), tuple(dict.fromkeys((*levels, *shown))))
            side = self._side(m[0])
            return Query((side,), levels) if side else None
        found = conditions(self.main, self.marks, self.lexicon)
        free = _without_spans(self.main, [(f.begin, f.end) for f in found])
        listed = self._listed(free) or self._listed(self.main)
        return Query((), listed) if listed else None

    def _listed(self, text: str) -> tuple[Level, ...]:
        """What a list shows: columns that are asked for, else what its rows are called."""
        marks = re.findall(r"[EC]\d+", text)
        if re.match(r"(?:who|wer|quien|quienes|qui)\b", text) and not any(m.startswith("E") for m in marks):
            return self._people()
        if not marks:
            return ()
        if marks[0].startswith("C") and re.match(rf"(?:which|list|show(?: me)?|welche|que|quels?|quelles?)?(?: all| the)* ?{marks[0]}", text):
            # "Which customers renew": whose renewal it is comes first.
            field = self.marks.names[marks[0]].what
            entity, _, column = field.partition(".")
            own = self.layer.entities[entity]
            names = {w for n in (entity, *own.names) for w in folded(n).split()}
            said = folded(self.marks.words[marks[0]]).split()
            if column not in (*own.label, *own.key) and said and {said[0], said[0].rstrip("s")} & names and len(said) > 1:
                return (*(Level(f"{entity}.{c}") for c in own.label), Level(field))
        named = re.match(rf".*?(?P<list>C\d+(?:{_AND} ?C\d+)*)(?: of| for|\b)", text)
        first_entity = next((m for m in marks if m.startswith("E")), "")
        if named and (not first_entity or text.find(named["list"]) < text.find(first_entity)):
            levels = tuple(level for m in re.findall(r"C\d+", named["list"]) for level in self._levels_of(m))
            levels = self._with_names(levels, named["list"], first_entity, text)
        else:
            levels = self._levels_of(first_entity or marks[0])
            extra = re.findall(rf"{first_entity},?(?: V\d+)? (?:and|with|und|y|et) (?:their |its |the )?(C\d+(?:{_AND} ?C\d+)*)", text) if first_entity else []
            levels += tuple(level for group in extra for m in re.findall(r"C\d+", group) for level in self._levels_of(m))
        if m := re.search(rf"\band (?:their|its|his|her|the|ihre|sus|leurs?) (C\d+(?:{_AND} ?C\d+)*) ?\W*$", text):
            levels += tuple(level for c in re.findall(r"C\d+", m[1]) for level in self._levels_of(c))
        return tuple(dict.fromkeys(levels))

    def _people(self) -> tuple[Level, ...]:
        """Whom "who" means: the people among the entities that the question can be about."""
        touched = [m.what.partition(".")[0] for m in self.marks.names.values() if m.kind in ("value", "column")]
        people = [e for e, of in self.layer.entities.items() if _PEOPLE & {w for n in (e, *of.names) for w in n.lower().split()}]
        near = [e for e in people if touched and way(self.layer, touched[0], e) is not None]
        return tuple(Level(f"{near[0]}.{c}") for c in self.layer.entities[near[0]].label) if near else ()

    def _with_names(self, levels: tuple[Level, ...], said: str, entity_mark: str, text: str) -> tuple[Level, ...]:
        """"the scores of the courses": whose each of them is stands beside it."""
        if not entity_mark or not re.search(rf"{re.escape(said)} (?:of|for|der|von|de|des)(?: all| the| each| those)* {entity_mark}", text):
            return levels
        entity = self.marks.names[entity_mark].what
        own = self.layer.entities[entity]
        known = {level.field for level in levels}
        if known & {f"{entity}.{c}" for c in (*own.label, *own.key)} or not all(f.startswith(f"{entity}.") for f in known):
            return levels
        return (*(Level(f"{entity}.{c}") for c in own.label), *levels)

    # -- rows, days, order -----------------------------------------------------------------------------------------

    def _conditioned(self, query: Query) -> Query:
        filters: list[Filter] = list(query.filters)
        for text in (self.main, self.rest):
            for found in conditions(text, self.marks, self.lexicon):
                self._note(found, filters)
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
        return query.changed(filters=tuple(dict.fromkeys(kept)), without=tuple(dict.fromkeys(self.without)))

    def _note(self, found: Found, filters: list[Filter]) -> None:
        if found.filter is not None:
            filters.append(found.filter)
        elif found.counted is not None:
            self.having.append(found.counted)
        elif found.without:
            self.without.append(found.without)

    def _returned(self, query: Query) -> Query:
        """What "Return …" asks for besides, or instead of the names of what is listed."""
        if not self.select:
            return query
        if query.limit is None and (m := pattern(r"(?:{highest}) (?P<n>N\d+) [ECM]\d+").search(self.select)) and query.measures:
            query = query.changed(limit=int(self.marks.numbers[m["n"]]), order=(Order(len(query.levels), True),))
        measures = self._measures(self.select)
        free = _without_spans(self.select, [(b, e) for b, e, _ in measures])
        columns = [mark for mark in re.findall(r"C\d+", free)]
        asked = tuple(dict.fromkeys(level for m in columns for level in self._levels_of(m)))
        known = {(m.of, m.by) for m in query.measures}
        more = [m for _, _, m in measures if (m.of, m.by) not in known] if query.measures or any(m.by != "count" for _, _, m in measures) else []
        kept = [level for level in query.levels if not self._said_by(level, asked)]
        if query.measures or more:
            own = {m.of for m in query.measures}
            asked = tuple(l for l in asked if l.field not in own)
        levels = (*kept, *(l for l in asked if l not in kept))
        ranked = query.order[0] if query.order else None
        order: tuple[Order, ...] = ()
        if ranked is not None:
            by = query.levels[ranked.position].field if ranked.position < len(query.levels) else ""
            at = [l.field for l in levels].index(by) if by and by in [l.field for l in levels] else len(levels) + ranked.position - len(query.levels)
            if by and by not in [l.field for l in levels]:
                levels, at = (*levels, Level(by)), len(levels)
            order = (replace(ranked, position=at),)
        return query.changed(levels=levels, measures=(*query.measures, *dict.fromkeys(more)), order=order)

    def _said_by(self, level: Level, asked: Iterable[Level]) -> bool:
        """Whether the asked columns name the same rows, so that the default name can go."""
        entity, _, column = level.field.partition(".")
        own = self.layer.entities[entity].label if entity in self.layer.entities else ()
        there = [l.field.partition(".")[2] for l in asked if l.field.partition(".")[0] == entity]
        return column in own and bool(there)

    def _timed(self, query: Query) -> Query:
        query = self._with_days(query)
        said = list(self.marks.periods.values())
        if self.compared:
            today = self.today
            said = said or [Said(date(today.year, 1, 1), today + timedelta(days=1), 0, 0, "this year")]
            query = query.changed(before=bool(query.measures))
        if not said:
            return query
        period = said[0]
        if (span := self._lasting(query, period)) is not None:
            return query.changed(filters=(*query.filters, *span))
        field, number = self._day_field(query, period)
        if not field:
            return query
        if number:
            filters = [*query.filters, *self._in_months(field, period)]
            if period.start:
                filters.append(Filter(field, ">=", period.start.year))
            if period.end:
                filters.append(Filter(field, "<=", (period.end.year - 1) if period.end.month == 1 and period.end.day == 1 else period.end.year))
            if len(filters) > 1 and filters[-1].field == filters[-2].field == field and filters[-1].value == filters[-2].value:
                filters = [*filters[:-2], Filter(field, "=", filters[-1].value)]
            return query.changed(filters=tuple(filters), levels=tuple(l for l in query.levels if l.field != field or query.measures))
        return query.changed(period=Period(field, period.start, period.end, period.words))

    def _lasting(self, query: Query, period: Said) -> tuple[Filter, Filter] | None:
        """"who is on holiday next week": what has begun before the end of the time and ends after its start."""
        if query.measures or period.start is None or period.end is None or not re.search(r"\b(?:is|are|was|were|ist|sind|esta|estan|est|sont)\b", self.main):
            return None
        for entity in dict.fromkeys(f.partition(".")[0] for f in query.fields()):
            dates = [c for c, of in self.layer.entities[entity].columns.items() if of.type in ("date", "datetime")]
            first = next((c for c in dates if re.search(r"\b(?:first|start|from|begin)", c)), "")
            last = next((c for c in dates if re.search(r"\b(?:last|end|until|to)\b", c)), "")
            if first and last:
                return Filter(f"{entity}.{first}", "<", period.end), Filter(f"{entity}.{last}", ">=", period.start)
        return None

    def _in_months(self, year: str, period: Said) -> list[Filter]:
        """Where months stand beside years as words, those that the period has."""
        entity = year.partition(".")[0]
        kept = next((c for c in self.layer.entities[entity].columns if c.split()[-1] == "month"), "")
        if not kept or period.start is None or period.end is None or period.end - period.start > timedelta(days=360):
            return []
        numbers = {(period.start + timedelta(days=n)).month for n in range((period.end - period.start).days)}
        field = f"{entity}.{kept}"
        stored = [v for v in self.lexicon.values.get(field, ()) if month_number(str(v)) in numbers]
        if self.layer.column(field).type == "number":
            stored = sorted(numbers)
        return [Filter(field, "in", tuple(stored))] if stored else []

    def _with_days(self, query: Query) -> Query:
        """Grains get the column that they are about."""
        if not any(not level.field for level in query.levels):
            return query
        field, number = self._day_field(query, None)
        if not field:
            return query.changed(levels=tuple(level if level.field else self._kept_as_word(query, level) for level in query.levels))
        levels = [level if level.field else Level(field, "" if number else level.grain) for level in query.levels if level.field or field]
        return query.changed(levels=tuple(dict.fromkeys(levels)))

    def _kept_as_word(self, query: Query, level: Level) -> Level:
        """The column that has a grain as a word or a number: "day" with Monday, "month" with January."""
        word = {"weekday": "day", "month of year": "month"}.get(level.grain, level.grain)
        for entity in dict.fromkeys(f.partition(".")[0] for f in query.fields() if f):
            if column := next((c for c in self.layer.entities[entity].columns if c.split()[-1] == word), ""):
                return Level(f"{entity}.{column}")
        raise QuestionError(f"Nothing in the data says by {level.grain}; ask without it.")

    def _day_field(self, query: Query, said: object) -> tuple[str, bool]:
        """The column that days are about, and whether it only holds a year: one that is named, else the entity's own."""
        columns = {mark: m.what for mark, m in self.marks.names.items() if m.kind == "column"}
        named = list(columns.values())
        dates = [f for f in named if self.layer.column(f).type in ("date", "datetime")]
        whole = " ".join((self.marks.text,))
        near = [f for mark, f in columns.items() if f in dates and re.search(rf"{mark}(?: \S+){{0,3}}? D\d|D\d(?: \S+){{0,2}}? {mark}\b", whole)]
        shown = [level.field for level in query.levels if level.field in dates] + [m.of for m in query.measures if m.of in dates]
        if near or shown:
            return (near or shown)[0], False
        years = [f for f in named if f.rpartition(".")[2].split()[-1] == "year" and self.layer.column(f).type == "number"]
        if years:
            return years[0], True
        measured = [e for m in query.measures for e in m.entities()]
        touched = list(dict.fromkeys([*measured, *(f.partition(".")[0] for f in query.fields() if f)]))
        touched += [m.what for m in self.marks.names.values() if m.kind == "entity" and m.what not in touched]
        fact = self._fact(touched)
        for entity in [fact, *touched] if fact else touched:
            if self.layer.entities[entity].date and (entity in measured or entity == fact or not dates):
                return f"{entity}.{self.layer.entities[entity].date}", False
        for entity in touched:
            if "year" in self.layer.entities[entity].columns:
                return f"{entity}.year", True
        if dates:
            return dates[0], False
        for entity, meant in self.layer.entities.items():
            if meant.date and touched and way(self.layer, entity, touched[0]) is not None:
                return f"{entity}.{meant.date}", False
        return "", False

    def _fact(self, entities: Sequence[str]) -> str:
        """The entity whose rows belong to one row of each other one: what happened, among who and where."""
        for entity in entities:
            ways = [way(self.layer, entity, other) for other in entities if other != entity]
            if len(entities) > 1 and all(w is not None and not any(step.multiplies for step in w) for w in ways):
                return entity
        return ""

    def _joined(self, query: Query) -> Query:
        """Beside figures of what happened, whom it concerned is counted there, each once."""
        facts = {m.of.partition(".")[0] for m in query.measures}
        made = []
        for m in query.measures:
            own = m.of.partition(".")[0]
            fact = next((f for f in facts if f != own and (w := way(self.layer, f, own)) and not any(s.multiplies for s in w)), "")
            key = self.layer.entities[own].key
            if fact and m.by == "count" and "." not in m.of and not m.over and len(key) == 1:
                m = replace(m, of=f"{own}.{key[0]}", by="count_distinct", via=fact)
            made.append(m)
        return query.changed(measures=tuple(made))

    def _counted(self, query: Query) -> Query:
        """"with more than three orders": groups by how many rows they have."""
        measures = list(query.measures)
        having = []
        for entity, op, number in self.having:
            counting = Measure(entity, "count")
            if counting not in measures:
                measures.append(counting)
            having.append((measures.index(counting), op, number))
        query = query.changed(measures=tuple(measures), having=tuple(having))
        # What is only named joins: "customers who made a transaction".
        touched = {f.partition(".")[0] for f in query.fields()}
        if not query.measures and not query.without:
            named = [m.what for m in self.marks.names.values() if m.kind == "entity" and m.what not in touched]
            joins = [n for n in dict.fromkeys(named) if way(self.layer, next(iter(touched)), n)]
            keys = [(n, (self.layer.entities[n].key or tuple(self.layer.entities[n].columns))[0]) for n in joins]
            query = query.changed(filters=(*query.filters, *(Filter(f"{n}.{k}", "is not null") for n, k in keys)))
        return query

    def _ordered(self, query: Query) -> Query:
        if not self.order_text:
            return query
        text = self.order_text
        down = bool(pattern("{descending}").search(text)) and not pattern("{ascending}").search(text)
        if measures := self._measures(text):
            for n, measure in enumerate(query.measures):
                if (measure.of, measure.by) == (measures[0][2].of, measures[0][2].by):
                    return query.changed(order=(Order(len(query.levels) + n, down),))
        for mark in re.findall(r"[EC]\d+", text):
            what = self.marks.names[mark].what
            for n, level in enumerate(query.levels):
                if level.field == what or level.field.partition(".")[0] == what:
                    return query.changed(order=(Order(n, down),))
            for n, measure in enumerate(query.measures):
                if measure.of == what:
                    return query.changed(order=(Order(len(query.levels) + n, down),))
            if mark.startswith("C") and not query.measures:
                return query.changed(levels=(*query.levels, Level(what)), order=(Order(len(query.levels), down),))
        if query.order:
            return query
        numbers = [n for n, level in enumerate(query.levels) if self.layer.column(level.field).type in ("number", "date", "datetime")]
        position = len(query.levels) if query.measures else numbers[-1] if numbers and down else 0
        return query.changed(order=(Order(position, down),))


def _agent(text: str, m: re.Match[str], words: Mapping[str, str]) -> bool:
    """Whether "by" says who did it: written by authors, taken by students."""
    if not re.match(r"(?:by|par|por) (?!each|every|chaque|cada)", m[0]):
        return False
    before = text[: m.start()].rstrip().rpartition(" ")[2]
    before = words.get(before, before).lower()
    return bool(re.search(r"\w(?:ed|en|wn|ght|ne|ade|old)$", before)) and before not in ("grouped", "divided", "broken", "split")


def _without_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin] + " ∙ " + text[end:]
    return text


