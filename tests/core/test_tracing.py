"""Answers go to a collector as OpenTelemetry's traces, without anything that somebody wrote."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from core.logs import REQUEST, JsonLines, TextLines

ROOT = Path(__file__).resolve().parents[2]
# A process of its own: which collector it sends to is said once in each.
SENDS = """
import sys
from opentelemetry import trace
from assistant.records.trace import Trace
from core.tracing import send_traces
from core.types import Answer
send_traces(sys.argv[1])
notes = Trace("What does the takeover cost?", id="abc123")
with notes.stage("search"):
    pass
notes.route = "app:brief"
notes.finish(Answer("It costs much.", outcome="answered", route="app:brief"))
trace.get_tracer_provider().force_flush()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


@pytest.mark.integration
def test_an_answer_is_a_span_with_its_stages(collector: tuple[str, list[tuple[str, bytes]]]) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    url, got = collector
    subprocess.run([sys.executable, "-c", SENDS, url], cwd=ROOT, check=True, timeout=60)
    ((path, body),) = got
    assert path == "/v1/traces"
    sent = ExportTraceServiceRequest.FromString(_unpacked(body))
    spans = {span.name: span for found in sent.resource_spans for scope in found.scope_spans for span in scope.spans}
    assert set(spans) == {"answer", "search"}
    assert spans["search"].parent_span_id == spans["answer"].span_id
    attributes = {a.key: a.value.string_value for a in spans["answer"].attributes}
    assert attributes == {"debrief.request": "abc123", "debrief.outcome": "answered", "debrief.route": "app"}
    assert b"takeover" not in sent.SerializeToString() and b"costs much" not in sent.SerializeToString()


def _unpacked(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def test_lines_that_are_logged_for_an_answer_have_its_id() -> None:
    record = logging.LogRecord("core.llm", logging.INFO, "", 0, "asked again\nnow", None, None)
    before = TextLines().format(record), JsonLines().format(record)
    token = REQUEST.set("abc123")
    try:
        assert TextLines().format(record).endswith("asked again\\nnow (request abc123)")
        assert '"request": "abc123"' in JsonLines().format(record)
    finally:
        REQUEST.reset(token)
    assert not any("request" in line for line in before)
