"""The pictures of a video file, a stretch at a time; PyAV reads every container. Runs in a process with limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import numpy as np

from core.errors import ParseError
from core.media import decoded, opened_media
from vision.shapes import VideoFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_STREAMS = 64
MAX_PIXELS = 36_000_000  # of one picture; 8K has 33 million


def probe(path: str) -> VideoFacts:
    """Length and size.

    Raises:
        ParseError: it is damaged, has no pictures, or they are too large.
    """
    with opened_media(path, "video") as container:
        stream = pictures_of(container)
        length = container.duration / 1e6 if container.duration else 0.0
        if not length and stream.duration and stream.time_base:
            length = float(stream.duration * stream.time_base)
        return VideoFacts(max(0.0, length), stream.codec_context.width, stream.codec_context.height)


def sampled(path: str, begin_s: float, every_s: float, most: int) -> Iterator[tuple[float, av.VideoFrame]]:
    """(Seconds, picture) from `begin_s` on, one every `every_s` seconds, up to `most`; what is damaged is left out."""
    with opened_media(path, "video") as container:
        stream = pictures_of(container)
        stream.thread_type = "AUTO"
        if every_s >= 1.0 and (stream.average_rate or 0) >= 15:
            stream.codec_context.skip_frame = "NONREF"  # pictures that no other one needs: half the work
        start = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
        if begin_s > 0:
            container.seek(int((start + begin_s) * 1e6))
        wanted, given = begin_s, 0
        for frame in decoded(container, stream):
            at = (frame.time if frame.time is not None else wanted + start) - start
            if at < wanted - 1e-3:
                continue
            yield at, frame
            given += 1
            wanted = max(wanted + every_s, at + every_s / 2)
            if given >= most:
                return


def rgb(frame: av.VideoFrame, size: int) -> NDArray[np.uint8]:
    """(height, width, 3) of a picture, its longer side at most `size` pixels.

    Raises:
        ParseError: it is larger than the file had said, and too large.
    """
    if frame.width * frame.height > MAX_PIXELS:
        raise ParseError(_too_large(frame.width, frame.height))
    scale = min(1.0, size / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    return np.ascontiguousarray(frame.reformat(width, height, format="rgb24").to_ndarray(), np.uint8)


def pictures_of(container: av.container.InputContainer) -> av.VideoStream:
    """The stream of pictures, ready to be decoded within limits.

    Raises:
        ParseError: there is none, or its pictures are too large.
    """
    if len(container.streams) > MAX_STREAMS:
        raise ParseError(f"it has {len(container.streams)} streams, more than {MAX_STREAMS}; export it anew")
    # A cover picture is a video stream of one frame.
    covers = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not (stream.disposition & covers)]
    if not streams:
        raise ParseError("it has no pictures; nothing can be seen in it")
    stream = streams[0]
    context = stream.codec_context
    if context is None or not context.width or not context.height:
        raise ParseError("its pictures are in a format that can't be decoded; export it as mp4 (H.264)")
    if context.width * context.height > MAX_PIXELS:
        raise ParseError(_too_large(context.width, context.height))
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return stream


def _too_large(width: int, height: int) -> str:
    return f"its pictures have {width:,} × {height:,} pixels, over the limit of {MAX_PIXELS:,}; export it smaller"
