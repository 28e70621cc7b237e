"""Requests and their answers: who was asked, who took it on, and by when."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from apps.meeting.cues import CueMatch, cue
from apps.meeting.days import SpokenDay, due_in
from apps.meeting.items import MeetingItem
from apps.meeting.names import known_person
from apps.meeting.rows import day_after, task_item, without_cues, worded
from apps.meeting.talk import Reply, Talk
from apps.meeting.tasks import provided, tidy


@dataclass
class Requests:
    """Finds requests that are granted. `answered`: places of replies that say no more than yes or no."""

    talk: Talk
    answered: set[int] = field(default_factory=set)

    def requested(self, at: int) -> MeetingItem | None:
        """The task of a request that somebody takes on, or that has a day and nobody declines."""
        sentence = self.talk.said[at]
        match = cue("request").search(sentence.text) or self._dated_need(sentence.text)
        if match is None:
            return None
        answer = self._answer(at)
        if answer is not None and answer.declines:
            self.answered.add(answer.at)
            return None
        need = cue("request").search(sentence.text) is None
        asked = re.split(r",? (?:and|und|y|et) (?:I\b|ich\b|yo\b|je\b)", match.what)[0]
        if answer is None and (sentence.text.endswith("?") or self.talk.count(asked) < (1 if need else 2)):
            return None
        owner = self.talk.said[answer.at].speaker if answer else self._addressed(at)
        if not owner:
            return None
        task, due_text, due = worded(self.talk, match, at, owner)
        task = provided(match.what, match.language, self.talk.day) if need else self._with_object(task, match, at)
        turns: tuple[int, ...] = (sentence.turn,)
        if answer is not None:
            turns = (sentence.turn, self.talk.said[answer.at].turn)
            said = self._day_of(answer, at, due is not None)
            due = said.day if said else due
        return task_item(self.talk, at, task, owner, (due, due_text), turns=turns)

    def offered(self, at: int) -> MeetingItem | None:
        """What somebody could do, and another takes: "I can give Lorna a nudge." – "That would help"."""
        sentence = self.talk.said[at]
        match = cue("offer").search(sentence.text)
        if match is None or self.talk.count(match.what) < 1 or cue("unknown").search(sentence.text):
            return None
        following = [s for s in self.talk.said[at + 1 : at + 4] if sentence.turn < s.turn <= sentence.turn + 1]
        if not following or cue("refuse").search(following[0].text) or following[0].text.endswith("?"):
            return None
        if not any(cue(k).search(following[0].text) for k in ("offer_taken", "go_ahead", "accepts", "assent")):
            return None
        task, due_text, due = worded(self.talk, match, at, sentence.speaker)
        turns = (sentence.turn, following[0].turn)
        return task_item(self.talk, at, task, sentence.speaker, (due, due_text), turns=turns)

    def _day_of(self, answer: Reply, at: int, known: bool) -> SpokenDay | None:
        """The day that the answer names, or what is said just behind either."""
        reply = self.talk.said[answer.at]
        if self.talk.leans(without_cues(reply.text)):
            self.answered.add(answer.at)
        found = due_in(reply.text, self.talk.day) or day_after(self.talk, answer.at)
        return found or (None if known else day_after(self.talk, at))

    def _with_object(self, task: str, match: CueMatch, at: int) -> str:
        """ "And the new rates, can you send them?": what stands before the request is its object."""
        before = self.talk.said[at].text[: match.begin].strip(" ,¿")
        if self.talk.count(task) >= 2 or self.talk.count(before) < 1:
            return task
        bare = re.sub(r"(?<=r)(?:lo|la|los|las)$", "", task)
        return f"{bare}: {tidy(self.talk.unaddressed(before), match.language)}"

    def _dated_need(self, text: str) -> CueMatch | None:
        """ "I need headcount by the 15th": asked of the others, as it has a day."""
        match = cue("need_thing").search(text)
        due = due_in(text, self.talk.day)
        own = match is not None and cue("first_person").search(text[: match.end]) is not None
        return match if own and due is not None and due.by and not text.endswith("?") else None

    def _answer(self, at: int) -> Reply | None:
        """The first reply that takes the request on or declines it."""
        for reply in self.talk.replies(at):
            text = self.talk.said[reply.at].text
            if reply.takes or reply.declines:
                return reply
            if due_in(text, self.talk.day) and not text.endswith("?"):
                return replace(reply, takes=True)
        return None

    def _addressed(self, at: int) -> str:
        """Who is meant by "you": a person that is named, else the one who spoke last before."""
        sentence = self.talk.said[at]
        people = self.talk.meeting.participants
        for word in re.findall(r"[A-ZÀ-Þ][\w'-]+", sentence.text):
            if (person := known_person(word, people)) and person != sentence.speaker:
                return person
        before = [s.speaker for s in self.talk.said[max(0, at - 8) : at] if s.speaker != sentence.speaker]
        after = [s.speaker for s in self.talk.said[at : at + 4] if s.speaker != sentence.speaker]
        return before[-1] if before else next(iter(after), "")
