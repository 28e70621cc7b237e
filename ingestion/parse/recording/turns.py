"""Utterances with their times → a transcript's sections, each begun at a moment that can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.parse.draft import Draft

MAX_WORDS = 120
# A paragraph ends in a pause of so many seconds, once it has so many words.
_PAUSE_S, _LEAST_WORDS = 1.2, 30
_SILENCE_S = 6.0  # ends one whatever was said before
_ENDS = (".", "?", "!", "…", "。")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said between two moments, in seconds from the recording's begin; by whom, when that is known."""

    begin_s: float
    end_s: float
    text: str
    speaker: str = ""


def clock(seconds: float) -> str:
    """12.4 → "00:00:12"."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def seconds(locator: str) -> int:
    """00:12:05 → 725; 0 for what is no time."""
    parts = locator[:8].split(":")
    return sum(int(part) * 60**power for power, part in enumerate(reversed(parts)) if part.isdecimal())


def add_turns(draft: Draft, said: Iterable[Utterance]) -> None:
    """One section for each paragraph, begun by the speaker's name as in a transcript."""
    for paragraph in paragraphs(said):
        draft.add(turn_text(paragraph), "turn", clock(paragraph[0].begin_s))


def turn_text(paragraph: Sequence[Utterance]) -> str:
    """What was said, behind "Name: " when it is known who speaks."""
    said = " ".join(utterance.text for utterance in paragraph)
    return f"{paragraph[0].speaker}: {said}" if paragraph[0].speaker else said


def speakers_of(said: Iterable[Utterance]) -> tuple[str, ...]:
    """Who speaks, in the order in which they begin."""
    return tuple(dict.fromkeys(utterance.speaker for utterance in said if utterance.speaker))


def paragraphs(said: Iterable[Utterance]) -> list[Sequence[Utterance]]:
    """Utterances of one speaker that belong together: up to a pause after a sentence, or `MAX_WORDS` words."""
    found: list[list[Utterance]] = []
    words = 0
    for utterance in said:
        last = found[-1][-1] if found else None
        if last is None or _apart(last, utterance, words):
            found.append([])
            words = 0
        found[-1].append(utterance)
        words += len(utterance.text.split())
    return list(found)


def _apart(last: Utterance, following: Utterance, words: int) -> bool:
    if last.speaker != following.speaker:
        return True
    pause = following.begin_s - last.end_s
    if pause >= _SILENCE_S or words >= MAX_WORDS:
        return True
    long_enough = words >= (_LEAST_WORDS if pause >= _PAUSE_S else MAX_WORDS / 2)
    return long_enough and last.text.endswith(_ENDS)
