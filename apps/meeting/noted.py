"""Notes that somebody took for himself: arrows, initials, "Dirk: …", "agreed: …", a line a thought."""

from __future__ import annotations

import re
from datetime import date

from apps.meeting.cues import cue, words_of
from apps.meeting.days import due_in
from apps.meeting.items import MeetingItem
from apps.meeting.listed import kind_of
from apps.meeting.names import is_self, known_person, named_at_start
from apps.meeting.note_clauses import tasks_in
from apps.meeting.tasks import instruction, tidy, without_due
from apps.meeting.turns import Meeting, SpokenTurn
from core.text.words import terms

_ARROW = re.compile(r"\s*(?:-{1,2}>|={1,2}>|→|➔|⇒|»)\s*")
_WHO = re.compile(r"^(?P<who>[^\W\d][\w. '-]{0,30}?)\s*:\s+(?P<what>.+)$", re.DOTALL)
_MARK = re.compile(r"^\s*(?:[-–•*▪·]|\d{1,2}[.)]|\[[ xX]?\])\s*")
_TO = re.compile(r"^(?:to|zu|à|a) (?=\w)", re.IGNORECASE)
_DOES = re.compile(r"^(?P<who>[A-ZÀ-Þ][a-zà-ÿ'-]+(?: [A-ZÀ-Þ][\w'-]+)?) (?P<rest>[a-zà-ÿ]+[st]\b.+)$")
_BRACKET = re.compile(r"\s*\(([^()]*)\)\s*$")
_LABEL = re.compile(r"^(?P<label>[^\W\d][\w /-]{2,30}?)\s*:\s+(?P<what>.+)$", re.DOTALL)

# A bullet up to so many characters is one thought, whatever full stops it has.
_ONE_THOUGHT = 140


