"""What a stretch of a meeting is called: as it was announced, or by the words that mark it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import exp, log

from apps.meeting.cues import cue
from apps.meeting.turns import Meeting, SpokenTurn
from core.text.dates import MONTH_NUMBERS
from core.text.words import terms

_SAYS_LITTLE = frozenset(
    f"{' '.join(MONTH_NUMBERS)} monday tuesday wednesday thursday friday saturday sunday today tomorrow agreed open "
    "message messages point question questions next last first second third call month week day herr frau decided "
    "told said went came gave got made took found sent kept left asked one two three four five six seven eight nine "
    "ten acuerdo weeks days months years erste zweite dritte primera primero segunda segundo tercera tercero última "
    "último premier première deuxième troisième dernière dernier "
    "happens failing comes paid answered hasn’t hemos habéis tenemos dazu erst gerade also "
    "need needs look looks work works come comes talk different probably idea ideas ".lower().split()
)
_BEFORE_NOUN = frozenset(
    "the a an our your their this these each of in for on with from all no der die das den dem des ein eine einen "
    "unser unsere ihr ihre im zur zum vom la el los las un una le les une des du de l d au aux".split()
)
_OPENING_TURNS = 8
_ARTICLE = re.compile(r"^(?:the|our|your|then|die|der|das|den|unser\w*|el|la|los|las|le|les|l['’])\s+", re.IGNORECASE)
# Words, and the marks that no phrase reaches over.
_WORD = re.compile(r"[^\W\d_][\w'’-]*|[,;:–]")
# What happened ("report delivered") names no topic; before a noun the form does ("named analyst").
_ENDS_IN_PARTICIPLE = re.compile(r"\w{3,}[^e\W]ed$", re.IGNORECASE)


# What ends so is mostly no noun: "nearly finished report", "paying".
_VERBAL = re.compile(r"\b\w+(?:ly|ied|ted|ded|shed)\b", re.IGNORECASE)


def agenda_of(meeting: Meeting) -> str:
    """The points that somebody names at the beginning: "sensor rollout, licence numbers"; "" when nobody does."""
    for turn in meeting.turns[:_OPENING_TURNS]:
        for sentence in turn.sentences:
            match = cue("agenda").search(sentence.text)
            if match and match.what:
                points = re.split(r",? (?:and|und|y|et)(?: then| dann)? |, ", match.what.strip(" .!"))
                told = [_ARTICLE.sub("", p.strip()) for p in points if p.strip()]
                return ", ".join(told) if len(", ".join(told)) < 90 else ""
    return ""


def title_of(part: Sequence[SpokenTurn], turns: Sequence[SpokenTurn], meeting: Meeting) -> str:
    """How the point was announced; else the one to three words that are commonest here compared with the rest."""
    for turn in part[:3]:
        for sentence in turn.sentences:
            match = cue("announced").search(sentence.text)
            if match and match.what:
                return match.what[:1].upper() + match.what[1:]
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
    named = _fuller(shown[first], part, people)
    also = _fuller(shown[second], part, people) if second and here[second] >= 1.5 else ""
    if set(terms(also)) & set(terms(named)):
        also = ""
    title = f"{named}, {also}" if also else named
    return title[:1].upper() + title[1:]


def _fuller(name: str, turns: Sequence[SpokenTurn], people: set[str]) -> str:
    """A single word with the noun that it mostly stands with: "report" → "exception report", "value per shop"."""
    if " " in name:
        return name
    found: Counter[str] = Counter()
    written: dict[str, str] = {}
    word = re.escape(name)
    joined = re.compile(
        rf"\b(?:({word}s? (?:per|of|de|des|du|del|de la|de los) [^\W\d]{{4,}})|"
        rf"([^\W\d]{{4,}} {word}s?)|({word} [^\W\d]{{4,}})"
        rf"|([^\W\d]{{4,}} (?:de|des|du|del|de la|de los) {word}s?))\b(?=(?:\W+(\w+))?)",
        re.IGNORECASE,
    )
    for sentence in (s for t in turns for s in t.sentences):
        for match in joined.finditer(sentence.text):
            phrase = next(g for g in match.groups()[:4] if g)
            others = [w for w in phrase.split() if w.lower() not in _BEFORE_NOUN and w.lower() not in ("per", "of")]
            fits = all(terms(w) and w.lower() not in people | _SAYS_LITTLE for w in others) and not _VERBAL.search(
                phrase
            )
            # A noun phrase ends before a small word or a mark, and begins behind one.
            after, before = match.group(5), re.search(r"(\w+)\s+$", sentence.text[: match.start()])
            ends = not after or not terms(after) or sentence.text[match.end() : match.end() + 1] in ",.;:!?"
            if fits and ends and len(others) == 2 and before and before.group(1).lower() in _BEFORE_NOUN:
                found[phrase.lower()] += 1
                written.setdefault(phrase.lower(), phrase)
    return written[found.most_common(1)[0][0]] if found else name


def _phrases(turns: Sequence[SpokenTurn], people: set[str]) -> tuple[dict[str, float], dict[str, str]]:
    """Runs of up to three content words within a sentence: folded → weighted count, and → as written."""
    counts: defaultdict[str, float] = defaultdict(float)
    shown: dict[str, str] = {}
    for turn in turns:
        for sentence in turn.sentences:
            run: list[str] = []
            previous, after_article = "", False
            for word in [*_WORD.findall(cue("filler").sub(sentence.text)), ""]:
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
