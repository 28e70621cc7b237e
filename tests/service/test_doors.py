"""Slow clients, and the interfaces beside the pages: imported with the first request, behind the pages' doors."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Message

from chat_ui.server import Doors
from cli import PAGE
from core.settings import load_settings
from service.doors import Limits
from service.mounted import mounted_routes
from service.parts import open_parts
from service.streams import Pieces, as_events
from tests.service.apart import apart


def test_a_client_that_doesnt_read_is_let_go_and_its_work_is_ended(caplog: Any) -> None:
    ended: list[str] = []

    def work() -> Any:
        try:
            while True:
                yield b"x" * 1_000
        finally:
            ended.append("closed")

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        pieces: Pieces[bytes] = Pieces(work())
        await StreamingResponse(as_events(pieces, await pieces.next()))(scope, receive, send)

    async def run() -> None:
        async def receive() -> Message:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.sleep(60)  # its buffers are full

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}
        await asyncio.wait_for(Limits(endless, 1_000, 0.2)(scope, receive, send), 5)
        for _ in range(100):
            if ended:
                return
            await asyncio.sleep(0.02)

    apart(lambda: asyncio.run(run()))
    assert ended == ["closed"] and "took no part of its answer for 0.2 seconds" in caplog.text


def test_beside_the_pages_it_asks_for_a_key_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "debrief.yaml").write_text(
        "data_dir: data\nauth: {mode: development, development_user: ana@home.example}\n"
    )
    parts = open_parts(load_settings(tmp_path / "debrief.yaml"), key="printed")
    page = Starlette(routes=mounted_routes(lambda: parts))
    client = TestClient(Doors(page, "printed", False, set()), base_url="http://127.0.0.1:80", client=("127.0.0.1", 5))
    with client:
        assert client.get("/").status_code == 403  # the pages' own key
        assert client.get("/api/v1/me").status_code == 401
        known = client.get("/api/v1/me", headers={"Authorization": "Bearer printed"})
        assert known.json()["email"] == "ana@home.example"
        assert client.post("/mcp", json={}).status_code == 401
        assert client.get("/api/v1/me", headers={"Host": "evil.example"}).status_code == 421


def test_the_theme_and_what_errors_show_are_read_beside_what_is_served() -> None:
    # Streamlit reads this folder of its main script, and says nothing when there is none.
    written = tomllib.loads((PAGE.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert PAGE.is_file() and written["client"]["showErrorDetails"] == "none" and written["theme"]


def test_pages_and_questions_dont_wait_for_its_libraries() -> None:
    program = (
        "import sys, service.mounted, cli, assistant.commands.questions\n"
        "print([name for name in ('fastapi', 'mcp', 'schemathesis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
