"""`Detector`: what all of them do, and `PerFrame`, which makes one of whatever looks at single pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from vision.blueprint import Blueprint, BlueprintField
from vision.shapes import Detection, Frame, FrameDetections, VideoFacts, overlap_free
from vision.video import Video

Progress = Callable[[float], None]


class Detector(Protocol):
    """Finds what a blueprint's fields ask for.

    Attributes:
        name: Which detector and model it was, as it stands in results.
        labels: What it can find; empty when any words may be asked for.
    """

    name: str
    labels: tuple[str, ...]

    def detect(self, video: Video, blueprint: Blueprint, progress: Progress) -> Iterator[tuple[str, FrameDetections]]:
        """(Field, what was found at a moment), unfiltered; the moments of a field in order."""
        ...


class PictureDetector(Protocol):
    """Finds objects in one picture.

    Attributes:
        name, labels: As a `Detector`'s.
    """

    name: str
    labels: tuple[str, ...]

    def find(self, frame: Frame, prompts: Sequence[str]) -> list[Detection]:
        """What is seen, under the prompts as labels, in pixels of `frame`."""
        ...


class PerFrame:
    """A detector that looks at a video's pictures one by one."""

    def __init__(self, pictures: PictureDetector) -> None:
        self._pictures = pictures
        self.name, self.labels = pictures.name, pictures.labels

    def detect(self, video: Video, blueprint: Blueprint, progress: Progress) -> Iterator[tuple[str, FrameDetections]]:
        """(Field, what was found at a moment), in order of the moments."""
        asked = {name: field.prompts() for name, field in blueprint.fields.items()}
        prompts = list(dict.fromkeys(prompt for own in asked.values() for prompt in own))
        for frame in video.frames(blueprint.every_s, blueprint.size):
            found = self._pictures.find(frame, prompts)
            for name, own in asked.items():
                yield name, FrameDetections(frame.at_s, tuple(_for_field(found, own, frame, video.facts)))
            progress(min(1.0, frame.at_s / video.facts.seconds) if video.facts.seconds else 0.0)


def wanted(field: BlueprintField, found: Sequence[Detection]) -> tuple[Detection, ...]:
    """What counts: sure enough for its label."""
    return tuple(one for one in found if one.confidence >= field.limit(one.label))


def _for_field(
    found: Sequence[Detection], prompts: Mapping[str, str], frame: Frame, facts: VideoFacts
) -> Iterator[Detection]:
    """A field's own, under its labels and in the video's pixels; what a distractor fits better is none of it."""
    for one in overlap_free([detection for detection in found if detection.label in prompts]):
        if label := prompts[one.label]:
            box = one.box.scaled(frame.scale).within(facts.width, facts.height)
            yield Detection(label, one.confidence, box)
