"""Decisions of what is said: spoken out, or proposed by one and accepted by another; a later change wins."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from apps.meeting.conclusions import Conclusion, Conclusions
from apps.meeting.cues import cue
from apps.meeting.days import spoken_days
from apps.meeting.items import MeetingItem
from apps.meeting.talk import Talk
from apps.meeting.tasks import tidy
from apps.meeting.terms import Terms
from core.text.words import overlap

# A closing word ("One window, then.") comes within so many turns of the proposal or its assent.
_CLOSES_WITHIN = 3
# Within so many turns a second decision about a day changes the first.
_CHANGES_WITHIN = 4
_SAME = 0.5
# The answer to a choice says no more than so many words.
_ANSWER_WORDS = 4
# A row of fewer words is told with what was announced as the topic.
_FEW_WORDS = 5


class Decisions:
    """Goes through a meeting's sentences; `items` are the decisions, `told` the sentences that they stand in."""

    def __init__(self, talk: Talk, tasks: Set[tuple[int, str]], recap: frozenset[int] = frozenset()) -> None:
        self.talk, self._tasks = talk, tasks
        self._conclusions, self._terms = Conclusions(talk), Terms(talk)
        self.items: list[MeetingItem] = []
        self.told: set[tuple[int, str]] = set()
        for at, sentence in enumerate(talk.said):
            if not sentence.speaker or sentence.turn in recap:
                continue
            found = self._found(at)
            if found is not None:
                self._add(found)
                self.told.add((sentence.turn, sentence.text))

    def _found(self, at: int) -> MeetingItem | None:
        sentence = self.talk.said[at]
        text = sentence.text
        if cue("no_decision").search(text):
            return None
        if cue("settled").search(text) and self.talk.count(cue("settled").sub(text)) < 2:
            return self._settled(at)
        if self._terms.says_yes(at) and (found := self._terms.taken(at)) is not None:
            # The yes itself says nothing of it.
            return self._item(found.at, found.what, found.turns)
        if not text.endswith("?") and (sentence.turn, text) not in self._tasks and (told := self._spoken_out(at)):
            return told
        return self._chosen(at) or self._accepted(at) or self._taken_up(at) or self._concluded(at)

    def _concluded(self, at: int) -> MeetingItem | None:
        """What is settled without a word of decision."""
        sentence = self.talk.said[at]
        found: Conclusion | None = self._conclusions.declined(at)
        if found is not None:
            told = found.what[:1].upper() + found.what[1:]
            return MeetingItem(sentence.text, sentence.turn, sentence.speaker, told=told, turns=found.turns)
        if (sentence.turn, sentence.text) in self._tasks:
            return None
        found = self._conclusions.said_back(at) or self._conclusions.accepted(at)
        return self._item(found.at, found.what, found.turns) if found is not None else None

    def _taken_up(self, at: int) -> MeetingItem | None:
        """A plain statement that somebody else accepts in so many words: "Then …" – "Works for me"."""
        sentence = self.talk.said[at]
        following = self.talk.said[at + 1] if at + 1 < len(self.talk.said) else None
        if following is None or following.turn == sentence.turn or sentence.text.endswith("?"):
            return None
        earlier = self.talk.said[at - 1] if at else sentence
        if earlier.turn == sentence.turn and cue("proposal").search(earlier.text):
            return None
        if (sentence.turn, sentence.text) in self._tasks or not cue("accepts").search(following.text):
            return None
        if cue("decision").search(following.text) and self.talk.count(following.text) > 2:
            return None
        if self.talk.count(sentence.text) < 2 or any(
            cue(k).search(sentence.text)
            for k in (
                "accepts",
                "courtesy",
                "unknown",
                "request",
                "promise",
                "need_thing",
                "opinion",
                "agenda",
                "next_point",
            )
        ):
            return None
        return self._item(at, sentence.text, (sentence.turn, following.turn))

    def _chosen(self, at: int) -> MeetingItem | None:
        """One of two days that were offered, taken by another."""
        sentence = self.talk.said[at]
        chosen = sentence.text.endswith("?") or cue("offer").search(sentence.text)
        if chosen and cue("either").search(sentence.text):
            return self._answered(at)
        if cue("options").search(sentence.text) is None:
            return None
        offered = {d.day for d in spoken_days(sentence.text, self.talk.day)}
        for reply in self.talk.replies(at):
            text = self.talk.said[reply.at].text
            taken = {d.day for d in spoken_days(text, self.talk.day)}
            if len(taken) == 1 and (taken <= offered or not offered) and not text.endswith("?") and not reply.declines:
                return self._item(reply.at, text, (sentence.turn, self.talk.said[reply.at].turn))
        return None

    def _answered(self, at: int) -> MeetingItem | None:
        """The option that somebody takes of a question "separately or all at once?"."""
        sentence = self.talk.said[at]
        for reply in self.talk.replies(at):
            text = self.talk.said[reply.at].text
            bare = cue("opener").sub(text)
            nothing = reply.declines and self.talk.count(bare) < 1
            if nothing or text.endswith("?") or cue("unknown").search(text) or cue("promise").search(text):
                return None
            if 1 <= self.talk.count(bare) <= _ANSWER_WORDS and overlap(bare, sentence.text) >= _SAME:
                turns = (sentence.turn, self.talk.said[reply.at].turn)
                told = f"{tidy(text, '')} ({self.talk.context(sentence)})"
                return MeetingItem(text, turns[1], self.talk.said[reply.at].speaker, told=told, turns=turns)
        return None

    def _spoken_out(self, at: int) -> MeetingItem | None:
        sentence = self.talk.said[at]
        match = cue("decision").search(sentence.text)
        if match is None or self.talk.count(match.what or sentence.text) < 1:
            return None
        if row := match.parts.get("row"):
            return self._item(at, row, (sentence.turn,))
        if any(cue(kind).search(sentence.text) for kind in ("promise", "handover", "unknown", "open", "next_meeting")):
            return None
        ends = sentence.text.rstrip(" .!").endswith(match.what.rstrip(" .!"))
        whole = match.begin == 0 or not match.what or match.language != "en" or "negated" in match.parts
        what = (
            match.what
            if match.what
            and (ends or match.language == "en")
            and "negated" not in match.parts
            and (not whole or self._label(sentence.text))
            else sentence.text
        )
        return self._item(at, what, (sentence.turn,))

    def _label(self, text: str) -> bool:
        return ":" in text[:30] or cue("opener").search(text) is not None

    def _accepted(self, at: int) -> MeetingItem | None:
        """A proposal that somebody else takes up."""
        sentence = self.talk.said[at]
        match = cue("proposal").search(sentence.text)
        if match is None or (sentence.turn, sentence.text) in self._tasks or cue("courtesy").search(sentence.text):
            return None
        if any(cue(k).search(sentence.text) for k in ("request", "announced", "next_meeting")) or self._withdrawn(at):
            return None
        for reply in self.talk.replies(at):
            text = self.talk.said[reply.at].text
            if reply.declines or (text.endswith("?") and not cue("assent").search(text)):
                return None
            if cue("proposal").search(text) and not cue("assent").search(text):
                return None
            if cue("assent").search(text) or cue("settled").search(text):
                what = match.what or sentence.text
                if self.talk.count(text) >= max(3, self.talk.count(what) + 1) and overlap(text, what) >= _SAME:
                    what = text
                return self._item(at, what, (sentence.turn, self.talk.said[reply.at].turn))
        return None

    def _withdrawn(self, at: int) -> bool:
        """Whether the same person goes on to another proposal or takes this one back."""
        following = self.talk.said[at + 1] if at + 1 < len(self.talk.said) else None
        return bool(
            following
            and following.turn == self.talk.said[at].turn
            and cue("proposal").search(following.text)
            and spoken_days(following.text, self.talk.day)
        )

    def _settled(self, at: int) -> MeetingItem | None:
        """ "So machen wir's": what was proposed just before."""
        sentence = self.talk.said[at]
        for n in range(at - 1, max(-1, at - 6), -1):
            earlier = self.talk.said[n]
            if sentence.turn - earlier.turn > 2:
                return None
            if (earlier.turn, earlier.text) in self.told or (earlier.turn, earlier.text) in self._tasks:
                return None
            if any(cue(k).search(earlier.text) for k in ("proposal", "decision")) and self.talk.count(earlier.text) > 1:
                match = cue("proposal").search(earlier.text)
                return self._item(n, (match.what if match else "") or earlier.text, (earlier.turn, sentence.turn))
            if cue("opinion").search(earlier.text) or cue("next_meeting").search(earlier.text):
                return None
            if earlier.turn < sentence.turn and self.talk.count(earlier.text) >= 3 and not earlier.text.endswith("?"):
                return self._item(n, earlier.text, (earlier.turn, sentence.turn))
        return None

    def _item(self, at: int, what: str, turns: tuple[int, ...]) -> MeetingItem | None:
        sentence = self.talk.said[at]
        language = self.talk.language_of(what)
        what = cue("tag").sub(what) or what
        seal = cue("settled").search(what)
        shorter = what[: seal.begin].strip(" ,;") if seal and len(what) - seal.end < 3 else what
        told = tidy(shorter if self.talk.count(shorter) or spoken_days(shorter, self.talk.day) else what, language)
        words = self.talk.count(cue("settled").sub(cue("assent").sub(told)))
        if words < 1 and not spoken_days(told, self.talk.day):
            return None
        points = cue("points_first").search(told) is not None
        if words < (2 if spoken_days(told, self.talk.day) else 3) or (
            words < _FEW_WORDS + 2 and (points or cue("bare_object").search(told))
        ):
            meant = self.talk.meant(at, "option", "wanted") if points else self.talk.topic(at)
            if meant is None and words < 2:
                return None
            if meant is not None:
                told, turns = f"{told} ({self.talk.context(meant)})", (meant.turn, *turns)
        elif words < _FEW_WORDS and (announced := self.talk.announced(at)) and not overlap(told, announced):
            told = f"{told} ({announced})"
        return MeetingItem(sentence.text, sentence.turn, sentence.speaker, told=told, turns=turns)

    def _add(self, item: MeetingItem) -> None:
        """Adds a decision; it takes the place of one that it says again or changes."""
        for n in range(len(self.items) - 1, -1, -1):
            known = self.items[n]
            near = item.turns[-1] - known.turns[-1] <= _CHANGES_WITHIN
            shared = overlap(known.row, item.row)
            days = [bool(spoken_days(i.row.split(" (")[0], self.talk.day)) for i in (known, item)]
            close = item.turns[-1] - known.turns[-1] <= _CLOSES_WITHIN and cue("opener").search(item.text) is not None
            bare = self.talk.count(item.row.split(" (")[0]) < 2 and not days[1]
            closed = close and len(item.turns) < 3 and (shared > 0 or (bare and known.turns[-1] >= item.turn - 1))
            if days[0] and days[1] and self._drawn(known) and not self._changes(item) and shared < _SAME:
                continue
            if near and (shared >= _SAME or ((all(days) or closed) and self._one_subject(known, item))):
                turns = tuple(dict.fromkeys((*known.turns, *item.turns)))
                self.items[n] = replace(self._fuller(known, item), turns=turns)
                return
        self.items.append(item)

    def _drawn(self, item: MeetingItem) -> bool:
        """Whether the decision was spoken out as one, so that another day only changes it if it says so."""
        return cue("concludes").search(item.text) is not None

    def _changes(self, item: MeetingItem) -> bool:
        return any(cue(kind).search(item.text) for kind in ("change", "correction"))

    def _fuller(self, known: MeetingItem, item: MeetingItem) -> MeetingItem:
        """Of two wordings the one that says more, with what the other adds; another day makes the later one win."""
        one, other = known.row.split(" (")[0], item.row.split(" (")[0]
        days = [{d.day for d in spoken_days(text, self.talk.day)} for text in (one, other)]
        if (days[0] and days[1] and days[0] != days[1]) or (self.talk.count(other), len(other)) > (
            self.talk.count(one),
            len(one),
        ):
            return item
        new = self.talk.count(other) > 0 and overlap(one, other) < _SAME
        return replace(known, told=f"{known.row}; {other[:1].lower()}{other[1:]}") if new else known

    def _one_subject(self, known: MeetingItem, item: MeetingItem) -> bool:
        """Whether nobody went on to another point between the two."""
        between = [s for s in self.talk.said if known.turns[-1] < s.turn <= item.turns[-1]]
        return not any(cue(k).search(s.text) for k in ("next_point", "announced", "when_asked") for s in between)
