"""Videos that aren't what they claim to be: a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import ParseError
from vision import frames
from vision.video import Video


def _pictures(file: Path, width: int, height: int, count: int = 1, codec: str = "mpeg4") -> None:
    kind = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, kind
        for n in range(count):
            frame = av.VideoFrame(width, height, kind)
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _huge(folder: Path) -> Path:
    """Container and picture say 16,000 × 16,000: what is decoded would need 384 MB."""
    _pictures(folder / "huge.mkv", 300, 300, codec="mjpeg")
    body = (folder / "huge.mkv").read_bytes()
    said = {
        b"\xb0\x82\x01\x2c": b"\xb0\x82\x3e\x80",
        b"\xba\x82\x01\x2c": b"\xba\x82\x3e\x80",
        b"\xff\xc0\x00\x11\x08\x01\x2c\x01\x2c": b"\xff\xc0\x00\x11\x08\x3e\x80\x3e\x80",
    }
    for small, large in said.items():
        assert small in body
        body = body.replace(small, large)
    (folder / "huge.mkv").write_bytes(body)
    return folder / "huge.mkv"


def _sound(folder: Path) -> Path:
    with av.open(str(folder / "a.mkv"), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(100)]
        for stream in streams:
            assert isinstance(stream, av.AudioStream)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
    return folder / "a.mkv"


def _noise(folder: Path) -> Path:
    (folder / "n.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(range(256)) * 40)
    return folder / "n.mp4"


HOSTILE: list[tuple[Callable[[Path], Path], str]] = [
    (_huge, "16,000 × 16,000 pixels"),
    (_sound, "100 streams, more than 64"),
    (_noise, "damaged"),
]


@pytest.mark.parametrize(("made", "said"), HOSTILE, ids=[said for _, said in HOSTILE])
def test_a_hostile_video_ends_in_a_sentence(tmp_path: Path, made: Callable[[Path], Path], said: str) -> None:
    with pytest.raises(ParseError, match=said):
        Video(made(tmp_path))


def test_a_video_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    _pictures(tmp_path / "a.mkv", 64, 48, 30)
    body = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "b.mkv").write_bytes(body[: len(body) * 2 // 3])
    with Video(tmp_path / "b.mkv") as video:
        assert 0 < len(list(video.frames(1.0))) <= 30


def test_pictures_come_at_their_times_over_several_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.video._STRETCH_BYTES", 64 * 48 * 3 * 4)
    _pictures(tmp_path / "a.mkv", 64, 48, 11)
    with Video(tmp_path / "a.mkv") as video:
        times = [frame.at_s for frame in video.frames(1.0)]
        assert times == [float(n) for n in range(11)]
        assert [frame.at_s for frame in video.frames(3.0)] == [0.0, 3.0, 6.0, 9.0]
        (small, *_) = video.frames(5.0, 32)
        assert small.pixels.shape == (24, 32, 3) and small.scale == 2.0
    assert frames.MAX_PIXELS > 7680 * 4320