class Notes:
    """Goes through the lines of notes; `items` by what they are."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self.decisions: list[MeetingItem] = []
        self.actions: list[MeetingItem] = []
        self.questions: list[MeetingItem] = []
        for turn in meeting.turns:
            if not turn.listed and not turn.speaker:
                self._read(turn)

    def _read(self, turn: SpokenTurn) -> None:
        line = _MARK.sub("", " ".join(turn.text.split()))
        if cue("present").search(line) or len(terms(line)) < 1:
            return
        told = cue("open").search(line)
        if told is not None and told.begin == 0 and self._put(turn, "question", told.what):
            return
        if self._put(turn, *self._labelled(line)) or (
            (_ARROW.search(line) or _WHO.match(line)) and self._task(turn, line)
        ):
            return
        for sentence in turn.sentences[1:]:
            kind, what = self._labelled(sentence.text)
            if kind == "decision":
                self._put(turn, kind, what)
        if self._refused(turn, line) or self._clauses(turn, line):
            return
        short = len(line) < _ONE_THOUGHT and not any(s.text.endswith("?") for s in turn.sentences)
        for part in [line] if short else [s.text for s in turn.sentences]:
            self._sentence(turn, part)

    def _refused(self, turn: SpokenTurn, line: str) -> bool:
        """Whether the line says what was asked for, and no: "they asked if we could do payroll too. no." """
        asked = cue("wanted").search(line)
        answer = re.search(r"(?i)[.?:–-]\s*(?:no|nein|non)\b[.!]?(?: .{0,30})?$", line)
        if asked is None or answer is None or len(terms(asked.what)) < 1:
            return False
        what = line[line.index(asked.what) : answer.start()] if asked.what in line else asked.what
        told = str(words_of(asked.language)["declined"]).format(what.strip(" ?.,"))
        self.decisions.append(self._item(turn, told[:1].upper() + told[1:]))
        return True

    def _clauses(self, turn: SpokenTurn, line: str) -> bool:
        """Tasks that stand in a line's clauses with their person."""
        day, count = self._meeting.day, len(self.actions)
        if cue("open").search(line):
            return False
        for task in tasks_in(line, self._meeting.participants, self._writer() or "me"):
            told, due_text = self._worded(self._bare(task.what), day)
            if len(told.split()) < 2 and len(terms(told)) < 1:
                continue
            if len(terms(told)) < 2 and len(line) < _ONE_THOUGHT and task.what in line:
                told = f"{told} ({line[: line.index(task.what)].rpartition(',')[0].strip(' -–') or line})"
            found = due_in(line[line.index(task.what) :] if task.what in line else line, day)
            found = found or due_in(line, day)
            self.actions.append(self._item(turn, told, task.owner, found.day if found else None, due_text))
        return len(self.actions) > count

    def _sentence(self, turn: SpokenTurn, line: str) -> None:
        asked, mark, rest = line.partition("?")
        if mark and len(terms(rest)) > 1 and len(terms(asked)) > 1 and not cue("open").search(line):
            self._put(turn, "question", asked)
            line = rest.strip()
        if self._put(turn, *self._open(line)) or self._task(turn, line):
            return
        if cue("noted_decision").search(line) and not cue("no_decision").search(line) and not line.endswith("?"):
            self.decisions.append(self._item(turn, tidy(line, "")))

    def _put(self, turn: SpokenTurn, kind: str, what: str) -> bool:
        lists = {"decision": self.decisions, "question": self.questions}
        if kind in lists and len(terms(what)) >= 1:
            told = what.strip(" .") if kind == "decision" else what.strip(" .?") + "?"
            lists[kind].append(self._item(turn, told[:1].upper() + told[1:]))
            return True
        return kind == "action" and self._task(turn, what, labelled=True)

    def _labelled(self, line: str) -> tuple[str, str]:
        match = _LABEL.match(line)
        return (kind_of(match["label"]), match["what"]) if match else ("", line)

    def _open(self, line: str) -> tuple[str, str]:
        told = cue("open").search(line)
        if told is not None:
            return "question", told.what
        asked, mark, _ = line.partition("?")
        if mark and len(terms(asked)) >= 2 and not _ARROW.search(line):
            return "question", asked
        unclear = cue("unknown").search(line)
        return ("question", line) if unclear is not None and unclear.begin > 5 else ("", line)

    # Tasks.

    def _task(self, turn: SpokenTurn, line: str, *, labelled: bool = False) -> bool:
        owner, what, sure = self._owned(line)
        if cue("noted_decision").search(what) and not owner:
            return False
        if not (sure or labelled):
            return False
        found = due_in(line, self._meeting.day)
        task, due_text = self._worded(what, self._meeting.day)
        if len(task.split()) < 2 and len(terms(task)) < 1:
            return False
        item = self._item(turn, task, owner, found.day if found else None, due_text)
        self.actions.append(item)
        return True

    def _owned(self, line: str) -> tuple[str, str, bool]:
        """(owner, task, whether it surely is one)."""
        parts = _ARROW.split(line)
        if len(parts) > 1:
            own = _WHO.match(parts[0])
            if own and is_self(own["who"]):
                return own["who"], " → ".join([own["what"], *parts[1:]]), True
            who = self._person(parts[0])
            if who:
                return who, " – ".join(parts[1:]), True
            if self._imperative(parts[-1]):
                return self._writer(), f"{parts[-1]} ({' – '.join(parts[:-1])})", True
            return "", line, False
        match = _WHO.match(line)
        if match and (who := self._person(match["who"])):
            return self._said_of(who, match["what"])
        person, rest = named_at_start(line, self._meeting.participants)
        if not person and (first := re.match(r"(\w+)\b", line)) and is_self(first[1]):
            person, rest = self._writer(), line[first.end() :]
        rest = rest.strip(" ,")
        topic = _LABEL.match(line)
        if not person and topic:
            person, rest = named_at_start(topic["what"], self._meeting.participants)
            rest = rest.strip(" ,")
            if person and self._does(rest):
                return person, f"{rest} ({topic['label']})", True
            return "", line, False
        if not person:
            person, rest = self._stranger(line)
        if person and self._does(rest):
            return person, self._bare(rest), True
        return "", line, False

    def _stranger(self, line: str) -> tuple[str, str]:
        """(name, rest) where somebody who isn't listed does something by a day: "Max sends the draft by 10 March"."""
        match = _DOES.match(line)
        dated = match is not None and due_in(match["rest"], self._meeting.day) is not None
        return (match["who"], match["rest"]) if match is not None and dated else ("", line)

    def _said_of(self, who: str, what: str) -> tuple[str, str, bool]:
        """ "Dirk: 4% isn't ok. will come back with a proposal": the sentence that is a task, with the rest behind."""
        parts = [p for p in re.split(r"(?<=[.;!])\s+", what) if p.strip()]
        for n, whole in enumerate(parts):
            part = without_due(whole, self._meeting.day)[0]
            if self._does(part) or self._imperative(part) or cue("promise").search(part):
                rest = " ".join(parts[:n] + parts[n + 1 :]).strip(" .")
                return who, f"{self._bare(part)} ({rest})" if rest else self._bare(part), True
        # "Kemi: list of closed days, end of October" is hers, too.
        dated = who in self._meeting.participants and due_in(what, self._meeting.day) is not None
        return who, what, is_self(who) or dated

    def _does(self, rest: str) -> bool:
        if cue("third_will").search(rest):
            return True
        return cue("deeds").search(rest) is not None and cue("third_not").search(rest) is None

    def _imperative(self, text: str) -> bool:
        bare = _TO.sub("", text.strip())
        german = re.search(r"[a-zäöü]{3,}en(?: \([^)]*\))?[.!]?$", bare) is not None
        return cue("noted_task").search(bare) is not None or (german and cue("pointing").search(bare) is None)

    def _bare(self, rest: str) -> str:
        will = cue("third_will").search(rest)
        said = will.what if will is not None and will.what else rest
        return instruction(said) if cue("deeds").search(said) and re.match(r"[a-z]+s\b", said) else said

    def _worded(self, what: str, day: date | None) -> tuple[str, str]:
        bracket = _BRACKET.search(what)
        if bracket and due_in(bracket[1], day) and len(terms(bracket[1])) < 3:
            what = what[: bracket.start()]
        task, due_text = without_due(_TO.sub("", what.strip()), day)
        return tidy(task, ""), due_text

    def _person(self, word: str) -> str:
        word = _MARK.sub("", word).strip(" *")
        if is_self(word):
            return word
        person, rest = named_at_start(word, self._meeting.participants)
        if person and not rest.strip():
            return person
        known = known_person(word, self._meeting.participants)
        shaped = re.fullmatch(r"[A-ZÀ-Þ][a-zà-ÿ'-]+(?: [A-ZÀ-Þ][\w.'-]*){0,2}", word)
        return known or (word if shaped and not kind_of(word) and self._elsewhere(word) else "")

    def _elsewhere(self, word: str) -> bool:
        """Whether a capitalised word may be a person: it stands before an arrow or a colon, and is no topic here."""
        return len(word.split()) <= 2 and bool(terms(word))

    def _writer(self) -> str:
        """How the writer calls himself in the notes; "" when he doesn't."""
        text = " ".join(t.text for t in self._meeting.turns)
        for language in ("en", "de", "es", "fr"):
            own = str(words_of(language)["self"]).split("|")[0]
            if re.search(rf"(?:^|[\s:,*-]){own}\b(?=[,: ]|$)", text, re.IGNORECASE):
                return own
        return ""

    def _item(
        self, turn: SpokenTurn, told: str, owner: str = "", due: date | None = None, due_text: str = ""
    ) -> MeetingItem:
        return MeetingItem(turn.text, turn.number, "", owner, due, told, due_text, (turn.number,))
