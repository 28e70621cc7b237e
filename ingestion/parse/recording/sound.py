"""The sound of a media file, a stretch at a time: PyAV reads every container, whatever its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np

from core.errors import ParseError
from core.media import decoded, opened_media

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000  # samples a second, as speech models want them
MAX_STREAMS = 64
_LEAD_S = 5.0  # begun so much earlier than asked: seeking lands on a packet, not on a moment


@dataclass(frozen=True, slots=True)
class Media:
    """What a file says of itself.

    Attributes:
        seconds: Its length, 0 when it doesn't say.
        video: Whether there are pictures, too.
    """

    seconds: float
    video: bool


def probe(path: str) -> Media:
    """Length and kind of a file.

    Raises:
        ParseError: it is damaged, or has no sound.
    """
    with opened_media(path, "recording") as container:
        stream = _sound_of(container)
        length = container.duration / 1e6 if container.duration else 0.0
        if not length and stream.duration and stream.time_base:
            length = float(stream.duration * stream.time_base)
        # A cover picture is a video stream of one frame.
        pictures = [v for v in container.streams.video if not (v.disposition & av.stream.Disposition.attached_pic)]
        return Media(max(0.0, length), bool(pictures))


def samples(path: str, begin_s: float, most_s: float) -> NDArray[np.float32]:
    """Up to `most_s` seconds of sound from `begin_s` on, one channel, `RATE` samples a second, -1 to 1.

    What can't be decoded is left out. Memory is that of the stretch.
    """
    pieces: list[NDArray[np.int16]] = []
    first: int | None = None  # where the first piece stands, in samples from `begin_s`
    have, wanted = 0, int(most_s * RATE)
    with opened_media(path, "recording") as container:
        stream = _sound_of(container)
        start = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
        if begin_s > _LEAD_S:
            container.seek(int((start + begin_s - _LEAD_S) * 1e6))
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in decoded(container, stream):
            if first is None:
                at = frame.time if frame.time is not None else start
                first = round((at - start - begin_s) * RATE)
            for ready in resampler.resample(frame):
                pieces.append(ready.to_ndarray().reshape(-1).astype(np.int16, copy=False))
                have += len(pieces[-1])
            if first + have >= wanted:
                break
    sound = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    first = first or 0
    sound = sound[-first:] if first < 0 else np.concatenate([np.zeros(min(first, wanted), np.int16), sound])
    return sound[:wanted].astype(np.float32) / 32_768.0


def _sound_of(container: av.container.InputContainer) -> av.AudioStream:
    if len(container.streams) > MAX_STREAMS:
        raise ParseError(f"it has {len(container.streams)} streams, more than {MAX_STREAMS}; export it anew")
    if not container.streams.audio:
        raise ParseError("it has no sound; nothing that was said can be found in it")
    stream = container.streams.audio[0]
    if not stream.codec_context or not stream.rate:
        raise ParseError("its sound is in a format that can't be decoded; export it as m4a, mp3 or wav")
    return stream
