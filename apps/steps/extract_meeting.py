"""`extract_meeting`: a transcript or notes → participants, topics, decisions, action items, open questions.

Each part names the turn that it stands on. Nothing is invented: texts are sentences of the meeting.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import Field

from apps.language import AppFile
from apps.meeting import Meeting, MeetingItem, SpokenSentence, find_outcomes, find_topics, read_meeting
from apps.meeting.by_model import Minutes, joined, minutes_by_model
from apps.meeting.names import is_self
from apps.meeting.talk import written
from apps.meeting.titles import agenda_of
from apps.run import Context, SourceQuote
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError, ModelError
from core.text.detect import detect_language
from core.types import Parsed, Section

FIELDS = (
    "title",
    "date",
    "language",
    "participants",
    "topics",
    "decisions",
    "action_items",
    "open_questions",
    "turns",
    "next_meeting",
    "next_day",
    "next_detail",
    "topic",
    "risks",
    "concerns",
)


class ExtractMeeting(Parameters):
    """Attributes: source: the file, or the notes as text; sentences: how many a topic gets, 0 = by length."""

    source: AppFile | str
    sentences: int = Field(default=0, ge=0, le=10)


def extract_meeting(given: ExtractMeeting, context: Context) -> dict[str, Any]:
    """The meeting's structure. Raises AppError when there is nothing to read."""
    if isinstance(given.source, AppFile):
        name, parsed = given.source.name, given.source.parsed
    else:
        name, parsed = "notes", Parsed((Section(given.source),))
    meeting = read_meeting(parsed, name, now=context.today)
    if sum(len(t.sentences) for t in meeting.turns) < 2:
        raise AppError(f"{name} has fewer than two sentences; attach the transcript, or paste the notes.")
    language = detect_language(" ".join(t.text for t in meeting.turns))
    outcomes, minutes = find_outcomes(meeting), _minutes(meeting, language, context)
    if minutes is not None:
        # What the rules are sure of isn't lost because a model left it out.
        outcomes = replace(
            outcomes,
            decisions=joined(minutes.decisions, outcomes.decisions),
            actions=joined(minutes.tasks, outcomes.actions),
            questions=joined(minutes.questions, outcomes.questions),
        )
    cites = _Turns(meeting, name, context)
    return {
        "title": meeting.title or _title(given.source),
        "date": meeting.day.isoformat() if meeting.day else "",
        "language": language,
        "participants": list(meeting.participants),
        "topics": [
            {
                "title": topic.title,
                "begin": topic.begin,
                "end": topic.end,
                "sentences": [cites.sentence(s) for s in topic.sentences],
            }
            for topic in find_topics(meeting, given.sentences, outcomes.told)
        ],
        "decisions": [cites.item(i) for i in outcomes.decisions],
        "action_items": [cites.item(i) for i in outcomes.actions],
        "open_questions": [cites.item(i) for i in outcomes.questions],
        "next_meeting": outcomes.next_meeting.text if outcomes.next_meeting else "",
        "next_detail": outcomes.next_meeting.detail if outcomes.next_meeting else "",
        "topic": meeting.title or agenda_of(meeting),
        "next_day": _iso(outcomes.next_meeting.day if outcomes.next_meeting else None),
        "risks": [cites.item(i) for i in minutes.risks] if minutes else [],
        "concerns": [cites.item(i) for i in minutes.concerns] if minutes else [],
        "turns": len(meeting.turns),
    }


def _minutes(meeting: Meeting, language: str, context: Context) -> Minutes | None:
    """What a configured model takes down, checked; None, with a remark, where the rules' findings stand."""
    model = context.tools.model
    if model is None:
        return None

    def write(system: str, text: str) -> str:
        reply, tokens = model.write(system, text)
        context.spend(tokens)
        return reply

    try:
        minutes = minutes_by_model(meeting, language, write)
    except ModelError as error:
        context.notes.append(f"These minutes were taken without the language model: {error}")
        return None
    if minutes is None:
        context.notes.append("These minutes were taken without the language model, whose reply was no usable JSON.")
    elif not minutes.usable:
        context.notes.append(
            f"These minutes were taken without the language model: {minutes.refused} of its {minutes.told} items are "
            "not what their turns say."
        )
        return None
    elif minutes.refused:
        context.notes.append(f"Left out of the language model's items, as no turn says them: {minutes.refused}.")
    return minutes


class _Turns:
    """Puts the evidence beside what was extracted."""

    def __init__(self, meeting: Meeting, name: str, context: Context) -> None:
        self._meeting, self._name, self._context = meeting, name, context

    def sentence(self, sentence: SpokenSentence) -> dict[str, Any]:
        return {"text": written(sentence.text), "speaker": sentence.speaker, **self._evidence(sentence.turn)}

    def item(self, item: MeetingItem) -> dict[str, Any]:
        return {
            "text": item.row,
            "task": item.row,
            "speaker": item.speaker,
            "owner": item.owner,
            "mine": is_self(item.owner),
            "due": _iso(item.due),
            "due_text": item.due_text,
            "turns": list(item.turns or (item.turn,)),
            **self._evidence(item.turn),
        }

    def _evidence(self, number: int) -> dict[str, Any]:
        turn = self._meeting.turns[number - 1]
        cited = self._context.cite(SourceQuote(self._name, locator=turn.locator, quote=turn.text[:400]))
        return {"turn": number, "locator": turn.locator, "quote": turn.text, "number": cited}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _title(source: AppFile | str) -> str:
    """The file's name in words; what was pasted, or has a name that says nothing, is called by its first sentence."""
    name = _plain(source.name) if isinstance(source, AppFile) else ""
    if name and name.lower() not in ("notes", "note", "notizen", "notas", "transcript", "untitled"):
        return name
    text = source.text if isinstance(source, AppFile) else source
    first = re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0].lstrip("#-* ").rstrip(". ")
    return textwrap.shorten(first, 80, placeholder=" …") or name


def _plain(name: str) -> str:
    return re.sub(r"\.\w{2,4}$", "", name).replace("-", " ").replace("_", " ").strip()


KIND = StepKind(
    "extract_meeting",
    "Reads a transcript or notes: who, topics, decisions, action items, open questions.",
    ExtractMeeting,
    FIELDS,
    extract_meeting,
)
