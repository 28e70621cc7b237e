"""Decisions, action items and open questions of a meeting, found by what people say (apps/meeting/cues.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from apps.meeting.cues import (
    COURTESY,
    DECISION,
    FIRST_PERSON,
    NEED,
    NO_DECISION,
    OPEN,
    PHRASE,
    POINTING,
    PROMISE,
    PROPOSAL,
    RECAP,
    REQUEST,
    WILL,
)
from apps.meeting.dates import days_in, find_day
from apps.meeting.terms import overlap, terms
from apps.meeting.turns import Meeting, Sentence, Turn

# So many turns after a promise may still name its day ("By when?" – "By 27 November.").
_DUE_WITHIN = 2
# So many turns before "that's an open question" may hold the question.
_QUESTION_WITHIN = 4
_SAME = 0.5
# An answer that says no more than so many words of its own grants a request.
_ANSWER_WORDS = 4
_WILL_DO = re.compile(
    r"(?:(?:yes|sure|okay|ok),? )?(?:I )?will do\b|(?:mach|erledige) ich\b|je m['’]en (?:occupe|charge)\b|lo haré\b",
    re.IGNORECASE,
)
_QUESTION_WORDS = 2
# "How we deal with it I have to clarify": says itself what is open.
_INDIRECT = re.compile(r"(?:how|who|whether|which|wer|wie|ob|comment|si|quién|cómo)\b.{20}", re.IGNORECASE)
# "Die darf ich erst später anfassen": leans on what was said before it, and explains nothing.
_LEANING = re.compile(
    r"(?:die|den|das|der|dies\w*|it|that|this|those|these|they)\s+"
    r"(?:darf|kann|will|muss|ist|sind|is|are|was|were|can|could|would)\b",
    re.IGNORECASE,
)
# "I'll note that as decided": nothing by itself, but it settles what was said before.
_SETTLED = re.compile(
    r"\bnote (?:it|that|this) as (?:decided|agreed|a decision)\b|\bso machen wir (?:das|es)\b|\bdas ist beschlossen\b|"
    r"^(?:\w+, )?queda anotado\b|^decidido entonces\b|\bon part là-dessus\b|\bdone deal\b|"
    r"^(?:so )?that['’]s (?:decided|settled)[.!]$",
    re.IGNORECASE,
)
# "Agreed. We pay the credits in full."
_WE_DO = re.compile(r"(?:we (?!will|need|have|should|can|could|'ll)|wir |nous |on )[^?]+$", re.IGNORECASE)
_AND_I = re.compile(r",\s+(?:and\s+)?(?=I(?:['’]ll| will)\b)")
_OPINION = re.compile(r"^(?:I['’]d|I would|ich würde|je (?:pense|dirais)|yo (?:diría|creo))\b", re.IGNORECASE)
_SUBJECT_VERB = re.compile(r"^(?:and |then |,\s*)?(?:also )?[a-zäöüéèàáíóúñç]{3,}")
# What a person did or is, not what he will do.
_REPORTED = re.compile(
    r"\s*(?:also )?(?:has|had|is|was|does|did|said|says|asked|mentioned|wants|hat|ist|war|ha|es|est|a|\w+ed)\b",
    re.IGNORECASE,
)
_ACTION_LINE = re.compile(
    r"^(?:\[[ xX]?\]|action(?: item)?s?\s*:|todo\s*:|to do\s*:|aufgabe\s*:|acción\s*:)\s*", re.IGNORECASE
)
_LABEL = re.compile(
    r"^(?:(?:decided|decisions?|beschlossen|entscheidung|decidido|décidé|open(?: questions?)?|offen|abierto|ouvert|"
    r"(?:so )?that['’]s (?:decided|agreed|settled)|we agreed? on that(?: as well| too)?|"
    r"noted as (?:a decision|decided))\s*[:.]\s*|quedan? abiert[oa]s? (?=quién|qué|si|cuándo|cómo|cuánto))",
    re.IGNORECASE,
)
_OWN = re.compile(r"(?:and )?(?:I|ich|je|yo)\s+[a-zäöüéèàáíóúñç]{4,}|j['’]\w{4,}", re.IGNORECASE)
_ROLE_DATE_ONLY = re.compile(r"^(?:next (?:call|meeting|review)|nächste[rs]? |próxima |prochain)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """A decision, an action or a question, with the turn that it stands on."""

    text: str
    turn: int
    speaker: str
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True)
class Outcomes:
    """What came of a meeting. `told`: (turn, sentence) of all that decisions and actions were found in."""

    decisions: tuple[Item, ...]
    actions: tuple[Item, ...]
    questions: tuple[Item, ...]
    told: frozenset[tuple[int, str]] = frozenset()


def find_outcomes(meeting: Meeting) -> Outcomes:
    """All outcomes in the order of the meeting; what a closing summary repeats is there once."""
    recap = recap_turns(meeting)
    actions: list[Item] = []
    decisions: list[Item] = []
    questions: list[Item] = []
    told: set[tuple[int, str]] = set()
    for turn in meeting.turns:
        if turn.listed:
            _add({"decision": decisions, "action": actions, "question": questions}[turn.listed], _entry(turn, meeting))
            told.update((turn.number, s.text) for s in turn.sentences)
            continue
        summing_up = turn.number in recap
        for place, sentence in enumerate(turn.sentences):
            before = len(actions), len(decisions)
            if not summing_up and _grants(sentence, actions, meeting):
                told.add((turn.number, sentence.text))
                continue
            action = _action(meeting, turn, sentence, summing_up)
            question = None if summing_up and questions else _question(meeting, turn, place, summing_up)
            if question is not None and questions and _says_it_again(sentence, questions[-1]):
                continue
            if question is not None:
                _add(questions, question)
                if not PROMISE.search(sentence.text):
                    continue
            clauses = [] if action is None else _clauses(action, meeting) if summing_up else _both(action, meeting)
            for found in clauses:
                _add(actions, found)
            if not summing_up:
                decision = _decision(meeting, turn, place)
                if decision is not None:
                    _add(decisions, decision)
                    told.add((turn.number, sentence.text))
            if action is not None or before != (len(actions), len(decisions)):
                told.add((turn.number, sentence.text))
    return Outcomes(tuple(decisions), tuple(actions), tuple(questions), frozenset(told))


def recap_turns(meeting: Meeting) -> set[int]:
    """The turns of a closing summary: from its announcement on, as long as the same person speaks."""
    found: set[int] = set()
    begin = len(meeting.turns) // 2
    for index, turn in enumerate(meeting.turns[begin:], start=begin):
        if RECAP.search(turn.text[:160]):
            for later in meeting.turns[index:]:
                if later.speaker != turn.speaker:
                    break
                found.add(later.number)
    return found


def _entry(turn: Turn, meeting: Meeting) -> Item:
    """A line of minutes under a heading that says what it is."""
    text = _ACTION_LINE.sub("", turn.text.lstrip("-•* "))
    named = _named(text, meeting) if turn.listed == "action" else ""
    if named:
        text = re.sub(rf"^{re.escape(named)}\s*[:–-]\s+", "", text)
    return Item(text, turn.number, "", named, find_day(text, meeting.day) if turn.listed == "action" else None)


def _says_it_again(sentence: Sentence, last: Item) -> bool:
    """ "I'll take that as an open question", just after one."""
    return sentence.turn - last.turn <= 1 and len(terms(OPEN.sub(" ", sentence.text))) < 2


def _grants(sentence: Sentence, actions: list[Item], meeting: Meeting) -> bool:
    """Whether it only says yes to the task before ("Yes, you'll get it tomorrow"); its day is then the task's."""
    text = sentence.text
    if not actions or text.endswith("?") or len(terms(text)) > _ANSWER_WORDS:
        return False
    asked = actions[-1]
    if not 1 <= sentence.turn - asked.turn <= 2 or asked.owner != sentence.speaker or asked.speaker == asked.owner:
        return False
    if not _WILL_DO.match(text) and not (PROMISE.search(text) and POINTING.search(text)):
        return False
    actions[-1] = replace(asked, due=asked.due or find_day(text, meeting.day))
    return True


