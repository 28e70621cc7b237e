"""What a marked question measures and by what, found by its cue words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from core.errors import QuestionError
from core.text.words import folded
from warehouse.layer.model import Aggregation, Operator
from warehouse.query.structured import Filter, Level, Measure
from warehouse.reading.annotate import Annotated
from warehouse.reading.conditions import conditions
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Lexicon

T = r"[ECMG]\d+"
AND = (
    r"(?:,? (?:and|und|y|e|et|as well as|along with|&)(?: the| their| its| per|"
    r" by| each| both)*|, ?(?:the |their |its |per |by )?)"
)
LIST = rf"{T}(?:{AND} ?{T})*"
_MEASURES: tuple[tuple[str, str], ...] = (
    ("average", r"{average}(?: of)?(?: the| daily| G\d+)* (?:{count} )?(?:V\d+ |E\d+ )*(?P<t>[CM]\d+)"),
    ("median", r"{median}(?: of)?(?: the| G\d+)* (?:V\d+ |E\d+ )*(?P<t>[CM]\d+)"),
    ("count", (
        r"(?:{sum} )?{count}(?: the| all| of| total)*(?: (?P<distinct>{distinct})"
        r")?(?: the| of)?(?: (?:V\d+|[a-z-]+)){0,1}? (?P<t>[ECM]\d+)"
    )),
    ("sum", r"{sum}(?: of)?(?: the| all| G\d+)* (?:V\d+ |E\d+ )*(?P<t>[CM]\d+)"),
    ("sum", (
        r"(?:how much|wie ?viel|cuanto|combien)(?: did| does| do| was| were| is| has)? "
        r"(?:∙ |the |V\d+ )*(?P<t>[CM]\d+)"
    )),
    ("money", r"{sum}(?: G\d+)* (?:V\d+ )*(?P<t>E\d+)(?! counts?| numbers?)"),
    ("entities", r"{sum}(?: of)?(?: {distinct})? (?:V\d+ )*(?P<t>E\d+)(?: counts?| numbers?)?"),
    ("entities", r"(?P<t>E\d+) counts?"),
    ("rows", r"{count}(?: the| all| of)* (?P<t>V\d+)(?!(?: V\d+)* [ECM]\d)"),
    ("metric", r"(?P<t>M\d+)"),
)  # fmt: skip
# Columns that end so say something of a thing, and their different values aren't its number.
_ABOUT_THINGS = frozenset("status date type time value description text state".split())
# Of an entity that has one of these, "total sales" are its sum.
_MONEY = re.compile(r"\b(price|amount|revenue|value|betrag|importe|montant)\b")
EXTREME = r"(?P<how>{highest}|{lowest})(?: of| the| daily| G\d+)*"


class Words:
    """A marked question as it is taken apart: what has been used is blanked out.

    Attributes:
        main: The first sentence; `select` those that say what to return; `rest` the others.
        having: Entities whose rows are counted against a number; `without` those that there are none of.
        compared: The figures of one period earlier are wanted beside.
    """

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

    def take_comparison(self) -> None:
        """ "compared with last year" says beside what, not of which days."""
        m = pattern(r",? ?{compare}(?: the)? (?P<d>D\d+|G\d+ before|previous G\d+)").search(self.main)
        if m is None:
            return
        self.main = (self.main[: m.start()] + self.main[m.end() :]).strip()
        self.compared = True
        self.marks.periods.pop(m["d"], None)

    def take_order(self) -> None:
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

    def measures(self, text: str) -> list[tuple[int, int, Measure]]:
        """The measures that `text` names and where, in order."""
        found: list[tuple[int, int, Measure]] = []
        for kind, form in _MEASURES:
            for m in pattern(form).finditer(text):
                if all(m.end() <= b or m.start() >= e for b, e, _ in found):
                    of_money = kind == "count" and re.search(r"amounts? of|betrag|montant|importe", m[0])
                    made = self._measure("money" if of_money else kind, m["t"], bool(m.groupdict().get("distinct")))
                    found.append((m.start(), m.end(), made))
                    if kind == "count" and (
                        more := re.match(r",? (?:and|und|y|et) (?P<t>E\d+)(?! counts?)", text[m.end() :])
                    ):
                        found.append((m.end(), m.end() + more.end(), self._measure(kind, more["t"])))
        return sorted(found, key=lambda f: f[0])

    def _measure(self, kind: str, mark: str, distinct: bool = False) -> Measure:
        what = self.marks.names[mark].what
        if mark.startswith("V"):
            # "How many women": those of whom it is a value.
            return Measure(what.partition(".")[0], "count")
        if mark.startswith("M"):
            metric = self.metric(what)
            # The average of what a metric adds up is no longer that metric.
            of_rows = kind in ("average", "median") and metric.by == "sum" and not metric.over
            return replace(metric, by="avg" if kind == "average" else "median", name="") if of_rows else metric
        if mark.startswith("E"):
            money = [c for c, m in self.layer.entities[what].columns.items() if m.type == "number" and _MONEY.search(c)]
            if kind == "money" and len(money) == 1:
                return Measure(f"{what}.{money[0]}", "sum")
            # A row may stand for several: "checkin" with its "count".
            many = [
                c
                for c, m in self.layer.entities[what].columns.items()
                if m.type == "number" and c in ("count", "quantity")
            ]
            return Measure(f"{what}.{many[0]}", "sum") if many else Measure(what, "count")
        column = self.layer.column(what)
        if kind in ("average", "sum", "median") and column.type == "number":
            by: Aggregation = "avg" if kind == "average" else "median" if kind == "median" else "sum"
            return Measure(what, by)
        if kind == "count" and column.type in ("date", "datetime", "boolean") and not distinct:
            return Measure(what.partition(".")[0], "count")
        last = what.rpartition(".")[2].split()[-1]
        if kind == "count" and last in _ABOUT_THINGS and last not in folded(self.marks.words[mark]):
            said = self.marks.words[mark]
            raise QuestionError(f"The data has no rows of “{said}”, only the {what.partition('.')[2]}; count these.")
        if kind == "count" and column.type == "number" and not distinct:
            return Measure(what, "sum")
        if len(self.layer.entities) == 1 and self.layer.entities[what.partition(".")[0]].key == (
            what.partition(".")[2],
        ):
            return Measure(what.partition(".")[0], "count")
        return Measure(what, "count_distinct")

    def metric(self, name: str) -> Measure:
        metric = self.layer.metrics[name]
        where = tuple(Filter(c.field, c.op, c.value) for c in metric.where)
        over = Measure(metric.over, metric.by) if metric.over else None
        return Measure(metric.of, metric.by, where, over, name, 100 if metric.unit == "%" and over else 1)

    def levels_of(self, mark: str) -> tuple[Level, ...]:
        if mark.startswith("G"):
            return (Level("", self.marks.grains[mark]),)
        if mark.startswith("M"):
            return ()
        what = self.marks.names[mark].what
        if mark.startswith("C"):
            return (Level(what),)
        entity = self.layer.entities[what]
        return tuple(Level(f"{what}.{c}") for c in (entity.label or entity.key or tuple(entity.columns)[:3]))

    def group_levels(self, text: str) -> tuple[tuple[Level, ...], str]:
        """Levels after "per", "by", "for each", and adjectives as "monthly"; the text without them."""
        levels: list[Level] = []
        form = (
            rf"{{each}}(?: of| the| these| those| different| possible| type| kind| combination|"
            rf" single)* (?P<list>{LIST})"
        )
        at = 0
        while m := pattern(form).search(text, at):
            mark = m["list"].split()[0].strip(",")
            names_rows = not mark.startswith("C") or self._is_name(self.marks.names[mark].what) or " the " in m[0]
            if names_rows and _agent(text, m, self.marks.words):
                at = m.end()
                continue
            for mark in re.findall(T, m["list"]):
                levels += self.levels_of(mark)
            text = text[: m.start()] + " ∙ " + text[m.end() :]
        for m in re.finditer(r"(?P<g>G\d+) (?=(?:the )?(?:average|total|sum|number|mean|median|count|[CEMV]\d))", text):
            word = self.marks.words[m["g"]].lower()
            if word.endswith(("ly", "al", "lich", "liche", "el", "elle", "uel")):
                levels.append(Level("", self.marks.grains[m["g"]]))
        return tuple(dict.fromkeys(levels)), text

    def _is_name(self, field: str) -> bool:
        entity, _, column = field.partition(".")
        return column in (*self.layer.entities[entity].key, *self.layer.entities[entity].label)

    def side(self, text: str) -> Measure | None:
        found = conditions(text, self.marks, self.lexicon)
        free = without_spans(text, [(f.begin, f.end) for f in found])
        measures = self.measures(free)
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


def _agent(text: str, m: re.Match[str], words: Mapping[str, str]) -> bool:
    """Whether "by" says who did it: written by authors, taken by students."""
    if not re.match(r"(?:by|par|por) (?!each|every|chaque|cada)", m[0]):
        return False
    before = text[: m.start()].rstrip().rpartition(" ")[2]
    before = words.get(before, "" if before[:1] in "EM" and before[1:].isdigit() else before).lower()
    return bool(re.search(r"\w(?:ed|en|wn|ght|ne|ade|old)$", before)) and before not in (
        "grouped",
        "divided",
        "broken",
        "split",
    )


def without_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with a dot in place of each span."""
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin] + " ∙ " + text[end:]
    return text
