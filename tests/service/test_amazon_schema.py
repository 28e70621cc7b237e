"""The adapter at /q with requests made from AWS's own description of Amazon Q Business, and its answers held against it.

DEBRIEF_SCHEMA_EXAMPLES=100 tries so many an operation.
"""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
import schemathesis
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from starlette.types import Receive, Scope, Send

from tests.service.conftest import ANA, BEN, Served
from tests.service.test_schema import CHECKS, EXAMPLES, try_all

OPERATIONS = (
    "ListApplications", "GetApplication", "ChatSync", "ListConversations", "ListMessages", "DeleteConversation",
    "PutFeedback", "SearchRelevantContent", "CheckDocumentAccess",
)  # fmt: skip
DOCUMENT = "/q/openapi.json"
_KINDS = {"boolean": "boolean", "integer": "integer", "long": "integer", "timestamp": "number", "double": "number"}
# Filters hold filters.
_DEEPEST = 4


def schema_of(shape: Shape, deep: int = 0) -> dict[str, Any]:
    """The JSON Schema of one of their shapes."""
    told = shape.metadata
    if told.get("document"):
        return {}
    if isinstance(shape, StructureShape):
        found = {n: schema_of(m, deep + 1) for n, m in shape.members.items() if deep < _DEEPEST and not where(m)}
        if told.get("union"):
            return {"type": "object", "properties": found, "minProperties": 1, "maxProperties": 1}
        return {"type": "object", "properties": found, "required": [n for n in told.get("required", []) if n in found]}
    if isinstance(shape, ListShape):
        sizes = {"minItems": told.get("min", 0), **({"maxItems": told["max"]} if "max" in told else {})}
        return {"type": "array", "items": schema_of(shape.member, deep + 1), **sizes}
    if isinstance(shape, MapShape):
        return {"type": "object", "additionalProperties": schema_of(shape.value, deep + 1)}
    if shape.type_name == "blob":
        return {"type": "string", "format": "byte"}
    if shape.type_name in _KINDS:
        limits = {ours: told[theirs] for theirs, ours in (("min", "minimum"), ("max", "maximum")) if theirs in told}
        return {"type": _KINDS[shape.type_name], **limits}
    return {"type": "string", **_of_text(told)}


def _of_text(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"enum": told["enum"]} if told.get("enum") else {"minLength": told.get("min", 0)}
    if "max" in told:
        found["maxLength"] = told["max"]
    # Java's classes of characters aren't JSON Schema's.
    return found | ({"pattern": f"^{told['pattern']}$"} if "pattern" in told and "\\P" not in told["pattern"] else {})


def where(shape: Shape) -> str:
    return str(shape.serialization.get("location", ""))


def operation(one: OperationModel) -> dict[str, Any]:
    """One operation as OpenAPI has it."""
    given = dict(one.input_shape.members) if one.input_shape else {}
    parameters = [
        {"name": m.serialization["name"], "in": "path" if where(m) == "uri" else "query", "required": where(m) == "uri",
         "schema": schema_of(m)}
        for m in given.values() if where(m) in ("uri", "querystring")
    ]  # fmt: skip
    answer = schema_of(one.output_shape) if one.output_shape else {"type": "object"}
    statuses = {str(e.metadata["error"]["httpStatusCode"]): {"type": "object"} for e in one.error_shapes}
    responses = {s: _json(a) for s, a in {**statuses, str(one.http["responseCode"]): answer}.items()}
    body = (
        {"requestBody": {"required": True, **_json(schema_of(one.input_shape))}} if one.http["method"] == "POST" else {}
    )
    return {"operationId": one.name, "parameters": parameters, "responses": responses, **body}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "-", "content": {"application/json": {"schema": schema}}}


def document() -> dict[str, Any]:
    """Their service as an OpenAPI document, as far as it is answered here."""
    service, paths = botocore.session.get_session().get_service_model("qbusiness"), dict[str, Any]()
    for name in OPERATIONS:
        one = service.operation_model(name)
        path = "/q" + one.http["requestUri"].partition("?")[0]
        paths.setdefault(path, {})[one.http["method"].lower()] = operation(one)
    return {"openapi": "3.1.0", "info": {"title": "qbusiness", "version": "1"}, "paths": paths}


def signed(served: Served, email: str) -> dict[str, str]:
    """As their client names the caller; its signature isn't looked at."""
    return {"Authorization": "AWS4-HMAC-SHA256 -", "X-Amz-Security-Token": served.provider.token(email)}


def test_no_operation_fails_or_answers_what_amazon_doesnt(served: Served) -> None:
    described = json.dumps(document()).encode()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != DOCUMENT:
            await served.client.app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": described})

    schema = schemathesis.openapi.from_asgi(DOCUMENT, app)
    headers = signed(served, ANA)
    operations, tried = try_all(schema, headers, EXAMPLES, CHECKS[:-1])
    print(f"{operations} operations, {tried} requests")
    assert operations == len(OPERATIONS) and tried >= operations


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/conversations?sync", {"userMessage": 5}),
        ("POST", "/conversations?sync", {"userMessage": "Hello", "attachments": [{"name": "a.txt", "data": "%%%"}]}),
        ("POST", "/conversations?sync", {"userMessage": "Hello", "attributeFilter": {"andAllFilters": 3}}),
        ("POST", "/conversations?sync", {"userMessage": "Hello", "attributeFilter": {"equalsTo": "x"}}),
        ("POST", "/relevant-content", {"queryText": "x", "maxResults": "many"}),
        ("POST", "/relevant-content", {"queryText": "x", "attributeFilter": {"equalsTo": {"value": {}}}}),
        ("GET", "/conversations?maxResults=0", None),
        ("GET", "/conversations?nextToken=none", None),
    ],
)
def test_what_amazons_client_would_never_send_is_a_validation_error(
    served: Served, method: str, path: str, sent: dict[str, Any] | None
) -> None:
    headers = signed(served, BEN)
    answer = served.client.request(method, f"/q/applications/{'a' * 36}{path}", headers=headers, json=sent)
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-amzn-errortype"] == "ValidationException" and answer.json()["message"]
