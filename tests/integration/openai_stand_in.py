"""A server on loopback that speaks the OpenAI chat completions protocol, and misbehaves as providers do.

    with openai_stand_in() as server:
        server.scripts = [rate_limited(2), Script("It costs 49 dollars [1].")]
        … a model with base_url=server.url …
        server.requests[0]["messages"]

Run by hand it answers every call alike: `python -m tests.integration.openai_stand_in --mode think --port 9555`, with
recorded replies: `--recorded qwen2.5-coder-1.5b`.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

_USAGE = {"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49}


@dataclass
class Script:
    """What the server does with one request.

    Attributes:
        text: A list is sent in exactly these pieces, a string in pieces of `piece_chars`.
        status: An error status is sent as the protocol's error object with `text` as message and `error` besides.
        finish: The protocol's finish_reason; None ends the stream without one.
        reasoning: Sent before the text in the field `reasoning_field`.
        tool_calls: (name, arguments as JSON) of calls that are sent after the text.
        pause_s: Before the first byte, headers included.
        first_token_s: After the headers, before the first piece of text.
        piece_pause_s: Before every further piece.
        break_after: Ends the stream after so many pieces, cleanly or by `reset` of the connection.
    """

    text: str | Sequence[str] = ""
    status: int = 200
    pause_s: float = 0.0
    break_after: int | None = None
    finish: str | None = "stop"
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, Any] = field(default_factory=dict)
    reasoning: str = ""
    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    tool_calls: Sequence[tuple[str, str]] = ()
    usage: Mapping[str, Any] = field(default_factory=lambda: dict(_USAGE))
    piece_chars: int = 5
    first_token_s: float = 0.0
    piece_pause_s: float = 0.0
    reset: bool = False

    @property
    def pieces(self) -> list[str]:
        """The text as it is sent."""
        if isinstance(self.text, str):
            return [self.text[n : n + self.piece_chars] for n in range(0, len(self.text), self.piece_chars)]
        return list(self.text)

    @property
    def whole(self) -> str:
        """The text in one."""
        return "".join(self.text)


def rate_limited(retry_after_s: float | str = 1) -> Script:
    """429, with Retry-After in seconds or as an HTTP date."""
    error = {"type": "requests", "code": "rate_limit_exceeded"}
    return Script("Rate limit reached", status=429, headers={"Retry-After": str(retry_after_s)}, error=error)


def out_of_quota() -> Script:
    """429 that no waiting mends: the account is used up."""
    return Script("You exceeded your current quota", status=429, error={"code": "insufficient_quota"})


def overloaded() -> Script:
    """529, as a provider under load answers."""
    return Script("Overloaded", status=529, error={"type": "overloaded_error"})


def prompt_filtered(category: str = "violence") -> Script:
    """400 of a content filter that refuses the prompt, as Azure words it."""
    found = {category: {"filtered": True, "severity": "medium"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": found}
    error = {"code": "content_filter", "status": 400, "innererror": inner}
    return Script("The response was filtered", status=400, error=error)


def too_long_prompt() -> Script:
    """400: more tokens than the model's context holds."""
    message = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9120 tokens."
    return Script(message, status=400, error={"code": "context_length_exceeded"})


def wrong_key(key: str = "sk-secret-123") -> Script:
    """401 whose message repeats the key and names the organisation."""
    message = f"Incorrect API key provided: {key}. Your organization is org-abc."
    return Script(message, status=401, error={"code": "invalid_api_key"})


def silent(seconds: float = 30.0) -> Script:
    """Headers at once, then no token for so long."""
    return Script("too late", first_token_s=seconds)


def cut(text: str) -> Script:
    """The reply ran into max_tokens."""
    return Script(text, finish="length")


def filtered(text: str) -> Script:
    """The content filter stops the reply in its middle."""
    return Script(text, finish="content_filter")


