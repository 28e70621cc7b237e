"""The same object from frame to frame: boxes of one label that overlap most, by the cheapest assignment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from vision.shapes import Box, Detection, FrameDetections

# Boxes of one object overlap at least so much from one frame to the next that is looked at, or are as near as that.
_LEAST = 0.2
_NEAR = 2.0  # of its own size: what moves so far between two frames can still be the same
# A track that isn't seen for so many frames has ended.
_PATIENCE = 2


@dataclass(slots=True)
class _Track:
    number: int
    label: str
    box: Box
    unseen: int = 0


def tracked(frames: Iterable[FrameDetections]) -> Iterator[FrameDetections]:
    """The frames, with a number for each object that is followed through them."""
    tracks: list[_Track] = []
    count = 0
    for frame in frames:
        partners = _partners(tracks, frame.found)
        for track in tracks:
            track.unseen += 1
        found = []
        for number, one in enumerate(frame.found):
            if number not in partners:
                count += 1
                partners[number] = _Track(count, one.label, one.box)
                tracks.append(partners[number])
            track = partners[number]
            track.box, track.unseen = one.box, 0
            found.append(replace(one, track=track.number))
        tracks = [track for track in tracks if track.unseen <= _PATIENCE]
        yield FrameDetections(frame.at_s, tuple(found))


def _partners(tracks: list[_Track], found: tuple[Detection, ...]) -> dict[int, _Track]:
    """Number of a detection → the track that it goes on with."""
    if not tracks or not found:
        return {}
    alike = np.array([[_alike(one.box, t.box) if one.label == t.label else 0.0 for t in tracks] for one in found])
    rows, columns = linear_sum_assignment(-alike)
    return {int(r): tracks[c] for r, c in zip(rows, columns, strict=True) if alike[r, c] >= _LEAST}


def _alike(one: Box, other: Box) -> float:
    """Their overlap; for boxes of like size at least what their nearness counts, which is little."""
    small, large = sorted((one.area, other.area))
    across = one.x + one.width / 2 - other.x - other.width / 2
    down = one.y + one.height / 2 - other.y - other.height / 2
    far = float(np.hypot(across, down)) / max(1.0, large**0.5)
    near = _LEAST + 0.05 * (1 - far / _NEAR) if far <= _NEAR and small >= large / 2 else 0.0
    return max(one.overlap(other), near)
