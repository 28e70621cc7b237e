"""A transcript or notes → numbered turns, their sentences, the people and the day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from apps.meeting.cues import cue
from apps.meeting.held import said_at_the_beginning
from apps.meeting.listed import ListKind, is_heading, kind_of, rows_of
from apps.meeting.names import is_self, person_name
from apps.meeting.spoken import said_in, said_in_table
from core.text.dates import find_day
from core.text.sentences import sentence_texts
from core.types import Parsed, Section

_NAMED = re.compile(r"^\s*\**((?:[A-ZÀ-Þ][\w.'’-]*,?\s?){1,4}(?:\s*\([^)]{1,60}\))?)\**\s*:\s+(?=\S)")
_NOT_PEOPLE = frozenset(
    "present attendees participants date subject decided decisions decision actions action open next agenda topic note "
    "notes summary goal risks title project anwesend datum beschlossen offen entschieden decisión fecha "
    "décidé ouvert target".split()
)
# So much of a text must be lines with a speaker's name for it to be a transcript.
_SPOKEN_SHARE = 0.5

Raw = tuple[str, str, str, ListKind]  # speaker, text, locator, what it is listed as


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


def read_meeting(parsed: Parsed, name: str = "", day: date | None = None, now: date | None = None) -> Meeting:
    """The meeting in a parsed file.

    Args:
        day: Used when neither file nor name nor the first minutes have a date.
        now: A day that is said without a year is the latest until then; today by default.
    """
    head = [s.text for s in parsed.sections if s.kind == "note"][:2]
    raw = _timed(parsed)
    if not raw:
        speakers = _speakers(parsed)
        written = [pair for s in parsed.sections if s.kind != "note" for pair in _pairs(s, speakers)]
        raw = _as_transcript(written, head) or written
    raw = _joined(raw)
    above = next((s.heading_path[0] for s in parsed.sections if s.heading_path), "")
    title = parsed.title or _subject(parsed) or next((h for h in head if len(h) < 120), above)
    if not title and len(raw) > 1 and not raw[0][0] and _is_title(raw[0][1]):
        title = raw[0][1]
        raw = raw[1:]
    turns: list[SpokenTurn] = []
    for speaker, text, locator, listed in raw:
        number = len(turns) + 1
        found = tuple(SpokenSentence(s, number, speaker) for s in sentence_texts(text))
        turns.append(SpokenTurn(number, speaker, text, locator or f"line {number}", found, listed))
    text = "\n".join(s.text for s in parsed.sections)
    held = _day(parsed, title, name, head)
    if held is None and any(t.speaker for t in turns):
        held = said_at_the_beginning([s.text for t in turns for s in t.sentences], now or date.today())
    elif held is None:
        held = find_day(" ".join(t.text for t in turns[:4])[:300], None)
    return Meeting(
        tuple(turns),
        _people(turns, text),
        title.strip(),
        held or day,
    )


def _day(parsed: Parsed, title: str, name: str, head: Sequence[str]) -> date | None:
    """The meeting's day as its title, its file or its metadata say it."""
    metadata = [
        s.text for s in parsed.sections[:2] if s.kind == "text" and re.search(r"(?i)(?:date|time)\w*: ?20\d\d", s.text)
    ]
    told = find_day(title, None) or find_day(name.replace("_", " "), None) or _iso(name)
    return told or next((d for h in (*head, *metadata) if (d := find_day(h, None) or _iso(h))), None)


def _subject(parsed: Parsed) -> str:
    """The title that a program writes into the fields of its export; "" without one."""
    text = "\n".join(s.text for s in parsed.sections[:2] if s.kind == "text")
    match = re.search(r"(?im)^\W*(?:meeting)?[_ ]?(?:subject|title|topic|name): (.{3,120})$", text)
    return match[1].strip() if match else ""


def _is_title(line: str) -> bool:
    return len(line) < 120 and len(sentence_texts(line)) == 1 and not line.rstrip().endswith((".", "!", "?", ":"))


def _timed(parsed: Parsed) -> list[Raw]:
    """The turns of a text or of tables that name speakers and times; empty when the file isn't built so."""
    tables = [said for s in parsed.sections if s.kind == "table" for said in said_in_table(s.rows)]
    lines = [line for s in parsed.sections if s.kind == "text" for line in s.text.splitlines()]
    found = tables or said_in([line for line in lines if not _is_furniture(line)])
    return [(said.speaker, said.text, said.time, "") for said in found]


