"""Who sees what, also over REST and MCP: `python -m service.bench.access [--pairs 10000] [--seed N]`.

The same world, rule and look-ups as `evals.bench.access`, and beside them, with a signed token of each person in some
spelling: REST's search, text, access, list and export of a conversation; MCP's search and resources.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, cast

import anyio
import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey
from mcp import Client
from mcp.shared.exceptions import MCPError
from starlette.requests import Request
from starlette.testclient import TestClient

from assistant.ask import Assistant
from assistant.records import Conversations
from core.errors import IndexMissing
from core.settings import ApiSettings
from core.types import Answer, Chunk, Citation, Passage, User
from evals.bench.access import Deployment, looked_up, main, searched
from evals.suite.process import EvaluationProcess
from ingestion.parse import ParserPool
from retrieval.query.search import Search
from service.app import rest_app
from service.caller import Callers
from service.mcp.server import mcp_server, uri_of
from service.parts import Parts
from service.tokens import BearerTokens

_ISSUER, _AUDIENCE = "https://login.example", "debrief"
_KEY = RSAKey.generate_key(2048, {"kid": "bench", "use": "sig"})


class IndexSearch:
    """Searches a deployment's index for the words of one document, by a question that names it."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def search(self, search: Search, /) -> list[Passage]:
        """The passages that the person may read."""
        return searched(self._deployment.index, int(search.question), search.user, search.limit)

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        """The document's chunks."""
        return self._deployment.index.document(document_id, user)


class Interfaces:
    """REST and MCP over one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        api = ApiSettings(issuer=_ISSUER, audience=_AUDIENCE, requests_per_person_minute=0)
        settings = deployment.settings.model_copy(update={"api": api})
        search = IndexSearch(deployment)
        self.parts = Parts(
            lambda: settings,
            deployment.engine,
            _no_assistant,
            lambda: search,
            lambda: cast(ParserPool, None),
            EvaluationProcess,
        )
        told = httpx.Client(transport=httpx.MockTransport(_published))
        self.callers = Callers(self.parts, BearerTokens(api, told), fresh_s=3_600.0)
        self.client = TestClient(rest_app(self.parts, self.callers))

    def looked_up(self, deployment: Deployment, person: int, documents: list[int]) -> Iterator[tuple[str, int, bool]]:
        """(Way, document, whether the person gets to see it that way)."""
        head = {"Authorization": f"Bearer {_token(*deployment.told(person))}"}
        get = partial(self.client.get, headers=head)
        exported = self._exported(head, documents)
        for document in documents:
            name = f"d{document}"
            asked = {"question": str(document), "limit": 20}
            hits = self.client.post("/api/v1/search", headers=head, json=asked).json()["passages"]
            yield "REST: search", document, any(hit["document"] == name for hit in hits)
            for way in ("text", "access"):
                answer = get(f"/api/v1/documents/{way}", params={"document": name})
                assert answer.status_code in (200, 404), answer.text
                yield f"REST: {way}", document, answer.status_code == 200
            listed = get("/api/v1/documents", params={"find": f"Title {document}", "limit": 200}).json()["items"]
            yield "REST: list", document, any(one["id"] == name for one in listed)
            yield "REST: export", document, f"word{document} stands here" in exported
        yield from anyio.run(self._by_mcp, head, documents)

    def _exported(self, head: dict[str, str], documents: list[int]) -> str:
        """A conversation that rests on each of the documents, as REST exports it now."""
        user = self.callers.of(_request(head)).user
        kept = Conversations(self.parts.engine)
        conversation = kept.start(user)
        for document in documents:
            quote = f"word{document} stands here."
            cited = (Citation(1, f"d{document}", "", "", quote, 0, 1),)
            kept.append(conversation, user, "What?", "What?", Answer(f"{quote} [1]", cited))
        text = self.client.get(f"/api/v1/conversations/{conversation}/export", headers=head).text
        kept.delete(conversation, user)
        return text

    async def _by_mcp(self, head: dict[str, str], documents: list[int]) -> list[tuple[str, int, bool]]:
        seen: list[tuple[str, int, bool]] = []
        server = mcp_server(self.parts, lambda _: self.callers.of(_request(head)))
        async with Client(server, cache=None) as client:
            for document in documents:
                found = await client.call_tool("search", {"question": str(document), "limit": 20})
                hits: list[dict[str, Any]] = found.structured_content["passages"]
                seen.append(("MCP: search", document, any(hit["document"] == f"d{document}" for hit in hits)))
                try:
                    read = (await client.read_resource(uri_of(f"d{document}"))).contents
                except MCPError:
                    read = []
                seen.append(("MCP: read", document, bool(read)))
        return seen


def over_all(deployment: Deployment, person: int, documents: list[int]) -> Iterator[tuple[str, int, bool]]:
    """The look-ups of the pages' functions, and those over the interfaces."""
    yield from looked_up(deployment, person, documents)
    yield from _interfaces(deployment, deployment.writes).looked_up(deployment, person, documents)


@lru_cache(maxsize=1)
def _interfaces(deployment: Deployment, _writes: int) -> Interfaces:
    # New ones after each change: they keep who is in which group for some seconds, as a server does.
    return Interfaces(deployment)


def _token(email: str, groups: list[str], unknown: bool) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {"iss": _ISSUER, "aud": _AUDIENCE, "iat": now, "exp": now + 600, "email": email}
    # A token that leaves groups out says where the others are.
    claims |= {"groups": groups, **({"hasgroups": True} if unknown else {})}
    return jwt.encode({"alg": "RS256", "kid": "bench"}, claims, _KEY, algorithms=["RS256"])


def _published(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("openid-configuration"):
        return httpx.Response(200, json={"issuer": _ISSUER, "jwks_uri": f"{_ISSUER}/keys"})
    return httpx.Response(200, json={"keys": [_KEY.as_dict(private=False)]})


def _request(head: dict[str, str]) -> Request:
    headers = [(name.lower().encode(), value.encode()) for name, value in head.items()]
    return Request({"type": "http", "method": "POST", "path": "/mcp", "headers": headers, "server": ("bench", 80)})


def _no_assistant() -> Assistant:
    raise IndexMissing("There is no assistant in this measurement.")


if __name__ == "__main__":
    main(over_all)
