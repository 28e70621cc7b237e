"""A recording with the transcript that lies beside it: one document, with the transcript's words and speakers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.settings import ParsingSettings
from core.types import Companion, Parsed, Section
from ingestion.parse import ParserPool, parse
from ingestion.parse.recording.transcribe import heard, with_rest
from ingestion.parse.recording.written import media_of
from samples.spoken import RATE, write

VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
<v Ana Lee>We take the second offer.

00:00:03.500 --> 00:00:05.000
<v Bo Kim>I send the contract on Friday.
"""
TEAMS = [
    {"startDateTime": "2026-11-02T09:00:01Z", "speakerName": "Ana Lee", "spokenText": "We take the second offer."},
    {"startDateTime": "2026-11-02T09:00:05Z", "speakerName": "Bo Kim", "spokenText": "I send the contract on Friday."},
]
STREAM = {
    "entries": [{"startOffset": f"00:00:0{n}.1000000", "speakerDisplayName": "Ana", "text": "So."} for n in (1, 2)]
}


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    write(tmp_path / "call.ogg", np.zeros(6 * RATE, np.int16))
    return (tmp_path / "call.ogg").read_bytes()


@pytest.mark.parametrize(("name", "body"), [("call.vtt", VTT), ("call.json", json.dumps(TEAMS))])
def test_the_words_are_the_transcripts_and_the_recording_is_played(
    tmp_path: Path, sound: bytes, name: str, body: str
) -> None:
    # No speech model is asked for: nothing has to be heard.
    settings = ParsingSettings.model_validate({"recordings": {"model": str(tmp_path / "none")}})
    with ParserPool(settings, kept=tmp_path / "kept") as pool:
        parsed = pool.parse(sound, "call.ogg", transcript=Companion(name, body.encode()))
        other = pool.parse(sound, "call.ogg", transcript=Companion("call.vtt", VTT.replace("second", "third").encode()))
    assert [s.text for s in parsed.sections][1] == "Bo Kim: I send the contract on Friday."
    assert parsed.metadata["speakers"] == ("Ana Lee", "Bo Kim") and parsed.metadata["medium"] == "audio"
    key = str(parsed.metadata["recording"])
    assert media_of(tmp_path / "kept", key) is not None
    assert [u.speaker for u in heard(tmp_path / "kept", key)] == ["Ana Lee", "Bo Kim"]
    assert other.metadata["recording"] != key, "what one transcript says must not be shown for another"


def test_a_recording_that_cannot_be_read_leaves_its_transcript(tmp_path: Path) -> None:
    with ParserPool(ParsingSettings(), kept=tmp_path) as pool:
        parsed = pool.parse(b"OggS" + b"\0" * 500, "call.ogg", transcript=Companion("call.vtt", VTT.encode()))
        nothing = pool.parse(VTT.encode(), "a.vtt", transcript=None)
    assert len(parsed.sections) == len(nothing.sections) == 2 and "damaged" in parsed.warnings[0]
    assert "recording" not in parsed.metadata


def test_text_beside_it_that_is_no_transcript_is_kept() -> None:
    recording = Parsed((Section("Hello.", kind="turn"),), "", {"recording": "k"})
    joined = with_rest(recording, Parsed((Section("tool: x"),)), "call.json")
    assert [s.text for s in joined.sections] == ["Hello.", "tool: x"]
    assert joined.sections[1].heading_path == ("call.json",) and joined.metadata == {"recording": "k"}


def test_exports_of_meeting_programs_are_turns() -> None:
    turns = parse(json.dumps(STREAM).encode(), "a.json").sections
    assert [(s.kind, s.locator, s.text) for s in turns] == [("turn", "00:00:01", "Ana: So. So.")]
    table = parse(json.dumps([{"speaker": "x", "price": 3}, {"speaker": "y", "price": 4}]).encode(), "a.json").sections
    assert table[0].kind == "table"
