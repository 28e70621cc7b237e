"""What is written on the slides of a recording, and when: text read from its pictures, merged over time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rapidfuzz.fuzz import ratio

from ingestion.parse.recording.kept_file import write
from vision.scenes import CHANGED, difference, signature
from vision.shapes import Frame

EVERY_S, SIZE = 2.0, 1280
_FILE = "slides.json"
# Lines of which so much is alike (0 to 100) are one line, misread here or there.
_ALIKE = 85
# Of a picture's lines so many stand on the slide before: it is that slide, with a line more or a pointer on it.
_SAME = 0.6
_LEAST_WORDS = 3  # fewer on a picture are a logo, a name or a clock
_TITLE = 80


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide or a shared screen.

    Attributes:
        begin_s, end_s: From when on and until when it is seen, in seconds.
        lines: What stands on it, from top to bottom.
    """

    begin_s: float
    end_s: float
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its first line."""
        return self.lines[0][:_TITLE]


def read_slides(frames: Iterable[Frame], read: Callable[[Any], Sequence[str]]) -> list[Slide]:
    """The slides in order. Only pictures that differ from the one read last are read.

    Args:
        read: A picture's pixels → its lines of text.
    """
    slides: list[Slide] = []
    last, end, showing = None, 0.0, False
    for frame in frames:
        end = frame.at_s
        now = signature(frame.pixels)
        if last is not None and difference(last, now) < CHANGED / 3:
            if showing:
                slides[-1] = replace(slides[-1], end_s=end + EVERY_S)
            continue
        last = now
        lines = tuple(line for line in read(frame.pixels) if line.strip())
        showing = sum(len(line.split()) for line in lines) >= _LEAST_WORDS
        if showing and slides and _same(slides[-1].lines, lines):
            slides[-1] = Slide(slides[-1].begin_s, end + EVERY_S, _merged(slides[-1].lines, lines))
        elif showing:
            slides.append(Slide(frame.at_s, end + EVERY_S, lines))
    return slides


def kept_slides(folder: Path, made: Callable[[], list[Slide]]) -> list[Slide]:
    """The slides of a recording's folder; made and kept when they aren't there."""
    try:
        return [Slide(s["begin_s"], s["end_s"], tuple(s["lines"])) for s in json.loads((folder / _FILE).read_bytes())]
    except (OSError, ValueError, KeyError, TypeError):
        slides = made()
        write(folder / _FILE, json.dumps([asdict(slide) for slide in slides], ensure_ascii=False).encode())
        return slides


def _same(before: Sequence[str], now: Sequence[str]) -> bool:
    fewer, more = sorted((before, now), key=len)
    return sum(_has(more, line) for line in fewer) >= _SAME * len(fewer)


def _has(lines: Iterable[str], line: str) -> bool:
    return any(ratio(line, other) >= _ALIKE for other in lines)


def _merged(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """All lines of both, the new ones at their place behind the line that they follow."""
    return tuple(_woven(list(before), now))


def _woven(lines: list[str], now: Sequence[str]) -> Iterator[str]:
    at = 0
    for line in now:
        found = next((n for n, other in enumerate(lines) if ratio(line, other) >= _ALIKE), None)
        if found is None:
            lines.insert(at, line)
            at += 1
        else:
            at = found + 1
    yield from lines
