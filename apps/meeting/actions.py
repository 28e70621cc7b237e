"""Action items: promises, requests and what minutes list; each with its owner and day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from apps.meeting.cues import COURTESY, FIRST_PERSON, NEED, PHRASE, POINTING, PROMISE, RECAP, REQUEST, WILL
from apps.meeting.items import MeetingItem, sentences_before
from apps.meeting.turns import Meeting, SpokenSentence, SpokenTurn
from core.text.dates import days_in, find_day
from core.text.words import terms

# So many turns after a promise may still name its day ("By when?" – "By 27 November.").
_DUE_WITHIN = 2
# An answer that says no more than so many words of its own grants a request.
_ANSWER_WORDS = 4
_WILL_DO = re.compile(
    r"(?:(?:yes|sure|okay|ok),? )?(?:I )?will do\b|(?:mach|erledige) ich\b|je m['’]en (?:occupe|charge)\b|lo haré\b",
    re.IGNORECASE,
)
# "Die darf ich erst später anfassen": leans on what was said before it, and explains nothing.
_LEANING = re.compile(
    r"(?:die|den|das|der|dies\w*|it|that|this|those|these|they)\s+"
    r"(?:darf|kann|will|muss|ist|sind|is|are|was|were|can|could|would)\b",
    re.IGNORECASE,
)
_AND_I = re.compile(r",\s+(?:and\s+)?(?=I(?:['’]ll| will)\b)")
_SUBJECT_VERB = re.compile(r"^(?:and |then |,\s*)?(?:also )?[a-zäöüéèàáíóúñç]{3,}")
# What a person did or is, not what he will do.
_REPORTED = re.compile(
    r"\s*(?:also )?(?:has|had|is|was|does|did|said|says|asked|mentioned|wants|hat|ist|war|ha|es|est|a|\w+ed)\b",
    re.IGNORECASE,
)
_ACTION_LINE = re.compile(
    r"^(?:\[[ xX]?\]|action(?: item)?s?\s*:|todo\s*:|to do\s*:|aufgabe\s*:|acción\s*:)\s*", re.IGNORECASE
)
_OWN = re.compile(r"(?:and )?(?:I|ich|je|yo)\s+[a-zäöüéèàáíóúñç]{4,}|j['’]\w{4,}", re.IGNORECASE)
_ROLE_DATE_ONLY = re.compile(r"^(?:next (?:call|meeting|review)|nächste[rs]? |próxima |prochain)", re.IGNORECASE)


def listed_item(turn: SpokenTurn, meeting: Meeting) -> MeetingItem:
    """A line of minutes under a heading that says what it is."""
    text = _ACTION_LINE.sub("", turn.text.lstrip("-•* "))
    named = _named(text, meeting) if turn.listed == "action" else ""
    if named:
        text = re.sub(rf"^{re.escape(named)}\s*[:–-]\s+", "", text)
    if turn.listed != "action":
        return MeetingItem(text, turn.number, "")
    due = find_day(text, meeting.day)
    last = re.search(r"\s*\([^()]*\)$", text)
    if last and find_day(last.group(), meeting.day):
        text = text[: last.start()]
    return MeetingItem(text, turn.number, "", named, due)


def grants(sentence: SpokenSentence, actions: list[MeetingItem], meeting: Meeting) -> bool:
    """Whether it only says yes to the task before ("Yes, you'll get it tomorrow"); its day is then the task's."""
    text = sentence.text
    if not actions or text.endswith("?") or sum(not w.isdigit() for w in terms(text)) > _ANSWER_WORDS:
        return False
    asked = actions[-1]
    if not 1 <= sentence.turn - asked.turn <= 2 or asked.owner != sentence.speaker or asked.speaker == asked.owner:
        return False
    if not _WILL_DO.match(text) and not (PROMISE.search(text) and POINTING.search(text)):
        return False
    actions[-1] = replace(asked, due=asked.due or find_day(text, meeting.day))
    return True


def find_action(meeting: Meeting, turn: SpokenTurn, sentence: SpokenSentence, summing_up: bool) -> MeetingItem | None:
    text = sentence.text
    place = turn.sentences.index(sentence)
    leans = place > 0 and bool(PROMISE.search(text)) and bool(NEED.search(turn.sentences[place - 1].text))
    if COURTESY.search(text) or (len(terms(text)) < 2 and not leans and not find_day(text, meeting.day)):
        return None
    listed = _ACTION_LINE.match(text)
    named = _named(text, meeting)
    due = _due(meeting, turn, sentence)
    if listed:
        return MeetingItem(text[listed.end() :], turn.number, turn.speaker, named, due)
    if named and not _ROLE_DATE_ONLY.match(text) and (summing_up or (find_day(text, meeting.day) and not turn.speaker)):
        return MeetingItem(text, turn.number, turn.speaker, named, find_day(text, meeting.day))
    if summing_up and _OWN.match(text) and not PHRASE.search(text):
        return MeetingItem(text, turn.number, turn.speaker, turn.speaker, due)
    if text.endswith("?") and not REQUEST.search(text):
        return None
    if named and WILL.match(text[len(named.split()[0]) :].strip()) and not PHRASE.search(text):
        return MeetingItem(text, turn.number, turn.speaker, named, due)
    ahead = find_day(text, meeting.day)
    dated = ahead is not None and meeting.day is not None and ahead >= meeting.day and bool(FIRST_PERSON.search(text))
    if (PROMISE.search(text) or dated) and not PHRASE.search(text) and not REQUEST.match(text):
        owner = named if named and named != turn.speaker and _is_subject(text, named) else turn.speaker
        return MeetingItem(_in_context(meeting, turn, sentence), turn.number, turn.speaker, owner, due)
    if REQUEST.search(text) and not PHRASE.search(text) and turn.speaker and len(terms(text)) >= 3:
        return MeetingItem(text, turn.number, turn.speaker, _asked(meeting, turn, text), due)
    if summing_up and named:
        return MeetingItem(text, turn.number, turn.speaker, named, due)
    return None


