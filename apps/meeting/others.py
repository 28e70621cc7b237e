"""Tasks of persons who are named, present or not: "Femi can put a letter through the doors", "he can do it"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from apps.meeting.cues import cue
from apps.meeting.days import due_in
from apps.meeting.items import MeetingItem
from apps.meeting.names import known_person, named_at_start, named_in
from apps.meeting.rows import WANTED, about, task_item
from apps.meeting.talk import Talk
from apps.meeting.tasks import instruction, tidy, without_due
from core.text.words import folded

# Capital letters that begin a sentence and name nobody.
_NOBODY = frozenset("i it that this they we you he she who what somebody someone everybody nobody people ich sie "
                    "wir er es man je tu il elle on nous vous yo tú él ella".split())  # fmt: skip


@dataclass
class Others:
    """Finds what somebody else than the speaker is said to do. `answered`: places of replies that only date it."""

    talk: Talk
    answered: set[int] = field(default_factory=set)

    def by_pronoun(self, at: int) -> MeetingItem | None:
        """ "Tomasz did the last one, he can do it"."""
        text = self.talk.said[at].text
        match = cue("third_pronoun").search(text)
        if match is None or text.endswith("?"):
            return None
        language = self.talk.language_of(text)
        person = named_in(text[: match.begin], self.talk.meeting.participants, language) or self._named_before(
            at, language
        )
        if person and (due_in(text, self.talk.day) or self.talk.leans(match.what)):
            return self._third(at, person, re.split(r", (?=you\b|sie\b|vous\b)", match.what)[0])
        return None

    def named(self, at: int) -> MeetingItem | None:
        """The task of a person whom the sentence names; of a stranger only with a day."""
        sentence = self.talk.said[at]
        text, people = sentence.text, self.talk.meeting.participants
        if text.endswith("?") or cue("no_decision").search(text):
            return None
        found = due_in(text, self.talk.day)
        person, rest = named_at_start(text, people)
        rest = rest.strip(" ,")
        will = cue("third_will").search(rest)
        does = cue("deeds").search(rest) is not None and found is not None and not cue("third_not").search(rest)
        if person and (will is not None or does):
            return self._third(at, person, will.what if will else instruction(rest))
        language = self.talk.language_of(text)
        if found is None or cue("first_person").search(text) or (person and cue("third_not").search(rest)):
            return None
        stranger = named_in(text, people, language)
        if stranger and stranger not in people and self._acts(text, stranger):
            return self._third(at, stranger, self._of_stranger(text, stranger))
        return None

    def sent(self, at: int) -> MeetingItem | None:
        """ "I can get Fiona to write to them", "das kann die Frau Thiel machen": nobody says no to it."""
        sentence = self.talk.said[at]
        match = cue("by_other").search(sentence.text)
        if match is None or any(reply.declines for reply in self.talk.replies(at)):
            return None
        people = self.talk.meeting.participants
        who = known_person(match.parts["who"], people) or match.parts["who"]
        if who == sentence.speaker or folded(who.split()[0]) in _NOBODY:
            return None
        bare = "" if cue("bare_deed").fullmatch(match.what.strip(" .!,")) else match.what
        following = self.talk.said[at + 1] if at + 1 < len(self.talk.said) else None
        if following and following.turn == sentence.turn and cue("take").search(following.text):
            return None  # "Our apprentice could do that. Leave it with me."
        item = self._third(at, who[:1].upper() + who[1:], bare)
        reply = next(self.talk.replies(at), None)
        if item is None or item.due or reply is None:
            return item
        found = due_in(self.talk.said[reply.at].text, self.talk.day)
        if found is not None:
            self.answered.add(reply.at)
        return replace(item, due=found.day if found else None)

    def _acts(self, text: str, stranger: str) -> bool:
        """Whether a person who isn't there is the one who does something."""
        before, _, behind = text.partition(stranger)
        behind = re.sub(r"^,[^,]{3,40},", "", behind).strip(" ,")
        titled = bool(re.search(r"\b(?:Kolleg|colleague|collègue|compañer)", before))
        return bool(cue("third_will").search(behind)) or bool(cue("deeds").search(behind)) or titled

    def _of_stranger(self, text: str, stranger: str) -> str:
        before, _, behind = text.partition(stranger)
        behind = re.sub(r"^,[^,]{3,40},", "", behind).strip(" ,")
        if len(before) < 6:
            will = cue("third_will").search(behind)
            return will.what if will and will.what else behind
        return text

    def _named_before(self, at: int, language: str) -> str:
        """The person whom the same turn names last before a pronoun."""
        for n in range(at - 1, max(-1, at - 4), -1):
            if self.talk.said[at].turn - self.talk.said[n].turn > 2:
                break
            person = named_in(self.talk.said[n].text, self.talk.meeting.participants, language)
            if person:
                return person
        return ""

    def _third(self, at: int, person: str, what: str) -> MeetingItem | None:
        sentence = self.talk.said[at]
        found = due_in(what, self.talk.day) or due_in(sentence.text, self.talk.day)
        bare, due_text = without_due(what, self.talk.day)
        language = self.talk.language_of(sentence.text)
        task = tidy(instruction(bare) if language == "en" else bare, language)
        turns: tuple[int, ...] = (sentence.turn,)
        if self.talk.leans(task):
            meant = self.talk.meant(at, *WANTED, far=True)
            if meant is None or not any(cue(kind).search(meant.text) for kind in WANTED):
                meant = self.talk.asked(at) or meant
            if meant is None:
                return None
            task, turns = about(self.talk, task, meant, language), (meant.turn, sentence.turn)
        return task_item(self.talk, at, task, person, (found.day if found else None, due_text), turns=turns)
