"""MCP over stdin and stdout, for a program that a person runs on this machine: it asks as that person."""

from __future__ import annotations

from mcp.server.stdio import stdio_server

from core.keys import SCOPES
from core.types import User
from service.caller import Caller
from service.mcp.server import mcp_server
from service.parts import Parts


async def serve(parts: Parts, user: User) -> None:
    """Serves until stdin ends."""
    caller = Caller(user, frozenset(SCOPES), "account of this machine")
    server = mcp_server(parts, lambda _: caller)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
