"""How alike names and sentences are: names by their words, sentences by their vectors too, where there are any."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np

from apps.compare.units import measure_of
from apps.compare.words import plain_words
from core.arrays import FloatArray
from core.text.words import FUNCTION_WORDS, folded, inverse_frequencies, stem

# Texts → (n, dim) float32, L2-normalised.
Embed = Callable[[Sequence[str]], FloatArray]

# A unit or a scale in brackets is no part of a name: "Time to close (hours)", "Satisfaction (0-10)".
_ASIDE = re.compile(r"[(\[]([^()\[\]]{1,20})[)\]]")
_ACRONYM = 0.95
_SAME_WORD = 0.8
_LONGEST_ENDING = 3
_LONGEST_ACRONYM = 5
_MOST_PAIRS = 60_000
_LEAST_STEM = 5
# Of the longer word: "complaints" and "compliance" have five letters in common and nothing else.
_STEM_SHARE = 0.55


def cosines(before: Sequence[str], after: Sequence[str], embed: Embed) -> FloatArray:
    """(len(before), len(after)): how near the texts' meanings are."""
    if not before or not after:
        return np.zeros((len(before), len(after)), np.float32)
    vectors = embed([*before, *after])
    return vectors[: len(before)] @ vectors[len(before) :].T


def few_enough(before: Sequence[object], after: Sequence[object]) -> bool:
    """Whether every one of both can be held beside every other; beyond, only what is equal or edited is joined."""
    return len(before) * len(after) <= _MOST_PAIRS


def assigned(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs (row, column) whose scores make the largest sum, each row and column once; none of a score of 0."""
    if not scores or not scores[0]:
        return []
    # Here, since it takes a second that only a comparison has to wait for.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.array(scores), maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if scores[i][j] > 0]


def shared_words(one: str, other: str, weights: Mapping[str, float] | None = None) -> float:
    """0..1, the share of the words of two names that both have, whatever their order and endings.

    Args:
        weights: How much a word counts; every word the same without it.
    """
    a, b = name_words(one), name_words(other)
    if not a or not b:
        return float(folded(one) == folded(other) != "")
    if a == b:
        return 1.0
    if _word_ends(a).isdisjoint(_word_ends(b)) and min(len(a), len(b)) > 1:
        return 0.0
    if _is_acronym(a, plain_words(other)) or _is_acronym(b, plain_words(one)):
        return _ACRONYM
    if weights is None:
        # Only names have abbreviations; in a sentence any two words may begin with an "s" and an "r".
        a, b = _spelled_out(a, b), _spelled_out(b, a)
    best = [[_alike(x, y) for y in b] for x in a]
    of_a, of_b = ([(weights or {}).get(w, 1.0) for w in words] for words in (a, b))
    shared = (
        sum(w * max(row) for w, row in zip(of_a, best, strict=True)),
        sum(w * max(column) for w, column in zip(of_b, zip(*best, strict=True), strict=True)),
    )
    dice = sum(shared) / (sum(of_a) + sum(of_b))
    # A name within a longer one: "Fix rate", "First-time fix rate".
    inside = max(shared[0] / sum(of_a), shared[1] / sum(of_b)) if min(len(a), len(b)) > 1 else 0.0
    return max(dice, 0.9 * inside)


def name_other_things(one: str, other: str) -> bool:
    """Whether each name has a word that the other has nothing like: "open tickets", "closed tickets"."""
    if shared_words(one, other) >= _ACRONYM:
        return False
    a, b = name_words(one), name_words(other)
    a, b = _spelled_out(a, b), _spelled_out(b, a)
    return all(any(all(not _alike(w, x) for x in theirs) for w in own) for own, theirs in ((a, b), (b, a)))


def word_weights(sentences: Sequence[str]) -> Mapping[str, float]:
    """How much each word tells about what a sentence is about: the rarer, the more; one for the rarest."""
    found = inverse_frequencies(name_words(s) for s in sentences)
    most = max(found.values(), default=1.0)
    return {word: max(weight / most, 0.1) for word, weight in found.items()}


@lru_cache(maxsize=20_000)
def name_words(text: str) -> tuple[str, ...]:
    """The words that a name or a sentence is about, each once."""
    text = _ASIDE.sub(lambda m: "" if measure_of(m[1]) or not re.search(r"[^\W\d]", m[1]) else m[0], text)
    kept = [w for word in plain_words(text) for w in word.split("-") if w and w not in FUNCTION_WORDS]
    return tuple(dict.fromkeys(kept))


@lru_cache(maxsize=20_000)
def _word_ends(words: Sequence[str]) -> frozenset[str]:
    """How words begin and end: two without any of that in common have no word that is alike, which is soon seen."""
    return frozenset(part for w in words for part in (w[:4], w[-5:]))


@lru_cache(maxsize=200_000)
def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if any(c.isdigit() for c in one + other):
        return 0.0
    if stem(one) == stem(other):
        return 1.0
    short, long = sorted((one, other), key=len)
    common = next((n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), len(short))
    # "vaccinated" and "vaccination" begin alike; "Wartezeit" is part of "Durchschnittswartezeit".
    if (common >= _LEAST_STEM and common >= _STEM_SHARE * len(long)) or (
        len(short) >= _LEAST_STEM and (long.endswith(short) or long.startswith(short))
    ):
        return 0.9
    if one[0] != other[0] or len(long) - len(short) > _LONGEST_ENDING:
        return 0.0
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return ratio if ratio >= _SAME_WORD else 0.0


def _is_acronym(short: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the one word is made of the others' first letters, with or without those of "of" and "to"."""
    if len(short) != 1 or len(short[0]) < 2:
        return False
    said = [w for w in words if w not in FUNCTION_WORDS]
    return any(len(ws) > 1 and short[0] == "".join(w[0] for w in ws) for ws in (words, said))


def _spelled_out(words: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The words, with "er" as "emergency room" where the other name has that."""
    if all(not 1 < len(word) <= _LONGEST_ACRONYM for word in words):
        return tuple(words)
    spelled: list[str] = []
    for word in words:
        size = len(word)
        runs = (other[n : n + size] for n in range(len(other) - size + 1))
        run = next(
            (
                r
                for r in runs
                if 1 < size <= _LONGEST_ACRONYM and word not in other and "".join(w[0] for w in r) == word
            ),
            None,
        )
        spelled += run or [word]
    return tuple(spelled)
