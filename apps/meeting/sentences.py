"""The sentences that sum up a meeting: together they say the most of its words in the fewest.

A stretch is read in equal pieces, and each piece gives one sentence at most: what is said once, late or early, has its
chance. Among the pieces the sentence goes first that adds most for its length, a word that is already said counting a
tenth: greedy maximum coverage (Khuller, Moss, Naor, "The budgeted maximum coverage problem", 1999).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt

from apps.meeting.cues import cue
from apps.meeting.talk import written
from apps.meeting.turns import SpokenSentence
from core.text.words import terms

# What a word counts that a chosen sentence has already said.
_AGAIN = 0.1
# Read as if each sentence were so many words longer: else three bare nouns win over what is said of them.
_OVERHEAD_WORDS = 5
_OVERHEAD_WORDS_SHORT = 10
# Beyond, it is a sentence that nobody ended, and hides more than it says.
_LONGEST_WORDS = 45
# "It closes in January": what it is, the reader of a summary doesn't see.
_LEANING_COUNTS = 0.6
_LEANING = re.compile(
    r"(?:(?:and|but|so|well|yeah|und|aber|y|pero|et|mais),? )?(?:it|they|he|she|that|this|these|those|them|"
    r"er|sie|es|das|die (?=\w+ (?:ich|wir))|il|elle|ils|cela|ça|esas?|eso)(?:\b|['’])",
    re.IGNORECASE,
)


def choose_sentences(
    stretches: Sequence[Sequence[SpokenSentence]], frequency: Mapping[str, int], total: int, *, long: bool = False
) -> list[list[SpokenSentence]]:
    """Some sentences of each stretch, in their order.

    Args:
        total: At most so many of all, shared out by the stretches' words.
        frequency: How often the meeting says each content word.
        long: In a long meeting short sentences are welcome, as many of them make a picture.
    """
    overhead, fewest = (_OVERHEAD_WORDS, 3) if long else (_OVERHEAD_WORDS_SHORT, 4)
    pieces: list[tuple[int, list[tuple[SpokenSentence, frozenset[str]]]]] = []
    words = [sum(len(s.text.split()) for s in stretch) for stretch in stretches]
    for number, stretch in enumerate(stretches):
        share = max(1, round(total * words[number] / max(1, sum(words))))
        for piece in _equal_pieces(stretch, share):
            telling = [s for s in piece if _tells(s, fewest)]
            pieces.append((number, [(s, frozenset(terms(written(s.text)))) for s in telling]))
    said: set[str] = set()

    def gain(candidate: tuple[SpokenSentence, frozenset[str]]) -> float:
        sentence, content = candidate
        total = sum(sqrt(frequency.get(w, 1)) * (_AGAIN if w in said else 1.0) for w in content)
        stands = _LEANING_COUNTS if _LEANING.match(sentence.text) else 1.0
        return stands * total / (len(sentence.text.split()) + overhead)

    chosen: list[list[SpokenSentence]] = [[] for _ in stretches]
    waiting = [p for p in pieces if p[1]]
    # What a sentence adds only shrinks, so the best of a piece is looked for again when its last value is the largest.
    bounds = [max(map(gain, candidates)) for _, candidates in waiting]
    while waiting:
        at = max(range(len(waiting)), key=bounds.__getitem__)
        number, candidates = waiting[at]
        best = max(candidates, key=gain)
        now = gain(best)
        if now < bounds[at]:
            bounds[at] = now
            continue
        chosen[number].append(best[0])
        said |= best[1]
        del waiting[at], bounds[at]
    return [sorted(found, key=stretch.index) for found, stretch in zip(chosen, stretches, strict=True)]


def word_counts(sentences: Sequence[SpokenSentence]) -> Counter[str]:
    """Content word → how often it is said."""
    return Counter(w for s in sentences for w in terms(s.text))


def _equal_pieces(sentences: Sequence[SpokenSentence], count: int) -> list[list[SpokenSentence]]:
    """The sentences in `count` runs of about as many words."""
    pieces: list[list[SpokenSentence]] = [[] for _ in range(count)]
    sizes = [len(s.text.split()) for s in sentences]
    total, begin = max(1, sum(sizes)), 0
    for sentence, size in zip(sentences, sizes, strict=True):
        pieces[min(count - 1, begin * count // total)].append(sentence)
        begin += size
    return pieces


def _tells(sentence: SpokenSentence, fewest: int) -> bool:
    text = sentence.text
    if (
        text.endswith("?")
        or len(text.split()) > _LONGEST_WORDS
        or cue("courtesy").search(text)
        or cue("recap").search(text)
    ):
        return False
    return len(terms(text)) >= fewest
