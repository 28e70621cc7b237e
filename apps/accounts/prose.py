"""Facts and figures in running sentences: "The agreement runs until 30 June 2027", "… against a target of 24 h"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from apps.compare.amounts import figures_in_sentence
from core.text.dates import dated_spans

# Between the words and the value may stand so many characters: "runs until the 30th".
_NEAR = 4
_NUMBER = r"(?:\d+|[^\W\d_]+)"
_SPAN = re.compile(
    rf"\s*(?P<value>{_NUMBER} (?:months?|weeks?|days?|years?|monaten?|monate?|wochen?|tagen?|tage?|jahre?n?|mois|"
    r"semaines?|jours?|ans?|mes(?:es)?|semanas?|días?|años?|maand(?:en)?|we(?:ek|ken)|dagen?))",
    re.IGNORECASE,
)
_CURRENCY = r"(?:€|£|\$|EUR|USD|GBP|CHF|euros?|pounds?|dollars?|franken|francs?)"
_YEARLY = (
    r"(?:a|per|pro|im|par|al|por|per) ?(?:year|annum|jahr|an|año|jaar)|yearly|annually|jährlich|/ ?(?:year|jahr|an|año)"
)
_MONEY = re.compile(
    rf"[^.;\d]{{0,15}}?(?P<value>{_CURRENCY} ?\d[\d.,' ]*\d(?: ?k)?|"
    rf"\d[\d.,' ]*\d(?: ?k)? ?{_CURRENCY})\s*(?:{_YEARLY})",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\s*(?P<value>[A-ZÀ-Þ][\w'’-]+ [A-ZÀ-Þ][\w'’-]+)")
_PERSON_BEFORE = re.compile(r"(?P<value>[A-ZÀ-Þ][\w'’-]+ [A-ZÀ-Þ][\w'’-]+)\s*$")
_COLOUR = re.compile(
    r"\s*(?P<value>green|amber|yellow|red|at risk|healthy|grün|gelb|rot|gefährdet|vert|orange|rouge|à risque|verde|"
    r"amarillo|ámbar|rojo|en riesgo)\b",
    re.IGNORECASE,
)
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "span": _SPAN, "money a year": _MONEY, "person": _PERSON, "colour": _COLOUR,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProseFigure:
    """A figure of a sentence that names its target as well."""

    name: str
    value: float
    unit: str
    target: str


def facts_in_prose(text: str) -> Iterator[tuple[str, str]]:
    """(fact, value as written) of what a sentence says of the account."""
    for fact, value, form in _forms():
        for match in form.finditer(text):
            found = _value(value, text, match)
            if found:
                yield ("account_owner" if fact == "owner_first" else fact), found
                break


def figures_in_prose(text: str, decimal: str) -> Iterator[ProseFigure]:
    """The figures of a sentence that says what was agreed, too: without that, a number may be anything."""
    for figure in figures_in_sentence(text, decimal, ("sentence", 0, 0), ""):
        if figure.goal is not None and figure.target:
            yield ProseFigure(figure.name, figure.quantity.value, figure.quantity.unit, figure.target)


def _value(shape: str, text: str, match: re.Match[str]) -> str:
    if shape == "day":
        return next(
            (text[b:e] for _, b, e in dated_spans(text, None) if 0 <= b - match.end() <= _NEAR),
            "",
        )
    if shape == "person before":
        before = _PERSON_BEFORE.search(text[: match.start()])
        return before["value"] if before else ""
    found = _SHAPES[shape].match(text, match.end())
    return found["value"].strip() if found else ""


@cache
def _forms() -> Sequence[tuple[str, str, re.Pattern[str]]]:
    held: dict[str, Any] = yaml.safe_load(files("apps.accounts").joinpath("prose.yaml").read_text(encoding="utf-8"))
    return [
        (fact, said["value"], re.compile(form, re.IGNORECASE)) for fact, said in held.items() for form in said["forms"]
    ]
