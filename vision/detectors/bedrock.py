"""Amazon Bedrock Data Automation: the video goes to a bucket, a blueprint is created, the result is read from there.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/creating-blueprint-video.html
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.errors import ModelError
from core.settings import BedrockVideoSettings
from vision.blueprint import Blueprint, BlueprintField
from vision.detectors.protocol import Progress
from vision.shapes import Box, Detection, FrameDetections, VideoFacts
from vision.video import Video

_ENTITY = "bedrock-data-automation#/definitions/Entity"
_ENDED = frozenset({"Success", "ServiceError", "ClientError"})
# Property → the field that it stands for and the label that its entities get.
Properties = dict[str, tuple[str, str]]


class BedrockDetector:
    """The whole video is looked at by the service; it bills by its length."""

    labels: tuple[str, ...] = ()
    name = "bedrock-data-automation"

    def __init__(self, settings: BedrockVideoSettings, sleep: Callable[[float], None] = time.sleep) -> None:
        """Raises ModelError when the bucket isn't set."""
        if not settings.bucket:
            raise ModelError("vision.bedrock.bucket isn't set; name the bucket that videos may be copied to.")
        self._settings, self._sleep = settings, sleep

    def detect(self, video: Video, blueprint: Blueprint, progress: Progress) -> Iterator[tuple[str, FrameDetections]]:
        """(Field, what was found at a moment); what was put into the bucket is removed afterwards.

        Raises:
            ModelError: the service refuses it, or doesn't end in time.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        schema, properties = schema_of(blueprint)
        job = f"{self._settings.prefix.strip('/')}/{uuid.uuid4().hex}"
        try:
            result = self._result(video.path, blueprint.name, schema, job, progress)
        except (ClientError, BotoCoreError) as error:
            raise ModelError(
                f"Amazon Bedrock Data Automation refused it ({error}); look at vision.bedrock and at the role's "
                "permissions (docs/vision.md names them)."
            ) from error
        yield from _found(result, properties, video.facts)

    def _result(self, file: Path, name: str, schema: str, job: str, progress: Progress) -> Mapping[str, Any]:
        """Runs the job; what it wrote."""
        settings, s3 = self._settings, self._client("s3")
        automation, runtime = self._client("bedrock-data-automation"), self._client("bedrock-data-automation-runtime")
        where = f"s3://{settings.bucket}/{job}"
        made = automation.create_blueprint(
            blueprintName=f"debrief-{name}-{job[-8:]}", type="VIDEO", blueprintStage="LIVE", schema=schema
        )
        arn = made["blueprint"]["blueprintArn"]
        try:
            s3.upload_file(str(file), settings.bucket, f"{job}/in/{file.name}")
            started = runtime.invoke_data_automation_async(
                inputConfiguration={"s3Uri": f"{where}/in/{file.name}"},
                outputConfiguration={"s3Uri": f"{where}/out"},
                blueprints=[{"blueprintArn": arn, "stage": "LIVE"}],
                dataAutomationProfileArn=settings.profile_arn,
            )
            metadata = self._awaited(runtime, started["invocationArn"], progress)
            facts = _read(s3, metadata)
            return dict(_read(s3, facts["output_metadata"][0]["segment_metadata"][0]["custom_output_path"]))
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ModelError(f"Amazon Bedrock Data Automation gave a result of another form ({error!r}).") from error
        finally:
            automation.delete_blueprint(blueprintArn=arn)
            _empty(s3, settings.bucket, f"{job}/")

    def _awaited(self, runtime: Any, invocation: str, progress: Progress) -> str:
        """Where the job's metadata is, once it has ended well."""
        settings = self._settings
        for turn in range(max(1, int(settings.timeout_s / settings.poll_s))):
            state = runtime.get_data_automation_status(invocationArn=invocation)
            if state["status"] in _ENDED:
                break
            progress(min(0.95, turn * settings.poll_s / settings.timeout_s))
            self._sleep(settings.poll_s)
        else:
            raise ModelError(
                f"Amazon Bedrock Data Automation didn't end within {settings.timeout_s:g} s; raise "
                "vision.bedrock.timeout_s."
            )
        if state["status"] != "Success":
            raise ModelError(
                f"Amazon Bedrock Data Automation failed: {state.get('errorMessage') or state['status']}; mend the "
                "blueprint or the video."
            )
        return str(state["outputConfiguration"]["s3Uri"])

    def _client(self, service: str) -> Any:
        import boto3

        settings = self._settings
        session = boto3.Session(profile_name=settings.profile or None, region_name=settings.region or None)
        return session.client(service, endpoint_url=settings.endpoint_url or None)


def schema_of(blueprint: Blueprint) -> tuple[str, Properties]:
    """The blueprint as the service's JSON schema, and what each of its properties stands for."""
    properties: dict[str, Any] = {}
    meant: Properties = {}
    for name, field in blueprint.fields.items():
        for number, (label, instruction) in enumerate(_instructions(field)):
            key = f"{name}-{number}" if field.labels else name
            meant[key] = (name, label)
            properties[key] = {
                "type": "array", "items": {"$ref": _ENTITY}, "instruction": instruction, "granularity": ["chapter"],
            }  # fmt: skip
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#", "class": blueprint.name, "type": "object",
        "description": blueprint.description or blueprint.name, "properties": properties,
    }  # fmt: skip
    return json.dumps(schema), meant


def _instructions(field: BlueprintField) -> Iterator[tuple[str, str]]:
    """(Label, what the service is asked) of each prompt."""
    without = f", but not {', '.join(field.distractors)}" if field.distractors else ""
    for prompt, label in field.prompts().items():
        if label:
            yield label, f"Please detect {prompt} in the video{without}. If there is none, return nothing."


def _found(
    result: Mapping[str, Any], properties: Properties, facts: VideoFacts
) -> Iterator[tuple[str, FrameDetections]]:
    """The service's frames as ours; boxes are shares of the picture there, pixels here."""
    for chapter in result.get("chapters", []):
        for frame in chapter.get("frames", []):
            at = float(frame["timestamp_millis"]) / 1000
            told: dict[str, list[Detection]] = {}
            for key, entities in frame.get("inference_result", {}).items():
                if key in properties:
                    name, label = properties[key]
                    told.setdefault(name, []).extend(_detection(entity, label, facts) for entity in entities or [])
            for name, found in told.items():
                yield name, FrameDetections(at, tuple(found))


def _detection(entity: Mapping[str, Any], label: str, facts: VideoFacts) -> Detection:
    box = entity["bounding_box"]
    x, width = (float(box[name]) * facts.width for name in ("left", "width"))
    y, height = (float(box[name]) * facts.height for name in ("top", "height"))
    return Detection(label, float(entity["confidence"]), Box(x, y, width, height).within(facts.width, facts.height))


def _read(s3: Any, address: str) -> Any:
    parts = urlsplit(address)
    return json.loads(s3.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))["Body"].read())


def _empty(s3: Any, bucket: str, prefix: str) -> None:
    """Removes what the job put into the bucket."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    for item in listed:
        s3.delete_object(Bucket=bucket, Key=item["Key"])