def _action(meeting: Meeting, turn: Turn, sentence: Sentence, summing_up: bool) -> Item | None:
    text = sentence.text
    place = turn.sentences.index(sentence)
    leans = place > 0 and bool(PROMISE.search(text)) and bool(NEED.search(turn.sentences[place - 1].text))
    if COURTESY.search(text) or (len(terms(text)) < 2 and not leans and not find_day(text, meeting.day)):
        return None
    listed = _ACTION_LINE.match(text)
    named = _named(text, meeting)
    due = _due(meeting, turn, sentence)
    if listed:
        return Item(text[listed.end() :], turn.number, turn.speaker, named, due)
    if named and not _ROLE_DATE_ONLY.match(text) and (summing_up or (find_day(text, meeting.day) and not turn.speaker)):
        return Item(text, turn.number, turn.speaker, named, find_day(text, meeting.day))
    if summing_up and _OWN.match(text) and not PHRASE.search(text):
        return Item(text, turn.number, turn.speaker, turn.speaker, due)
    if text.endswith("?") and not REQUEST.search(text):
        return None
    if named and WILL.match(text[len(named.split()[0]) :].strip()) and not PHRASE.search(text):
        return Item(text, turn.number, turn.speaker, named, due)
    ahead = find_day(text, meeting.day)
    dated = ahead is not None and meeting.day is not None and ahead >= meeting.day and bool(FIRST_PERSON.search(text))
    if (PROMISE.search(text) or dated) and not PHRASE.search(text) and not REQUEST.match(text):
        owner = named if named and named != turn.speaker and _is_subject(text, named) else turn.speaker
        return Item(_in_context(meeting, turn, sentence), turn.number, turn.speaker, owner, due)
    if REQUEST.search(text) and not PHRASE.search(text) and turn.speaker and len(terms(text)) >= 3:
        return Item(text, turn.number, turn.speaker, _asked(meeting, turn, text), due)
    if summing_up and named:
        return Item(text, turn.number, turn.speaker, named, due)
    return None


