"""Serves a stand-in's WSGI application on loopback, in a thread of this process."""

from __future__ import annotations

import errno
import threading
from collections.abc import Mapping
from typing import Any

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
        try:
            self._server = make_server(HOST, port, self.faults, threaded=True, request_handler=handler)
        except (OSError, SystemExit) as error:
            in_use = isinstance(error, SystemExit) or error.errno == errno.EADDRINUSE
            reason = "is in use" if in_use else "can't be opened"
            raise SourceError(
                f"Port {port} {reason}, so the stand-in for {name} can't start; stop what uses it, "
                f"or choose another (python -m samples.stand_ins --help)."
            ) from error
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name=f"stand-in {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops serving and frees the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
