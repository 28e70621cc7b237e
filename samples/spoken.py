"""Speaks a transcript into a recording: `python -m samples.spoken TRANSCRIPT.vtt RECORDING.m4a [--language en]`.

espeak-ng has a voice for each speaker. For tests and for trying recordings out without a call that anybody held.
"""

from __future__ import annotations

import argparse
import subprocess
import wave
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer

from ingestion.parse import parse

_VARIANTS = ("+m3", "+f2", "+m7", "+f4", "+m1", "+f1")
RATE = 22_050
_PAUSE_S = 0.6


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the recording."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcript", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--language", default="en")
    chosen = parser.parse_args(arguments)
    write(chosen.recording, spoken(turns_of(chosen.transcript.read_bytes(), chosen.transcript.name), chosen.language))


def turns_of(body: bytes, name: str) -> list[tuple[str, str]]:
    """(Speaker, words) of each turn of a transcript."""
    turns = [section.text for section in parse(body, name).sections if section.kind == "turn"]
    return [(turn.partition(": ")[0], turn.partition(": ")[2]) if ": " in turn else ("", turn) for turn in turns]


def spoken(turns: Iterable[tuple[str, str]], language: str = "en") -> np.ndarray:
    """The turns one after the other, as 16-bit samples at `RATE`."""
    return np.concatenate([np.zeros(0, np.int16), *spoken_turns(turns, language)])


def spoken_turns(turns: Iterable[tuple[str, str]], language: str = "en") -> list[np.ndarray]:
    """Each turn with the pause behind it, as 16-bit samples at `RATE`; a voice for each speaker."""
    pieces: list[np.ndarray] = []
    speakers: list[str] = []
    for speaker, words in turns:
        if speaker not in speakers:
            speakers.append(speaker)
        voice = language + _VARIANTS[speakers.index(speaker) % len(_VARIANTS)]
        said = subprocess.run(
            ["espeak-ng", "-v", voice, "-s", "150", "--stdout", words], check=True, capture_output=True
        ).stdout
        with wave.open(BytesIO(said)) as sound:
            samples = np.frombuffer(sound.readframes(1 << 30), np.int16)
        pieces.append(np.concatenate([samples, np.zeros(int(_PAUSE_S * RATE), np.int16)]))
    return pieces


def write(file: Path, sound: np.ndarray, *, picture: bool = False) -> None:
    """Writes the sound in the container and with the codec of the file's name; with a grey picture if wanted."""
    codec = {".mp3": "libmp3lame", ".ogg": "libopus", ".wav": "pcm_s16le", ".webm": "libopus"}.get(file.suffix, "aac")
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=48_000 if codec == "libopus" else RATE)
        assert isinstance(stream, av.AudioStream)
        if picture:
            _add_picture(container, "libvpx" if file.suffix == ".webm" else "libx264", len(sound) // RATE + 1)
        for begin in range(0, len(sound), RATE):
            frame = av.AudioFrame.from_ndarray(sound[None, begin : begin + RATE], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _add_picture(container: OutputContainer, codec: str, seconds: int) -> None:
    stream = container.add_stream(codec, rate=1)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
    for at in range(seconds):
        frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 90, np.uint8), format="rgb24")
        frame.pts = at
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
