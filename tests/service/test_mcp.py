"""MCP, by the SDK's own client: over HTTP with a person at each request, and over stdin for the person of the account."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from core import audit
from tests.service.apart import apart
from tests.service.conftest import ANA, BEN, Served

pytestmark = pytest.mark.integration
PREMIUM = "What does the premium plan cost?"
ERAS = ("legacy", "auto")


@asynccontextmanager
async def connected(address: str, credential: str, mode: Any = "auto") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {credential}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(f"{address}/mcp", http_client=http)
        async with Client(transport, mode=mode, cache=None) as client:
            yield client


def run(made: Callable[[], Coroutine[Any, Any, None]]) -> None:
    apart(anyio.run, made)


@pytest.mark.parametrize("mode", ERAS)
def test_tools_answer_with_what_their_person_may_read(mode: str, served: Served, address: str) -> None:
    async def look() -> None:
        said: list[str] = []

        async def progress(_: float, __: float | None, message: str | None) -> None:
            said.append(message or "")

        async with connected(address, served.provider.token(ANA), mode) as ana:
            names = {tool.name for tool in (await ana.list_tools()).tools}
            assert {"search", "ask", "ask_data", "app_greeting_card"} <= names
            answer = await ana.call_tool("ask", {"question": PREMIUM}, progress_callback=progress)
            assert "480" in answer.content[0].text and answer.structured_content["citations"] and not answer.is_error
            assert any(message.startswith("stage") for message in said)
            card = await ana.call_tool("app_greeting_card", {"person": "Peter"})
            assert "Dear Peter" in card.content[0].text
            rows = await ana.call_tool("ask_data", {"question": "number of orders per country"})
            assert rows.structured_content["rows"]
            found = await ana.call_tool("search", {"question": "salary review of the board"})
            assert "Ines Calvo" in found.content[0].text
        async with connected(address, served.provider.token(BEN), mode) as ben:
            found = await ben.call_tool("search", {"question": "salary review of the board"})
            assert "Ines Calvo" not in found.content[0].text
            wrong = await ben.call_tool("ask", {"questions": "x"})
            assert wrong.is_error and "question" in wrong.content[0].text
            none = await ben.call_tool("app_nothing", {})
            assert none.is_error and "There is no app" in none.content[0].text

    run(look)
    assert {e.user for e in audit.recorded(served.parts.engine, actions=[audit.ASKED, audit.RAN])} >= {ANA}


def test_documents_are_read_only_by_who_may_and_apps_are_prompts(served: Served, address: str) -> None:
    async def look() -> None:
        async with connected(address, served.provider.token(ANA)) as ana:
            resources = (await ana.list_resources()).resources
            closed = next(r.uri for r in resources if "salaries" in str(r.uri))
            assert "Ines Calvo" in (await ana.read_resource(closed)).contents[0].text
            prompt = await ana.get_prompt("greeting_card", {"person": "Eva"})
            assert "app_greeting_card" in prompt.messages[0].content.text and "Eva" in prompt.messages[0].content.text
        async with connected(address, served.provider.token(BEN)) as ben:
            assert not any("salaries" in str(r.uri) for r in (await ben.list_resources()).resources)
            for uri in (closed, "debrief://documents/none", "file:///etc/passwd"):
                with pytest.raises(MCPError):
                    await ben.read_resource(uri)

    run(look)


def test_a_key_without_the_scope_sees_no_tool_and_nobody_takes_over_a_session(served: Served, address: str) -> None:
    key = served.key(BEN, "search")

    async def look() -> None:
        async with connected(address, key) as ben:
            assert [tool.name for tool in (await ben.list_tools()).tools] == ["search"]
            refused = await ben.call_tool("ask", {"question": PREMIUM})
            assert refused.is_error and "needs the scope ask" in refused.content[0].text

    run(look)
    begin = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    head = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    def post(credential: str, body: dict[str, Any], **more: str) -> httpx.Response:
        headers = {**head, "Authorization": f"Bearer {credential}", **more}
        return httpx.post(f"{address}/mcp", json=body, headers=headers)

    begun = post(served.provider.token(ANA), begin)
    session = begun.headers["mcp-session-id"]
    listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
    taken = post(served.provider.token(BEN), listing, **{"Mcp-Session-Id": session})
    assert taken.status_code in (403, 404), taken.text


def test_who_isnt_known_is_told_where_to_sign_in(address: str) -> None:
    refused = httpx.post(f"{address}/mcp", json={})
    assert refused.status_code == 401 and refused.json()["detail"].startswith("Send Authorization")
    where = refused.headers["www-authenticate"].split('"')[1]
    assert where == "https://debrief.example/.well-known/oauth-protected-resource/mcp"
    told = httpx.get(f"{address}/.well-known/oauth-protected-resource/mcp").json()
    assert told["resource"] == "https://debrief.example/mcp"
    assert told["authorization_servers"] == ["https://login.example"]


def test_a_call_that_is_cancelled_frees_its_place(served: Served, address: str) -> None:
    async def look() -> None:
        async with connected(address, served.provider.token(ANA)) as ana:
            with anyio.move_on_after(0.02):
                await ana.call_tool("ask", {"question": "How long are hotel rooms booked and what do they cost?"})
            assert "480" in (await ana.call_tool("ask", {"question": PREMIUM})).content[0].text

    run(look)


def test_over_stdin_it_answers_the_person_of_the_account(served: Served, tmp_path: Path) -> None:
    root = served.parts.settings.root
    text = (root / "debrief.yaml").read_text()
    own = root / "account.yaml"
    own.write_text(text.replace("mode: oidc", f"mode: development, development_user: {BEN}"))
    command = str(Path(sys.executable).with_name("debrief"))
    server = StdioServerParameters(command=command, args=["--settings", str(own), "mcp"], cwd=str(root))

    async def look() -> None:
        async with Client(server) as client:
            found = await client.call_tool("search", {"question": "premium plan"})
            assert "480" in found.content[0].text
            closed = await client.call_tool("search", {"question": "salary review of the board"})
            assert "Ines Calvo" not in closed.content[0].text

    run(look)


def test_another_client_reads_it_the_typescript_sdk(served: Served, address: str) -> None:
    modules = os.environ.get("DEBRIEF_NODE_MODULES", "")
    if not shutil.which("node") or not modules:
        pytest.skip("needs node, and DEBRIEF_NODE_MODULES naming a folder with @modelcontextprotocol/sdk")
    script = Path(modules) / "debrief_client.mjs"
    shutil.copy(Path(__file__).with_name("other_client.mjs"), script)
    key = served.key(BEN, "search", "ask", "apps")
    done = subprocess.run(["node", str(script), f"{address}/mcp", key], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "app_greeting_card" in done.stdout and "480" in done.stdout and "Ines Calvo" not in done.stdout
