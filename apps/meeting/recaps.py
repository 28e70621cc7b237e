"""A closing summary, taken apart: "Lukas sends …, Reto finishes …, I present …" are three tasks."""

from __future__ import annotations

import re

from apps.meeting.cues import cue
from apps.meeting.days import due_in
from apps.meeting.items import MeetingItem
from apps.meeting.names import named_at_start
from apps.meeting.rows import task_item
from apps.meeting.talk import Talk
from apps.meeting.tasks import instruction, tidy, without_due
from core.text.words import terms


def summed_up(talk: Talk, at: int) -> list[MeetingItem]:
    """The tasks that a sentence of a summary names with their persons."""
    sentence = talk.said[at]
    people = talk.meeting.participants
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
        due = due_in(clause, talk.day)
        bare, due_text = without_due(clause, talk.day)
        task = tidy(instruction(bare) if talk.language == "en" else bare, talk.language)
        item = task_item(talk, at, task, owner, (due.day if due else None, due_text), turns=(sentence.turn,))
        if item is not None:
            found.append(item)
    return found
