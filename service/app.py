"""The REST interface as one ASGI application, and its OpenAPI document.

app = rest_app(open_parts(settings))
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from service import amazon_q, doors, hooks
from service.caller import Callers
from service.mcp.http import McpOverHttp, resource_metadata
from service.parts import Parts
from service.problems import Problem, add_handlers
from service.routes import (
    actions,
    apps,
    ask,
    collections,
    conversations,
    documents,
    evaluations,
    operations,
    shares,
    syncs,
)

_TOLD = """\
Answers from the documents that a person may read, with citations; search with its reasons; no-code apps; questions
over tables. Every call is made by a person: `Authorization: Bearer` with a token of the identity provider or an API
key. Lists come in parts (`cursor`, `next`); what writes may be sent twice with an `Idempotency-Key`; answers to GET
have an ETag; errors are `application/problem+json` with what to do about them.
"""


def rest_app(parts: Parts, callers: Callers | None = None) -> FastAPI:
    """The application over these parts."""
    callers = callers or Callers(parts)
    api, mcp = parts.settings.api, McpOverHttp(parts, callers, challenge(parts.settings.api.url))
    app = FastAPI(
        lifespan=mcp.running,
        title=f"Debrief of {parts.settings.company}" if parts.settings.company != "Debrief" else "Debrief",
        version=version("debrief"),
        description=_TOLD,
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.parts, app.state.callers = parts, callers
    for module in (ask, conversations, shares, documents, apps, collections, actions, operations, syncs, evaluations):
        app.include_router(module.routes)
    app.include_router(amazon_q.routes)
    app.router.routes.append(Route("/mcp", mcp, include_in_schema=False))
    # Signed by whoever calls, and by nobody's key: no call of a person's.
    app.router.routes.append(Route("/api/v1/hooks/{hook}", hooks.endpoint(parts), methods=["POST"]))
    if api.issuer and api.url:
        where = "/.well-known/oauth-protected-resource"
        for path in (where, f"{where}/mcp"):
            app.add_api_route(path, lambda: resource_metadata(parts), include_in_schema=False)
    add_handlers(app, challenge(api.url))
    app.add_middleware(doors.Tagged)
    app.add_middleware(doors.Limits, max_bytes=int(api.max_body_mb * 1_000_000), seconds=api.seconds_to_read)
    if api.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=api.origins, allow_methods=["*"], allow_headers=["*"], expose_headers=["ETag"]
        )
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def challenge(url: str) -> str:
    """What `WWW-Authenticate` says to who isn't known; MCP clients find the way to sign in by it."""
    if not url:
        return "Bearer"
    return f'Bearer resource_metadata="{url.rstrip("/")}/.well-known/oauth-protected-resource/mcp"'


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        made["components"]["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        ) | {"$defs": {}}
        made["components"]["schemas"]["Wrong"] = Problem.model_json_schema()["$defs"]["Wrong"]
        made["components"]["schemas"]["Problem"].pop("$defs")
        for path in made["paths"].values():
            for operation in path.values():
                # FastAPI writes its own shape of a 422 where a route has arguments.
                refused = operation["responses"].get("422", {})
                refused["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        app.openapi_schema = made
    return app.openapi_schema
