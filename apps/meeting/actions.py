"""Action items of what is said: requests that are granted, promises, persons who are named; each with owner and day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from apps.meeting.cues import cue
from apps.meeting.days import due_in, without_days
from apps.meeting.items import MeetingItem, add_item
from apps.meeting.others import Others
from apps.meeting.promises import Promises
from apps.meeting.recaps import summed_up
from apps.meeting.requests import Requests
from apps.meeting.rows import WANTED
from apps.meeting.talk import Talk
from apps.meeting.tasks import due_of
from apps.meeting.turns import SpokenSentence

# A day that is said with no more than so many other words belongs to the task before.
_DAY_ONLY = 2
# "Please do, before the 14th" says no more than so many words behind its form.
_CONFIRMS = 4


class Actions:
    """Goes through a meeting's sentences; `items` are the tasks, `told` the sentences that they stand in."""

    def __init__(self, talk: Talk, recap: frozenset[int] = frozenset()) -> None:
        self.talk, self.recap = talk, recap
        self.items: list[MeetingItem] = []
        self.told: set[tuple[int, str]] = set()
        self._requests, self._others = Requests(talk), Others(talk)
        self._promises = Promises(talk, self._completes)
        for at, sentence in enumerate(talk.said):
            before = list(self.items)
            self._read(at, sentence)
            if self.items != before:
                self.told.add((sentence.turn, sentence.text))
        self.told |= {(talk.said[at].turn, talk.said[at].text) for at in self._requests.answered}

    def _read(self, at: int, sentence: SpokenSentence) -> None:
        text = sentence.text
        if (
            at in self._requests.answered | self._others.answered
            or not sentence.speaker
            or cue("courtesy").search(text)
        ):
            return
        if sentence.turn in self.recap:
            for item in summed_up(self.talk, at):
                self._repeat(item)
            return
        if self._dates_the_last(at) or self._goes_ahead(at):
            return
        asked = self._requests.requested(at)
        if asked is not None:
            add_item(self.items, asked)
            self._promised_too(at, text)
            return
        found = (
            self._others.sent(at)
            or self._others.by_pronoun(at)
            or self._promises.promised(at, text)
            or self._requests.offered(at)
            or self._others.named(at)
        )
        if found is not None:
            add_item(self.items, found)

    def _promised_too(self, at: int, text: str) -> None:
        """What the one who asks does himself: "I'll send the guide and you hand it out?"."""
        request, promise = cue("request").search(text), cue("promise").search(text)
        if request is None or promise is None or request.begin <= promise.begin < request.end - 1:
            return
        before = promise.begin < request.begin
        own = self._promises.promised(at, text[: request.begin].rstrip(" ,") if before else text)
        if own is not None:
            self.items.insert(len(self.items) - before, own)

    def _goes_ahead(self, at: int) -> bool:
        """Whether a sentence only confirms the task just before: "Please do, before the 14th", "On it"."""
        sentence = self.talk.said[at]
        last = self.items[-1] if self.items else None
        if last is None or sentence.turn - max(last.turns) > 2:
            return False
        other = sentence.speaker != last.owner
        confirms = cue("go_ahead" if other else "take").search(sentence.text)
        if confirms is None or self.talk.count(sentence.text[confirms.end :]) > _CONFIRMS:
            return False
        asked = [
            s for s in self.talk.said[:at] if max(last.turns) < s.turn <= sentence.turn and s.speaker != last.owner
        ]
        if not other and any(
            cue(k).search(s.text) for s in asked for k in WANTED if not cue("go_ahead").search(s.text)
        ):
            return False
        due = last.due or (found.day if (found := due_in(sentence.text, self.talk.day)) else None)
        self.items[-1] = replace(last, due=due, turns=tuple(dict.fromkeys((*last.turns, sentence.turn))))
        return True

    def _dates_the_last(self, at: int) -> bool:
        """Whether a sentence only says by when, or changes the day of, the task just before."""
        sentence = self.talk.said[at]
        if not self.items or sentence.turn - max(self.items[-1].turns) > 2:
            return False
        last = self.items[-1]
        promise = cue("promise").search(sentence.text)
        found = due_of(promise, sentence.text, self.talk.day) if promise else due_in(sentence.text, self.talk.day)
        if found is None:
            return False
        reason = cue("reason").search(sentence.text)
        bare = self.talk.count(without_days(sentence.text[: reason.begin] if reason else sentence.text, self.talk.day))
        own = sentence.speaker in (last.owner, last.speaker) and sentence.turn - max(last.turns) <= 1
        corrects = (
            own
            and not sentence.text.endswith("?")
            and cue("correction").search(sentence.text) is not None
            and bare <= _DAY_ONLY
        )
        asked = at > 0 and cue("when_asked").search(self.talk.said[at - 1].text) is not None and bare <= _DAY_ONLY + 1
        adds = sentence.turn == max(last.turns) and bare < _DAY_ONLY and last.due is None
        if not (corrects or asked or adds):
            return False
        self.items[-1] = replace(
            last, due=found.day, due_text="", turns=tuple(dict.fromkeys((*last.turns, sentence.turn)))
        )
        return True

    def _repeat(self, item: MeetingItem) -> None:
        """A task of the summary completes the only one of that person with that day, else it is one more."""
        same = [
            n
            for n, known in enumerate(self.items)
            if known.owner == item.owner and (not item.due or known.due == item.due)
        ]
        if len(same) != 1:
            add_item(self.items, item)
            return
        known = self.items[same[0]]
        clearer = cue("pointing").search(known.row.split(" (")[0]) and self.talk.count(item.row) >= 2
        self.items[same[0]] = replace(
            known, told=item.row if clearer else known.told, turns=(*known.turns, *item.turns)
        )

    def _completes(self, sentence: SpokenSentence, due: date) -> bool:
        """Whether "you'll hear from me on Friday" only says by when the task before it is done."""
        last = self.items[-1] if self.items else None
        if last is None or last.due or last.owner != sentence.speaker or max(last.turns) != sentence.turn:
            return False
        self.items[-1] = replace(last, due=due, due_text="")
        return True
