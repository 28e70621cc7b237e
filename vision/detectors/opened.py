"""The detector that is meant by a name: `faces`, `bedrock`, or the name or folder of a zero-shot model."""

from __future__ import annotations

from core.errors import ModelError, SettingsError
from core.settings import VisionSettings
from vision.blueprint import Blueprint
from vision.detectors.protocol import Detector, PerFrame


def open_detector(settings: VisionSettings, blueprint: Blueprint, name: str = "") -> Detector:
    """The detector `name`, or that of the settings, which can find what the blueprint asks for.

    Raises:
        SettingsError: none is named.
        ModelError: it isn't there, or can't find that.
    """
    name = name or settings.detector
    if not name:
        raise SettingsError(
            "No detector is set; write vision.detector: faces, bedrock, or the name or folder of an OWLv2 or "
            "Grounding DINO model into debrief.yaml, or give --detector."
        )
    found = _opened(settings, name)
    asked = {prompt for field in blueprint.fields.values() for prompt in field.prompts()}
    if found.labels and not asked <= set(found.labels):
        other = sorted(asked - set(found.labels))[0]
        raise ModelError(
            f"The detector {name} finds {', '.join(found.labels)} and nothing else, not {other!r}; ask for that, or "
            "set vision.detector to one that reads words."
        )
    return found


def _opened(settings: VisionSettings, name: str) -> Detector:
    if name == "bedrock":
        from vision.detectors.bedrock import BedrockDetector

        return BedrockDetector(settings.bedrock)
    if name == "faces":
        from vision.detectors.faces import FaceDetector, faces_file

        return PerFrame(FaceDetector(faces_file()))
    from vision.detectors.zero_shot import ZeroShotDetector

    return PerFrame(ZeroShotDetector(name))
