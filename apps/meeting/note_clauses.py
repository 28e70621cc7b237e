"""Tasks in the middle of a line of notes: "no signature yet, Nadine chases him", "I said I'd look what that costs"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.meeting.cues import cue
from apps.meeting.names import known_person, named_at_start
from core.text.words import terms

_NAME = r"(?:Dr\.? |Mr\.? |Mrs\.? |Ms\.? |Herr |Frau |M\. |Mme )?[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)?"
_BREAK = re.compile(r"(?:[,;:]| [-–] |(?<=[.!?])| and | und | y | et )\s*")
_TO = re.compile(rf"^(?P<who>{_NAME}) (?:to|zu|soll|doit|tiene que|debe) (?P<what>\w+ .+)$")
_ANSWERS = re.compile(
    rf"^(?P<asked>[^?]+)\?\s*(?P<who>{_NAME}|I|ich|me) (?:will|does|can|macht(?:'s)?|kann|s'en occupe|lo hace)\b"
)
_SHE = re.compile(
    r"^(?:she|he|they)(?:'ll| will|'s(?= \w+ing\b)| is(?= \w+ing\b)| has to| needs to| can) "
    r"(?P<what>(?!be\b|not\b)\w+ .+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NotedTask:
    """Who, and what as the notes say it."""

    owner: str
    what: str


def tasks_in(line: str, people: Sequence[str], writer: str) -> Iterator[NotedTask]:
    """The tasks that the clauses of a line name with their person; `writer` is how who wrote it calls himself."""
    answered = _ANSWERS.match(line)
    if answered is not None:
        asked, dash, verb = answered["asked"].rpartition(" - ")
        what = re.sub(r"^(?:who|wer|qui|quién)(?:'s|'ll| will)? ", "", verb.strip())
        who = writer if answered["who"].lower() in ("i", "me", "ich") else answered["who"]
        yield NotedTask(known_person(who, people) or who, f"{what}{dash and ': '}{asked}".strip())
        return
    named = ""
    for clause in (c.strip(" .") for c in _BREAK.split(line)):
        if not clause:
            continue
        own = cue("own_note").search(clause)
        if own is not None and own.begin == 0 and terms(own.what):
            yield NotedTask(writer, own.what)
        elif (to := _TO.match(clause)) is not None:
            yield NotedTask(known_person(to["who"], people) or to["who"], to["what"])
        elif named and (she := _SHE.match(clause)) is not None:
            yield NotedTask(named, she["what"])
        else:
            person, rest = named_at_start(clause, people)
            rest = rest.strip()
            will = cue("third_will").search(rest) if person else None
            if will is not None:
                yield NotedTask(person, will.what or rest)
            elif person and cue("deeds").search(rest) and not cue("third_not").search(rest):
                yield NotedTask(person, rest)
        named = named_at_start(clause, people)[0] or named
