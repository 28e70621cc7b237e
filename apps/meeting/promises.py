"""Promises of the one who speaks: "I'll send it", "you'll have it", "leave it with me", and what they are about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from apps.meeting.cues import CueMatch, cue
from apps.meeting.days import due_in
from apps.meeting.items import MeetingItem
from apps.meeting.rows import WANTED, about, day_after, task_item, without_cues, worded
from apps.meeting.talk import Talk
from apps.meeting.tasks import deed, due_of, provided, without_due
from apps.meeting.turns import SpokenSentence
from core.text.words import overlap

_PROMISES = ("handover", "take", "promise", "obliged", "dated")
# "Ask Frau Lindemann": with fewer words of its own it doesn't say what about.
_SAYS_WHAT = 5
# A question with so many words of the task adds nothing to it.
_SAME = 0.6
# A sentence that begins so, in its first letters, says why and promises nothing.
_FIRST_WORDS = 12
Worded = tuple[str, str, date | None]  # the task, its day as spoken, its day


@dataclass
class Promises:
    """Attributes: completes: says whether a sentence with this day only dates the task before it."""

    talk: Talk
    completes: Callable[[SpokenSentence, date], bool]

    def promised(self, at: int, text: str) -> MeetingItem | None:
        """The task that a sentence promises; None where it promises nothing, or nobody could tell what."""
        kind, match = self._kind(at, text)
        if match is None:
            return None
        sentence = self.talk.said[at]
        owner = sentence.speaker
        task, due_text, due = self._worded(kind, match, at, text)
        if due is None and not due_text and kind in ("take", "promise") and (said := day_after(self.talk, at)):
            due = said.day
        bare = kind in ("promise", "obliged", "dated") and self.talk.count(task) < 1
        if bare and (kind == "obliged" or (due and self.completes(sentence, due))):
            return None
        if task and cue("inquiry").search(task) and self.talk.count(task) < _SAYS_WHAT:
            asked = self.talk.asked(at)
            if asked is not None and overlap(task, asked.text) < _SAME:
                task = f"{task} ({self.talk.context(asked)})"
                return task_item(self.talk, at, task, owner, (due, due_text), turns=(asked.turn, sentence.turn))
        points = cue("points_back").search(text) is not None and self.talk.count(task) < 4
        if task and not self.talk.leans(task) and not points:
            return task_item(self.talk, at, task, owner, (due, due_text), turns=(sentence.turn,))
        meant = self.talk.meant(at, *WANTED, far=kind == "handover", others=kind == "take")
        if meant is not None:
            task = about(self.talk, task, meant, match.language)
            return (
                task_item(self.talk, at, task, owner, (due, due_text), turns=(meant.turn, sentence.turn))
                if task
                else None
            )
        stands = self.talk.count(task) >= 1 and len(task.split()) > 3 and not cue("bare_object").search(task)
        return task_item(self.talk, at, task, owner, (due, due_text), turns=(sentence.turn,)) if stands else None

    def _kind(self, at: int, text: str) -> tuple[str, CueMatch | None]:
        """Which form of promise it is, if any."""
        if cue("reason").search(text[:_FIRST_WORDS]) is not None:
            return "", None  # "Otherwise we'll …"
        if text.endswith("?") or cue("recap").search(text) or cue("refuse").search(text):
            return "", None
        decision = cue("decision").search(text)
        if decision is not None and decision.begin == 0 and not cue("first_singular").search(text):
            return "", None
        kind, match = self._promise(text)
        if kind == "dated" and not self._ahead(text):
            return "", None
        if kind == "take" and self.talk.count(without_cues(text)) < 1 and self._goes_on(at):
            return "", None
        return kind, match

    def _worded(self, kind: str, match: CueMatch, at: int, text: str) -> Worded:
        if kind == "handover":
            return self._handed_over(match, at, text)
        if kind == "take":
            found = due_in(text, self.talk.day)
            return "", "", found.day if found else None
        return worded(self.talk, match, at, self.talk.said[at].speaker, text)

    def _handed_over(self, match: CueMatch, at: int, text: str) -> Worded:
        """ "You'll have the list on Monday": the speaker provides it."""
        found = due_of(match, text, self.talk.day)
        what = f"{match.what} {match.parts.get('rest', '')}".strip()
        bare, due_text = without_due(what, self.talk.day)
        task = "" if self._pronoun_only(bare) else provided(bare, match.language, self.talk.day)
        if task and match.language in ("es", "fr"):
            task = deed(match, text, self.talk.said[at].speaker, self.talk.day)[0]
        elif (
            task
            and self.talk.leans(bare)
            and (meant := self.talk.meant(at, "need_thing", "need_do", far=True)) is not None
        ):
            task = f"{task} ({self.talk.context(meant)})"
        return task, due_text, found.day if found else None

    def _promise(self, text: str) -> tuple[str, CueMatch | None]:
        found = [(kind, match) for kind in _PROMISES if (match := cue(kind).search(text))]
        found = [(kind, match) for kind, match in found if kind == "take" or not self._denied(match, text)]
        by_kind = dict(found)
        if "take" in by_kind and "promise" in by_kind and self.talk.count(by_kind["promise"].what) >= 1:
            return "promise", by_kind["promise"]
        sure = [(kind, match) for kind, match in found if kind in ("handover", "promise")]
        if len(sure) == 2 and not any(kind == "take" for kind, _ in found):
            return min(sure, key=lambda pair: pair[1].begin)
        return found[0] if found else ("", None)

    def _denied(self, match: CueMatch, text: str) -> bool:
        """ "Den nehme ich nicht" promises nothing."""
        wide = re.split(r"[,;]", text[max(0, match.begin - 4) : match.end].strip(" ,;"))[0]
        clause = re.split(r"[,;]", text[match.begin : match.end].strip(" ,;"))[0]
        return match.language != "en" and any(cue("negation").search(part) for part in (wide, clause))

    def _goes_on(self, at: int) -> bool:
        """Whether the same person's next sentence says what he does."""
        if at + 1 >= len(self.talk.said) or self.talk.said[at + 1].turn != self.talk.said[at].turn:
            return False
        kind, match = self._promise(self.talk.said[at + 1].text)
        return match is not None and (kind in ("promise", "handover") or self._ahead(self.talk.said[at + 1].text))

    def _ahead(self, text: str) -> bool:
        return self.talk.day is not None and due_in(text, self.talk.day) is not None

    def _pronoun_only(self, what: str) -> bool:
        return self.talk.count(what) < 1 or (cue("pointing").search(what) is not None and self.talk.count(what) < 2)
