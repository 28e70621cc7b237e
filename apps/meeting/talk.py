"""A meeting as a row of sentences: who answers whom, and what "it" stands for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from apps.meeting.cues import cue
from apps.meeting.days import without_days
from apps.meeting.turns import Meeting, SpokenSentence
from core.text.detect import detect_language
from core.text.words import terms

# Somebody else's turns that may answer, and sentences of each that do.
_ANSWERS, _ANSWER_SENTENCES = 2, 2
# So far back a pronoun reaches.
_BACK_TURNS, _BACK_SENTENCES = 3, 6
# So long a topic stays announced.
_ANNOUNCED_TURNS = 4
_LONGEST_CONTEXT = 140
# A sentence that begins so is about what was said before it.
_POINTS_BACK = re.compile(
    r"(?:it|they|he|she|that|this|these|those|them|er|sie|es|das|die (?=\w+ (?:ich|wir))|il|elle|"
    r"ils|cela|ça|eso)(?:\b|')",
    re.IGNORECASE,
)
_LIGHT = frozenset(
    "send get do have ask check look make give take put come go tell let be will can just then also anyway today back "
    "ready sort handle mache schick geb sag komm morgen gleich noch mal fais fai hago mando miro digo algo "
    "reviens revenir vers decir".split()
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody else says to a sentence: its place, and whether it takes it on, or declines."""

    at: int
    takes: bool
    declines: bool


