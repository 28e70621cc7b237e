"""Typos, against the words of the index: only a word changes that neither the index nor the model's own list knows.

A name is corrected although it is a word elsewhere: "Center" where the documents write "Centre".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.understanding.vocabulary import Vocabulary
from core.text.words import FUNCTION_WORDS, folded, stem

IsWord = Callable[[str], bool]

_WORD = re.compile(r"[^\W\d_]+")
_SHORT_WORD = re.compile(r"\b(?P<word>[^\W\d_]{2,6})(?P<number>\d{1,2})?\b")
_LEAST = 4
_LEAST_ABROAD = 6
_ENDING = 2
# Misspelt function words; shorter ones than `_LEAST` have too many neighbours for anything but a list.
_SLIPS = {
    "teh": "the", "hte": "the", "wat": "what", "waht": "what", "hwat": "what", "hwo": "how", "wich": "which",
    "wehn": "when", "adn": "and", "taht": "that", "u": "you", "ur": "your", "weiviel": "wieviel", "udn": "und",
    "conbien": "combien",
}  # fmt: skip


# How people shorten in a hurry; a document that writes so itself is searched for as it is written.
_SHORT = {
    "xmas": "Christmas", "wk": "week", "wks": "weeks", "yr": "year", "yrs": "years", "mth": "month", "mths": "months",
    "mins": "minutes", "hrs": "hours", "avg": "average", "approx": "approximately", "mgr": "manager",
    "mgmt": "management", "dept": "department", "acct": "account", "qty": "quantity", "govt": "government",
    "hols": "holidays", "comms": "communication", "config": "configuration", "prod": "production",
    "reqs": "requirements",
    "sev": "severity", "prio": "priority", "fw": "firmware", "sw": "software", "hw": "hardware", "pw": "password",
    "pwd": "password", "pls": "please", "thx": "thanks", "wfh": "work from home", "eod": "end of the day",
    "bday": "birthday", "mtg": "meeting", "appt": "appointment", "info": "information",
}  # fmt: skip


def corrected(question: str, known: Vocabulary, is_word: IsWord, language: str = "en") -> str:
    """The question with its typos corrected.

    Args:
        is_word: Whether a folded word is one in general, documents aside.
        language: The question's. The words of another than English are mostly in no list that is at hand, and end in
            more ways: only a slip inside a long word is taken for one.
    """
    english = language == "en"
    if english:
        question = _SHORT_WORD.sub(lambda match: _in_full(match, known), question)
    return _WORD.sub(lambda match: _corrected(match.group(), known, is_word, english=english), question)


def _corrected(word: str, known: Vocabulary, is_word: IsWord, *, english: bool) -> str:
    low = folded(word)
    if low in _SLIPS and low not in known.counts:
        return _SLIPS[low]
    least = _LEAST if english else _LEAST_ABROAD
    if len(low) < least or low in known.counts or low in FUNCTION_WORDS or word.isupper() or _inflected(low, known):
        return word
    found = _nearest(low, known, names=is_word(low))
    if not english and found and (found[:-_ENDING] == low[: len(found) - _ENDING] or OSA.distance(low, found) > 1):
        return word
    return _like(word, found, known)


def _in_full(match: re.Match[str], known: Vocabulary) -> str:
    low = folded(match["word"])
    if low not in _SHORT or low in known.counts:
        return match.group()
    return f"{_SHORT[low]} {match['number']}" if match["number"] else _SHORT[low]


def _inflected(low: str, known: Vocabulary) -> bool:
    """Whether it is another form of a word that is known: "approving" beside "approve"."""
    root = stem(low)
    return any(form in known.counts for form in (root, f"{root}e", f"{root}s", f"{root}ed", f"{root}ing", f"{low}s"))


def _nearest(low: str, known: Vocabulary, *, names: bool = False) -> str:
    """The known word nearest to it, the more frequent of several; empty if none is near enough."""
    most = 1 if len(low) < 8 or names else 2
    words = known.names if names else known.counts
    choices = [w for w in words if abs(len(w) - len(low)) <= most and len(w) >= _LEAST]
    found = process.extract(low, choices, scorer=OSA.distance, score_cutoff=most, limit=8)
    # A first letter is hardly ever wrong, unless it changed places with the second.
    likely = [(d, -known.counts[w], w) for w, d, _ in found if w[0] == low[0] or w[:2] == low[1::-1]]
    if not likely:
        return ""
    return min(likely)[2]


def _like(word: str, found: str, known: Vocabulary) -> str:
    """The known word, written as the documents do, or in the person's own case."""
    if not found:
        return word
    written = known.forms.get(found, found)
    return written if written[:1].isupper() and found in known.names else written.lower() if word.islower() else written