def _in_context(meeting: Meeting, turn: SpokenTurn, sentence: SpokenSentence) -> str:
    """The sentence; if it only points ("you'll have it by Friday"), behind the one that it points to."""
    if len(terms(sentence.text)) >= 4 or not POINTING.search(sentence.text):
        return sentence.text
    earlier = sentences_before(meeting, turn, turn.sentences.index(sentence))
    near = [
        s
        for s in reversed(earlier[-3:])
        if len(terms(s.text)) >= 2 and s.text[-1] != "?" and not _LEANING.match(s.text)
    ]
    meant = next((s for s in near if NEED.search(s.text)), None) or next(
        (s for s in near if len(terms(s.text)) > 2), None
    )
    return f"{meant.text} {sentence.text}" if meant is not None else sentence.text


def request_and_promise(item: MeetingItem, meeting: Meeting) -> list[MeetingItem]:
    """A request and what the speaker does himself: "Send me the figures by Friday, I'll speak with Victor"."""
    asked, *own = _AND_I.split(item.text, maxsplit=1)
    if not own or not REQUEST.match(asked):
        return [item]
    later = replace(item, text=own[0], owner=item.speaker, due=find_day(own[0], meeting.day))
    return [replace(item, text=asked, due=find_day(asked, meeting.day)), later]


def clauses_of(item: MeetingItem, meeting: Meeting) -> list[MeetingItem]:
    """A summary's "Lukas sends …, Reto finishes …, I present …" as one item each; "A names … and finishes …" as two."""
    names = [re.escape(p.split()[0]) for p in meeting.participants]
    if not names or not item.speaker:
        return [item]
    person = rf"(?:{'|'.join(names)}|I|ich|je|j['’]|yo)"
    parts = re.split(
        rf"(?:,\s*(?:and |und |y |et )?|\s+(?:and|und|y|et)\s+)(?={person}\b\s*[a-zäöüéèàáíóúñç'’])", item.text
    )
    if len(parts) == 1 and len(days_in(item.text, meeting.day)) < 2:
        return [item]
    found: list[MeetingItem] = []
    for part in parts:
        clean = re.sub(r"^[^:]{0,40}:\s*", "", part).strip(" .")
        named = _named(clean, meeting)
        first_person = re.match(r"(?:I|ich|je|j['’]|yo)\b", clean, re.IGNORECASE)
        if len(terms(clean)) >= 2 and (named or first_person):
            owner = named or item.speaker
            for clause in _by_day(clean, owner, meeting):
                found.append(replace(item, text=clause + ".", owner=owner, due=find_day(clause, meeting.day)))
    return found or [item]


def _by_day(text: str, owner: str, meeting: Meeting) -> list[str]:
    """The text cut at the "and" between two days; the second part gets its subject back."""
    days = days_in(text, meeting.day)
    if len(days) != 2:
        return [text]
    for match in re.finditer(r"\s+(?:and|und|y|et)\s+(?=[a-zäöüéèàáíóúñç])", text):
        if days[0][1] < match.start() < days[1][1]:
            return [text[: match.start()], f"{owner.split(maxsplit=1)[0]} {text[match.end() :]}"]
    return [text]


def _due(meeting: Meeting, turn: SpokenTurn, sentence: SpokenSentence) -> date | None:
    """The day in the sentence; else in the next one of the turn; else in a short answer just after."""
    found = find_day(sentence.text, meeting.day)
    if found is not None:
        return found
    place = turn.sentences.index(sentence)
    following: list[SpokenSentence] = list(turn.sentences[place + 1 : place + 2])
    for later in meeting.turns[turn.number : turn.number + _DUE_WITHIN]:
        following += [s for s in later.sentences[:2] if len(s.text.split()) <= 5]
    for later_sentence in following:
        if PROMISE.search(later_sentence.text) and later_sentence.speaker != sentence.speaker:
            return None
        if len(later_sentence.text.split()) <= 5 and not RECAP.search(later_sentence.text):
            found = find_day(later_sentence.text, meeting.day)
            if found is not None:
                return found
    return None


def _named(text: str, meeting: Meeting) -> str:
    """The participant that the sentence begins with."""
    for person in meeting.participants:
        for form in (person, person.split()[0], person.split()[-1]):
            if re.match(rf"(?:and |so |then |action\W+)?{re.escape(form)}\b", text, re.IGNORECASE):
                rest = text[text.lower().index(form.lower()) + len(form) :]
                if re.match(r"\s*[:–-]\s", rest) or (_SUBJECT_VERB.match(rest.strip()) and not _REPORTED.match(rest)):
                    return person
    return ""


def _is_subject(text: str, person: str) -> bool:
    return text.lower().startswith((person.lower(), person.split(maxsplit=1)[0].lower()))


def _asked(meeting: Meeting, turn: SpokenTurn, text: str) -> str:
    """Who is meant by "you": a person that is addressed, else the one who answers, else who spoke before."""
    for person in meeting.participants:
        if person != turn.speaker and re.search(rf"\b{re.escape(person.split()[0])}\b", text):
            return person
    later = next((t.speaker for t in meeting.turns[turn.number :] if t.speaker != turn.speaker), "")
    before = next((t.speaker for t in reversed(meeting.turns[: turn.number - 1]) if t.speaker != turn.speaker), "")
    return (later or before) if text.endswith("?") else (before or later)
