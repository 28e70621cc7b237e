"""How well a detector finds, and how often it finds what isn't there: on videos whose boxes are known.

A folder has `truth.json`: the prompts, and for each video the boxes of each moment that is looked at. A video in which
a label never is measures its absence.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import DatasetError
from vision.blueprint import Blueprint
from vision.detectors.protocol import Detector
from vision.shapes import Box, Detection, FrameDetections
from vision.tracks import tracked
from vision.video import Video

_RIGHT = 0.5  # overlap with the true box
_FIELD = "found"


def load_truth(folder: Path) -> dict[str, Any]:
    """What `truth.json` says.

    Raises:
        DatasetError: there is none, or it lacks something.
    """
    try:
        truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        assert truth["prompts"] and truth["videos"] and truth["every_s"]
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise DatasetError(
            f"{folder} has no truth.json with prompts, every_s and videos; `python -m samples.seen DIR` makes a set."
        ) from error
    return truth


def blueprint_of(truth: Mapping[str, Any], threshold: float) -> Blueprint:
    """What is asked of each video: every label."""
    labels = {label: {"prompt": prompt} for label, prompt in truth["prompts"].items()}
    field = {"labels": labels, "threshold": threshold}
    return Blueprint.model_validate({"name": "measured", "every_s": truth["every_s"], "fields": {_FIELD: field}})


def evaluate(
    folder: Path, open_for: Callable[[Blueprint], Detector], threshold: float, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Precision, recall and false alarms a minute, over all and by label.

    Raises:
        DatasetError: the folder isn't such a set.
        ParseError: a video can't be read.
    """
    truth = load_truth(folder)
    blueprint = blueprint_of(truth, threshold)
    detector = open_for(blueprint)
    counts = {label: Counter[str]() for label in truth["prompts"]}
    absent_s = dict.fromkeys(truth["prompts"], 0.0)
    for name, moments in truth["videos"].items():
        progress(name)
        with Video(folder / name) as video:
            frames = [
                FrameDetections(frame.at_s, tuple(one for one in frame.found if one.confidence >= threshold))
                for _, frame in detector.detect(video, blueprint, lambda _: None)
            ]
            seconds = video.facts.seconds
        boxes = _boxes(moments, truth["every_s"])
        for label, tally in counts.items():
            if any(one["label"] == label for some in moments.values() for one in some):
                _count(tally, boxes, frames, label, truth["every_s"])
            else:
                absent_s[label] += seconds
                alarms = {one.track for frame in tracked(frames) for one in frame.found if one.label == label}
                tally["alarms"] += len(alarms)
    return {
        "detector": detector.name,
        "threshold": threshold,
        "videos": len(truth["videos"]),
        **_figures(sum(counts.values(), Counter()), sum(absent_s.values())),
        "labels": {label: _figures(tally, absent_s[label]) for label, tally in counts.items()},
    }


def _boxes(moments: Mapping[str, Sequence[Mapping[str, Any]]], every_s: float) -> dict[int, list[tuple[str, Box]]]:
    """Number of the moment → label and box of what is there."""
    return {
        round(float(at) / every_s): [(str(one["label"]), _box(one)) for one in some] for at, some in moments.items()
    }


def _box(one: Mapping[str, Any]) -> Box:
    return Box(float(one["x"]), float(one["y"]), float(one["width"]), float(one["height"]))


def _count(
    tally: Counter[str],
    boxes: Mapping[int, Sequence[tuple[str, Box]]],
    frames: Sequence[FrameDetections],
    label: str,
    every_s: float,
) -> None:
    """Adds what was found rightly, wrongly and not at all; each true box is found once."""
    found_at = {round(frame.at_s / every_s): [d for d in frame.found if d.label == label] for frame in frames}
    for moment in boxes.keys() | found_at.keys():
        left = [box for name, box in boxes.get(moment, ()) if name == label]
        tally["true"] += len(left)
        for one in sorted(found_at.get(moment, ()), key=lambda d: -d.confidence):
            tally["found"] += 1
            partner = _partner(one, left)
            if partner is not None:
                left.remove(partner)
                tally["right"] += 1


def _partner(one: Detection, boxes: Sequence[Box]) -> Box | None:
    best = max(boxes, key=one.box.overlap, default=None)
    return best if best is not None and one.box.overlap(best) >= _RIGHT else None


def _figures(tally: Counter[str], absent_s: float) -> dict[str, float | int | None]:
    """The shares; None where there is nothing to take one of."""
    return {
        "boxes": tally["true"],
        "precision": round(tally["right"] / tally["found"], 3) if tally["found"] else None,
        "recall": round(tally["right"] / tally["true"], 3) if tally["true"] else None,
        "minutes_absent": round(absent_s / 60, 2),
        "false_alarms_a_minute": round(tally["alarms"] * 60 / absent_s, 2) if absent_s else None,
    }
