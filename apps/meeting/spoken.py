"""Transcripts that aren't vtt or srt: Teams' Word file, Zoom's text, lines that begin with a time, tables of turns.

Nils Weber   0:05          [Nils Weber] 10:02:33        00:00:05 Nils Weber: Good morning.
Good morning.              Good morning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.meeting.names import person_name
from core.types import Rows

_NAME = r"[^\W\d_a-z][\w.'’-]*(?:,? [^\W\d_a-z(][\w.'’-]*){0,3}(?: \([\w ]{2,30}\))?"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,3})?"
_HEADERS = (
    re.compile(rf"\[?(?P<name>{_NAME})\]?[ \t:–-]+[\[(]?(?P<time>{_TIME})[\])]?(?: ?[AP]M)?"),
    re.compile(rf"[\[(]?(?P<time>{_TIME})[\])]?(?: ?[AP]M)?[ \t:–-]+\[?(?P<name>{_NAME})\]?:?"),
)
_INLINE = re.compile(rf"[\[(]?(?P<time>{_TIME})[\])]?(?: ?[AP]M)?[ \t–-]+\[?(?P<name>{_NAME})\]?: +(?P<said>\S.*)")
_SPEAKER = re.compile(
    r"(?:speaker|participant|user|display)?[_ ]?(?:display)?[_ ]?name|speaker(?:id)?|participant|who|from|user|"
    r"sprecher|intervenant|orador",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:spoken[_ ]?)?text|content|said|transcript|utterance|message|sentences?|words|caption", re.IGNORECASE
)
_BEGIN = re.compile(r"time|begin|timestamp|offset|start(?:[_ ]?(?:time|offset|date[_ ]?time))?|created", re.IGNORECASE)
# One field of a turn, as a JSON file with other things beside its turns is written out.
_FIELD = re.compile(r"(?:[\w ]+\.)+(?P<key>\w+): (?P<value>.*)")
# Fewer, and they are times of an agenda rather than of speakers.
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Said:
    """One person's words, and the time at which they begin, as the file writes it."""

    speaker: str
    text: str
    time: str


def said_in(lines: Sequence[str]) -> list[Said]:
    """The turns of a text whose lines name speakers and times; empty when it isn't written so."""
    filled = [line.strip() for line in lines if line.strip()]
    found: list[Said] = []
    headers = followed = 0
    open_turn = False
    for line in filled:
        inline = _INLINE.fullmatch(line)
        header = next((m for p in _HEADERS if (m := p.fullmatch(line))), None) if inline is None else None
        if inline is not None:
            found.append(Said(person_name(inline["name"]), inline["said"], inline["time"]))
            headers, followed, open_turn = headers + 1, followed + 1, False
        elif header is not None:
            found.append(Said(person_name(header["name"]), "", header["time"]))
            headers, open_turn = headers + 1, True
        elif found:
            last = found[-1]
            followed += open_turn
            found[-1] = Said(last.speaker, f"{last.text} {line}".strip(), last.time)
            open_turn = False
    if not found:
        return _from_fields(filled)
    return [s for s in found if s.text] if followed >= _FEWEST and followed >= 0.8 * headers else []


def _from_fields(lines: Sequence[str]) -> list[Said]:
    """ "turns.speaker: …", "turns.text: …" by turns."""
    found: list[Said] = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match and _SPEAKER.fullmatch(match["key"]):
            found.append(Said(person_name(match["value"]), "", ""))
        elif match and found and _SAID.fullmatch(match["key"]):
            found[-1] = Said(found[-1].speaker, match["value"], found[-1].time)
        elif match and found and _BEGIN.fullmatch(match["key"]):
            found[-1] = Said(found[-1].speaker, found[-1].text, _clock(match["value"]))
    return [s for s in found if s.text]


def said_in_table(rows: Rows) -> Iterator[Said]:
    """The turns of a table with a column of speakers and one of words; nothing for another table."""
    if len(rows) < 2:
        return
    who, said, begin = (
        next((n for n, cell in enumerate(rows[0]) if pattern.fullmatch(cell)), None)
        for pattern in (_SPEAKER, _SAID, _BEGIN)
    )
    if who is None or said is None:
        return
    for cells in rows[1:]:
        if len(cells) > max(who, said) and cells[said]:
            time = cells[begin] if begin is not None and begin < len(cells) else ""
            yield Said(person_name(cells[who]), cells[said], _clock(time))


def _clock(time: str) -> str:
    """Seconds as h:mm:ss; what is written otherwise stays."""
    if not re.fullmatch(r"\d+(?:\.\d+)?", time):
        return time
    seconds = int(float(time))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
