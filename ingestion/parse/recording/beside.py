"""A transcript that lies beside a recording → what was said in it, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

from core.types import Parsed, Section
from ingestion.parse.recording.turns import Utterance, seconds

# How long a turn is taken to last whose end nobody tells: people say about so many words a second.
_WORDS_PER_S = 2.5


def utterances_of(transcript: Parsed) -> list[Utterance]:
    """The transcript's turns as utterances; [] if it has none with a time, and so is no transcript."""
    turns = [section for section in transcript.sections if section.kind == "turn" and section.locator]
    names = transcript.metadata.get("speakers")
    speakers = frozenset(map(str, names)) if isinstance(names, tuple | list) else frozenset()
    return list(_timed(turns, speakers))


def _timed(turns: list[Section], speakers: frozenset[str]) -> Iterator[Utterance]:
    for number, turn in enumerate(turns):
        begin = seconds(turn.locator)
        name, colon, words = turn.text.partition(": ")
        speaker, text = (name, words) if colon and name in speakers else ("", turn.text)
        end = begin + max(1.0, len(text.split()) / _WORDS_PER_S)
        if number + 1 < len(turns):
            end = min(end, max(begin + 1.0, float(seconds(turns[number + 1].locator))))
        yield Utterance(float(begin), end, text, speaker)