class Talk:
    """The sentences of a meeting, in order, by their place."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.said = [s for t in meeting.turns if not t.listed for s in t.sentences]

    @cached_property
    def language(self) -> str:
        return detect_language(" ".join(s.text for s in self.said))

    def language_of(self, text: str) -> str:
        """The sentence's language where it is long enough to tell, else the meeting's."""
        return detect_language(text) if len(text.split()) > 5 else self.language

    @property
    def day(self) -> date | None:
        return self.meeting.day

    def replies(self, at: int) -> Iterator[Reply]:
        """What others answer to a sentence, the first words of the next turns of theirs."""
        asked = self.said[at]
        turns: list[int] = []
        asked_back = False  # what comes after another's question answers that
        for n in range(at + 1, len(self.said)):
            sentence = self.said[n]
            if sentence.turn not in turns:
                if asked_back:
                    return
                if len(turns) == _ANSWERS or sentence.turn > asked.turn + _ANSWERS + 1:
                    return
                turns.append(sentence.turn)
                first = n
            if sentence.speaker == asked.speaker or n - first >= _ANSWER_SENTENCES:
                continue
            asked_back = asked_back or sentence.text.endswith("?")
            takes = any(cue(k).search(sentence.text) for k in ("take", "handover", "promise", "assent"))
            declines = cue("refuse").search(sentence.text) is not None
            yield Reply(n, takes and not declines, declines)

    def count(self, text: str) -> int:
        """How many words say what it is about, without days."""
        text = self.unaddressed(cue("filler").sub(text))
        return len([w for w in terms(without_days(text, self.day)) if w not in _LIGHT])

    def unaddressed(self, text: str) -> str:
        return self._vocative.sub("", text)

    @cached_property
    def _vocative(self) -> re.Pattern[str]:
        """Somebody's name as he is addressed: "Jens, …", "…, Herr Huber?"."""
        names = "|".join(re.escape(w) for p in self.meeting.participants for w in p.split()) or r"(?!)"
        return re.compile(rf"^(?:{names}),|,(?: (?:Herr|Frau|Mr|Ms|Mrs))? (?:{names})(?=[,.!?]|$)")

    def leans(self, text: str) -> bool:
        """Whether it can't be understood without what was said before."""
        count = self.count(text)
        if count < 5 and cue("bare_object").search(text):
            return True
        return count < 2 or (count < 3 and cue("pointing").search(text) is not None)

    def meant(
        self, at: int, *kinds: str, least: int = 2, far: bool = False, others: bool = False
    ) -> SpokenSentence | None:
        """What a leaning sentence means: one of the kinds just before it, else the nearest that tells.

        Args:
            far: One of the kinds is meant although something else was said since.
            others: What others said comes first: "on it" is about theirs.
        """
        candidates = list(self._before(at))
        if others and (
            theirs := [s for s in candidates if s.speaker != self.said[at].speaker or cue("offer").search(s.text)]
        ):
            candidates = theirs
        wanted = [s for s in candidates if any(cue(k).search(s.text) for k in kinds) and self.count(s.text) >= least]
        now = self.said[at]
        telling = [
            s for s in candidates
            if self.count(s.text) >= (2 if s.speaker != now.speaker and s.turn == now.turn - 1 else max(3, least))
        ]  # fmt: skip
        if far and wanted:
            return wanted[0]
        just_before = [s for found in (wanted, telling) for s in found if s.turn >= now.turn - 1]
        return next(iter([*just_before, *wanted, *telling]), None)

    def _before(self, at: int) -> Iterator[SpokenSentence]:
        now = self.said[at]
        for n in range(at - 1, max(-1, at - 1 - _BACK_SENTENCES), -1):
            sentence = self.said[n]
            if now.turn - sentence.turn > _BACK_TURNS:
                return
            if any(self._knows_nothing(s) for s in self.said[max(0, n - 1) : n + 1] if s.turn == sentence.turn):
                continue
            if cue("take").search(sentence.text) and self.count(cue("take").sub(sentence.text)) < 2:
                continue
            bare = cue("settled").sub(cue("assent").sub(sentence.text))
            if not cue("courtesy").search(sentence.text) and self.count(bare) >= 1:
                yield sentence

    def _knows_nothing(self, sentence: SpokenSentence) -> bool:
        """ "No clue", and no more."""
        return cue("unknown").search(sentence.text) is not None and self.count(sentence.text) < 2

    def asked(self, at: int) -> SpokenSentence | None:
        """The question that was talked about just before."""
        kinds = ("open", "wants_to_know", "unknown")
        return next(
            (
                s
                for s in self._before(at)
                if self.count(s.text) >= 2 and (s.text.endswith("?") or any(cue(k).search(s.text) for k in kinds[:2]))
            ),
            None,
        )

    def announced(self, at: int) -> str:
        """What was last announced as the topic, in the words of the announcement; "" for nothing."""
        for sentence in reversed(self.said[:at]):
            if self.said[at].turn - sentence.turn > _ANNOUNCED_TURNS:
                return ""
            if match := cue("announced").search(sentence.text):
                return match.what if self.count(match.what) else ""
            if cue("next_point").search(sentence.text):
                return ""
        return ""

    def topic(self, at: int) -> SpokenSentence | None:
        """What is talked about: what was announced, or as it was before, a few turns back; else what is meant."""
        now = self.said[at]
        for n in range(at - 1, max(-1, at - 2 * _BACK_SENTENCES), -1):
            sentence = self.said[n]
            if now.turn - sentence.turn > 2 * _BACK_TURNS:
                break
            if any(cue(k).search(sentence.text) for k in ("announced", "change")) and self.count(sentence.text) >= 1:
                return sentence
        return self.meant(at, "proposal", "option", "need_do", "next_point")

    def context(self, sentence: SpokenSentence) -> str:
        """A sentence as it stands in brackets behind what leans on it."""
        text = written(sentence.text)
        place = self.said.index(sentence)
        earlier = self.said[place - 1] if place else sentence
        proposal = cue("proposal").search(text) if text.endswith("?") else None
        if proposal is not None and proposal.language == "en" and self.count(proposal.what) >= 1:
            text = proposal.what
        points = _POINTS_BACK.match(text) is not None or self.count(text) < 2
        if points and earlier.turn == sentence.turn and earlier is not sentence:
            text = f"{written(earlier.text)} {text}"
        return textwrap.shorten(text, _LONGEST_CONTEXT, placeholder=" …").rstrip(".,;:!")


def written(text: str) -> str:
    """The sentence without hesitation, openers and repeated words, as it may stand in minutes."""
    clean = cue("filler").sub(text)
    clean = re.sub(r"\b(\w{1,8})(?:[ ,]+\1\b)+", r"\1", clean, flags=re.IGNORECASE)
    clean = re.sub(r"\s+([,.!?])", r"\1", " ".join(clean.split())).strip(" ,–-")
    for _ in range(3):
        opener = cue("opener").search(clean)
        if opener is None or opener.begin or len(clean) - opener.end < 4:
            break
        clean = clean[opener.end :]
    return clean[:1].upper() + clean[1:]