def dropped(text: str, *, after: int = 3, reset: bool = True) -> Script:
    """The connection is gone after some pieces; without `reset` it ends cleanly, but without a finish_reason."""
    return Script(text, break_after=after, reset=reset)


def refused(text: str = "I'm sorry, but I can't help with that.") -> Script:
    """A refusal as text."""
    return Script(text)


def thinking(text: str, thought: str = "The user wants 45 days? [3] No.") -> Script:
    """A thought in the content, its tags split over pieces."""
    return Script(["<th", "ink>", thought, "\n</thi", "nk>\n\n", *Script(text).pieces])


def endless_thinking(thought: str = "First I look at source 1 [1]. Then ") -> Script:
    """A thought that never ends: all tokens went into it."""
    return Script(["<thi", "nk>", thought], finish="length")


def orphan_thinking(text: str, thought: str = "Let me see [2].") -> Script:
    """A thought whose opening tag stands in the chat template, so only the closing one is sent."""
    return Script([thought, "</thi", "nk>", *Script(text).pieces])


def reasoning(text: str, thought: str = "I look at source 1 first.", finish: str = "stop") -> Script:
    """The thought in a field of its own; with no text and `finish="length"` it used up all tokens."""
    usage = {**_USAGE, "completion_tokens_details": {"reasoning_tokens": 5}}
    return Script(text, reasoning=thought, finish=finish, usage=usage)


def fenced(text: str, language: str = "markdown") -> Script:
    """The whole reply within a code fence."""
    return Script(f"```{language}\n{text}\n```")


def tool_call(name: str = "search", arguments: str = '{"query": "retention"}') -> Script:
    """A call of a tool, and no text."""
    return Script("", finish="tool_calls", tool_calls=((name, arguments),))


def tool_call_text(name: str = "search") -> Script:
    """A call of a tool that a model without tools writes as text."""
    return Script(f'<tool_call>\n{{"name": "{name}", "arguments": {{"query": "retention"}}}}\n</tool_call>')


# How a provider misbehaves, by a name for the command line; each takes the text that a good reply would have.
MODES: Mapping[str, Callable[[str], Script]] = {
    "plain": Script,
    "rate": lambda _: rate_limited(4),
    "quota": lambda _: out_of_quota(),
    "overloaded": lambda _: overloaded(),
    "prompt_filtered": lambda _: prompt_filtered(),
    "too_long_prompt": lambda _: too_long_prompt(),
    "wrong_key": lambda _: wrong_key(),
    "silent": lambda _: silent(),
    "cut": lambda text: cut(text[: len(text) // 2]),
    "filtered": lambda text: filtered(text[: len(text) // 2]),
    "dropped": dropped,
    "dropped_cleanly": lambda text: dropped(text, reset=False),
    "refused": lambda _: refused(),
    "think": thinking,
    "endless_think": lambda _: endless_thinking(),
    "orphan_think": orphan_thinking,
    "reasoning": reasoning,
    "only_reasoning": lambda _: reasoning("", finish="length"),
    "fenced": fenced,
    "json": lambda text: Script(json.dumps({"answer": text})),
    "preamble": lambda text: Script(f"Sure! Here is the answer:\n\n{text}\n\nLet me know if you need anything else."),
    "tool_call": lambda _: tool_call(),
    "tool_call_text": lambda _: tool_call_text(),
    "empty": lambda _: Script(""),
}


@dataclass
class OpenAiStandIn:
    """The running server: its address, what it will do next, and what it was asked.

    Attributes:
        scripts: One a request, in order.
        reply: Asked with the request's body when no script is left; for servers that answer by what they are asked.
    """

    url: str = ""
    scripts: list[Script] = field(default_factory=list)
    reply: Callable[[dict[str, Any]], Script] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def next(self, body: dict[str, Any]) -> Script:
        """What to do with this request."""
        if self.scripts or self.reply is None:
            return self.scripts.pop(0)
        return self.reply(body)


@contextmanager
def openai_stand_in(port: int = 0) -> Iterator[OpenAiStandIn]:
    """A server on `port` of 127.0.0.1, by default a free one, until the block ends."""
    state = OpenAiStandIn()

    class Handler(_Handler):
        stand_in = state

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: OpenAiStandIn

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "any", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.stand_in.requests.append({"path": self.path, **body})
        self.stand_in.keys.append(self.headers.get("Authorization") or self.headers.get("api-key") or "")
        script = _as_tool(self.stand_in.next(body), body)
        time.sleep(script.pause_s)
        if script.status != 200:
            error = {"message": script.whole, "type": "error", "code": None, **script.error}
            self._send(script.status, {"error": error}, script.headers)
        elif body.get("stream"):
            self._stream(script, body)
        else:
            time.sleep(script.first_token_s)
            self._send(200, _completion(script, body["model"]), script.headers)

    def _send(self, status: int, value: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, content in (headers or {}).items():
            self.send_header(name, content)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, script: Script, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.flush()
        time.sleep(script.first_token_s)
        for number, delta in enumerate(_deltas(script)):
            if script.break_after is not None and number >= script.break_after:
                if script.reset:
                    self._reset()
                return
            if number:
                time.sleep(script.piece_pause_s)
            self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}, body)
        if script.finish is not None:
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": script.finish}]}, body)
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event({"choices": [], "usage": dict(script.usage)}, body)
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, part: dict[str, Any], body: dict[str, Any]) -> None:
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], **part}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _reset(self) -> None:
        # Closing with unsent data thrown away is what a client sees as a lost connection.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()

    def handle_one_request(self) -> None:
        # A client that gave up has closed its end; after a reset, ours is closed.
        with suppress(BrokenPipeError, ConnectionResetError, ValueError, OSError):
            super().handle_one_request()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *_: object) -> None:
        pass


