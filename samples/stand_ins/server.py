"""Serves a stand-in's WSGI application on loopback, in a thread of this process."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Mapping
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from core.errors import SourceError
from samples.stand_ins.faults import Answer, Faults, Wsgi

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Serves without a line on the terminal for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Says nothing; `Faults.requests` has them."""


class StandIn:
    """A running stand-in. Use it in a `with` statement, or call `stop`.

    Attributes:
        url: Its address, "http://127.0.0.1:PORT".
        faults: Tells it to misbehave, and knows the requests so far.
    """

    def __init__(
        self,
        name: str,
        app: Wsgi,
        answers: Mapping[str, Answer],
        port: int = 0,
        handler: type[WSGIRequestHandler] = QuietHandler,
    ) -> None:
        self.name = name
        self.faults = Faults(app, answers)
        with listen(name, port) as listener:
            self._server = make_server(
                HOST, port, self.faults, threaded=True, request_handler=handler, fd=listener.fileno()
            )
        self.url = f"http://{HOST}:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name=f"stand-in {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops serving and frees the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def listen(name: str, port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes any free one.

    Raises:
        SourceError: the port is in use.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"can't be opened ({error.strerror})"
        raise SourceError(
            f"Port {port} {reason}, so the stand-in for {name} can't start; stop what uses it, or choose another "
            "(python -m samples.stand_ins --help)."
        ) from error
    listener.listen(128)
    return listener
