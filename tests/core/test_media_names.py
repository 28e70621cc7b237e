"""Which transcript belongs to which recording."""

from __future__ import annotations

import pytest

from core.media_names import transcripts_of


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a.mp4", "a.vtt"], {"a.mp4": "a.vtt"}),
        (["A.MP4", "a.vtt", "b.vtt"], {"A.MP4": "a.vtt"}),
        (["a.mp4", "a.mp4.vtt", "a.json"], {"a.mp4": "a.mp4.vtt"}),
        (["a.mp4", "a.srt", "a.vtt"], {"a.mp4": "a.vtt"}),
        (["a.m4a", "a.mp4", "a.vtt"], {"a.m4a": "a.vtt"}),  # one recording has it
        (["a.mp4", "ab.vtt", "a.txt", "a.docx"], {}),
        (["a.vtt", "a.json"], {}),
        ([], {}),
    ],
)
def test_a_transcript_is_called_like_its_recording(names: list[str], found: dict[str, str]) -> None:
    assert transcripts_of(names) == found