def _speakers(parsed: Parsed) -> frozenset[str]:
    """Who speaks in a transcript's turns: as its parser says, else the names that come again."""
    told = parsed.metadata.get("speakers")
    if isinstance(told, tuple | list):
        return frozenset(map(str, told))
    names = Counter(s.text.partition(": ")[0] for s in parsed.sections if s.kind == "turn")
    return frozenset(name for name, count in names.items() if count > 1 or len(person_name(name).split()) in (2, 3))


def _pairs(section: Section, speakers: frozenset[str]) -> Iterable[Raw]:
    """(speaker, text, locator, what it is listed as) of each turn or line of a section."""
    if section.kind == "turn":
        speaker, separator, text = section.text.partition(": ")
        named = bool(separator) and speaker in speakers
        yield (person_name(speaker), text, section.locator, "") if named else ("", section.text, section.locator, "")
        return
    if section.kind == "table":
        for listed_as, row in rows_of(section.rows):
            yield "", row, section.locator, listed_as
        return
    listed: ListKind = next((kind for h in reversed(section.heading_path) if (kind := kind_of(h))), "")
    for line in re.split(r"\n+", section.text):
        if not line.strip() or _is_furniture(line):
            continue
        if is_heading(line):
            listed = kind_of(line)
            continue
        yield "", line.strip(), section.locator, listed


def _is_furniture(line: str) -> bool:
    """Whether a program wrote the line, not a person: "Transcription ended after 00:13:42"."""
    return cue("furniture").fullmatch(line.strip(" *#")) is not None


def _as_transcript(written: Sequence[Raw], head: list[str]) -> list[Raw]:
    """Lines "Name: words" as turns; empty where too few lines are so. What stands above goes to `head`.

    A colon in speech makes no speaker: a name is one that comes again, or has two words.
    """
    matches = [None if listed or speaker else _NAMED.match(text) for speaker, text, _, listed in written]
    names = Counter(person_name(m[1]) for m in matches if m and m[1].strip().lower() not in _NOT_PEOPLE)
    speakers = {n for n, count in names.items() if count > 1 or len(n.split()) > 1}
    named = sum(names[n] for n in speakers)
    if named < 3 or named < _SPOKEN_SHARE * len(written) or max(names.values()) < 2:
        return []
    found: list[Raw] = []
    for (_, text, locator, _), match in zip(written, matches, strict=True):
        if match and person_name(match[1]) in speakers:
            found.append((person_name(match[1]), text[match.end() :].strip(), locator, ""))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {text}", *found[-1][2:])
        else:
            head.append(text)
    return found


def _joined(raw: Sequence[Raw]) -> list[Raw]:
    """Where a cue ends within a sentence and the same person goes on, one turn; else turns as they are."""
    found: list[Raw] = []
    for one in raw:
        last = found[-1] if found else None
        if last and one[0] and last[0] == one[0] and last[1].rstrip()[-1:] not in (*".!?…", ""):
            found[-1] = (last[0], f"{last[1]} {one[1]}", last[2], last[3])
        else:
            found.append(one)
    return found


def _people(turns: Sequence[SpokenTurn], text: str) -> tuple[str, ...]:
    speakers = dict.fromkeys(name for name, _ in groupby(t.speaker for t in turns) if name)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = cue("present").search(line) or (cue("met_with").search(line) if number == 0 else None)
        below = "" if match or not _is_furniture(line) or number + 1 == len(lines) else lines[number + 1]
        said = match.what if match else below if re.fullmatch(r"[^,;.?!:]{2,60}(?:[,;][^,;.?!:]{2,60})+", below) else ""
        for name in _names_in(said):
            if not any(name == known or name == known.split()[0] for known in speakers):
                speakers.setdefault(name)
    return tuple(speakers)


def _names_in(line: str) -> Iterable[str]:
    """The names of a list of those present: "me, Anna-Lena (KF), Rob (KF), Dirk from purchasing joined late"."""
    line = re.sub(r"\b(?:me|ich|yo|moi) \((\w+)\)", r"\1", line, flags=re.IGNORECASE)
    line = re.split(r"\s\W*[A-ZÀ-Þ]\w+\W*:", line)[0]
    line = re.sub(r"\([^)]*\)?", "", re.split(r"\.\s(?=[A-ZÀ-Þ]\w+ \w+ )", line)[0])
    for part in re.split(r"[,;+/]| and | und | y | et ", line):
        name = re.split(r"\s(?:from|von|de|of|joined|kam|\()\b", part.strip())[0].strip(" .")
        if name and not is_self(name) and len(name.split()) <= 4 and len(name) < 40 and not re.search(r"\d", name):
            yield person_name(name)


def _iso(name: str) -> date | None:
    match = re.search(r"(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)", name)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
