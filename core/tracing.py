"""OpenTelemetry's traces of answers, sent where `metrics.otlp_endpoint` says; without it nothing is made or sent.

An answer is a span, and each of its stages one below it. They have names, times, outcome and route, but no person and
no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span

from core.errors import SettingsError


def send_traces(endpoint: str) -> None:
    """Sends the traces of this process to a collector that speaks OTLP by HTTP, such as "http://localhost:4318".

    Raises:
        SettingsError: the packages aren't installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError(
            "metrics.otlp_endpoint is set and OpenTelemetry's packages aren't installed; install them with "
            "pip install 'debrief[telemetry]', or empty the key."
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "debrief"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint.rstrip("/") + "/v1/traces")))
    trace.set_tracer_provider(provider)


def begin(request: str) -> Span:
    """The span of an answer, to be ended by `end`."""
    return trace.get_tracer("debrief").start_span("answer", attributes={"debrief.request": request})


@contextmanager
def stage(answer: Span, name: str) -> Iterator[None]:
    """A stage of it."""
    # Not made the current span: an answer is a generator, and what asks it isn't part of it.
    span = trace.get_tracer("debrief").start_span(name, trace.set_span_in_context(answer))
    try:
        yield
    finally:
        span.end()


def end(answer: Span, outcome: str, route: str) -> None:
    """The answer is there."""
    answer.set_attributes({"debrief.outcome": outcome, "debrief.route": route.partition(":")[0]})
    answer.end()
