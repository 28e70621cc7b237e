"""Requests with a condition: "if visits fell below 3 on any day since May, plot them, otherwise list the shops"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from warehouse.reading.cues import cue, pattern
from warehouse.reading.periods import Said, periods_in

Kind = Literal["any", "whole", "change", "faster", "rather"]
Comparison = Literal["more", "least", "less", "most"]

_IF = r"(?:if|in case|provided(?: that)?|wenn|falls|si|en caso de que)"
_IF_SO = r"(?:if (?:so|yes|it (?:is|was|did|does))|in that case|falls ja|wenn ja|si es asi|si oui)"
_FORMS = (
    rf"^{_IF} (?P<if>.+?),? (?:then|dann|entonces|alors)?,? ?(?P<do>(?:please )?(?:can you |could you )?{{do}} .+)$",
    rf"^(?:was|were|is|are|did|do|does|has|have) (?P<if>.+?)\? {_IF_SO},? (?P<do>.+)$",
    rf"^(?:(?:can|could) you )?(?:check|compute|calculate) (?P<of>[^.?]+)[.?] {_IF} (?P<if>.+?), (?P<do>{{do}} .+)$",
    rf"^(?P<do>.*\b{{do}}\b.+?),? {_IF} (?P<if>.+)$",
)
_DO = (
    r"(?:please )?(?:make|plot|draw|show|give|create|chart|list|display|graph|zeige?|zeichne|"
    r"muestra|dibuja|montre|trace)(?: me| for me)?"
)
_ELSE = re.compile(r"[,;.]? (?:otherwise|or else|else|sonst|andernfalls|si no|sinon),? ")
_ANY = re.compile(r"\b(?:at )?any (?:time|point|day)|\bever\b|\bon (?:any|some|a) day\b|\bonce\b")
_UP, _DOWN = (
    r"(?:grew|grows?|grown|rose|risen|increased?|went up|gained|is up|climbed)",
    r"(?:fell|fallen|dropped|decreased?|declined|went down|shrank|is down|lost)",
)
_SIZE = r"(?P<how>{more}|{least}|{less}|{most})"
_PERCENT = r"(?P<n>\d+(?:[.,]\d+)?) ?(?:%|percent|per cent|prozent)"
_BACK = re.compile(r"\b(?:the )?(?:previous|week before|last week's|day before)\b(?: \w+day)?")


@dataclass(frozen=True)
class Provided:
    """A condition and what is to be done with it.

    Attributes:
        kind: `any` day's figure, the `whole` time's, a `change` in per cent from the first to the last day, the first
            figure changes `faster` than the second, or there is more of the first value `rather` than of the second.
        figures: What is measured, in the question's words; for `rather` the figure, then the two values.
        time: The words of the time, as they go into a question.
        days: The first day and the last one; the last is None for today.
        direction: 1 where a change upwards is meant, -1 downwards.
        request, otherwise: What to do if it holds, and if it doesn't.
    """

    kind: Kind
    figures: tuple[str, ...]
    comparison: Comparison = "more"
    number: float = 0.0
    time: str = ""
    days: tuple[date, date | None] | None = None
    direction: int = 1
    request: str = ""
    otherwise: str = ""


def provided(question: str, today: date) -> Provided | None:
    """The condition of the question and its request; None for a question without one."""
    text = re.sub(r"\s+", " ", question.strip()).rstrip("?.! ")
    for form in _FORMS:
        m = re.match(form.replace("{do}", _DO), text, re.IGNORECASE)
        if m is None:
            continue
        said, request = m["if"], m["do"]
        if "of" in m.groupdict():  # "check the growth of X since May. If it grew by …"
            said = re.sub(r"\bit\b", re.sub(r"^the (?:percent(?:age)? )?growth of ", "", m["of"]), said)
        if said.lower().startswith("it "):
            said = f"{_object(request, today)} {said[3:]}"
        do, _, otherwise = request.partition(found[0]) if (found := _ELSE.search(request)) else (request, "", "")
        return _condition(said, do, otherwise, today)
    return None


def _object(request: str, today: date) -> str:
    """What a request is about: "make a line chart of total visits since May" → "total visits"."""
    m = re.search(r"\b(?:of|showing|showing me|plot|draw|chart|list) (?!a\b|an\b)(?P<w>.+)$", request, re.IGNORECASE)
    text = m["w"] if m else request
    for period in reversed(periods_in(text, today)):
        text = text[: period.begin] + " " + text[period.stop :]
    return re.sub(r" (?:over|since|during|in|for)(?: the (?:period|time).*)?\s*$", "", text.strip()).strip()


def _condition(said: str, request: str, otherwise: str, today: date) -> Provided | None:
    text = re.sub(r"\s+", " ", said.strip().rstrip("?.,"))
    periods = periods_in(text, today) or periods_in(request, today)
    time, days = _time(text, periods, today)
    low = text.lower()
    for period in reversed(periods_in(text, today)):
        low = low[: period.begin] + " " + low[period.stop :]
    back = _BACK.search(text.lower()) is not None
    low = re.sub(r"\s+", " ", _ANY.sub(" ", _BACK.sub(" ", low))).strip()
    low = re.sub(r"\b(?:since|during|over|in|on)(?: (?:then|the))?$", "", low).strip()
    made = _rather(low) or _change(low) or _bound(low, any_day=_ANY.search(text.lower()) is not None)
    if made is None or days is None:
        return None
    if back and days[1] is None:
        step = 1 if "day before" in text.lower() else 7
        days = (days[0] - timedelta(days=step), days[0])
        time = f"between {days[0].isoformat()} and {days[0] + timedelta(days=step)}"
    return Provided(
        made.kind, made.figures, made.comparison, made.number, time, days, made.direction, request, otherwise
    )


def _time(text: str, periods: list[Said], today: date) -> tuple[str, tuple[date, date | None] | None]:
    """The time as it goes into a question, and its first and last day; an open one ends today."""
    if not periods or periods[0].start is None:
        return "", None
    start, end = periods[0].start, periods[0].end
    single = end is not None and end - start <= timedelta(days=1)
    if end is None or end > today or single:
        return f"since {start.isoformat()}", (start, None)
    last = end - timedelta(days=1)
    return f"between {start.isoformat()} and {last.isoformat()}", (start, last)


def _rather(text: str) -> Provided | None:
    m = re.search(
        r"\bmore (?P<m>[\w ]+?) (?:from|in|for|by|of|through|via|with|at) (?P<a>.+?) "
        r"than (?:from |in |for |by |of |through |via |with |at )?(?P<b>.+)$",
        text,
    )
    return Provided("rather", (m["m"], m["a"], m["b"])) if m else None


def _change(text: str) -> Provided | None:
    """ "grew by more than 5%", "is more than 5% lower than", "grew by more than total sales"."""
    size = _SIZE
    for words, direction in ((_UP, 1), (_DOWN, -1)):
        m = pattern(rf"(?P<m>.+?) (?:has |have )?{words} (?:by )?(?:{size} )?{_PERCENT}.*").match(text)
        if m:
            return Provided("change", (_bare(m["m"]),), _comparison(m["how"]), _number(m["n"]), direction=direction)
        m = re.match(rf"(?P<m>.+?) (?:has |have )?{words} (?:by )?(?:more|faster) than (?P<b>.+)$", text)
        if m:
            return Provided("faster", (_bare(m["m"]), _bare(m["b"])), direction=direction)
    for words, direction in (("higher|more|greater|larger|above|up", 1), ("lower|less|fewer|smaller|below|down", -1)):
        m = pattern(rf"(?P<m>.+?) (?:(?:is|was|are|were) )?(?:{size} )?{_PERCENT} (?:{words})\b.*").match(text)
        if m:
            return Provided("change", (_bare(m["m"]),), _comparison(m["how"]), _number(m["n"]), direction=direction)
    return None


def _bound(text: str, *, any_day: bool) -> Provided | None:
    was = r"(?:(?:is|was|are|were|has been|went|goes|fell|rose) )?"
    m = pattern(rf"(?P<m>.+?) {was}{_SIZE} (?P<n>[\d.,]*\d).*").match(text)
    if m is None:
        return None
    return Provided("any" if any_day else "whole", (_bare(m["m"]),), _comparison(m["how"]), _number(m["n"]))


def _bare(said: str) -> str:
    return re.sub(r"^(?:the|our) | (?:on|in|at|was|is|were|are|ever)$", "", said.strip()).strip()


def _comparison(said: str | None) -> Comparison:
    names: tuple[Comparison, ...] = ("least", "most", "less", "more")
    return next((n for n in names if said and re.fullmatch(cue(n), said.strip())), "more")


def _number(said: str) -> float:
    thousands = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", said)
    return float(re.sub(r"[.,]", "", said) if thousands else said.replace(",", "."))
