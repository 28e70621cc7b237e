"""The time between two days of the same thing: "days between sent and paid", "open for longer than 30 days"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from warehouse.layer.model import SPAN, Layer
from warehouse.query.structured import Filter
from warehouse.reading.annotate import Annotated
from warehouse.reading.cues import pattern
from warehouse.reading.lexicon import Mention

_BETWEEN = (
    r"(?:(?:the )?(?:time|duration|period|difference|gap|interval|span|delay|dauer|zeit|tiempo|duracion|temps|duree)"
    r"(?: in)?(?: (?P<u1>G\d+|minutes?))?|(?P<u2>G\d+|minutes?))"
    r"(?: (?:it (?:took|takes)|pass(?:ed)?|elapsed?|lie|there are|are there|on average|liegen|pasan|hay))*"
    r" (?:between|from|zwischen|von|entre|desde|de) (?:the |der |dem |el |la |le )?(?P<a>C\d+)"
    r" (?:and|to|until|till|und|bis|y|hasta|a|et) (?:the |der |dem |zum |el |la |le )?(?P<b>C\d+)"
)
_BEGINS = re.compile(
    r"\b(?:first|start\w*|from|begin\w*|began|open\w*|created|ordered|placed|admi\w+|departure|sent|received|"
    r"check ?in|hired|joined|requested|issued|brought|reported|raised|logged|registered|submitted|entry)\b"
)
_ENDS = re.compile(
    r"\b(?:last|end\w*|until|to|clos\w+|finish\w*|complet\w+|resolved|shipped|delivered|discharge\w*|arrival|paid|"
    r"returned|check ?out|left|due|expir\w+|fixed|solved|settled|repaired|exit|completion)\b"
)
_LASTS = (
    r"(?:(?:that |which |who )?(?:last\w*|took|take|taking|open|lie|run\w*|are|were|is|was|dauern|dauerten|duran|"
    r"duraron|durent)(?: for)? )?"
)
_UNITS = {"day": ("days", 1), "week": ("days", 7), "month": ("days", 30), "year": ("days", 365), "hour": ("hours", 1)}


def with_spans(text: str, marks: Annotated, layer: Layer) -> str:
    """The text with each time between two named columns as one mark, which stands for a number."""
    for n, m in enumerate(list(pattern(_BETWEEN).finditer(text))):
        first, last = marks.names[m["a"]].what, marks.names[m["b"]].what
        unit = _unit(m["u1"] or m["u2"] or "", marks)
        field = f"{first}{SPAN}{last.partition('.')[2]}" + ("" if unit == "days" else f" in {unit}")
        if first.partition(".")[0] != last.partition(".")[0] or not layer.has(field):
            continue
        mark = f"C{900 + n}"
        marks.names[mark] = Mention("column", field, 0, 0, 1.0)
        marks.words[mark] = m[0]
        text = text.replace(m[0], f"{mark} on average" if " on average " in m[0] else mark, 1)
    return text


def lasting_filters(text: str, marks: Annotated, layer: Layer) -> tuple[str, list[Filter]]:
    """ "longer than 30 days" of what has a first and a last day; the text without it."""
    found: list[Filter] = []
    entities = [m.what.partition(".")[0] for m in marks.names.values() if m.kind in ("entity", "column")]
    field = next((f for e in dict.fromkeys(entities) if (f := _own_span(e, layer))), "")
    for name, op in (("more", ">"), ("least", ">="), ("less", "<"), ("most", "<=")):
        form = rf"{_LASTS}{{{name}}} (?P<n>N\d+) (?P<g>G\d+)(?! [CE]\d)"
        for m in list(pattern(form).finditer(text)):
            grain = marks.grains.get(m["g"], "")
            if not field or grain not in _UNITS:
                continue
            unit, times = _UNITS[grain]
            found.append(Filter(field + ("" if unit == "days" else f" in {unit}"), op, marks.numbers[m["n"]] * times))  # type: ignore[arg-type]
            text = text.replace(m[0], "∙", 1)
    return text, found


def _own_span(entity: str, layer: Layer) -> str:
    """The time from the first to the last day of an entity that has one of each."""
    days = [c for c, of in layer.entities[entity].columns.items() if of.type in ("date", "datetime")]
    first, last = [c for c in days if _BEGINS.search(c)], [c for c in days if _ENDS.search(c)]
    if len(days) == 2 and len(last) == 1:
        first = [c for c in days if c != last[0]]
    both = len(first) == len(last) == 1 and first != last
    return f"{entity}.{first[0]}{SPAN}{last[0]}" if both else ""


def _unit(mark: str, marks: Annotated) -> str:
    if mark.startswith("minute"):
        return "minutes"
    grains: Mapping[str, str] = marks.grains
    return "hours" if grains.get(mark) == "hour" else "days"
