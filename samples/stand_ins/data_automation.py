"""Amazon Bedrock Data Automation on loopback: blueprints, jobs and their results in a bucket, by AWS's own protocols.

It looks at nothing: what a job finds is what it was given, in the form in which the service writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.wrappers import Request, Response

from samples.stand_ins.server import StandIn

_ARN = "arn:aws:bedrock:eu-central-1:123456789012"
_TARGET = "AmazonBedrockKeystoneRuntimeService."


class DataAutomation:
    """The service and the part of S3 that it needs.

    Attributes:
        frames: What each job finds: (seconds, property → entities).
        blueprints: Schemas by address, while they exist.
        objects: What lies in the buckets.
        fails: A message with which jobs end, if any.
    """

    def __init__(self, frames: Sequence[tuple[float, Mapping[str, Sequence[Mapping[str, Any]]]]]) -> None:
        self.frames = frames
        self.blueprints: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.fails = ""
        self._jobs: dict[str, dict[str, Any]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answers one request."""
        request = Request(environ)
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith(_TARGET):
            reply = self._runtime(target.removeprefix(_TARGET), json.loads(request.get_data()))
        elif request.path.startswith("/blueprints/"):
            reply = self._blueprint(request)
        else:
            reply = self._storage(request)
        return reply(environ, start_response)

    def _blueprint(self, request: Request) -> Response:
        if request.method == "PUT":
            asked = json.loads(request.get_data())
            arn = f"{_ARN}:blueprint/{len(self.blueprints) + 1:012d}"
            self.blueprints[arn] = asked
            self.seen.append("create blueprint")
            made = {
                "blueprintArn": arn,
                "schema": asked["schema"],
                "type": asked["type"],
                "blueprintName": asked["blueprintName"],
            }
            return _json(
                {
                    "blueprint": {
                        **made,
                        "creationTime": "2026-11-28T00:00:00Z",
                        "lastModifiedTime": "2026-11-28T00:00:00Z",
                    }
                },
                201,
            )
        self.blueprints.pop(unquote(request.path.removeprefix("/blueprints/")).strip("/"), None)
        self.seen.append("delete blueprint")
        return _json({})

    def _runtime(self, action: str, asked: Mapping[str, Any]) -> Response:
        self.seen.append(action)
        if action == "InvokeDataAutomationAsync":
            if (
                not asked["dataAutomationProfileArn"].startswith("arn:")
                or asked["blueprints"][0]["blueprintArn"] not in self.blueprints
            ):
                error = {"__type": "ValidationException", "message": "A profile and a blueprint are needed."}
                return _json(error, 400)
            arn = f"{_ARN}:data-automation-invocation/{len(self._jobs) + 1:012d}"
            self._jobs[arn] = {"asked": asked, "turns": 0}
            return _json({"invocationArn": arn})
        job = self._jobs[asked["invocationArn"]]
        job["turns"] += 1
        if job["turns"] < 2:
            return _json({"status": "InProgress"})
        if self.fails:
            return _json({"status": "ClientError", "errorType": "ValidationException", "errorMessage": self.fails})
        return _json({"status": "Success", "outputConfiguration": {"s3Uri": self._written(job["asked"])}})

    def _written(self, asked: Mapping[str, Any]) -> str:
        """Writes the job's result where it was asked for; where its metadata is."""
        where = asked["outputConfiguration"]["s3Uri"]
        schema = json.loads(self.blueprints[asked["blueprints"][0]["blueprintArn"]]["schema"])
        frames = [
            {
                "frame_index": number,
                "timestamp_millis": round(at * 1000),
                "inference_result": {key: found for key, found in told.items() if key in schema["properties"]},
            }
            for number, (at, told) in enumerate(self.frames)
        ]
        chapter = {
            "start_timestamp_millis": 0,
            "end_timestamp_millis": 60_000,
            "inference_result": {},
            "frames": frames,
        }
        result = {"matched_blueprint": {"arn": "x", "confidence": 1.0}, "inference_result": {}, "chapters": [chapter]}
        self._put(f"{where}/0/custom_output/0/result.json", result)
        segment = {"custom_output_status": "MATCH", "custom_output_path": f"{where}/0/custom_output/0/result.json"}
        self._put(f"{where}/job_metadata.json", {"output_metadata": [{"asset_id": 0, "segment_metadata": [segment]}]})
        return f"{where}/job_metadata.json"

    def _put(self, address: str, value: object) -> None:
        parts = urlsplit(address)
        self.objects[f"{parts.netloc}{parts.path}"] = json.dumps(value).encode()

    def _storage(self, request: Request) -> Response:
        key = unquote(request.path).lstrip("/")
        if request.method == "PUT":
            self.objects[key] = request.get_data()
            return Response(status=200, headers={"ETag": '"0"'})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status=204)
        if "list-type" in request.args:
            start = f"{key}/{request.args['prefix']}"
            names = [name.removeprefix(f"{key}/") for name in self.objects if name.startswith(start)]
            rows = "".join(f"<Contents><Key>{name}</Key></Contents>" for name in names)
            return Response(f"<ListBucketResult>{rows}</ListBucketResult>", content_type="application/xml")
        if key not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, content_type="application/xml")
        return Response(self.objects[key], content_type="application/json")


def start(service: DataAutomation) -> StandIn:
    """The service on loopback."""
    return StandIn("Bedrock Data Automation", service, {})


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
