"""Decisions, action items, open questions and the next meeting, found by what people say (apps/meeting/cues)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from apps.meeting.actions import Actions
from apps.meeting.cues import cue
from apps.meeting.days import due_in, spoken_days
from apps.meeting.decisions import Decisions
from apps.meeting.items import MeetingItem, add_item
from apps.meeting.names import named_at_start
from apps.meeting.noted import Notes
from apps.meeting.questions import find_questions
from apps.meeting.talk import Talk
from apps.meeting.turns import Meeting, SpokenTurn

_ACTION_LINE = re.compile(
    r"^(?:\[[ xX]?\]|action(?: item)?s?\s*:|todo\s*:|to do\s*:|aufgabe\s*:|acción\s*:)\s*", re.IGNORECASE
)
# A question to which a decision says so much of its words is settled.
_ANSWERS = 0.6


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """When one meets again.

    Attributes:
        text: As it was said.
        day: Where the calendar knows it.
        detail: What is said behind the day: hour, place.
    """

    text: str
    turn: int
    day: date | None
    detail: str = ""


@dataclass(frozen=True)
class Outcomes:
    """What came of a meeting. `told`: (turn, sentence) of all that decisions and actions were found in."""

    decisions: tuple[MeetingItem, ...]
    actions: tuple[MeetingItem, ...]
    questions: tuple[MeetingItem, ...]
    next_meeting: NextMeeting | None = None
    told: frozenset[tuple[int, str]] = frozenset()


def find_outcomes(meeting: Meeting) -> Outcomes:
    """All outcomes in the order of the meeting; what a closing summary repeats is there once."""
    listed = _listed(meeting)
    if not meeting.spoken:
        notes = Notes(meeting)
        kinds = {"decision": notes.decisions, "action": notes.actions, "question": notes.questions}
        for kind, items in listed.items():
            for item in items:
                add_item(kinds[kind], item)
        return _outcomes(meeting, notes.decisions, notes.actions, notes.questions)
    talk, recap = Talk(meeting), frozenset(recap_turns(meeting))
    actions = Actions(talk, recap)
    decisions = Decisions(talk, actions.told, recap)
    questions = find_questions(talk, recap)
    told = frozenset(actions.told | decisions.told)
    for item in listed["action"]:
        add_item(actions.items, item)
    return _outcomes(
        meeting,
        [*decisions.items, *listed["decision"]],
        actions.items,
        [*questions, *listed["question"]],
        told,
    )


def recap_turns(meeting: Meeting) -> set[int]:
    """The turns of a closing summary: from its announcement on, as long as the same person speaks."""
    found: set[int] = set()
    begin = len(meeting.turns) // 2
    for index, turn in enumerate(meeting.turns[begin:], start=begin):
        if cue("recap").search(turn.text[:160]):
            for later in meeting.turns[index:]:
                if later.speaker != turn.speaker:
                    break
                found.add(later.number)
    return found


def _outcomes(
    meeting: Meeting,
    decisions: list[MeetingItem],
    actions: list[MeetingItem],
    questions: list[MeetingItem],
    told: frozenset[tuple[int, str]] = frozenset(),
) -> Outcomes:
    lines = frozenset((i.turn, i.text) for i in (*decisions, *actions))
    ordered = [tuple(sorted(items, key=lambda i: i.turn)) for items in (decisions, actions, questions)]
    return Outcomes(ordered[0], ordered[1], ordered[2], _next(meeting), told | lines)


def _next(meeting: Meeting) -> NextMeeting | None:
    """The last that is said of meeting again, in the second half of what is spoken, anywhere in notes."""
    begin = len(meeting.turns) // 2 if meeting.spoken else 0
    for turn in reversed(meeting.turns[begin:]):
        for sentence in reversed(turn.sentences):
            if cue("next_meeting").search(sentence.text) and not sentence.text.endswith("?"):
                found = next(
                    (d for d in spoken_days(sentence.text, meeting.day) if not meeting.day or d.day > meeting.day), None
                )
                detail = sentence.text[found.end :].strip(" ,.!") if found else ""
                return NextMeeting(sentence.text, turn.number, found.day if found else None, detail)
    return None


def _listed(meeting: Meeting) -> dict[str, list[MeetingItem]]:
    """Lines of minutes under headings that say what they are."""
    found: dict[str, list[MeetingItem]] = {"decision": [], "action": [], "question": []}
    for turn in meeting.turns:
        if turn.listed:
            add_item(found[turn.listed], _of_minutes(turn, meeting))
    return found


def _of_minutes(turn: SpokenTurn, meeting: Meeting) -> MeetingItem:
    text = _ACTION_LINE.sub("", turn.text.lstrip("-•* "))
    item = MeetingItem(text, turn.number, "", turns=(turn.number,))
    if turn.listed != "action":
        return item
    named, rest = named_at_start(text, meeting.participants)
    label = re.match(r"([A-ZÀ-Þ][\w. '-]{1,40}?)\s*[:–-]\s+", text)
    if named and re.match(r"\s*[:–-]\s", rest):
        text = re.sub(r"^\s*[:–-]\s+", "", rest)
    elif not named and label:
        named, text = label[1], text[label.end() :]
    due = due_in(text, meeting.day)
    last = re.search(r"\s*\([^()]*\)$", text)
    if last and due_in(last.group(), meeting.day):
        text = text[: last.start()]
    return replace(item, text=text, owner=named, due=due.day if due else None)
