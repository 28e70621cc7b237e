"""Which passages hold at the time that is asked about: today, or the year or month that the question names.

What was superseded stands beside what replaced it only where the past is asked for. Of versions of one document that
say from when they are valid, the one that held then is read; the others are set aside, to be named as what they are.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.text.dates import MONTH, MONTH_NUMBERS, dated_spans
from core.text.words import folded
from core.types import Chunk, Passage

_SUPERSEDED, _HISTORY = "superseded", "history"
_HISTORY_PLACES = 3
# Among so many passages, one that states to be valid at the time asked about comes first.
_NEAR = 6
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_MONTH_YEAR = re.compile(rf"\b({MONTH})\s+(?:of\s+|de\s+)?((?:19|20)\d\d)\b", re.IGNORECASE)
_VERSION = re.compile(
    r"\b(?:v|version|rev(?:ision)?|edition|fassung|ausgabe)[\s._-]*\d[\d.]*\b|\b(?:19|20)\d\d\b", re.IGNORECASE
)
# A year, a quarter, a version, or a word for what was: then both are wanted.
_PAST = re.compile(
    r"\b(?:20\d\d|[qt][1-4]|v?\d+\.\d+|version|old\w*|earlier|former\w*|previous\w*|prior|before|until now|used to|"
    r"(?<!^)was|were|did|chang\w+|differ\w*|compar\w+|since|instead|superseded|replaced|history|develop\w*|trend|last|"
    r"alt\w*|früher\w*|bisher\w*|vorher\w*|vorig\w*|letzt\w*|geändert|änder\w*|vergleich\w*|unterschied\w*|seit|"
    r"antigu\w+|anterior\w*|antes|cambi\w+|diferenci\w+|compar\w+|últim\w+|desde|"
    r"ancien\w*|précédent\w*|avant|chang\w+|différen\w+|derni\w+|depuis)\b",
    re.IGNORECASE,
)
# Two states are wanted: what it was, and what it became.
_CHANGE = re.compile(
    r"\b(?:chang\w+|moved?|shift\w*|postpone\w*|delay\w*|differ\w*|compar\w+|vs|versus|from when|earlier|used to"
    r"|änder\w*|geändert|verschob\w*|vergleich\w*|unterschied\w*|cambi\w+|aplaz\w+|diferenci\w+|décal\w+|différen\w+)\b",
    re.IGNORECASE,
)
_PERIOD = re.compile(rf"\b(?:[qth][1-4]|{MONTH}|\d{{1,2}})\b", re.IGNORECASE)


def asks_for_past(question: str) -> bool:
    """Whether the question asks for what was, or for how it became what it is."""
    return _PAST.search(question) is not None


def asks_for_change(question: str) -> bool:
    """Whether the question asks for two states of one thing."""
    return _CHANGE.search(question) is not None


@dataclass(frozen=True, slots=True)
class Held:
    """The passages that hold at the time asked about, in their order, and those that don't because others do."""

    passages: list[Passage]
    aside: list[Passage]


def holding(question: str, passages: Sequence[Passage], today: date) -> Held:
    """The passages that hold at the time that the question names, or today; all where nothing else is there."""
    asked = asked_window(question)
    window = asked or (today, today)
    aside = _not_holding(passages, window)
    if not asks_for_past(question):
        current = {p.chunk.document_id for p in passages if p.chunk.metadata.get("vetting") != _SUPERSEDED}
        current -= aside
        aside |= {p.chunk.document_id for p in passages} - current if current else set()
    kept = _in_its_place(passages, aside)
    if asked:  # who states to be valid then is read first
        kept[:_NEAR] = sorted(kept[:_NEAR], key=lambda p: holds_from(p.chunk) is None or not in_force(p.chunk, window))
    return Held(_history_later(kept), [p for p in passages if p.chunk.document_id in aside])


def asked_window(question: str) -> tuple[date, date] | None:
    """The first and last day that the question is about: of the day, month or year that it names; None without one."""
    days = dated_spans(question, None)
    if days:
        return days[0][0], days[0][0]
    month = _MONTH_YEAR.search(question)
    if month:
        year, number = int(month[2]), MONTH_NUMBERS[month[1].lower()]
        return date(year, number, 1), date(year, number, monthrange(year, number)[1])
    year_named = _YEAR.search(question)
    return (date(int(year_named[1]), 1, 1), date(int(year_named[1]), 12, 31)) if year_named else None


def holds_from(chunk: Chunk) -> date | None:
    """Since when the document is valid, as it says itself."""
    return _day(chunk, "valid_from")


def holds_until(chunk: Chunk) -> date | None:
    """Until when the document is valid, as it says itself."""
    return _day(chunk, "valid_until")


def series_of(chunk: Chunk) -> tuple[str, ...]:
    """What versions of one document have in common: the title without year and version, and what it is about."""
    about = (str(chunk.metadata.get(name, "")) for name in ("customer", "region", "product", "language"))
    return (" ".join(re.findall(r"\w+", _PERIOD.sub(" ", _VERSION.sub(" ", folded(chunk.title))))), *about)


def _not_holding(passages: Sequence[Passage], window: tuple[date, date]) -> set[str]:
    """Documents beside which another version holds in the window: not yet valid then, no longer, or replaced."""
    series: dict[tuple[str, ...], dict[str, Chunk]] = {}
    for passage in passages:
        if passage.chunk.metadata.get("valid_from") or passage.chunk.metadata.get("valid_until"):
            series.setdefault(series_of(passage.chunk), {})[passage.chunk.document_id] = passage.chunk
    aside: set[str] = set()
    for versions in series.values():
        holding = {name: chunk for name, chunk in versions.items() if in_force(chunk, window)}
        if not holding:
            continue
        latest = max(holds_from(chunk) or date.min for chunk in holding.values())
        for name, chunk in versions.items():
            # What began within the window leaves its predecessor a part of it.
            replaced = (holds_from(chunk) or date.min) < latest <= window[0]
            if name not in holding or replaced:
                aside.add(name)
    return aside


def _in_its_place(passages: Sequence[Passage], aside: set[str]) -> list[Passage]:
    """The passages without those set aside, in whose place stands the version of the same document that holds."""
    kept: dict[str, Passage] = {}
    for passage in passages:
        if passage.chunk.document_id not in aside:
            kept.setdefault(passage.chunk.id, passage)
            continue
        series = series_of(passage.chunk)
        others = (p for p in passages if p.chunk.document_id not in aside and p.chunk.id not in kept)
        held = next((p for p in others if series_of(p.chunk) == series), None)
        if held is not None:
            kept[held.chunk.id] = held
    return list(kept.values())


def in_force(chunk: Chunk, window: tuple[date, date]) -> bool:
    """Whether the document, by what it says of itself, is valid on some day of the window."""
    begin, end = holds_from(chunk), holds_until(chunk)
    return (begin is None or begin <= window[1]) and (end is None or end >= window[0])


def _history_later(passages: list[Passage]) -> list[Passage]:
    """What a mail quotes of earlier messages behind what its own writer says, and a few places further down."""
    own = {p.chunk.document_id: n for n, p in enumerate(passages) if p.chunk.kind != _HISTORY}
    places = [
        max(n + _HISTORY_PLACES, own.get(p.chunk.document_id, 0)) if p.chunk.kind == _HISTORY else n
        for n, p in enumerate(passages)
    ]
    return [passages[n] for n in sorted(range(len(passages)), key=lambda n: (places[n], n))]


def _day(chunk: Chunk, name: str) -> date | None:
    try:
        return date.fromisoformat(str(chunk.metadata.get(name, ""))[:10])
    except ValueError:
        return None
