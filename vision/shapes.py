"""What detection speaks of: boxes in pixels, what was found in a frame, and the frame itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width and height in pixels of the video's own size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """In square pixels."""
        return max(0.0, self.width) * max(0.0, self.height)

    def overlap(self, other: Box) -> float:
        """The shared area over the area of both together: 0 to 1."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(0.0, across) * max(0.0, down)
        both = self.area + other.area - shared
        return shared / both if both > 0 else 0.0

    def within(self, width: float, height: float) -> Box:
        """The part of it that lies in a picture of that size."""
        left, top = min(max(0.0, self.x), width), min(max(0.0, self.y), height)
        right, bottom = min(self.x + self.width, width), min(self.y + self.height, height)
        return Box(left, top, max(0.0, right - left), max(0.0, bottom - top))

    def scaled(self, factor: float) -> Box:
        """The same box in a picture that is `factor` times as large."""
        return Box(self.x * factor, self.y * factor, self.width * factor, self.height * factor)


@dataclass(frozen=True, slots=True)
class Detection:
    """One object in one frame.

    Attributes:
        confidence: 0 to 1, as its detector says; it compares with that of the same detector only.
        track: The same number for the same object from frame to frame; 0 when it isn't followed.
    """

    label: str
    confidence: float
    box: Box
    track: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a video.

    Attributes:
        pixels: (height, width, 3) uint8, red green blue; as large as was asked for.
        scale: How many pixels of the video one of `pixels` stands for.
    """

    at_s: float
    pixels: NDArray[np.uint8]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class FrameDetections:
    """What was found at a moment."""

    at_s: float
    found: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video says of itself: its length in seconds, its size in pixels."""

    seconds: float
    width: int
    height: int


def overlap_free(found: Sequence[Detection], most: float = 0.5) -> list[Detection]:
    """The surest of each heap of boxes that share more than `most` of their area."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda d: -d.confidence):
        if all(one.box.overlap(other.box) <= most for other in kept):
            kept.append(one)
    return kept
