"""Decisions whose terms were asked for first: "We could …" – "What does it cost?" – "Sixty." – "Fine by me." """

from __future__ import annotations

from dataclasses import dataclass

from apps.meeting.conclusions import Conclusion
from apps.meeting.cues import CueMatch, cue
from apps.meeting.talk import Talk
from apps.meeting.turns import SpokenSentence

# So many turns lie between what is proposed and the yes to it: questions and what answers them.
_TURNS = 6
# What answers a question about the terms has so few words of its own.
_ANSWER_WORDS = 5


@dataclass(frozen=True)
class Terms:
    """Finds them in a talk."""

    talk: Talk

    def says_yes(self, at: int) -> bool:
        """Whether the sentence takes terms: what it is a yes to is the decision."""
        text = self.talk.said[at].text
        return not text.endswith("?") and cue("terms_taken").search(text) is not None

    def taken(self, at: int) -> Conclusion | None:
        """What the yes of this sentence is to: the last thing that another said could be done, asked about since."""
        now = self.talk.said[at]
        if (asked := self._asked(at)) is not None:
            return asked
        for n in range(at - 1, -1, -1):
            earlier = self.talk.said[n]
            if now.turn - earlier.turn > _TURNS:
                return None
            offered = self._offered(earlier) if earlier.turn < now.turn else None
            if offered is not None:
                if earlier.speaker == now.speaker or self.talk.count(offered.what or earlier.text) < 2:
                    return None
                return Conclusion(n, offered.what or earlier.text, (earlier.turn, now.turn))
            if not self._belongs(earlier):
                return None
        return None

    def _asked(self, at: int) -> Conclusion | None:
        """A short question just before that is the proposal itself: "One a season?" – "I can live with that." """
        now, asked = self.talk.said[at], self.talk.said[at - 1] if at else None
        if asked is None or asked.turn != now.turn - 1 or asked.speaker == now.speaker or not asked.text.endswith("?"):
            return None
        short = 0 < self.talk.count(asked.text) <= _ANSWER_WORDS
        if not short or any(cue(k).search(asked.text) for k in ("asks_what", "request", "courtesy", "offer")):
            return None
        return Conclusion(at - 1, asked.text.rstrip("? "), (asked.turn, now.turn))

    def _offered(self, sentence: SpokenSentence) -> CueMatch | None:
        if sentence.text.endswith("?") and cue("proposal").search(sentence.text) is None:
            return None
        return cue("option").search(sentence.text) or cue("proposal").search(sentence.text)

    def _belongs(self, sentence: SpokenSentence) -> bool:
        """Whether a sentence between asks for the terms, tells them, or agrees."""
        text = sentence.text
        if cue("asks_terms").search(text):
            return True
        if any(cue(k).search(text) for k in ("refuse", "promise", "request", "next_point", "unknown")):
            return False
        return text.endswith("?") or self.talk.count(text) <= _ANSWER_WORDS or cue("assent").search(text) is not None