def _as_tool(script: Script, body: dict[str, Any]) -> Script:
    """A scripted JSON text as the call of the tool that the request demands, as providers give structured output."""
    forced = body.get("tool_choice")
    name = forced["function"]["name"] if isinstance(forced, dict) else ""
    if not name or script.tool_calls or script.status != 200:
        return script
    with suppress(json.JSONDecodeError):
        json.loads(script.whole)
        return replace(script, text="", tool_calls=((name, script.whole),))
    return script


def _tools(script: Script) -> list[dict[str, Any]]:
    return [
        {"index": n, "id": f"call{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for n, (name, arguments) in enumerate(script.tool_calls)
    ]


def _deltas(script: Script) -> Iterator[dict[str, Any]]:
    if script.reasoning:
        yield {script.reasoning_field: script.reasoning}
    for piece in script.pieces:
        yield {"content": piece}
    if script.tool_calls:
        yield {"tool_calls": _tools(script)}


def _completion(script: Script, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": script.whole or None}
    if script.reasoning:
        message[script.reasoning_field] = script.reasoning
    if script.tool_calls:
        message["tool_calls"] = _tools(script)
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": script.finish}],
        "usage": dict(script.usage),
    }


def _main() -> None:
    from tests.integration.recorded import recorded, replaying

    options = argparse.ArgumentParser(description="A language model that isn't one.")
    options.add_argument("--mode", default="plain", choices=MODES)
    options.add_argument("--text", default="Raw events are kept for 90 days [1].")
    options.add_argument("--recorded", default="", help="the model whose recorded replies are given by question")
    options.add_argument("--port", type=int, default=9555)
    given = options.parse_args()
    with openai_stand_in(given.port) as server:
        server.reply = lambda _: MODES[given.mode](given.text)
        if given.recorded:
            server.reply = replaying(recorded(given.recorded), otherwise=Script(given.text))
        print(f"llm: {{model: 'openai:any', base_url: '{server.url}', api_key: x}}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    _main()
