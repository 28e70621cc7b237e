"""What is said in a recording, and what becomes of files that aren't what they claim to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import ParseError, TooLarge, Unsupported
from core.settings import ParsingSettings, RecordingSettings
from ingestion.parse import ParserPool, parse
from ingestion.parse.recording import transcribe
from ingestion.parse.recording.transcribe import Recordings, heard
from ingestion.parse.recording.written import forget_all_but, media_of
from samples.spoken import RATE, spoken, write
from tests.ingestion.parse.recording.conftest import MODEL, SAID, needs_speech


@pytest.fixture(scope="session")
def sound() -> np.ndarray:
    return spoken(SAID)


@needs_speech
@pytest.mark.parametrize(("suffix", "medium"), [("wav", "audio"), ("ogg", "audio"), ("mp3", "audio"), ("mp4", "video")])
def test_what_is_said_is_read_with_its_times(
    listening: ParserPool, sound: np.ndarray, tmp_path: Path, suffix: str, medium: str
) -> None:
    file = tmp_path / f"call.{suffix}"
    write(file, sound, picture=medium == "video")
    parsed = listening.parse(file.read_bytes(), file.name)
    text = " ".join(section.text for section in parsed.sections).casefold()
    for words in ("sensor list", "call the customer", "friday", "click rate"):
        assert words in text
    assert re.search(r"(from )?(six|6)\W.*(four|4)", text)
    assert parsed.metadata["medium"] == medium and parsed.metadata["language"] == "en"
    assert parsed.sections[0].kind == "turn" and parsed.sections[0].locator == "00:00:00"


@needs_speech
def test_another_language_is_found_out(listening: ParserPool, tmp_path: Path) -> None:
    file = tmp_path / "anruf.ogg"
    write(file, spoken([("Anna", "Guten Morgen. Wir haben beschlossen, dass die Lieferung am Montag kommt.")], "de"))
    parsed = listening.parse(file.read_bytes(), file.name)
    assert parsed.metadata["language"] == "de" and "Montag" in parsed.sections[0].text


@needs_speech
def test_what_was_heard_is_kept_and_listening_goes_on_behind_it(
    sound: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcribe, "PIECE_S", 5.0)
    file, kept = tmp_path / "call.wav", tmp_path / "kept"
    write(file, sound)
    asked: list[float] = []
    recordings = Recordings(RecordingSettings(model=str(MODEL)), kept)
    ask = recordings._ask

    def counted(request: dict[str, object], timeout_s: float) -> dict[str, object]:
        if request["do"] == "listen":
            if len(asked) == 1:
                asked.append(-1.0)
                raise ParseError("the power went")
            asked.append(float(str(request["begin_s"])))
        return ask(request, timeout_s)

    monkeypatch.setattr(recordings, "_ask", counted)
    with pytest.raises(ParseError, match=r"^call\.wav: the power went\.$"):
        recordings.parse(file.read_bytes(), "call.wav")
    shares: list[float] = []
    parsed = recordings.parse(file.read_bytes(), "call.wav", shares.append)
    recordings.close()
    key = str(parsed.metadata["recording"])
    assert asked[0] == 0.0 and asked.count(0.0) == 1  # the first stretch wasn't heard twice
    assert shares == sorted(shares) and shares[-1] == 1.0
    told = re.sub(r"Speaker \d+: ", "", " ".join(s.text for s in parsed.sections))
    assert " ".join(u.text for u in heard(kept, key)) == told
    media = media_of(kept, key)
    assert media is not None and media.read_bytes() == file.read_bytes() and media.stat().st_mode & 0o077 == 0
    assert media_of(kept, "../../etc/passwd") is None
    assert forget_all_but(kept, frozenset({key})) == 0 and heard(kept, key)
    assert forget_all_but(kept, frozenset()) == 1 and not heard(kept, key)


def _silent(folder: Path) -> bytes:
    write(folder / "a.wav", np.zeros(3 * RATE, np.int16))
    return (folder / "a.wav").read_bytes()


def _long(folder: Path) -> bytes:
    write(folder / "a.mp3", np.zeros(60 * RATE, np.int16))
    return (folder / "a.mp3").read_bytes()


def _cut(folder: Path) -> bytes:
    write(folder / "a.mp4", np.zeros(3 * RATE, np.int16))
    return (folder / "a.mp4").read_bytes()[:400]


def _pictures_alone(folder: Path) -> bytes:
    with av.open(str(folder / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return (folder / "a.mp4").read_bytes()


def _many_streams(folder: Path) -> bytes:
    with av.open(str(folder / "a.mkv"), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(100)]
        for stream in streams:
            assert isinstance(stream, av.AudioStream)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
    return (folder / "a.mkv").read_bytes()


HOSTILE: list[tuple[str, Callable[[Path], bytes], str]] = [
    ("silent.wav", _silent, "nobody speaks in its 00:00:03"),
    ("long.mp3", _long, "00:01:00 long, over the limit of 0.01 hours.*parsing.recordings.max_hours"),
    ("cut.mp4", _cut, "damaged"),
    ("pictures.mp4", _pictures_alone, "it has no sound"),
    ("streams.mkv", _many_streams, "100 streams, more than 64"),
    ("noise.mp4", lambda _: b"\0\0\0\x20ftypisom" + bytes(range(256)) * 40, "damaged"),
    ("nothing.wav", lambda _: b"RIFF\x24\0\0\0WAVEfmt ", "damaged"),
    ("endless.mkv", lambda _: b"\x1aE\xdf\xa3" + b"\xff" * 5000, "damaged"),
    ("list.m3u8.mp3", lambda _: b"ID3\x03\0\0\0\0\0\0#EXTM3U\nfile:///etc/passwd\n" * 3, "damaged|no sound|nobody"),
]


@pytest.mark.parametrize(("name", "made", "said"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_what_is_no_proper_recording_ends_in_a_sentence(
    deaf: ParserPool, tmp_path: Path, name: str, made: Callable[[Path], bytes], said: str
) -> None:
    with pytest.raises(ParseError, match=rf"^{re.escape(name)}: .*(?:{said})") as caught:
        deaf.parse(made(tmp_path), name)
    assert str(caught.value).endswith(".")


def test_a_file_is_known_by_its_content_not_by_its_name(deaf: ParserPool) -> None:
    assert deaf.parse(b"# Notes\nhello", "notes.mp3.md").sections
    with pytest.raises(Unsupported, match="it is data, not a document"):
        deaf.parse(b"\0\0\0\x18ftypheic" + b"\0" * 500, "photo.mp4")
    with pytest.raises(Unsupported, match="a recording inside another file"):
        parse(b"OggS" + b"\0" * 500, "call.ogg")


def test_without_the_model_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    settings = ParsingSettings.model_validate({"recordings": {"model": str(tmp_path)}})
    with ParserPool(settings) as pool, pytest.raises(Unsupported, match="`debrief model get speech`"):
        pool.parse(b"OggS" + b"\0" * 500, "call.ogg")


def test_a_recording_over_its_size_is_refused(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).touch()
    settings = ParsingSettings.model_validate({"recordings": {"model": str(tmp_path), "max_bytes": 100}})
    with ParserPool(settings) as pool, pytest.raises(TooLarge, match=r"parsing\.recordings\.max_bytes"):
        pool.parse(b"OggS" + b"\0" * 500, "call.ogg")
