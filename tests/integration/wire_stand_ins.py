"""Servers on loopback that speak the protocols of Anthropic, Bedrock, Google and Ollama, one scripted reply a request.

OpenAI's own, and those of Azure and Mistral that are made after it, are in `openai_stand_in`.
"""

from __future__ import annotations

import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Says:
    """What the server does with a request: a text with the protocol's own word for how it ended, or an error."""

    text: str = ""
    stop: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = "slow down"
    thought: str = ""


@dataclass
class Wire:
    """The running server, what it will say, and what it was asked: path, headers in lower case, body."""

    url: str = ""
    says: list[Says] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


Body = Callable[[Says], tuple[str, bytes]]


@contextmanager
def wire(body: Body, failed: Callable[[Says], dict[str, Any]]) -> Iterator[Wire]:
    """A server whose replies are written by `body` (content type, bytes) and whose errors by `failed`."""
    state = Wire()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.requests.append({"path": self.path, "headers": headers, "body": asked})
            says = state.says.pop(0)
            kind, data = body(says) if says.status == 200 else ("application/json", json.dumps(failed(says)).encode())
            self.send_response(says.status)
            for name, value in {**says.headers, "Content-Type": kind, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _halves(text: str) -> list[str]:
    return [part for part in (text[: len(text) // 2], text[len(text) // 2 :]) if part]


def anthropic_body(says: Says) -> tuple[str, bytes]:
    """The events of a streamed message. Source: Anthropic's API reference, "Streaming messages"."""
    usage = {"input_tokens": 42, "output_tokens": 1}
    message = {"id": "m1", "type": "message", "role": "assistant", "model": "any", "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {**message, "usage": usage}}]
    blocks = [("thinking", "thinking", [says.thought])] if says.thought else []
    blocks += [("text", "text", _halves(says.text))] if says.text else []
    for index, (kind, key, parts) in enumerate(blocks):
        start = {"type": kind, key: ""} | ({"signature": ""} if kind == "thinking" else {})
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        for part in parts:
            delta = {"type": f"{kind}_delta", key: part}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": says.stop or "end_turn", "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": stop, "usage": {"input_tokens": 42, "output_tokens": 7}},
        {"type": "message_stop"},
    ]
    return "text/event-stream", b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


def anthropic_error(says: Says) -> dict[str, Any]:
    """The protocol's error object."""
    kind = "overloaded_error" if says.status == 529 else "rate_limit_error"
    return {"type": "error", "error": {"type": kind, "message": says.error}}


def google_body(says: Says) -> tuple[str, bytes]:
    """Generated content as server-sent events. Source: Gemini API reference, "generateContent"."""
    chunks: list[dict[str, Any]] = [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": part}]}, "index": 0}]}
        for part in _halves(says.text)
    ]
    last = {"content": {"role": "model", "parts": []}, "finishReason": says.stop or "STOP", "index": 0}
    used = {"promptTokenCount": 42, "candidatesTokenCount": 7, "totalTokenCount": 49}
    chunks.append({"candidates": [last], "usageMetadata": used, "modelVersion": "any"})
    return "text/event-stream", b"".join(f"data: {json.dumps(chunk)}\r\n\r\n".encode() for chunk in chunks)


def google_error(says: Says) -> dict[str, Any]:
    """The protocol's error object."""
    return {"error": {"code": says.status, "message": says.error, "status": "RESOURCE_EXHAUSTED"}}


def ollama_body(says: Says) -> tuple[str, bytes]:
    """One JSON object a line. Source: Ollama's API, "Generate a chat completion"."""
    lines: list[dict[str, Any]] = [
        {
            "model": "any",
            "created_at": "2026-11-28T00:00:00Z",
            "message": {"role": "assistant", "content": part},
            "done": False,
        }
        for part in _halves(says.text)
    ]
    lines.append(
        {
            "model": "any", "created_at": "2026-11-28T00:00:01Z", "message": {"role": "assistant", "content": ""},
            "done": True, "done_reason": says.stop or "stop", "prompt_eval_count": 42, "eval_count": 7,
            "total_duration": 5, "load_duration": 1, "prompt_eval_duration": 2, "eval_duration": 2,
        }
    )  # fmt: skip
    return "application/x-ndjson", b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def ollama_error(says: Says) -> dict[str, Any]:
    """The protocol's error object."""
    return {"error": says.error}


def bedrock_body(says: Says) -> tuple[str, bytes]:
    """The events of ConverseStream. Source: Amazon Bedrock API reference, "ConverseStream"."""
    events: list[tuple[str, dict[str, Any]]] = [("messageStart", {"role": "assistant"})]
    events += [("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": part}}) for part in _halves(says.text)]
    events += [
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": says.stop or "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 42, "outputTokens": 7, "totalTokens": 49}, "metrics": {"latencyMs": 5}}),
    ]
    return "application/vnd.amazon.eventstream", b"".join(_aws_event(kind, value) for kind, value in events)


def bedrock_error(says: Says) -> dict[str, Any]:
    """The protocol's error object; its kind is a header."""
    return {"message": says.error}


def _aws_event(kind: str, value: dict[str, Any]) -> bytes:
    """One message of the event stream: lengths, headers, payload, with a checksum of each part.

    Source: AWS, "Event stream encoding".
    """
    headers = b""
    for name, text in ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event")):
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(text)) + text.encode()
    payload = json.dumps(value).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))
