"""Amazon Bedrock Data Automation through boto3, against a stand-in of its wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ModelError
from core.settings import BedrockVideoSettings, VisionSettings
from samples.stand_ins.data_automation import DataAutomation, start
from vision.blueprint import Blueprint
from vision.detect import detect
from vision.detectors.bedrock import BedrockDetector, schema_of
from vision.detectors.opened import open_detector
from vision.video import Video

BOX = {"left": 0.25, "top": 0.5, "width": 0.1, "height": 0.2}
SURE, UNSURE = ({"label": "ball", "bounding_box": BOX, "confidence": share} for share in (0.91, 0.12))
BLUEPRINT = Blueprint.model_validate(
    {
        "name": "balls",
        "fields": {
            "ball": {"prompt": "a red ball", "distractors": ["a tomato"]},
            "shapes": {"labels": {"Ball": "a red ball", "Box": "a blue box"}},
            "there": {"prompt": "a zebra", "kind": "present", "level": "video"},
        },
    }
)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DataAutomation, BedrockVideoSettings]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "sample")
    automation = DataAutomation(
        [(0.0, {"ball": [SURE, UNSURE], "shapes-0": [SURE]}), (1.5, {"ball": [UNSURE], "there": []})]
    )
    with start(automation) as server:
        profile = "arn:aws:bedrock:eu-central-1:123456789012:data-automation-profile/eu.data-automation-v1"
        yield (
            automation,
            BedrockVideoSettings(
                bucket="videos",
                region="eu-central-1",
                profile_arn=profile,
                endpoint_url=server.url,
                poll_s=0.01,
                timeout_s=1,
            ),
        )


def test_a_job_gives_the_result_that_any_detector_gives(
    labelled: Path, service: tuple[DataAutomation, BedrockVideoSettings]
) -> None:
    automation, settings = service
    with Video(labelled / "ball.mp4") as video:
        result = detect(video, BLUEPRINT, open_detector(VisionSettings(bedrock=settings), BLUEPRINT, "bedrock"))
    (value,) = result["fields"]["ball"]["values"]
    assert value["at_s"] == 0.0
    (one,) = value["objects"]
    assert (one["x"], one["y"], one["width"], one["height"], one["confidence"]) == (160.0, 180.0, 64.0, 72.0, 0.91)
    assert result["fields"]["shapes"]["values"][0]["objects"][0]["label"] == "Ball"
    assert result["fields"]["there"]["values"][0]["present"] is False
    assert automation.objects == {} and automation.blueprints == {}, "nothing stays behind"
    assert automation.seen[:2] == ["create blueprint", "InvokeDataAutomationAsync"]


def test_the_schema_is_that_of_the_service() -> None:
    schema, properties = schema_of(BLUEPRINT)
    ball = json.loads(schema)["properties"]["ball"]
    assert ball["items"] == {"$ref": "bedrock-data-automation#/definitions/Entity"} and ball["granularity"] == [
        "chapter"
    ]
    assert "a red ball" in ball["instruction"] and "but not a tomato" in ball["instruction"]
    assert properties["shapes-1"] == ("shapes", "Box")


def test_what_goes_wrong_is_a_sentence(labelled: Path, service: tuple[DataAutomation, BedrockVideoSettings]) -> None:
    automation, settings = service
    with pytest.raises(ModelError, match=r"vision\.bedrock\.bucket isn't set"):
        BedrockDetector(BedrockVideoSettings())
    with Video(labelled / "ball.mp4") as video:

        def run(changed: BedrockVideoSettings) -> None:
            list(BedrockDetector(changed).detect(video, BLUEPRINT, lambda _: None))

        with pytest.raises(ModelError, match="A profile and a blueprint are needed"):
            run(settings.model_copy(update={"profile_arn": "none"}))
        with pytest.raises(ModelError, match=r"raise vision\.bedrock\.timeout_s"):
            run(settings.model_copy(update={"timeout_s": 0.005}))
        automation.fails = "The video is too long."
        with pytest.raises(ModelError, match=r"The video is too long\."):
            run(settings)
    assert automation.objects == {} and automation.blueprints == {}
