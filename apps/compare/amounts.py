"""Figures in sentences: "Bed occupancy rose from 88 % to 91 %, against a target of 85 %"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apps.compare.figures import Figure, Source, quantity_of
from apps.compare.units import measure_of
from apps.compare.words import plain_words, word_set
from core.text.dates import days_in
from core.text.words import FUNCTION_WORDS, folded

_AMOUNT = re.compile(
    r"(?<![\w.,/-])(?:[€$£]\s?)?\d[\d.,'’\u00a0\u202f]*"
    r"(?:\s?(?:%|‰|[kTM]?[€$£])|\sper\s?cent|\s(?:Mio|Tsd|Mrd|[mb]illion(?:s|en)?|millones)\.?(?:\s?[€$£]|\b)"
    r"|\s?[^\W\d_]+[²³]?)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"20\d\d\b(?!\s?[%€$£])")
_CLAUSE = re.compile(
    r"[;:]\s|,\s(?!against|target|gegen|bei|ziel|objetivo|objectif)|\s(?:and|und|y|et|while|während|mientras)\s"
)
# With more words than this around it a number is part of a story, not a figure with a name.
_MOST_NAME_WORDS, _MOST_WORDS = 9, 40
# A target is named so many words in front of its number at most.
_NEAR = 4


def figures_in_sentence(text: str, decimal: str, source: Source, place: str) -> list[Figure]:
    """The amounts of a sentence, each named by the words of its clause; days and times of day are none."""
    if len(text.split()) > _MOST_WORDS:
        return []
    found = [_figure(clause, decimal, source, place) for clause in _CLAUSE.split(text) if not days_in(clause, None)]
    return [figure for figure in found if figure is not None]


def _figure(clause: str, decimal: str, source: Source, place: str) -> Figure | None:
    """The clause's one figure: what it was before, and what it should be, are no others."""
    amounts = [m for m in _AMOUNT.finditer(clause) if not _YEAR.match(m.group())]
    now, target = _sorted(clause, amounts)
    if len(now) != 1:
        return None
    written, name = _amount(now[0].group()), _name(clause, amounts)
    found = quantity_of(written, "", decimal)
    if found is None or not 0 < len(name.split()) <= _MOST_NAME_WORDS:
        return None
    goal = _amount(target.group()) if target is not None else ""
    return Figure(name, "", written, found, source, place, goal, quantity_of(goal, found.unit, decimal))


def _sorted(clause: str, amounts: Sequence[re.Match[str]]) -> tuple[list[re.Match[str]], re.Match[str] | None]:
    """The amounts that hold now, and the target."""
    now: list[re.Match[str]] = []
    target = None
    begin = 0
    for n, amount in enumerate(amounts):
        words = plain_words(clause[begin : amount.start()])[-_NEAR:]
        begin = amount.end()
        end = amounts[n + 1].start() if n + 1 < len(amounts) else len(clause)
        # "against 5 hours agreed"
        words += plain_words(clause[begin:end])[:1] if target is None and now else []
        if set(words) & word_set("roles", "target"):
            target = amount
        elif not set(words) & word_set("roles", "previous"):
            now.append(amount)
    first = plain_words(clause[: now[0].start()]) if now else []
    if len(now) == 2 and first and first[-1] in word_set("from"):
        del now[0]
    return now, target


def _amount(matched: str) -> str:
    """The number with its unit; a word behind it that is no unit belongs to the name."""
    number, _, word = matched.strip().rstrip(".,").partition(" ")
    return number if word and measure_of(word) is None else f"{number} {word}".strip()


def _name(clause: str, amounts: Sequence[re.Match[str]]) -> str:
    """The words around the clause's numbers that say what they are for."""
    ends = [(m.start(), m.start() + len(_amount(m.group()))) for m in amounts]
    begins = [0, *(end for _, end in ends)]
    return " ".join(
        filter(None, (_words(clause[b:e]) for b, e in zip(begins, [*(s for s, _ in ends), None], strict=True)))
    )


def _words(part: str) -> str:
    """The words of a part of a name, without how it moved and without what leads to the number behind it."""
    dropped = word_set("movement") | word_set("roles", "target") | word_set("roles", "previous")
    words = [w for word in part.split() if (w := word.strip("()[],.:;")) and folded(w) not in dropped]
    while words and folded(words[-1]) in FUNCTION_WORDS | word_set("edges"):
        words.pop()
    return " ".join(words)
