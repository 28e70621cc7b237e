"""Which file names are recordings, and what a transcript that comes with one is called."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

RECORDINGS = frozenset("mp3 m4a m4b wav ogg oga opus flac aac mp4 m4v mkv webm mov avi wma wmv amr 3gp".split())
# The best first: Teams and Zoom write speakers into WebVTT, SubRip seldom has them.
_TRANSCRIPTS = ("vtt", "srt", "json", "vtt.json", "transcript.vtt", "transcript.json")


def suffix(name: str) -> str:
    """The name's ending in small letters, without the dot."""
    return PurePosixPath(name.lower().replace("\\", "/")).suffix.lstrip(".")


def is_transcript(name: str) -> bool:
    """Whether a transcript may be called so."""
    return suffix(name) in ("vtt", "srt", "json")


def transcript_of(name: str, beside: Collection[str]) -> str:
    """Which of the names `beside` a recording is its transcript: board.mp4 → board.vtt, board.mp4.vtt; "" if none."""
    if suffix(name) not in RECORDINGS:
        return ""
    names = {other.lower(): other for other in sorted(beside, reverse=True)}
    stems = (name.lower(), name.lower().rpartition(".")[0])
    wanted = (f"{stem}.{ending}" for ending in _TRANSCRIPTS for stem in stems)
    return next((names[one] for one in wanted if one in names), "")


def transcripts_of(names: Collection[str]) -> dict[str, str]:
    """Recording → its transcript, among the names of one folder; a transcript belongs to one recording."""
    left, found = {name for name in names if is_transcript(name)}, {}
    for name in sorted(names):
        if transcript := transcript_of(name, left):
            found[name] = transcript
            left.discard(transcript)
    return found