def _in_context(meeting: Meeting, turn: Turn, sentence: Sentence) -> str:
    """The sentence; if it only points ("you'll have it by Friday"), behind the one that it points to."""
    if len(terms(sentence.text)) >= 4 or not POINTING.search(sentence.text):
        return sentence.text
    earlier = _before(meeting, turn, turn.sentences.index(sentence))
    near = [
        s
        for s in reversed(earlier[-3:])
        if len(terms(s.text)) >= 2 and s.text[-1] != "?" and not _LEANING.match(s.text)
    ]
    meant = next((s for s in near if NEED.search(s.text)), None) or next(
        (s for s in near if len(terms(s.text)) > 2), None
    )
    return f"{meant.text} {sentence.text}" if meant is not None else sentence.text


def _both(item: Item, meeting: Meeting) -> list[Item]:
    """A request and what the speaker does himself: "Send me the figures by Friday, I'll speak with Victor"."""
    asked, *own = _AND_I.split(item.text, maxsplit=1)
    if not own or not REQUEST.match(asked):
        return [item]
    later = replace(item, text=own[0], owner=item.speaker, due=find_day(own[0], meeting.day))
    return [replace(item, text=asked, due=find_day(asked, meeting.day)), later]


def _clauses(item: Item, meeting: Meeting) -> list[Item]:
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
    found: list[Item] = []
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


def _decision(meeting: Meeting, turn: Turn, place: int) -> Item | None:
    sentence = turn.sentences[place]
    text = sentence.text
    if _SETTLED.search(text):
        return _meant(meeting, turn, place)
    if not DECISION.search(text) or REQUEST.search(text) or NO_DECISION.search(text) or text.endswith("?"):
        return None
    rest = _LABEL.sub("", text)
    if rest != text and ":" in text[: len(text) - len(rest)] and terms(rest):
        return Item(rest, turn.number, turn.speaker)
    if len(terms(DECISION.sub(" ", rest))) >= 1 and len(terms(rest)) >= 2:
        if len(terms(rest)) < 4 and POINTING.search(rest):
            proposal = next((s for s in reversed(_before(meeting, turn, place)) if PROPOSAL.search(s.text)), None)
            if proposal is not None and turn.number - proposal.turn <= _QUESTION_WITHIN:
                return Item(f"{proposal.text} {rest}", turn.number, turn.speaker)
        return Item(rest, turn.number, turn.speaker)
    if place + 1 < len(turn.sentences) and re.search(r":\s*$", text):
        return Item(turn.sentences[place + 1].text, turn.number, turn.speaker)
    if any(DECISION.search(s.text) for s in turn.sentences[place + 1 :]):
        return None
    following = turn.sentences[place + 1] if place + 1 < len(turn.sentences) else None
    if following and _WE_DO.match(following.text) and len(terms(following.text)) >= 2:
        return Item(following.text, turn.number, turn.speaker)
    return _meant(meeting, turn, place)


