"""`debrief api`: the REST and MCP interfaces alone; `debrief mcp`: MCP for a program on this machine."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from core import logs
from core.console import LogFormatOption, LogLevelOption, out
from core.errors import DebriefError, SettingsError
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.parts import Parts

_LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


def register(app: typer.Typer) -> None:
    """Adds the commands to `debrief`."""
    app.command("api")(api)
    app.command("mcp")(mcp)


def api(
    port: Annotated[int, typer.Option(help="The port.")] = 8502,
    host: Annotated[str, typer.Option(help="The address to listen on; beyond loopback needs auth.mode: oidc.")] = "",
    log_format: LogFormatOption = "text",
    log_level: LogLevelOption = "info",
) -> None:
    """Serves the REST and MCP interfaces alone, until Ctrl-C."""
    import uvicorn

    from service.app import rest_app
    from service.parts import open_parts

    settings = load_settings()
    address = _address(settings, host)
    logs.set_up(log_format, log_level)
    key = "" if settings.auth.mode == "oidc" else os.environ.get("DEBRIEF_PAGE_KEY") or secrets.token_urlsafe(16)
    parts = open_parts(settings, key)
    app = rest_app(parts)
    # Nobody's question should wait for the models; what is wrong with them is told to who asks.
    threading.Thread(target=_opened, args=(parts,), daemon=True).start()
    out.print(f"REST is at http://{address}:{port}/api/v1, MCP at http://{address}:{port}/mcp — Ctrl-C stops it.")
    if key:
        out.print(f"On this machine send Authorization: Bearer {key}", markup=False)
    uvicorn.run(app, host=address, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=10)


def mcp(user: Annotated[str, typer.Option(help="Who asks; default: auth.development_user.")] = "") -> None:
    """Serves MCP over stdin and stdout, as the person of the account that runs it."""
    import anyio

    from core.identity import asking_user
    from service.mcp.stdio import serve
    from service.parts import open_parts

    settings = load_settings()
    parts = open_parts(settings)
    anyio.run(serve, parts, asking_user(settings, user, parts.engine))


def _opened(parts: Parts) -> None:
    with suppress(DebriefError):
        parts.assistant()


def _address(settings: Settings, host: str) -> str:
    if settings.auth.mode == "development" and host not in _LOOPBACK:
        raise SettingsError(
            f"auth.mode is development, so the interfaces are served on this machine only, not on {host}; set "
            f"auth.mode: oidc in {settings.file} first."
        )
    return host or ("127.0.0.1" if settings.auth.mode == "development" else "0.0.0.0")
