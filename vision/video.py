"""`Video`: a file's pictures, decoded in a process with limits, in stretches: memory doesn't grow with length."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import ParseError, Unsupported
from core.isolation import Bounds, ProcessPool, Stopped
from vision.shapes import Frame, VideoFacts
from vision.wire import unpacked

log = logging.getLogger(__name__)

_STRETCH_BYTES = 60_000_000  # of pixels that one request gives
_MEMORY_MB = 3_000  # of addresses
_TIMEOUT_S = 300.0


class Video:
    """A video file. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Reads what the file says of itself.

        Raises:
            Unsupported: the extra `vision` isn't installed.
            ParseError: it isn't there, is damaged, has no pictures, or they are too large.
        """
        if find_spec("av") is None:
            raise Unsupported(f"{path.name}: it is a video; to look into it, install the extra 'vision'.")
        if not path.is_file():
            raise ParseError(f"There is no file {path}; give the path of a video.")
        self.path = path
        self._processes = ProcessPool("vision.watch", 1, _log_replaced)
        try:
            facts, _ = self._ask({"do": "probe"})
        except ParseError:
            self.close()
            raise
        self.facts = VideoFacts(float(facts["seconds"]), int(facts["width"]), int(facts["height"]))

    def frames(self, every_s: float, size: int = 960) -> Iterator[Frame]:
        """A picture every `every_s` seconds, its longer side at most `size` pixels.

        Raises:
            ParseError: the process can't go on with it.
        """
        scale = min(1.0, size / max(self.facts.width, self.facts.height))
        each = max(1, round(self.facts.width * scale) * round(self.facts.height * scale) * 3)
        most, begin = max(1, min(500, _STRETCH_BYTES // each)), 0.0
        while True:
            head, pixels = self._ask({"do": "frames", "begin_s": begin, "every_s": every_s, "most": most, "size": size})
            for at, picture, scaled in zip(head["times"], pixels, head["scales"], strict=True):
                yield Frame(float(at), picture, float(scaled))
            if len(pixels) < most:
                return
            begin = float(head["times"][-1]) + every_s

    def frame(self, at_s: float, size: int = 960) -> Frame:
        """The picture at a moment.

        Raises:
            ParseError: there is none, or it can't be decoded.
        """
        asked = {"do": "frames", "begin_s": max(0.0, at_s), "every_s": 0.5, "most": 1, "size": size}
        head, pixels = self._ask(asked)
        if not pixels:
            raise ParseError(f"{self.path.name}: it has no picture at {at_s:g} s; it is {self.facts.seconds:g} s long.")
        return Frame(float(head["times"][0]), pixels[0], float(head["scales"][0]))

    def close(self) -> None:
        """Stops the process."""
        self._processes.close()

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        asked = json.dumps({**request, "path": str(self.path)}).encode()
        try:
            outcome = self._processes.run(asked, b"", Bounds(_TIMEOUT_S, _MEMORY_MB))
        except Stopped as error:
            raise ParseError(
                f"{self.path.name}: the process that looks into it stopped ({error}); try again."
            ) from error
        if outcome.ended != "done" or not outcome.reply:
            reason = "took too long" if outcome.ended == "time" else f"failed ({outcome.ended})"
            raise ParseError(
                f"{self.path.name}: decoding its pictures {reason}; get a fresh copy, or export it smaller."
            )
        head, pixels = unpacked(outcome.reply)
        if "error" in head:
            raise ParseError(f"{self.path.name}: {head['error']}.")
        return head, pixels


def _log_replaced(reason: str) -> None:
    log.warning("a process that looks into videos was replaced: %(reason)s", {"reason": reason})