def _meant(meeting: Meeting, turn: Turn, place: int) -> Item | None:
    """ "Decided.": what is meant was said just before."""
    for earlier in reversed(_before(meeting, turn, place)):
        if turn.number - earlier.turn > 2:
            break
        enough = len(terms(earlier.text)) >= (2 if earlier.turn == turn.number - 1 else 3)
        if earlier.text.endswith("?") and enough and earlier.turn == turn.number - 1:
            return None
        if enough and not earlier.text.endswith("?") and not COURTESY.search(earlier.text):
            if _OPINION.search(earlier.text):
                return None
            # A request that is granted is a task of the one who grants it, not a decision.
            if DECISION.search(earlier.text) or REQUEST.search(earlier.text):
                return None
            return Item(earlier.text, earlier.turn, earlier.speaker)
    return None


def _question(meeting: Meeting, turn: Turn, place: int, summing_up: bool) -> Item | None:
    sentence = turn.sentences[place]
    text = sentence.text
    if not OPEN.search(text) or (PROMISE.search(text) and find_day(text, meeting.day)):
        return None
    clean = _LABEL.sub("", text)
    if text.endswith("?") or summing_up or _INDIRECT.match(clean):
        return Item(clean, turn.number, turn.speaker)
    before = _before(meeting, turn, place)
    for n in range(len(before) - 1, -1, -1):
        earlier = before[n]
        if turn.number - earlier.turn > _QUESTION_WITHIN:
            break
        if COURTESY.search(earlier.text) or REQUEST.search(earlier.text):
            continue
        if earlier.text.endswith("?") and len(terms(earlier.text)) >= _QUESTION_WORDS:
            return Item(earlier.text, earlier.turn, earlier.speaker)
        if earlier.text.endswith("?") and n and before[n - 1].turn == earlier.turn:
            return Item(f"{before[n - 1].text} {earlier.text}", earlier.turn, earlier.speaker)
    if len(terms(OPEN.sub(" ", clean))) >= 2:
        return Item(clean, turn.number, turn.speaker)
    if len(terms(clean)) >= 2 and _LABEL.match(text):
        return Item(clean, turn.number, turn.speaker)
    if _LABEL.match(text + ":") and place + 1 < len(turn.sentences):
        return Item(turn.sentences[place + 1].text, turn.number, turn.speaker)
    return None


def _before(meeting: Meeting, turn: Turn, place: int) -> list[Sentence]:
    earlier = [s for t in meeting.turns[max(0, turn.number - 6) : turn.number - 1] for s in t.sentences]
    return [*earlier, *turn.sentences[:place]]


def _due(meeting: Meeting, turn: Turn, sentence: Sentence) -> date | None:
    """The day in the sentence; else in the next one of the turn; else in a short answer just after."""
    found = find_day(sentence.text, meeting.day)
    if found is not None:
        return found
    place = turn.sentences.index(sentence)
    following: list[Sentence] = list(turn.sentences[place + 1 : place + 2])
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


def _asked(meeting: Meeting, turn: Turn, text: str) -> str:
    """Who is meant by "you": a person that is addressed, else the one who answers, else who spoke before."""
    for person in meeting.participants:
        if person != turn.speaker and re.search(rf"\b{re.escape(person.split()[0])}\b", text):
            return person
    later = next((t.speaker for t in meeting.turns[turn.number :] if t.speaker != turn.speaker), "")
    before = next((t.speaker for t in reversed(meeting.turns[: turn.number - 1]) if t.speaker != turn.speaker), "")
    return (later or before) if text.endswith("?") else (before or later)


def _add(items: list[Item], item: Item) -> None:
    """Adds an item, or completes the one that says the same."""
    for n, known in enumerate(items):
        same_words = overlap(known.text, item.text)
        same_person = known.owner == item.owner or not (known.owner and item.owner)
        same_day = known.due is not None and known.due == item.due
        if known.turn == item.turn and known.text == item.text:
            return
        if same_person and (same_words >= _SAME or (same_day and bool(item.owner) and same_words >= 0.15)):
            if known.due and item.due and known.due != item.due:
                continue
            items[n] = replace(known, owner=known.owner or item.owner, due=known.due or item.due)
            # A summary's wording stands by itself better than a promise about "it" did.
            anywhere = POINTING.search(known.text) and not POINTING.search(item.text)
            bare = bool(item.owner) and (anywhere or (POINTING.match(known.text) and not POINTING.match(item.text)))
            if bare or len(terms(item.text)) > 2 * len(terms(known.text)):
                items[n] = replace(items[n], text=item.text, turn=item.turn, speaker=item.speaker)
            return
    items.append(item)
