"""What of a question its query doesn't hold: a name, a value, a time, or what is to be done with them.

A query that leaves a condition out gives a number that looks right. So the marks of the question are held against the
query once it is made, and what it doesn't account for is said instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from warehouse.layer.model import SPAN, Layer, span_ends
from warehouse.query.paths import way
from warehouse.query.structured import Filter, Measure, Query
from warehouse.reading.annotate import Annotated
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Mention


def unheld(marks: Annotated, query: Query, layer: Layer) -> list[tuple[str, str]]:
    """(kind, words) of the question that no part of the query stands for, in its order."""
    held = _Held(query, layer)
    found: list[tuple[str, str]] = []
    for mark in re.findall(r"\b[VCEMDG]\d+\b", marks.text):
        if mark in marks.words and not held.mark(mark, marks):
            found.append((mark[0], marks.words[mark]))
    found += [(kind, said) for kind, said in _work(marks.text, query)]
    return found


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
            return self._time(marks.periods[mark].words)
        if mark[0] == "G":
            return self._grain(marks.grains[mark])
        mention = marks.names[mark]
        return {"V": self._value, "C": self._column, "E": self._entity, "M": self._metric}[mark[0]](mention)

    def _time(self, words: str) -> bool:
        return self.query.period is not None or any(f.said for f in self.filters)

    def _grain(self, grain: str) -> bool:
        spans = any(SPAN in f for f in self.fields)
        dated = any(self.layer.column(f).type in ("date", "datetime") for f in self.fields if "." in f)
        return spans or dated or any(v.grain for v in self.query.levels) or self.query.period is not None

    def _value(self, mention: Mention) -> bool:
        def holds(f: Filter) -> bool:
            values = f.value if isinstance(f.value, tuple) else (f.value,)
            return any(str(v).lower() == str(mention.value).lower() for v in values)

        return any(holds(f) for f in self.filters)

    def _column(self, mention: Mention) -> bool:
        entity, _, column = mention.what.partition(".")
        own = self.layer.entities[entity]
        named = column in (*own.key, *own.label) and entity in self.entities
        return mention.what in self.fields or named

    def _entity(self, mention: Mention) -> bool:
        return mention.what in self.entities

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


# What is to be done → how a query does it.
_DONE: tuple[tuple[str, str, Callable[[Query], bool]], ...] = (
    ("not", r"not|no|never|without|except|excluding|other than|isn't|aren't|don't|doesn't|didn't|nor|neither", _negated),
    ("share", r"{ratio}|{share}|percentage|percent|proportion|ratio|fraction", lambda q: any(m.over or m.name for m in _all(q))),
    ("average", r"{average}", _average),
    ("extreme", r"{highest}|{lowest}", _extreme),
    ("or", r"[VNC]\d+ or [VNC]\d+|either", _either),
    ("compute", r"difference|minus|subtract\w*|variance|deviation|correlat\w*|cumulative|running|growth|percentile|consecutive|increase|decrease|trend|per cent change|change", lambda q: False),
    ("same", r"same", lambda q: False),
    ("than", r"than(?! N\d| D\d)", lambda q: False),
)


def _work(text: str, query: Query) -> Iterator[tuple[str, str]]:
    for kind, form, done in _DONE:
        m = pattern(form).search(text)
        if m is not None and not done(query):
            yield kind, m[0]
