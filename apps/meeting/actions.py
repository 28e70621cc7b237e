"""Action items of what is said: requests that are granted, promises, persons who are named; each with owner and day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from apps.meeting.cues import CueMatch, cue, words_of
from apps.meeting.days import SpokenDay, due_in, without_days
from apps.meeting.items import MeetingItem, add_item
from apps.meeting.names import is_self, known_person, named_at_start, named_in
from apps.meeting.talk import Reply, Talk
from apps.meeting.tasks import deed, due_of, instruction, provided, tidy, without_due
from apps.meeting.turns import SpokenSentence
from core.text.words import terms

# What may be meant by "I'll do that": something asked for, or needed.
_WANTED = ("request", "need_do", "need_thing", "ask_who")
_PROMISES = ("handover", "take", "promise", "obliged", "dated")
# A day that is said so few words after a task belongs to it.
_DAY_ONLY = 2
# What a bare "I'll do it" is about must say so much itself.
_TELLS = 3


class Actions:
    """Goes through a meeting's sentences; `items` are the tasks, `told` the sentences that they stand in."""

    def __init__(self, talk: Talk, recap: frozenset[int] = frozenset()) -> None:
        self.talk, self.recap = talk, recap
        self.items: list[MeetingItem] = []
        self.told: set[tuple[int, str]] = set()
        self._answered: set[int] = set()
        for at, sentence in enumerate(talk.said):
            before = list(self.items)
            self._read(at, sentence)
            if self.items != before:
                self.told.add((sentence.turn, sentence.text))

    def _read(self, at: int, sentence: SpokenSentence) -> None:
        text = sentence.text
        if at in self._answered or not sentence.speaker or cue("courtesy").search(text):
            return
        if sentence.turn in self.recap:
            for item in self._summed_up(at):
                self._repeat(item)
            return
        if self._dates_the_last(at) or self._goes_ahead(at):
            return
        asked = self._requested(at)
        if asked is not None:
            add_item(self.items, asked)
            request, promise = cue("request").search(text), cue("promise").search(text)
            if request is None or promise is None or request.begin <= promise.begin < request.end - 1:
                return
            own = self._promised(at, text[: request.begin].rstrip(" ,") if promise.begin < request.begin else text)
            if own is not None:
                self.items.insert(-1 if promise.begin < request.begin else len(self.items), own)
            return
        item = self._by_pronoun(at) or self._promised(at, text) or self._named(at)
        if item is not None:
            add_item(self.items, item)

    # A request and its answer.

    def _requested(self, at: int) -> MeetingItem | None:
        sentence = self.talk.said[at]
        match = cue("request").search(sentence.text) or self._dated_need(sentence.text)
        if match is None:
            return None
        answer = self._answer(at)
        if answer is not None and answer.declines:
            self._answered.add(answer.at)
            return None
        need = cue("request").search(sentence.text) is None
        asked = re.split(r",? (?:and|und|y|et) (?:I\b|ich\b|yo\b|je\b)", match.what)[0]
        if answer is None and (sentence.text.endswith("?") or self.talk.count(asked) < (1 if need else 2)):
            return None
        owner = self.talk.said[answer.at].speaker if answer else self._addressed(at)
        if not owner:
            return None
        task, due_text, due = self._deed(match, at, owner)
        task = provided(match.what, match.language, self.talk.day) if need else task
        before = sentence.text[: match.begin].strip(" ,¿")
        if self.talk.count(task) < 2 and self.talk.count(before) >= 1:
            bare = re.sub(r"(?<=r)(?:lo|la|los|las)$", "", task)
            task = f"{bare}: {tidy(self.talk.unaddressed(before), match.language)}"
        turns = (sentence.turn,)
        if answer is not None:
            reply = self.talk.said[answer.at]
            turns = (sentence.turn, reply.turn)
            said = (
                due_in(reply.text, self.talk.day)
                or self._day_after(answer.at)
                or (None if due else self._day_after(at))
            )
            due = said.day if said else due
            if self.talk.leans(self._without_cues(reply.text)):
                self._answered.add(answer.at)
                self.told.add((reply.turn, reply.text))
        return self._item(at, task, owner, due, due_text, turns)

    def _dated_need(self, text: str) -> CueMatch | None:
        """ "I need headcount by the 15th": asked of the others, as it has a day."""
        match = cue("need_thing").search(text)
        due = due_in(text, self.talk.day)
        own = match is not None and cue("first_person").search(text[: match.end]) is not None
        return match if own and due is not None and due.by and not text.endswith("?") else None

    def _goes_ahead(self, at: int) -> bool:
        """Whether a sentence only confirms the task just before: "Please do, before the 14th", "On it"."""
        sentence = self.talk.said[at]
        last = self.items[-1] if self.items else None
        if last is None or sentence.turn - max(last.turns) > 2:
            return False
        other = sentence.speaker != last.owner
        confirms = cue("go_ahead" if other else "take").search(sentence.text)
        if confirms is None or self.talk.count(sentence.text[confirms.end :]) > 4:
            return False
        asked = [
            s for s in self.talk.said[:at] if max(last.turns) < s.turn <= sentence.turn and s.speaker != last.owner
        ]
        if not other and any(
            cue(k).search(s.text) for s in asked for k in _WANTED if not cue("go_ahead").search(s.text)
        ):
            return False
        due = last.due or (found.day if (found := due_in(sentence.text, self.talk.day)) else None)
        self.items[-1] = replace(last, due=due, turns=tuple(dict.fromkeys((*last.turns, sentence.turn))))
        return True

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

    def _day_after(self, at: int) -> SpokenDay | None:
        """The day that the same person's next sentence begins with: "Thursday would be great"."""
        following = self.talk.said[at + 1] if at + 1 < len(self.talk.said) else None
        if following is None or following.turn != self.talk.said[at].turn:
            return None
        found = due_in(following.text, self.talk.day)
        return found if found is not None and found.begin < 4 else None

    # A promise, and what it is about.

    def _promised(self, at: int, text: str) -> MeetingItem | None:
        sentence = self.talk.said[at]
        if text.endswith("?") or cue("recap").search(text) or cue("refuse").search(text):
            return None
        decision = cue("decision").search(text)
        if decision is not None and decision.begin == 0 and not cue("first_singular").search(text):
            return None
        kind, match = self._promise(text)
        if match is None or (kind == "dated" and not self._ahead(text)):
            return None
        if kind == "take" and self.talk.count(self._without_cues(text)) < 1 and self._goes_on(at):
            return None
        owner = sentence.speaker
        if kind == "handover":
            due_text, found = "", due_of(match, text, self.talk.day)
            due = found.day if found else None
            what = f"{match.what} {match.parts.get('rest', '')}".strip()
            bare, due_text = without_due(what, self.talk.day)
            task = "" if self._pronoun_only(bare) else provided(bare, match.language, self.talk.day)
            if task and self.talk.leans(bare) and (meant := self.talk.meant(at, "need_thing", "need_do")) is not None:
                task = f"{task} ({self.talk.context(meant)})"
            if match.language in ("es", "fr") and task:
                task = deed(match, text, owner, self.talk.day)[0]
        elif kind == "take":
            task, due_text = "", ""
            found = due_in(text, self.talk.day)
            due = found.day if found else None
        else:
            task, due_text, due = self._deed(match, at, owner, text)
            if self.talk.count(task) < 1 and ((due and self._completes(sentence, due)) or kind == "obliged"):
                return None
        if not task or self.talk.leans(task) or (cue("points_back").search(text) and self.talk.count(task) < 4):
            meant = self.talk.meant(at, *_WANTED)
            if (
                meant is None
                and self.talk.count(task) >= 1
                and len(task.split()) > 3
                and not cue("bare_object").search(task)
            ):
                return self._item(at, task, owner, due, due_text, (sentence.turn,))
            if meant is None:
                return None
            task = self._about(task, meant, match.language)
            if not task:
                return None
            return self._item(at, task, owner, due, due_text, (meant.turn, sentence.turn))
        return self._item(at, task, owner, due, due_text, (sentence.turn,))

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
        clause = re.split(r"[,;]", text[max(0, match.begin - 4) : match.end].strip(" ,;"))[0]
        return match.language != "en" and cue("negation").search(clause) is not None

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

    def _about(self, task: str, meant: SpokenSentence, language: str) -> str:
        """The task that a leaning promise is about, with what the promise adds."""
        text = meant.text
        says = self.talk.count(task) >= 1
        for kind in ("request", "need_do", "ask_who"):
            match = cue(kind).search(text)
            if match is not None and self.talk.count(task) < 2:
                main = deed(match, text, "", self.talk.day)[0]
                if self.talk.count(main) >= 2:
                    return main
        match = cue("need_thing").search(text)
        if match is not None and self.talk.count(match.what) >= 1 and not says:
            return provided(match.what, match.language, self.talk.day)
        context = self.talk.context(meant)
        if not says and self.talk.count(context) < _TELLS:
            return ""
        if not says:
            return tidy(str(words_of(language)["care"]).format(context), language)
        return f"{task} ({context})"

    # Somebody who is named.

    def _named(self, at: int) -> MeetingItem | None:
        sentence = self.talk.said[at]
        text, people = sentence.text, self.talk.meeting.participants
        if text.endswith("?") or cue("no_decision").search(text):
            return None
        found = due_in(text, self.talk.day)
        person, rest = named_at_start(text, people)
        rest = rest.strip(" ,")
        will = cue("third_will").search(rest)
        if person and (will is not None or not cue("third_not").search(rest)):
            if will is not None or (cue("deeds").search(rest) and found):
                return self._third(at, person, will.what if will else instruction(rest))
        language = self.talk.language_of(text)
        if found is None or cue("first_person").search(text) or (person and cue("third_not").search(rest)):
            return None
        stranger = named_in(text, people, language)
        if stranger and stranger not in people and self._acts(text, stranger):
            return self._third(at, stranger, self._of_stranger(text, stranger))
        return None

    def _by_pronoun(self, at: int) -> MeetingItem | None:
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
        found = due_in(sentence.text, self.talk.day)
        bare, due_text = without_due(what, self.talk.day)
        language = self.talk.language_of(sentence.text)
        task = tidy(instruction(bare) if language == "en" else bare, language)
        turns: tuple[int, ...] = (sentence.turn,)
        if self.talk.leans(task):
            meant = self.talk.meant(at, *_WANTED)
            if meant is None:
                return None
            task, turns = self._about(task, meant, language), (meant.turn, sentence.turn)
        return self._item(at, task, person, found.day if found else None, due_text, turns)

    # Days that are said later, and changed.

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
        bare = self.talk.count(without_days(sentence.text, self.talk.day))
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

    # A closing summary.

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

    def _summed_up(self, at: int) -> list[MeetingItem]:
        sentence = self.talk.said[at]
        people = self.talk.meeting.participants
        names = [re.escape(form) for p in people for form in dict.fromkeys((p, p.split()[0], p.split()[-1]))]
        person = rf"(?:{'|'.join([*names, 'I', 'ich', 'je', 'j[’' + chr(39) + ']', 'yo'])})"
        parts = re.split(
            rf"(?:[,;]\s*(?:and |und |y |et )?|\s+(?:and|und|y|et)\s+)(?={person}\b\s*[a-zà-ÿ'’])", sentence.text
        )
        found: list[MeetingItem] = []
        for part in parts:
            clean = re.sub(r"^[^:]{0,60}:\s*", "", part).strip(" .")
            owner, rest = named_at_start(clean, people)
            if not owner and re.match(r"(?:I|ich|je|yo)\b|j['’]", clean, re.IGNORECASE):
                owner, rest = sentence.speaker, re.sub(r"^(?:(?:I|ich|je|yo)\b|j['’])", "", clean, flags=re.IGNORECASE)
            if not owner or len(terms(rest)) < 1 or cue("third_not").search(rest.strip()):
                continue
            clause = re.split(r", (?=\w+ (?:on|by|am|bis|el|le)\b)", rest.strip(" ,–:-"))[0]
            due = due_in(clause, self.talk.day)
            bare, due_text = without_due(clause, self.talk.day)
            task = tidy(instruction(bare) if self.talk.language == "en" else bare, self.talk.language)
            item = self._item(at, task, owner, due.day if due else None, due_text, (sentence.turn,))
            if item is not None:
                found.append(item)
        return found

    # What a task is made of.

    def _completes(self, sentence: SpokenSentence, due: date) -> bool:
        """Whether "you'll hear from me on Friday" only says by when the task before it is done."""
        last = self.items[-1] if self.items else None
        if last is None or last.due or last.owner != sentence.speaker or max(last.turns) != sentence.turn:
            return False
        self.items[-1] = replace(last, due=due, due_text="")
        return True

    def _deed(self, match: CueMatch, at: int, owner: str, text: str = "") -> tuple[str, str, date | None]:
        text = text or self.talk.said[at].text
        task, due_text, due = deed(match, text, owner, self.talk.day)
        condition = cue("condition").search(text)
        if condition is not None and match.language == "en" and condition.end <= match.begin + 1:
            task = f"{task} ({text[condition.begin : condition.end].strip(' ,').lower()})"
        if self.talk.leans(task) and match.language == "en" and cue("request").search(text):
            meant = self.talk.meant(at, "need_do", "need_thing")
            task = f"{task} ({self.talk.context(meant)})" if meant is not None else task
        return task, due_text, due

    def _without_cues(self, text: str) -> str:
        for kind in ("take", "assent"):
            text = cue(kind).sub(text)
        return text

    def _item(
        self, at: int, task: str, owner: str, due: date | None, due_text: str, turns: Sequence[int]
    ) -> MeetingItem | None:
        """The item, unless nobody could tell what it is about."""
        sentence = self.talk.said[at]
        task = self.talk.unaddressed(task).strip(" ,")
        task = task[:1].upper() + task[1:]
        if self.talk.count(task) < 1 or (len(task.split()) < 2) or is_self(task):
            return None
        told = tuple(dict.fromkeys(turns))
        return MeetingItem(sentence.text, sentence.turn, sentence.speaker, owner, due, task, due_text, told)
