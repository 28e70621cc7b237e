"""An MCP server on loopback whose tools say what they are told to: a form that plans a visit, and a look-up."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any, Self

import uvicorn
from mcp.server import MCPServer
from mcp.types import ToolAnnotations

from actions.kinds.mcp import McpServer, McpSettings

_START_S = 20.0


class Desk:
    """The server, running. Use it in a `with` statement. `say` is what its tools answer."""

    def __init__(self) -> None:
        self.say = "done"
        self.planned = 0
        server = MCPServer("desk", log_level="ERROR")

        @server.tool(description="Plan a visit.")
        def plan_visit(site: str) -> dict[str, Any]:
            self.planned += 1
            return {"id": f"V-{self.planned}", "url": self.say, "said": self.say}

        @server.tool(annotations=ToolAnnotations(read_only_hint=True))
        def find_visits(words: str) -> str:
            return f"{words}: {self.say}"

        config = uvicorn.Config(server.streamable_http_app(), host="127.0.0.1", port=0, log_level="error", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        end = time.monotonic() + _START_S
        while not self._server.started and time.monotonic() < end:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/mcp"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_START_S)

    def write_tools(self, file: Path) -> None:
        """Writes its tools down, as `debrief actions tools` does."""
        settings = McpSettings(name="desk", kind="mcp", url=self.url, document=file)
        file.write_text(json.dumps(McpServer(settings).listed()), encoding="utf-8")
