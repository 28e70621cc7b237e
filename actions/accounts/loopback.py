"""Waiting on this machine for a browser that comes back from a sign-in (RFC 8252, 7.3)."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from core.errors import ActionError

PATH = "/callback"
_DONE = b"<!doctype html><title>Debrief</title><p>You can close this window, and go back to the command line."


class Loopback(HTTPServer):
    """Listens on loopback for one return. Use it in a `with` statement.

    Args:
        port: The port that is registered at the system; 0 takes any free one, where the system allows that.

    Raises:
        ActionError: the port is in use.
    """

    def __init__(self, port: int = 0) -> None:
        self.returned = ""
        try:
            super().__init__(("127.0.0.1", port), _Return)
        except OSError as error:
            raise ActionError(
                f"Port {port} can't be opened ({error.strerror}); stop what uses it, or register another."
            ) from error

    @property
    def redirect(self) -> str:
        """Where the browser is to come back to."""
        return f"http://127.0.0.1:{self.server_port}{PATH}"

    def awaited(self, seconds: float) -> str:
        """The address with which the browser came back. Raises ActionError: it didn't in time."""
        until = time.monotonic() + seconds
        while not self.returned and (left := until - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        if not self.returned:
            raise ActionError(f"Nobody came back within {seconds:.0f} seconds; run the command again.")
        return self.returned


class _Return(BaseHTTPRequestHandler):
    server: Loopback

    def do_GET(self) -> None:
        """Takes the return; anything else, such as a browser's look for an icon, isn't there."""
        is_return = self.path.split("?")[0] == PATH and "state=" in self.path
        self.send_response(200 if is_return else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if is_return:
            self.server.returned = self.path
            self.wfile.write(_DONE)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the address has the code."""
