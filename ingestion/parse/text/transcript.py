"""vtt and srt → speaker turns with their start times; cues of one speaker in a row are one turn."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.text.plain import decode

MAX_TURN_WORDS = 150

_TIMING = re.compile(
    r"^\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{2})(?:[.,]\d{1,3})?\s*-->\s*(?:(\d{1,4}):)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
)
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>", re.IGNORECASE)
# "So to sum up:" is no name: each word begins with a capital, a digit or a bracket, or is a particle.
_SPEAKER = re.compile(
    r"^\s*(?:>>\s*)?([^\W\d_a-zà-ÿ][\w.'’()\-]*,?(?: (?:[^\W_a-zà-ÿ][\w.'’()&\-]*|[(\[][^)\]]*[)\]]|"
    r"(?:de|del|della|di|da|van|von|der|den|zu|la|le|bin|al|y|e),?)){0,4}):\s+(?=\S)"
)


@dataclass(slots=True)
class _Turn:
    speaker: str
    start: str
    words: list[str]


def parse_transcript(file: File) -> Parsed:
    """A meeting's transcript: one section for each turn, with the speaker's name in front."""
    draft = Draft(file.budget)
    turns: list[_Turn] = []
    speakers: list[str] = []
    notes: list[str] = []
    cues = _cues(decode(file.body), notes)
    names = _names(line for _, lines in cues for line in lines)
    for start, lines in cues:
        for speaker, text in _voices(lines, names):
            if speaker and speaker not in speakers:
                speakers.append(speaker)
            last = turns[-1] if turns else None
            if last and last.speaker == speaker and len(last.words) < MAX_TURN_WORDS:
                words = text.split()
                if len(words) < 3 or words != last.words[-len(words) :]:  # rolling captions repeat the line before
                    last.words.extend(words)
            elif text:
                turns.append(_Turn(speaker, start, text.split()))
    if not turns and not notes:
        raise ParseError("it has no cues (lines such as 00:00:05.000 --> 00:00:09.000); check that it is a transcript")
    for note in notes:
        draft.add(note, "note")
    for turn in turns:
        text = " ".join(turn.words)
        draft.add(f"{turn.speaker}: {text}" if turn.speaker else text, "turn", turn.start)
    return draft.parsed("", {"speakers": tuple(speakers)} if speakers else {})


def _cues(text: str, notes: list[str]) -> list[tuple[str, list[str]]]:
    """Start time and payload lines of each cue; NOTE blocks go to `notes`."""
    cues: list[tuple[str, list[str]]] = []
    for block in re.split(r"\n[ \t]*\n", re.sub(r"\r\n?", "\n", text)):
        lines = block.split("\n")
        timed = next((at for at, line in enumerate(lines) if _TIMING.match(line)), None)
        if timed is None:
            if lines[0].startswith("NOTE"):
                notes.append(one_line(" ".join([lines[0][4:], *lines[1:]])))
            elif cues and not lines[0].startswith(("WEBVTT", "STYLE", "REGION")) and not lines[0].strip().isdigit():
                cues[-1][1].extend(lines)  # a blank line inside a cue
            continue
        # A cue without a blank line before it ends the one before.
        start = timed
        while timed is not None:
            match = _TIMING.match(lines[start])
            following = next((at for at in range(start + 1, len(lines)) if _TIMING.match(lines[at])), None)
            end = len(lines) if following is None else following
            payload = lines[start + 1 : end]
            if following is not None and payload and payload[-1].strip().isdigit():
                payload.pop()
            if match is not None:
                hours, minutes, seconds = (match.group(n) or "0" for n in (1, 2, 3))
                cues.append((f"{int(hours):02d}:{int(minutes):02d}:{seconds}", payload))
            timed, start = following, end
    return cues


def _names(lines: Iterable[str]) -> frozenset[str]:
    """The words before a colon that are speakers: two words or more, or one that comes again; "Decision:" is none."""
    counts = Counter(m[1] for line in lines if (m := _SPEAKER.match(line)))
    return frozenset(name for name, count in counts.items() if count > 1 or " " in name)


def _voices(lines: list[str], names: frozenset[str]) -> list[tuple[str, str]]:
    """Who says what in one cue: <v Name> tags, or "Name: " at the start of a line."""
    found: list[tuple[str, str]] = []
    for line in lines:
        pieces = _VOICE.split(line)
        for at in range(0, len(pieces), 2):
            speaker = one_line(html.unescape(pieces[at - 1])) if at else ""
            text = html.unescape(re.sub(r"<[^>]{0,200}>|\{\\[^}]{0,100}\}", "", pieces[at]))
            match = None if speaker else _SPEAKER.match(text)
            if match is not None and match.group(1) in names:
                speaker, text = match.group(1), text[match.end() :]
            text = one_line(text)
            if not text:
                continue
            if not speaker and found:
                found[-1] = (found[-1][0], f"{found[-1][1]} {text}")
            else:
                found.append((speaker, text))
    return found
