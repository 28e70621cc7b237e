"""Every route with requests made from its document: no 5xx, nothing that the document doesn't say.

DEBRIEF_SCHEMA_EXAMPLES=100 tries so many a route.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from service import routes
from service.once import Once
from tests.service.conftest import ANA, Served

EXAMPLES = int(os.environ.get("DEBRIEF_SCHEMA_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture(autouse=True)
def no_processes(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of chance start neither syncs nor evaluations."""
    ended = SimpleNamespace(running=False, problem=str)
    monkeypatch.setattr("service.routes.syncs.start_sync", lambda *_: ended)
    monkeypatch.setattr(served.parts.evaluation(), "start", lambda *_: None)


def try_all(schema: Any, headers: dict[str, str], examples: int, checks: list[Any] = CHECKS) -> tuple[int, int]:
    """(Operations, requests) that were tried. Raises what schemathesis finds."""
    tried, operations = 0, 0
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
            case.call_and_validate(headers=headers, checks=checks)

        one()
    return operations, tried


def test_no_route_fails_or_says_what_its_document_doesnt(served: Served) -> None:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", served.client.app)
    operations, tried = try_all(schema, dict(served.bearer(ANA)), EXAMPLES)
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


# Asks, and writes nothing.
READS = {"/api/v1/search"}


def test_every_operation_keeps_the_rules_of_the_interface(served: Served) -> None:
    """Limits and refusals, cursors of lists, idempotency keys of what writes, ETags of what is read."""
    document = served.client.get("/api/openapi.json").json()
    once = {route.path for module in _modules() for route in module.routes.routes if isinstance(route, Once)}
    seen: Counter[str] = Counter()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where, told = (method, path), operation["responses"]
            assert {"401", "403", "408", "413", "422", "429", "500", "503"} <= set(told), where
            assert all("application/problem+json" in told[s]["content"] for s in told if s >= "400"), where
            names = {(p["in"], p["name"]) for p in operation.get("parameters", ())}
            assert ("header", "x-debrief-on-behalf-of") in names, where
            if method in ("post", "put", "patch") and path not in READS:
                assert ("header", "idempotency-key") in names, where
                assert path in once, where
                seen["done once"] += 1
            if method == "get" and "Page_" in str(told["200"].get("content")):
                limit = next(p for p in operation["parameters"] if p["name"] == "limit")
                assert ("query", "cursor") in names and limit["schema"]["maximum"] == 200, where
                seen["lists"] += 1
            if method == "get" and "{" not in path and "application/json" in told["200"]["content"]:
                seen["tagged"] += _is_tagged(served, path)
    assert seen["done once"] >= 15 and seen["lists"] >= 9 and seen["tagged"] >= 10, seen


def _modules() -> list[Any]:
    found = [importlib.import_module(f"service.routes.{m.name}") for m in pkgutil.iter_modules(routes.__path__)]
    return [module for module in found if hasattr(module, "routes")]


def _is_tagged(served: Served, path: str) -> bool:
    """Whether the answer has an ETag with which it isn't sent again; False where it needs more than the path."""
    first = served.client.get(path, headers=served.bearer(ANA))
    if first.status_code != 200:
        return False
    again = served.client.get(path, headers={**served.bearer(ANA), "If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content, path
    return True
