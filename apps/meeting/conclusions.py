"""What a meeting settles without saying so: a line that is drawn, words said back, an offer that is declined."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.meeting.cues import cue, plain, words_of
from apps.meeting.days import spoken_days, without_days
from apps.meeting.talk import Talk
from core.text.words import folded, terms

# Said back are so many of a sentence's words, within so many turns; a longer sentence says something new.
_SAID_BACK, _WITHIN, _LONGEST = 0.6, 3, 12
# Words are compared by so many letters: "merge" and "merged" are one.
_STEM = 5
# The first sentences greet and say what the meeting is about.
_OPENING = 8
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu)'", re.IGNORECASE)
_NO_CONCLUSION = (
    "promise", "handover", "request", "courtesy", "unknown", "open", "no_decision", "next_point", "offer", "opinion",
    "obliged", "refuse", "next_meeting", "take", "ask_who",
)  # fmt: skip


@dataclass(frozen=True)
class Conclusion:
    """A place of the talk, its words as a row, and the turns that it stands on."""

    at: int
    what: str
    turns: tuple[int, ...]


@dataclass(frozen=True)
class Conclusions:
    """Finds them in a talk."""

    talk: Talk

    def said_back(self, at: int) -> Conclusion | None:
        """A line drawn in the words of another: "Thank you. Extra until Easter." after "let's try it extra"."""
        sentence, text = self.talk.said[at], self.talk.said[at].text
        bare = self._bare(text)
        if (
            text.endswith("?")
            or len(bare.split()) > _LONGEST
            or any(cue(k).search(t) for k in _NO_CONCLUSION for t in (text, bare))
        ):
            return None
        if not (cue("concludes").search(text) or self._after_thanks(at)):
            return None
        words = self._said(bare)
        if len(words) < (1 if self._drawn(text) else 2) or self._arranging(at):
            return None
        others = [s for s in self.talk.said[:at] if 0 < sentence.turn - s.turn <= _WITHIN]
        own = [s for s in others if s.speaker != sentence.speaker and s.turn >= sentence.turn - 2]
        said = set().union(*(self._said(s.text) for s in own)) if own else set()
        whole = set().union(*(self._said(s.text) for s in others)) if others else set()
        if not words & said or len(words & whole) < _SAID_BACK * len(words):
            return None
        if any(cue("unknown").search(s.text) or cue("refuse").search(s.text) for s in own[-2:]):
            return None
        return Conclusion(at, bare, (own[-1].turn, sentence.turn))

    def accepted(self, at: int) -> Conclusion | None:
        """A line that one draws and the next says yes to: "All right, so no deliveries at night." – "Done." """
        sentence, text = self.talk.said[at], self.talk.said[at].text
        drawn = cue("concludes").search(text)
        if drawn is None or text.endswith("?") or any(cue(k).search(text) for k in _NO_CONCLUSION):
            return None
        bare = self._bare(text)
        if cue("opinion").search(bare) or cue("reservation").search(bare):
            return None
        if self.talk.count(bare) < 2 or self._arranging(at) or at < _OPENING:
            return None
        for reply in self.talk.replies(at):
            if reply.declines:
                return None
            if cue("assent").search(self.talk.said[reply.at].text):
                return Conclusion(at, bare, (sentence.turn, self.talk.said[reply.at].turn))
        return None

    def declined(self, at: int) -> Conclusion | None:
        """What somebody offers or asks to have, and another doesn't want: "Could we also add the kiosk?" – "No." """
        text = self.talk.said[at].text
        match = cue("wanted").search(text) or cue("offer").search(text)
        if match is None or not text.endswith("?") or self.talk.count(match.what) < 2:
            return None
        reply = next(self.talk.replies(at), None)
        if reply is None or not reply.declines:
            return None
        answer = self.talk.said[reply.at].text
        if answer.endswith("?") or spoken_days(answer, self.talk.day) or cue("unknown").search(answer):
            return None
        if self._countered(reply.at):
            return None
        form = str(words_of(match.language)["declined"])
        turns = (self.talk.said[at].turn, self.talk.said[reply.at].turn)
        return Conclusion(at, form.format(match.what.strip(" ?¿,")), turns)

    def _countered(self, at: int) -> bool:
        """Whether who declines proposes something else in the same turn, or the next one insists."""
        answer = self.talk.said[at]
        following = [s for s in self.talk.said[at + 1 : at + 5] if s.turn - answer.turn <= 1]
        return any(cue("proposal" if s.turn == answer.turn else "refuse").search(s.text) for s in following)

    def _said(self, text: str) -> set[str]:
        """The stems of its words, and its days."""
        days = {d.day.isoformat() for d in spoken_days(text, self.talk.day)}
        bare = _ELISION.sub("", plain(without_days(text, self.talk.day)))
        return {folded(w)[:_STEM] for w in terms(bare)} | days

    def _bare(self, text: str) -> str:
        for _ in range(3):
            opener = cue("opener").search(text)
            if opener is None or opener.begin or len(text) - opener.end < 4:
                break
            text = text[opener.end :]
        return text.strip(" .!,")

    def _drawn(self, text: str) -> bool:
        """Whether a word such as "then" draws the line, rather than a mere "okay"."""
        match = cue("concludes").search(text)
        return match is not None and text[match.begin : match.end].rstrip()[-1:] not in (",", ".")

    def _after_thanks(self, at: int) -> bool:
        """Whether the turn begins with a yes or thanks just before this sentence."""
        earlier = self.talk.said[at - 1] if at else None
        return bool(
            earlier
            and earlier.turn == self.talk.said[at].turn
            and (cue("assent").search(earlier.text) or cue("courtesy").search(earlier.text))
            and self.talk.count(earlier.text) < 2
        )

    def _arranging(self, at: int) -> bool:
        """Whether one is fixing when to meet again."""
        now = self.talk.said[at]
        near = [s for s in self.talk.said[max(0, at - 5) : at + 1] if now.turn - s.turn <= _WITHIN]
        return any(cue("next_meeting").search(s.text) for s in near)
