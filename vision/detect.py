"""A video and a blueprint → a result in the blueprint's shape, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from vision.blueprint import Blueprint, BlueprintField
from vision.detectors.protocol import Detector, Progress, wanted
from vision.scenes import scene_begins
from vision.shapes import Detection, FrameDetections
from vision.tracks import tracked
from vision.video import Video


def detect(
    video: Video, blueprint: Blueprint, detector: Detector, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """What was found, filtered by confidence.

    Each field has its `kind`, its `level` and its `values`: one for each frame in which something is, for each chapter,
    or one for the video. Boxes are `x`, `y`, `width`, `height` in pixels of the video.
    """
    seen: dict[str, list[FrameDetections]] = {name: [] for name in blueprint.fields}
    for name, frame in detector.detect(video, blueprint, progress):
        seen[name].append(FrameDetections(frame.at_s, wanted(blueprint.fields[name], frame.found)))
    begins = scene_begins(video) if any(f.level == "chapter" for f in blueprint.fields.values()) else [0.0]
    facts = video.facts
    return {
        "video": {"file": video.path.name, "seconds": facts.seconds, "width": facts.width, "height": facts.height},
        "blueprint": blueprint.name,
        "detector": detector.name,
        "every_s": blueprint.every_s,
        "frames": max((len(frames) for frames in seen.values()), default=0),
        "fields": {
            name: {
                "kind": field.kind,
                "level": field.level,
                "values": _values(field, seen[name], begins, facts.seconds),
            }
            for name, field in blueprint.fields.items()
        },
    }


def _values(
    field: BlueprintField, frames: Sequence[FrameDetections], begins: Sequence[float], seconds: float
) -> list[dict[str, Any]]:
    """The field's values at its level."""
    followed = list(tracked(frames))
    if field.level == "frame":
        return [
            {"at_s": frame.at_s, **_told(field, [frame])}
            for frame in followed
            if frame.found or field.kind != "objects"
        ]
    ends = begins if field.level == "chapter" else [0.0]
    spans = list(pairwise([*ends, max(seconds, followed[-1].at_s + 0.001 if followed else 0.0)]))
    return [
        {"begin_s": begin, "end_s": end, **_told(field, [f for f in followed if begin <= f.at_s < end])}
        for begin, end in spans
    ]


def _told(field: BlueprintField, frames: Sequence[FrameDetections]) -> dict[str, Any]:
    """What the field says of some frames: of a chapter's objects each one once, where it is surest."""
    if field.kind == "present":
        sure = max((one.confidence for frame in frames for one in frame.found), default=0.0)
        return {"present": sure > 0, "confidence": round(sure, 3)}
    if field.kind == "count":
        return {"count": max((len(frame.found) for frame in frames), default=0)}
    best: dict[int, tuple[float, Detection]] = {}
    for frame in frames:
        for one in frame.found:
            if one.track not in best or best[one.track][1].confidence < one.confidence:
                best[one.track] = (frame.at_s, one)
    return {"objects": [_plain(one, at if len(frames) > 1 else None) for at, one in best.values()]}


def _plain(one: Detection, at_s: float | None) -> dict[str, Any]:
    box = one.box
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    moment = {} if at_s is None else {"at_s": at_s}
    return {
        "label": one.label, "confidence": round(one.confidence, 3), "track": one.track, **moment,
        **{name: round(value, 1) for name, value in place.items()},
    }  # fmt: skip
