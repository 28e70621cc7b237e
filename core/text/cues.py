"""What single words do to a claim: negate it, bound its numbers, make it general. `claims.yaml` holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from core.text.words import FUNCTION_WORDS, words

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
# Of the words of bounds and results those that mean something by themselves.
_NOUNS = frozenset({"maximum", "minimum", "left", "sum", "difference"})
# Negations of a noun, which may have an adjective.
_OF_NOUNS = frozenset("no kein keine keinen keinem keiner keines without ohne sin ningún ninguna sans aucun".split())
_COMPARED = re.compile(
    r"^(?:\W+\w+){0,4}\W+(?:longer|more|later|less|fewer|länger|mehr|später|weniger|más|menos|plus|moins)\s+"
    r"(?:than|als|de|que)\b",
    re.IGNORECASE,
)
Cue = Literal["at_most", "at_least", "must", "may", "all", "some", "result"]


def negated_words(text: str) -> tuple[tuple[str, ...], ...]:
    """For each negation of `text` the words that it is about: the next that says something, else the last."""
    kept = _phrases("no_negation").sub(" ", text.replace("’", "'"))
    found: list[tuple[str, ...]] = []
    for match in _negation().finditer(kept):
        after = _COMPARED.sub("", kept[match.end() :])
        if after != kept[match.end() :]:
            continue  # "not kept longer than 90 days" is a bound
        following, before = _content(re.split(r"[.,;:]\s", after)[0]), _content(kept[: match.start()])
        most = 2 if match.group().casefold() in _OF_NOUNS else 1
        about = following[:most] or before[-1:] or [match.group()]
        found.append(tuple(stem for word in about for stem in words(word)))
    return tuple(found)


def has(cue: Cue, text: str) -> bool:
    """Whether one of the cue's phrases stands in `text`."""
    return _phrases(cue).search(text) is not None


def bound_before(text: str, begin: int) -> Literal["at_most", "at_least", ""]:
    """What bounds the number at `begin`: the phrase before it, near enough to mean it."""
    before = text[max(0, begin - 32) : begin]
    places = {
        name: max((m.end() for m in _phrases(name).finditer(before)), default=-1) for name in ("at_most", "at_least")
    }
    best = max(places, key=lambda name: places[name])
    if places[best] < 0 or re.search(r"\d", before[places[best] :]) or len(before[places[best] :].split()) > 3:
        return ""
    return "at_most" if best == "at_most" else "at_least"


def joins() -> frozenset[str]:
    """The words that join two statements."""
    return frozenset(str(_cues()["joins"]).split())


def refers_back(text: str) -> bool:
    """Whether the sentence begins with a word for what the sentence before names: "It must be returned"."""
    first = _WORD.search(text)
    return first is not None and first.group().casefold() in _referring()


@cache
def filling() -> frozenset[str]:
    """Words of bounds, negations and obligations, which are compared as such and not as words."""
    cues = _cues()
    compared = ("negation", "at_most", "at_least", "must", "may", "result")
    listed = " ".join([*(str(cues[name]) for name in compared), *map(str, cues["period"].values())])
    return frozenset(f"{listed.replace('|', ' ')} {cues['joins']} {cues['filling']}".split()) - _NOUNS


def opposites() -> list[tuple[frozenset[str], frozenset[str]]]:
    """Words that say the contrary of each other."""
    sides = (line.split("/") for line in str(_cues()["opposites"]).split("|"))
    return [(frozenset(one.split()), frozenset(other.split())) for one, other in sides]


def is_gap(text: str) -> bool:
    """Whether the sentence says that something isn't in the sources, which no source can say."""
    return _expressions("gap").search(text.replace("’", "'")) is not None


def is_chatter(text: str) -> bool:
    """Whether the sentence only leads in to an answer, or takes leave after it."""
    return _expressions("chatter").search(text.replace("’", "'").strip()) is not None


def says_nothing(cell: str) -> bool:
    """Whether a table's cell is empty or says that there is nothing."""
    return not cell.strip() or _phrases("nothing").fullmatch(cell.strip()) is not None


def periods_in(text: str) -> Iterator[tuple[str, str, int]]:
    """(day, week, month, quarter or year; as written; where) of everything that recurs."""
    for name in _cues()["period"]:
        for match in _periods(name).finditer(text):
            yield name, match.group(), match.start()


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in FUNCTION_WORDS]


@cache
def _cues() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(files("core.text").joinpath("claims.yaml").read_text("utf-8"))
    return loaded


@cache
def _referring() -> frozenset[str]:
    return frozenset(str(_cues()["refers_back"]).split())


@cache
def _negation() -> re.Pattern[str]:
    plain = [word for word in str(_cues()["negation"]).split() if word != "n't"]
    return re.compile(rf"n't\b|\b(?:{'|'.join(map(re.escape, plain))})\b", re.IGNORECASE)


@cache
def _phrases(name: str) -> re.Pattern[str]:
    return _pattern(str(_cues()[name]))


@cache
def _periods(name: str) -> re.Pattern[str]:
    return _pattern(str(_cues()["period"][name]))


@cache
def _expressions(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in _cues()[name]), re.IGNORECASE)


def _pattern(listed: str) -> re.Pattern[str]:
    phrases = sorted((p.strip() for p in listed.split("|")), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(p) for p in phrases if p)})(?!\w)", re.IGNORECASE)
