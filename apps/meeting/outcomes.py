"""Decisions, action items and open questions of a meeting, found by what people say (apps/meeting/cues.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.meeting.actions import clauses_of, find_action, grants, listed_item, request_and_promise
from apps.meeting.cues import COURTESY, DECISION, NO_DECISION, OPEN, POINTING, PROMISE, PROPOSAL, RECAP, REQUEST
from apps.meeting.items import MeetingItem, add_item, sentences_before
from apps.meeting.turns import Meeting, SpokenSentence, SpokenTurn
from core.text.dates import find_day
from core.text.words import terms

# So many turns before "that's an open question" may hold the question.
_QUESTION_WITHIN = 4
_QUESTION_WORDS = 2
# "How we deal with it I have to clarify": says itself what is open.
_INDIRECT = re.compile(r"(?:how|who|whether|which|wer|wie|ob|comment|si|quién|cómo)\b.{20}", re.IGNORECASE)
# "I'll note that as decided": nothing by itself, but it settles what was said before.
_SETTLED = re.compile(
    r"\bnote (?:it|that|this) as (?:decided|agreed|a decision)\b|\bso machen wir (?:das|es)\b|\bdas ist beschlossen\b|"
    r"^(?:\w+, )?queda anotado\b|^decidido entonces\b|\bon part là-dessus\b|\bdone deal\b|"
    r"^(?:so )?that['’]s (?:decided|settled)[.!]$",
    re.IGNORECASE,
)
# "Agreed. We pay the credits in full."
_WE_DO = re.compile(r"(?:we (?!will|need|have|should|can|could|'ll)|wir |nous |on )[^?]+$", re.IGNORECASE)
_OPINION = re.compile(r"^(?:I['’]d|I would|ich würde|je (?:pense|dirais)|yo (?:diría|creo))\b", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:decided|decisions?|beschlossen|entscheidung|decidido|décidé|open(?: questions?)?|offen|abierto|ouvert|"
    r"(?:so )?that['’]s (?:decided|agreed|settled)|we agreed? on that(?: as well| too)?|"
    r"noted as (?:a decision|decided))\s*[:.]\s*|quedan? abiert[oa]s? (?=quién|qué|si|cuándo|cómo|cuánto))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Outcomes:
    """What came of a meeting. `told`: (turn, sentence) of all that decisions and actions were found in."""

    decisions: tuple[MeetingItem, ...]
    actions: tuple[MeetingItem, ...]
    questions: tuple[MeetingItem, ...]
    told: frozenset[tuple[int, str]] = frozenset()


def find_outcomes(meeting: Meeting) -> Outcomes:
    """All outcomes in the order of the meeting; what a closing summary repeats is there once."""
    recap = recap_turns(meeting)
    actions: list[MeetingItem] = []
    decisions: list[MeetingItem] = []
    questions: list[MeetingItem] = []
    told: set[tuple[int, str]] = set()
    for turn in meeting.turns:
        if turn.listed:
            listed = {"decision": decisions, "action": actions, "question": questions}[turn.listed]
            add_item(listed, listed_item(turn, meeting))
            told.update((turn.number, s.text) for s in turn.sentences)
            continue
        summing_up = turn.number in recap
        for place, sentence in enumerate(turn.sentences):
            before = len(actions), len(decisions)
            if not summing_up and grants(sentence, actions, meeting):
                told.add((turn.number, sentence.text))
                continue
            action = find_action(meeting, turn, sentence, summing_up)
            question = None if summing_up and questions else _question(meeting, turn, place, summing_up)
            if question is not None and questions and _says_it_again(sentence, questions[-1]):
                continue
            if question is not None:
                add_item(questions, question)
                if not PROMISE.search(sentence.text):
                    continue
            if action is not None:
                for found in clauses_of(action, meeting) if summing_up else request_and_promise(action, meeting):
                    add_item(actions, found)
            if not summing_up:
                decision = _decision(meeting, turn, place)
                if decision is not None:
                    add_item(decisions, decision)
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


def _says_it_again(sentence: SpokenSentence, last: MeetingItem) -> bool:
    """ "I'll take that as an open question", just after one."""
    return sentence.turn - last.turn <= 1 and len(terms(OPEN.sub(" ", sentence.text))) < 2


def _decision(meeting: Meeting, turn: SpokenTurn, place: int) -> MeetingItem | None:
    sentence = turn.sentences[place]
    text = sentence.text
    if _SETTLED.search(text):
        return _meant(meeting, turn, place)
    if not DECISION.search(text) or REQUEST.search(text) or NO_DECISION.search(text) or text.endswith("?"):
        return None
    rest = _LABEL.sub("", text)
    if rest != text and ":" in text[: len(text) - len(rest)] and terms(rest):
        return MeetingItem(rest, turn.number, turn.speaker)
    if len(terms(DECISION.sub(" ", rest))) >= 1 and len(terms(rest)) >= 2:
        if len(terms(rest)) < 4 and POINTING.search(rest):
            said = reversed(sentences_before(meeting, turn, place))
            proposal = next((s for s in said if PROPOSAL.search(s.text)), None)
            if proposal is not None and turn.number - proposal.turn <= _QUESTION_WITHIN:
                return MeetingItem(f"{proposal.text} {rest}", turn.number, turn.speaker)
        return MeetingItem(rest, turn.number, turn.speaker)
    if place + 1 < len(turn.sentences) and re.search(r":\s*$", text):
        return MeetingItem(turn.sentences[place + 1].text, turn.number, turn.speaker)
    if any(DECISION.search(s.text) for s in turn.sentences[place + 1 :]):
        return None
    following = turn.sentences[place + 1] if place + 1 < len(turn.sentences) else None
    if following and _WE_DO.match(following.text) and len(terms(following.text)) >= 2:
        return MeetingItem(following.text, turn.number, turn.speaker)
    return _meant(meeting, turn, place)


def _meant(meeting: Meeting, turn: SpokenTurn, place: int) -> MeetingItem | None:
    """ "Decided.": what is meant was said just before."""
    for earlier in reversed(sentences_before(meeting, turn, place)):
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
            return MeetingItem(earlier.text, earlier.turn, earlier.speaker)
    return None


def _question(meeting: Meeting, turn: SpokenTurn, place: int, summing_up: bool) -> MeetingItem | None:
    sentence = turn.sentences[place]
    text = sentence.text
    if not OPEN.search(text) or (PROMISE.search(text) and find_day(text, meeting.day)):
        return None
    clean = _LABEL.sub("", text)
    if text.endswith("?") or summing_up or _INDIRECT.match(clean):
        return MeetingItem(clean, turn.number, turn.speaker)
    before = sentences_before(meeting, turn, place)
    for n in range(len(before) - 1, -1, -1):
        earlier = before[n]
        if turn.number - earlier.turn > _QUESTION_WITHIN:
            break
        if COURTESY.search(earlier.text) or REQUEST.search(earlier.text):
            continue
        if earlier.text.endswith("?") and len(terms(earlier.text)) >= _QUESTION_WORDS:
            return MeetingItem(earlier.text, earlier.turn, earlier.speaker)
        if earlier.text.endswith("?") and n and before[n - 1].turn == earlier.turn:
            return MeetingItem(f"{before[n - 1].text} {earlier.text}", earlier.turn, earlier.speaker)
    if len(terms(OPEN.sub(" ", clean))) >= 2:
        return MeetingItem(clean, turn.number, turn.speaker)
    if len(terms(clean)) >= 2 and _LABEL.match(text):
        return MeetingItem(clean, turn.number, turn.speaker)
    if _LABEL.match(text + ":") and place + 1 < len(turn.sentences):
        return MeetingItem(turn.sentences[place + 1].text, turn.number, turn.speaker)
    return None
