"""Every route with requests made from its document: no 5xx, nothing that the document doesn't say.

DEBRIEF_SCHEMA_EXAMPLES=100 tries so many a route.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.service.conftest import ANA, Served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


def try_all(served: Served, examples: int) -> tuple[int, int]:
    """(Operations, requests) that were tried. Raises what schemathesis finds."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", served.client.app)
    headers, tried, operations = dict(served.bearer(ANA)), 0, 0
    for found in schema.get_all_operations():
        operation = found.ok()
        operations += 1

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=examples < 50,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def one(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, checks=CHECKS)

        one()
    return operations, tried


def test_no_route_fails_or_says_what_its_document_doesnt(served: Served) -> None:
    operations, tried = try_all(served, int(os.environ.get("DEBRIEF_SCHEMA_EXAMPLES", "3")))
    print(f"{operations} operations, {tried} requests")
    assert operations >= 25 and tried >= operations


def test_no_route_answers_who_isnt_known(served: Served) -> None:
    document = served.client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answer = served.client.request(method, path.replace("{", "").replace("}", ""), json={})
            assert answer.status_code in (401, 422), (method, path, answer.status_code)
            assert {"401", "403", "429"} <= set(operation["responses"]), path
