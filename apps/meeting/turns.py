"""A transcript or notes → numbered turns, their sentences, the people and the day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from apps.meeting.listed import ListKind, is_heading, kind_of, rows_of
from apps.meeting.spoken import said_in, said_in_table
from core.text.dates import find_day
from core.text.sentences import sentence_texts
from core.types import Parsed, Section

_NAMED = re.compile(r"^\s*\**((?:[A-ZÀ-Þ][\w.'’-]*\s?){1,4})(?:\s*\([^)]{1,60}\))?\**\s*:\s+(?=\S)")
_PRESENT = re.compile(
    r"^\W*(?:present|attendees|participants|anwesend|teilnehmer(?:innen)?|asistentes|participantes|présents|participants)"
    r"\W*:\s*(.+)$",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_PEOPLE = frozenset(
    "present attendees participants date subject decided decisions actions action open next agenda topic note notes "
    "summary goal risks title project anwesend datum beschlossen offen entschieden decisión fecha "
    "décidé ouvert target".split()
)


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """One sentence: in which turn it stands, who said it ("" in notes), and its words."""

    text: str
    turn: int
    speaker: str


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """What one person said without a break, or a line of notes.

    Attributes:
        number: Counts from 1.
        listed: What the notes say that this line is, by the heading over it.
    """

    number: int
    speaker: str
    text: str
    locator: str
    sentences: tuple[SpokenSentence, ...]
    listed: ListKind = ""


@dataclass(frozen=True)
class Meeting:
    """The turns, and what the file says of itself."""

    turns: tuple[SpokenTurn, ...]
    participants: tuple[str, ...]
    title: str
    day: date | None

    @property
    def spoken(self) -> bool:
        """Whether this is a transcript rather than notes."""
        return any(t.speaker for t in self.turns)


def read_meeting(parsed: Parsed, name: str = "", day: date | None = None) -> Meeting:
    """The meeting in a parsed file; `day` is used when neither file nor name has a date."""
    head = [s.text for s in parsed.sections if s.kind == "note"][:2]
    raw = _timed(parsed) or [pair for s in parsed.sections if s.kind != "note" for pair in _pairs(s)]
    above = next((s.heading_path[0] for s in parsed.sections if s.heading_path), "")
    title = parsed.title or next((h for h in head if len(h) < 120), above)
    if not title and len(raw) > 1 and not raw[0][0] and _is_title(raw[0][1]):
        title = raw[0][1]
        raw = raw[1:]
    turns: list[SpokenTurn] = []
    for speaker, text, locator, listed in raw:
        number = len(turns) + 1
        found = tuple(SpokenSentence(s, number, speaker) for s in sentence_texts(text))
        turns.append(SpokenTurn(number, speaker, text, locator or f"line {number}", found, listed))
    text = "\n".join(s.text for s in parsed.sections)
    found_day = find_day(title, None) or find_day(name.replace("_", " "), None) or _iso(name)
    opening = find_day(text[:300], None)
    return Meeting(tuple(turns), _people(turns, text), title.strip(), found_day or opening or day)


def _is_title(line: str) -> bool:
    return len(line) < 120 and len(sentence_texts(line)) == 1 and not line.rstrip().endswith((".", "!", "?", ":"))


def _timed(parsed: Parsed) -> list[tuple[str, str, str, ListKind]]:
    """The turns of a text or of tables that name speakers and times; empty when the file isn't built so."""
    tables = [said for s in parsed.sections if s.kind == "table" for said in said_in_table(s.text)]
    lines = [line for s in parsed.sections if s.kind == "text" for line in s.text.splitlines()]
    return [(said.speaker, said.text, said.time, "") for said in tables or said_in(lines)]


def _pairs(section: Section) -> Iterable[tuple[str, str, str, ListKind]]:
    """(speaker, text, locator, what it is listed as) of each turn or line of a section."""
    if section.kind == "turn":
        match = _NAMED.match(section.text)
        if match:
            yield match.group(1).strip(), section.text[match.end() :].strip(), section.locator, ""
        else:
            speaker, separator, text = section.text.partition(": ")
            named = bool(separator) and len(speaker) <= 60
            name, said = (speaker.strip(), text) if named else ("", section.text)
            yield name, said, section.locator, ""
        return
    if section.kind == "table":
        for listed_as, row in rows_of(section.text):
            yield "", row, section.locator, listed_as
        return
    listed: ListKind = next((kind for h in reversed(section.heading_path) if (kind := kind_of(h))), "")
    for line in re.split(r"\n+", section.text):
        if not line.strip():
            continue
        if is_heading(line):
            listed = kind_of(line)
            continue
        if listed:
            yield "", line.strip(), section.locator, listed
            continue
        match = _NAMED.match(line)
        name = match.group(1).strip() if match else ""
        if match and name.lower() not in _NOT_PEOPLE and name.isupper() is False:
            yield name, line[match.end() :].strip(), section.locator, ""
        else:
            yield "", line.strip(), section.locator, ""


def _people(turns: Sequence[SpokenTurn], text: str) -> tuple[str, ...]:
    speakers = dict.fromkeys(t.speaker for t in turns if t.speaker)
    for match in _PRESENT.finditer(text):
        line = re.split(r"\.\s", match.group(1))[0]
        for part in re.split(r"[,;]| and | und | y | et ", line):
            name = re.sub(r"\(.*?\)?$", "", part).strip(" .")
            if re.match(r"[A-ZÀ-Þ]", name) and len(name) < 40:
                speakers.setdefault(name)
    return tuple(speakers)


def _iso(name: str) -> date | None:
    match = re.search(r"(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)", name)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
