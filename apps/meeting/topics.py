"""What a meeting was about: its stretches, a title for each, and the sentences that say most of it.

Stretches are cut where the vocabulary changes (Hearst, "TextTiling", 1997) or someone announces the next point.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt

from apps.meeting.cues import ANNOUNCED, FILLER, NEXT_POINT, RECAP
from apps.meeting.outcomes import recap_turns
from apps.meeting.sentences import choose_sentences, word_counts
from apps.meeting.terms import terms
from apps.meeting.turns import Meeting, Sentence, Turn
from apps.words import MONTHS

# A topic for so many words, between the two bounds.
_WORDS_A_TOPIC = 170
_WORDS_A_TOPIC_LONG = 900
_MOST_TOPICS = 9
_LONG_MEETING_WORDS = 2_000
# The share of a long meeting's words at each end that is greeting, technology and goodbye.
_ENDS = 0.04
# Words on each side of a possible cut that are compared.
_WINDOW = 110
_SAYS_LITTLE = frozenset(
    f"{' '.join(MONTHS.values())} monday tuesday wednesday thursday friday saturday sunday today tomorrow agreed open "
    "message messages point question questions next last first second third call month week day herr frau decided "
    "told said went came gave got made took found sent kept left asked one two three four five six seven eight nine "
    "ten acuerdo weeks days months years erste zweite dritte primera primero segunda segundo tercera tercero última "
    "último premier première deuxième troisième dernière dernier "
    "need needs look looks work works come comes talk different probably idea ideas ".lower().split()
)
_BEFORE_NOUN = frozenset(
    "the a an our your their this these each of in for on with from all no der die das den dem des ein eine einen "
    "unser unsere ihr ihre im zur zum vom la el los las un una le les une des du de l d au aux".split()
)
# Words, and the marks that no phrase reaches over.
_WORD = re.compile(r"[^\W\d_][\w'’-]*|[,;:–]")
# What happened ("report delivered") names no topic; before a noun the form does ("named analyst").
_ENDS_IN_PARTICIPLE = re.compile(r"\w{3,}[^e\W]ed$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    """A stretch of the meeting: turns `begin` to `end` (both inside), and the sentences that sum it up."""

    title: str
    begin: int
    end: int
    sentences: tuple[Sentence, ...]


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
            topics.append(Topic(_title(part, turns, meeting), part[0].number, part[-1].number, tuple(sentences)))
    return topics


def _without_ends(stretches: Sequence[Sequence[Sentence]]) -> list[list[Sentence]]:
    """The stretches without the first and last words of the whole."""
    total = sum(len(s.text.split()) for stretch in stretches for s in stretch)
    kept: list[list[Sentence]] = []
    before = 0
    for stretch in stretches:
        kept.append([])
        for sentence in stretch:
            if _ENDS <= before / total <= 1 - _ENDS:
                kept[-1].append(sentence)
            before += len(sentence.text.split())
    return kept


def _cut(turns: Sequence[Turn], wanted: int) -> list[list[Turn]]:
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


def _announced(turn: Turn) -> float:
    opening = turn.text[:120]
    if RECAP.search(opening):
        return 0.5
    return 0.6 if NEXT_POINT.search(opening) else 0.0


def _title(part: Sequence[Turn], turns: Sequence[Turn], meeting: Meeting) -> str:
    """How the point was announced; else the one to three words that are commonest here compared with the rest."""
    for turn in part[:3]:
        for sentence in turn.sentences:
            match = ANNOUNCED.search(sentence.text)
            if match:
                name = next(g for g in match.groups() if g)
                return name[:1].upper() + name[1:]
    people = {w.lower() for p in meeting.participants for w in p.split()}
    (here, shown), (everywhere, _) = _phrases(part, people), _phrases(turns, people)
    if not here:
        return "Discussion"

    def weight(phrase: str) -> float:
        share = here[phrase] / everywhere[phrase]
        often = exp(0.7 * log(here[phrase]))
        return often * share * (1.6 if " " in phrase else 1.0) * (1.2 if shown[phrase][:1].isupper() else 1.0)

    ranked = sorted(here, key=lambda p: (-weight(p), p))
    first = ranked[0]
    second = next((p for p in ranked[1:8] if not set(terms(p)) & set(terms(first))), "")
    title = f"{shown[first]}, {shown[second]}" if second and here[second] >= 1.5 else shown[first]
    return title[:1].upper() + title[1:]


def _phrases(turns: Sequence[Turn], people: set[str]) -> tuple[dict[str, float], dict[str, str]]:
    """Runs of up to three content words within a sentence: folded → weighted count, and → as written."""
    counts: defaultdict[str, float] = defaultdict(float)
    shown: dict[str, str] = {}
    for turn in turns:
        for sentence in turn.sentences:
            run: list[str] = []
            previous, after_article = "", False
            for word in [*_WORD.findall(FILLER.sub("", sentence.text)), ""]:
                usable = len(word) > 2 and bool(terms(word)) and word.lower() not in people | _SAYS_LITTLE
                if usable:
                    if not run:
                        after_article = previous.lower() in _BEFORE_NOUN
                    run.append(word)
                    for size in (1, 2, 3):
                        if len(run) >= size and (size > 1 or len(word) > 4) and not _ENDS_IN_PARTICIPLE.search(word):
                            phrase = " ".join(run[-size:])
                            key = phrase.lower()
                            shown.setdefault(key, phrase)
                            if not phrase[:1].isupper():
                                shown[key] = phrase
                            # What follows an article or a preposition is a noun more often than not.
                            counts[key] += 1.0 if after_article and size == len(run) else 0.3
                else:
                    run = []
                previous = word
    return counts, shown
