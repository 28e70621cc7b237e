"""What a meeting was about: its stretches, a title for each, and the sentences that say most of it.

Stretches are cut where the vocabulary changes (Hearst, "TextTiling", 1997) or someone announces the next point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from apps.meeting.cues import cue
from apps.meeting.outcomes import recap_turns
from apps.meeting.sentences import choose_sentences, word_counts
from apps.meeting.titles import title_of
from apps.meeting.turns import Meeting, SpokenSentence, SpokenTurn
from core.text.words import terms

# A topic for so many words, between the two bounds.
_WORDS_A_TOPIC = 170
_WORDS_A_TOPIC_LONG = 900
_MOST_TOPICS = 9
_LONG_MEETING_WORDS = 2_000
# The share of a long meeting's words at each end that is greeting, technology and goodbye.
_ENDS = 0.04
# Words on each side of a possible cut that are compared.
_WINDOW = 110


@dataclass(frozen=True, slots=True)
class Topic:
    """A stretch of the meeting: turns `begin` to `end` (both inside), and the sentences that sum it up."""

    title: str
    begin: int
    end: int
    sentences: tuple[SpokenSentence, ...]


def find_topics(
    meeting: Meeting, sentences_each: int = 0, told: Collection[tuple[int, str]] = frozenset()
) -> list[Topic]:
    """The topics in order.

    Args:
        sentences_each: How many sentences a topic gets on average, long ones more; 0: by the meeting's length.
        told: (turn, sentence) that stand elsewhere already, among decisions or actions.
    """
    summing_up = recap_turns(meeting)
    turns = [t for t in meeting.turns if terms(t.text) and t.number not in summing_up]
    if not turns:
        return []
    words = sum(len(t.text.split()) for t in turns)
    wanted = max(
        1, min(_MOST_TOPICS, round(words / (_WORDS_A_TOPIC if words < _LONG_MEETING_WORDS else _WORDS_A_TOPIC_LONG)))
    )
    parts = [p for p in _cut(turns, wanted) if p]
    long = words >= _LONG_MEETING_WORDS
    stretches = [[s for t in part for s in t.sentences if (s.turn, s.text) not in told] for part in parts]
    if long:
        stretches = _without_ends(stretches)
    counts = word_counts([s for t in turns for s in t.sentences])
    each = sentences_each or (8 if long else 3)
    chosen = choose_sentences(stretches, counts, len(parts) * each, long=long)
    topics = []
    for part, sentences in zip(parts, chosen, strict=True):
        if sentences:
            topics.append(Topic(title_of(part, turns, meeting), part[0].number, part[-1].number, tuple(sentences)))
    return topics


def _without_ends(stretches: Sequence[Sequence[SpokenSentence]]) -> list[list[SpokenSentence]]:
    """The stretches without the first and last words of the whole."""
    total = sum(len(s.text.split()) for stretch in stretches for s in stretch)
    kept: list[list[SpokenSentence]] = []
    before = 0
    for stretch in stretches:
        kept.append([])
        for sentence in stretch:
            if _ENDS <= before / total <= 1 - _ENDS:
                kept[-1].append(sentence)
            before += len(sentence.text.split())
    return kept


def _cut(turns: Sequence[SpokenTurn], wanted: int) -> list[list[SpokenTurn]]:
    if wanted <= 1 or len(turns) < 6:
        return [list(turns)]
    bags = [Counter(terms(t.text)) for t in turns]
    sizes = [len(t.text.split()) for t in turns]
    scores = [_change(bags, sizes, i) + _announced(turns[i]) for i in range(1, len(turns))]
    shortest = sum(sizes) / wanted * 0.35
    cuts: list[int] = []
    for i in sorted(range(1, len(turns)), key=lambda i: -scores[i - 1]):
        edges = sorted([0, *cuts, i, len(turns)])
        if all(sum(sizes[a:b]) >= shortest for a, b in pairwise(edges)):
            cuts.append(i)
        if len(cuts) == wanted - 1:
            break
    edges = [0, *sorted(cuts), len(turns)]
    return [list(turns[a:b]) for a, b in pairwise(edges)]


def _change(bags: Sequence[Counter[str]], sizes: Sequence[int], i: int) -> float:
    """1 − cosine of the words before and after the cut at `i`."""
    before, after = _side(bags, sizes, range(i - 1, -1, -1)), _side(bags, sizes, range(i, len(bags)))
    norm = sqrt(sum(v * v for v in before.values()) * sum(v * v for v in after.values()))
    return 1 - sum(v * after[w] for w, v in before.items()) / norm if norm else 0.0


def _side(bags: Sequence[Counter[str]], sizes: Sequence[int], order: range) -> Counter[str]:
    total: Counter[str] = Counter()
    words = 0
    for i in order:
        total += bags[i]
        words += sizes[i]
        if words >= _WINDOW:
            break
    return total


def _announced(turn: SpokenTurn) -> float:
    opening = turn.text[:120]
    if cue("recap").search(opening):
        return 0.5
    return 0.6 if cue("next_point").search(opening) else 0.0
