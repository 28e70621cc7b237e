"""Where a video's picture changes as a whole: cuts, slides, another screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vision.video import Video

_EVERY_S, _SIZE = 1.0, 64
_GRID = (9, 16)  # brightness is compared on so many fields
# Of 0 to 1: what the mean brightness of the fields changes by; a person who moves in front of a wall changes less.
CHANGED = 0.06


def scene_begins(video: Video) -> list[float]:
    """The seconds at which a scene begins; 0.0 is one."""
    begins, last = [0.0], None
    for frame in video.frames(_EVERY_S, _SIZE):
        now = signature(frame.pixels)
        if last is not None and difference(last, now) > CHANGED:
            begins.append(frame.at_s)
        last = now
    return begins


def signature(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean brightness of 9 × 16 fields, 0 to 1."""
    grey: Any = pixels.astype(np.float32).mean(axis=2) / 255
    rows = np.array_split(grey, _GRID[0], axis=0)
    return np.array([[field.mean() for field in np.array_split(row, _GRID[1], axis=1)] for row in rows], np.float32)


def difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How much two pictures differ, 0 to 1."""
    return float(np.abs(one - other).mean())
