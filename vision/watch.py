"""What a video's process does: one request probes a file, or gives some of its pictures as raw pixels."""

from __future__ import annotations

import json
from typing import Any

import av.error

from core.errors import ParseError
from core.isolation import worker
from vision.frames import probe, rgb, sampled
from vision.wire import packed


def serve() -> None:
    """Answers requests until stdin closes."""
    worker.serve(_answered)


def _answered(head: bytes, _: bytes) -> bytes:
    request = json.loads(head)
    try:
        if request["do"] == "probe":
            facts = probe(request["path"])
            return packed({"seconds": facts.seconds, "width": facts.width, "height": facts.height})
        return _pictures(request)
    except ParseError as error:
        return packed({"error": str(error)})
    except av.error.FFmpegError as error:
        return packed({"error": f"it is damaged and can't be read as a video ({error.strerror}); get a fresh copy"})


def _pictures(request: dict[str, Any]) -> bytes:
    times, pixels, width = [], [], 0
    for at, frame in sampled(request["path"], request["begin_s"], request["every_s"], request["most"]):
        times.append(round(at, 3))
        pixels.append(rgb(frame, request["size"]))
        width = frame.width
    scales = [width / picture.shape[1] for picture in pixels]
    return packed({"times": times, "scales": scales}, pixels)
