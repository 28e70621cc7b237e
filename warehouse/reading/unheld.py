"""What of a question its query doesn't hold: a name, a value, a time, or what is to be done with them.

A query that leaves a condition out gives a number that looks right. So the marks of the question are held against the
query once it is made, and what it doesn't account for is said instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from warehouse.layer.model import SPAN, Layer, span_ends
from warehouse.query.paths import way
from warehouse.query.structured import Filter, Measure, Query
from warehouse.reading.annotate import Annotated
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Mention
from warehouse.reading.ranks import BUSIEST


def unheld(marks: Annotated, query: Query, layer: Layer) -> list[str]:
    """The words of the question that no part of the query stands for, names first."""
    held = _Held(query, layer)
    named = re.findall(r"\b[VCEMDG]\d+\b", BUSIEST.sub("", marks.text))
    found = [marks.words[m] for m in named if m in marks.words and not held.mark(m, marks)]
    # "how many have a permit and how many don't" is by yes and no.
    halves = any("." in v.field and layer.column(v.field).type == "boolean" for v in query.levels)
    text = pattern("{not}|{without}").sub("∙", marks.text) if halves else marks.text
    work = [re.sub(r"\b[A-Z]\d+\b", lambda m: marks.words.get(m[0], m[0]), w) for w in _work(text, query)]
    return [*found, *work]


# A weaker mention is a verb or a likeness ("cited", "people"), and may be said by the way.
_CALLED_SO = 0.75


_VERB = re.compile(r"(?:ed|ght|en|made|sold|paid|held|sent|kept|got|gave|took)$")
# What a column of days or months may be called besides.
_KEPT_AS = {"weekday": ("day",), "day": ("date", "weekday", "days"), "month of year": ("month",)}
# "the last week, not including the current one" is what a last week is.
_RUNNING = re.compile(r"(?:not (?:including|counting)|excluding|without) (?:the |this )*(?:current|running)? ?[GD]\d+")
_BESIDE = "by|of|from|for|to|with|at|in|on|across|among|von|bei|aller|por|para|par|pour"


class _Held:
    """A query taken apart into what can be named."""

    def __init__(self, query: Query, layer: Layer) -> None:
        self.query, self.layer = query, layer
        self.measures = list(_all(query))
        self.filters = [*query.conditions(), *(f for m in self.measures for f in m.where)]
        fields = {*query.named(), *(f.field for f in self.filters), *(m.of for m in self.measures)}
        ends = {end for f in fields if SPAN in f for end in span_ends(f)[:2]}
        self.fields = {*fields, *ends}
        for relation in layer.relations:
            if relation.many in self.fields or relation.one in self.fields:
                self.fields |= {relation.many, relation.one}
        touched = list(dict.fromkeys(f.partition(".")[0] for f in [*query.named(), *ends]))
        self.entities = set(touched)
        for one in touched:
            for other in touched:
                self.entities |= {s.entity for s in way(layer, one, other) or ()}

    def mark(self, mark: str, marks: Annotated) -> bool:
        """Whether some part of the query stands for the mark."""
        if mark[0] == "D":
            return self._time()
        if mark[0] == "G":
            return self._grain(marks.grains[mark])
        mention = marks.names[mark]
        said = marks.words[mark].lower().split()
        if mark[0] == "C" and (_VERB.search(said[0]) or (len(said) > 1 and said[-1].endswith("ed"))):
            return True  # what was done, said by the way: "references cited"
        owner = mark[0] == "C" and said[-1].endswith(("'s", "’s"))
        if owner or re.search(rf"\b(?:in|of|at|within|across) (?:the|our) {mark}\W*$", marks.text):
            return True  # "in the company": no certain one
        if mark[0] == "E" and self._any_of(mention.what, mark, marks.text):
            return True
        if mark[0] == "C" and pattern(rf"{{each}} (?:the )?{mark}").search(marks.text):
            return mention.what in self.fields or self._column(replace(mention, strength=1.0))  # what rows are by
        return {"V": self._value, "C": self._column, "E": self._entity, "M": self._metric}[mark[0]](mention)

    def _time(self) -> bool:
        return self.query.period is not None or any(f.said for f in self.filters)

    def _grain(self, grain: str) -> bool:
        spans = any(SPAN in f for f in self.fields)
        dated = any(self.layer.column(f).type in ("date", "datetime") for f in self.fields if "." in f)
        # A day or a month may be kept as a word or a number in a column of its own.
        kept = any({*grain.split(), *_KEPT_AS.get(grain, ())} & set(f.partition(".")[2].split()) for f in self.fields)
        return spans or dated or kept or any(v.grain for v in self.query.levels) or self.query.period is not None

    def _value(self, mention: Mention) -> bool:
        def holds(f: Filter) -> bool:
            values = f.value if isinstance(f.value, tuple) else (f.value,)
            said = str(mention.value).lower()
            return any(str(v).lower() == said or (f.op == "contains" and str(v).lower() in said) for v in values)

        return any(holds(f) for f in self.filters)

    def _column(self, mention: Mention) -> bool:
        if mention.strength < _CALLED_SO:
            return True
        entity, _, column = mention.what.partition(".")
        own = self.layer.entities[entity]
        named = column in (*own.key, *own.label) and entity in self.entities and self._names_rows(mention.what)
        # "meals … and meal description": of two columns that are called so, one is held.
        alike = any(f.startswith(f"{entity}.{column.split()[0]} ") for f in self.fields)
        return mention.what in self.fields or named or alike

    def _names_rows(self, field: str) -> bool:
        """Whether the thing's name needs no column: it is listed or counted, not in one figure over all ("names and
        their averages").
        """
        entity = field.partition(".")[0]
        single = self.query.measures and not self.query.levels
        counts = any(m.by.startswith("count") and m.of.partition(".")[0] == entity for m in self.measures)
        return not single or counts or any(f.field == field for f in self.filters)

    def _entity(self, mention: Mention) -> bool:
        return mention.what in self.entities

    def _any_of(self, entity: str, mark: str, text: str) -> bool:
        """ "shifts worked by employees": each belongs to one, so that naming them leaves nothing out."""
        if not re.search(rf"\b(?:{_BESIDE})(?: (?:all|any|the|our|an?|their))* {mark}\b", text):
            return False
        ways = (way(self.layer, one, entity) for one in self.entities)
        return any(w and not any(step.multiplies for step in w) for w in ways)

    def _metric(self, mention: Mention) -> bool:
        metric = self.layer.metrics[mention.what]
        return any(m.name == mention.what or m.of == metric.of for m in self.measures)


def _all(query: Query) -> Iterator[Measure]:
    for measure in query.measures:
        yield measure
        if measure.over is not None:
            yield measure.over


_NEGATIVE = ("!=", "not in", "is null")


def _negated(query: Query) -> bool:
    filters = [*query.conditions(), *(f for m in _all(query) for f in m.where)]
    return bool(query.without) or any(f.op in _NEGATIVE or f.value is False for f in filters)


def _extreme(query: Query) -> bool:
    return bool(query.order) or any(m.by in ("min", "max") for m in _all(query))


def _average(query: Query) -> bool:
    return any(m.by in ("avg", "median") or m.over is not None or m.name for m in _all(query))


def _either(query: Query) -> bool:
    filters = [*query.conditions(), *(f for m in _all(query) for f in m.where)]
    return bool(query.either) or any(f.op in ("in", "not in", ">=", "<=") for f in filters) or bool(query.having)


def _of_itself(measure: Measure) -> bool:
    """Whether it is the share of something in the same, which is always all of it."""
    over = measure.over
    return over is not None and (measure.of, measure.by, measure.where) == (over.of, over.by, over.where)


def _never(_: Query) -> bool:
    return False


# What is to be done → how a query does it.
_DONE: tuple[tuple[str, Callable[[Query], bool]], ...] = (
    (r"{not}|{without}|nor|neither", _negated),
    (r"{ratio}|{share}|percentage|percent|proportion|ratio", lambda q: any(m.over or m.name for m in _all(q))),
    (r"{ratio}|{share}", lambda q: not any(_of_itself(m) for m in q.measures)),
    (r"{average}", _average),
    (r"{in_total}|{how_much}", lambda q: bool(q.measures)),
    (r"{highest}|{lowest}", _extreme),
    (r"either", _either),
    (r"than (?!N\d|D\d)", lambda q: bool(q.having)),
    # "more than 40 hours in a week" is about sums of groups.
    (
        r"N\d+ (?:\S+ ){1,3}(?:in|per|within|during) (?:an? |one |any |each |every )?G\d+",
        lambda q: bool(q.having and q.levels),
    ),
    # No query does these.
    (r"difference|minus|subtract\w*|variance|deviation|correlat\w*|cumulative|running total|growth", _never),
    (r"weekends?|week-ends?|fines? de semana|wochenenden?|working days|business days|werktage?n?|convert\w*", _never),
    (r"percentile|consecutive|{average} {ratio}|same(?: \S+){1,3} as", _never),
)


_COMPARED = r"(?:{more}|{least}|{less}|{most}) N\d+"
_COMPARES = ("<", "<=", ">", ">=")


def _work(text: str, query: Query) -> Iterator[str]:
    filters = [*query.conditions(), *(f for m in _all(query) for f in m.where)]
    bounds = query.having or any(f.op in _COMPARES for f in filters)
    if not bounds and (m := pattern(_COMPARED).search(text)):
        yield m[0]  # "more than one rental", to a person who knows of no rentals
    text = pattern("{least}|{most}").sub("∙", _RUNNING.sub("∙", text) if query.period else text)
    for form, done in _DONE:
        m = pattern(form).search(text)
        if m is not None and not done(query):
            yield m[0]
