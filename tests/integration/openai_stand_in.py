"""A server on loopback that speaks the OpenAI chat completions protocol, streaming included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server does with one request.

    Attributes:
        status: An error status is sent as the protocol's error object.
        pause_s: Before the first byte.
        break_after: Closes the connection after so many pieces.
    """

    text: str = ""
    status: int = 200
    pause_s: float = 0.0
    break_after: int | None = None


@dataclass
class OpenAiStandIn:
    """The running server: its address, what it will do next, and what it was asked."""

    url: str = ""
    scripts: list[Script] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def openai_stand_in() -> Iterator[OpenAiStandIn]:
    """A server on a free port of 127.0.0.1 until the block ends."""
    state = OpenAiStandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append({"path": self.path, **body})
            state.keys.append(self.headers.get("Authorization", ""))
            script = state.scripts.pop(0)
            time.sleep(script.pause_s)
            if script.status != 200:
                self._send(script.status, {"error": {"message": script.text, "type": "error", "code": None}})
            elif body.get("stream"):
                self._stream(script, body)
            else:
                self._send(200, self._completion(script.text, body["model"]))

        def _send(self, status: int, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _completion(self, text: str, model: str) -> dict[str, Any]:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49}
            return {
                "id": "c1",
                "object": "chat.completion",
                "created": 1,
                "model": model,
                "choices": [choice],
                "usage": usage,
            }

        def _stream(self, script: Script, body: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            pieces = [script.text[n : n + 5] for n in range(0, len(script.text), 5)]
            for number, piece in enumerate(pieces):
                if script.break_after is not None and number >= script.break_after:
                    return
                self._event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}, body)
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, body)
            if (body.get("stream_options") or {}).get("include_usage"):
                usage = {"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49}
                self._event({"choices": [], "usage": usage}, body)
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, part: dict[str, Any], body: dict[str, Any]) -> None:
            chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], **part}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

        def handle_one_request(self) -> None:
            # A client that gave up has closed its end.
            with suppress(BrokenPipeError, ConnectionResetError):
                super().handle_one_request()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
