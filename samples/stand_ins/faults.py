"""Misbehaviour on demand, for every stand-in that speaks HTTP.

In a test: `server.faults.add("throttle", path="/delta", times=2)`. From outside:

    curl -X POST localhost:9102/_stand_in/faults -d '{"kind": "throttle", "path": "/delta", "times": 2}'
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["throttle", "error", "timeout", "cut", "malformed", "expire", "lost", "late", "failed"]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

CONTROL_PATH = "/_stand_in/faults"


@dataclass(frozen=True)
class Answer:
    """What a system says when it refuses: its status line, its headers and its body."""

    status: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass
class Fault:
    """One kind of misbehaviour, for the next `times` requests whose method and address match.

    Attributes:
        path: Regular expression that is searched in "GET /v1.0/drives?token=x".
        after: This many matching requests are answered properly first.
        kind: "timeout" is silent and then does what was asked, "late" does it and is silent, "lost" is silent and does
            nothing; "failed" does it and then answers as "error" does.
        seconds: How long these keep silent; what "throttle" says in Retry-After.
    """

    kind: Kind
    path: str = ""
    times: int = 1
    after: int = 0
    seconds: float = 1.0
    hits: int = 0


@dataclass
class Faults:
    """A WSGI layer between the network and a stand-in's application.

    Attributes:
        answers: How this system words "throttle", "error" and "expire".
        requests: Every request so far, as "GET /path?query".
    """

    app: Wsgi
    answers: Mapping[str, Answer]
    pending: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: Kind, path: str = "", times: int = 1, after: int = 0, seconds: float = 1.0) -> Fault:
        """Misbehaves from now on as said; the fault's `hits` count how often it did."""
        fault = Fault(kind, path, times, after, seconds)
        with self._lock:
            self.pending.append(fault)
        return fault

    def clear(self) -> None:
        """Behaves again, and forgets the requests so far."""
        with self._lock:
            self.pending.clear()
            self.requests.clear()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answers one request, properly or not."""
        query = environ.get("QUERY_STRING", "")
        address = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{'?' if query else ''}{query}"
        if environ["PATH_INFO"] == CONTROL_PATH:
            return self._control(environ, start_response)
        with self._lock:
            self.requests.append(address)
            fault = self._due(address)
        if fault is None:
            return self.app(environ, start_response)
        if fault.kind == "timeout":
            time.sleep(fault.seconds)
            return self.app(environ, start_response)
        if fault.kind in ("late", "failed"):
            answered = self._done(environ)
            if fault.kind == "late":
                time.sleep(fault.seconds)
                start_response(*answered[:2])
                return [answered[2]]
        if fault.kind == "lost":
            time.sleep(fault.seconds)
        if fault.kind == "cut":
            return self._cut(environ, start_response)
        if fault.kind == "malformed":
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "9")])
            return [b'{"value":']
        answer = self.answers["error" if fault.kind in ("lost", "failed") else fault.kind]
        headers = {**answer.headers, "Content-Length": str(len(answer.body))}
        if fault.kind == "throttle":
            headers["Retry-After"] = f"{fault.seconds:g}"
        start_response(answer.status, list(headers.items()))
        return [answer.body]

    def _due(self, address: str) -> Fault | None:
        for fault in self.pending:
            if re.search(fault.path, address):
                fault.hits += 1
                if fault.hits <= fault.after:
                    return None
                if fault.hits >= fault.after + fault.times:
                    self.pending.remove(fault)
                return fault
        return None

    def _cut(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The proper answer, of which only the first half arrives."""
        status, headers, body = self._done(environ)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body[: len(body) // 2]]

    def _done(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        """The proper answer: status, headers, body."""
        answered: list[Any] = []
        body = b"".join(self.app(environ, lambda status, headers, *_: answered.extend((status, headers))))
        return answered[0], answered[1], body

    def _control(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """GET lists what is still to come, POST adds a fault, DELETE removes all."""
        status = "200 OK"
        if environ["REQUEST_METHOD"] == "DELETE":
            self.clear()
        elif environ["REQUEST_METHOD"] == "POST":
            try:
                wanted = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
                if wanted["kind"] not in get_args(Kind):
                    raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
                self.add(**wanted)
            except (ValueError, KeyError, TypeError) as error:
                status = f"400 {error}"
        with self._lock:
            body = json.dumps({"pending": [vars(fault) for fault in self.pending]}).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]
