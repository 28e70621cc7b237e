"""Utterances → captions that players read: WebVTT and SubRip."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.parse.recording.turns import Utterance, clock, turn_text


def vtt(said: Iterable[Utterance]) -> str:
    """WebVTT, with milliseconds after a point."""
    cues = (f"{_time(u.begin_s, '.')} --> {_time(u.end_s, '.')}\n{_voice(u)}{_plain(u.text)}\n" for u in said)
    return "WEBVTT\n\n" + "\n".join(cues)


def srt(said: Iterable[Utterance]) -> str:
    """SubRip: numbered, with milliseconds after a comma."""
    cues = (
        f"{n}\n{_time(u.begin_s, ',')} --> {_time(u.end_s, ',')}\n{turn_text([u])}\n" for n, u in enumerate(said, 1)
    )
    return "\n".join(cues)


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    return f"{clock(milliseconds / 1000)}{point}{milliseconds % 1000:03d}"


def _voice(said: Utterance) -> str:
    return f"<v {_plain(said.speaker).replace('>', '')}>" if said.speaker else ""


def _plain(text: str) -> str:
    # An arrow or a tag in what was said would be read as the format's own.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "->")
