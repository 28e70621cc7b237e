"""Figures of this process for Prometheus: what was asked, how long it took, what models used, what runs now.

    metrics.answered("answered", "search", {"retrieve": 0.12, "answer": 0.4}, 0.6)
    metrics.text()            # the exposition format

No person, no question and no document is in them.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)

_questions = Counter("debrief_questions", "Answers given.", ("outcome", "route"), registry=REGISTRY)
_answer_s = Histogram(
    "debrief_answer_seconds", "From a question to the whole answer.", ("route",), buckets=_SECONDS, registry=REGISTRY
)
_stage_s = Histogram(
    "debrief_stage_seconds", "Time in each stage of an answer.", ("stage",), buckets=_SECONDS, registry=REGISTRY
)
_calls = Counter("debrief_model_calls", "Calls of language models.", ("model", "task", "stop"), registry=REGISTRY)
_tokens = Counter("debrief_model_tokens", "Tokens of language models.", ("model", "kind"), registry=REGISTRY)
_cost = Counter(
    "debrief_model_cost", "What language models cost, in the settings' currency.", ("model",), registry=REGISTRY
)
refused = Counter("debrief_refused_by_limit", "Questions and app runs over a limit.", ("limit",), registry=REGISTRY)
running = Gauge("debrief_running", "Questions and apps that run now.", ("what",), registry=REGISTRY)


def answered(outcome: str, route: str, stages: Mapping[str, float], seconds: float) -> None:
    """Counts an answer; `route` without the name of an app."""
    kind = route.partition(":")[0]
    _questions.labels(outcome, kind).inc()
    _answer_s.labels(kind).observe(seconds)
    for stage, spent in stages.items():
        _stage_s.labels(stage).observe(spent)


def called(model: str, task: str, stop: str, *, input_tokens: int, output_tokens: int, cost: float) -> None:
    """Counts a call of a language model."""
    _calls.labels(model, task, stop).inc()
    _tokens.labels(model, "input").inc(input_tokens)
    _tokens.labels(model, "output").inc(output_tokens)
    _cost.labels(model).inc(max(0.0, cost))


def text(*more: Collector) -> bytes:
    """All figures in Prometheus' text format; `more` are looked up now."""
    there = CollectorRegistry()
    for collector in more:
        there.register(collector)
    return generate_latest(REGISTRY) + generate_latest(there)
