"""Utterances with their times → a transcript's sections, each begun at a moment that can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.parse.draft import Draft
from ingestion.parse.recording.shown import Slide

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


def add_turns(draft: Draft, said: Iterable[Utterance], slides: Sequence[Slide] = ()) -> None:
    """One section for each paragraph, begun by the speaker's name as in a transcript, in the order of time.

    A slide is a chapter: its text comes before what was said to it, which stands under its title.
    """
    left = list(slides)
    heading: tuple[str, ...] = ()
    for paragraph in paragraphs(said, [slide.begin_s for slide in slides]):
        while left and left[0].begin_s <= paragraph[0].begin_s + 1:
            heading = _add_slide(draft, left.pop(0))
        draft.add(turn_text(paragraph), "turn", clock(paragraph[0].begin_s), heading)
    for slide in left:
        _add_slide(draft, slide)


def _add_slide(draft: Draft, slide: Slide) -> tuple[str, ...]:
    draft.add("\n".join(slide.lines), "text", clock(slide.begin_s), (slide.title,))
    return (slide.title,)


def turn_text(paragraph: Sequence[Utterance]) -> str:
    """What was said, behind "Name: " when it is known who speaks."""
    said = " ".join(utterance.text for utterance in paragraph)
    return f"{paragraph[0].speaker}: {said}" if paragraph[0].speaker else said


def speakers_of(said: Iterable[Utterance]) -> tuple[str, ...]:
    """Who speaks, in the order in which they begin."""
    return tuple(dict.fromkeys(utterance.speaker for utterance in said if utterance.speaker))


def paragraphs(said: Iterable[Utterance], borders: Sequence[float] = ()) -> list[Sequence[Utterance]]:
    """Utterances of one speaker that belong together: up to a pause after a sentence, or `MAX_WORDS` words.

    Args:
        borders: Seconds that a paragraph doesn't reach over.
    """
    found: list[list[Utterance]] = []
    words = 0
    for utterance in said:
        last = found[-1][-1] if found else None
        crosses = last is not None and any(last.begin_s + 1 < at <= utterance.begin_s + 1 for at in borders)
        if last is None or crosses or _apart(last, utterance, words):
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
