"""How well messages find their intent: the router's own classifier, learned from a set's training examples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.routing.fitting import fit_intents
from assistant.routing.intents import Decision
from evals.measures.intents import IntentSet, LabelledRequest
from retrieval.models import Embedder

_BINS = 15
# A label for "out of scope" where a name is needed to count.
_NONE = "\0none"


@dataclass(frozen=True, slots=True)
class RoutingReport:
    """What `debrief eval routing` prints.

    Attributes:
        accuracy: Share of the in-scope requests that got their own intent; one taken for out of scope is wrong.
        macro_f1: Mean F1 over the intents that the split has; out-of-scope requests count against precision.
        oos_recall: Share of the out-of-scope requests that were recognised; None when the split has none.
        ece: Expected calibration error of the confidence in the final decision, 15 equal bins, all requests.
        accuracy_forced: Accuracy if nothing could be out of scope.
        p50_ms: Median time of a decision once its embedding is there; `embed_ms` is the median of that.
    """

    name: str
    requests: int
    examples: int
    intents: int
    accuracy: float
    macro_f1: float
    oos_recall: float | None
    ece: float
    accuracy_forced: float
    p50_ms: float
    embed_ms: float
    fit_s: float


def evaluate_routing(judged: IntentSet, embedder: Embedder, timed: int = 200) -> RoutingReport:
    """Learns from the training examples only, then decides every request of the split.

    Args:
        timed: How many of the requests are also decided one by one, for the times.
    """
    vectors = embedder.encode_texts([r.text for r in judged.train])
    begin = time.perf_counter()
    classifier = fit_intents([r.text for r in judged.train], [r.intent for r in judged.train], vectors)
    fit_s = time.perf_counter() - begin
    texts = [r.text for r in judged.split]
    decisions = classifier.decide_all(texts, embedder.encode_texts(texts))
    embed_ms, decide_ms = [], []
    for text in texts[:: max(1, len(texts) // timed)]:
        begin = time.perf_counter()
        vector = embedder.encode_query(text)
        embedded = time.perf_counter()
        classifier.decide(text, vector)
        embed_ms.append(1000 * (embedded - begin))
        decide_ms.append(1000 * (time.perf_counter() - embedded))
    inside = [(r, d) for r, d in zip(judged.split, decisions, strict=True) if r.intent is not None]
    outside = [d for r, d in zip(judged.split, decisions, strict=True) if r.intent is None]
    return RoutingReport(
        name=judged.name,
        requests=len(texts),
        examples=len(judged.train),
        intents=len(classifier.labels),
        accuracy=_share([d.label == r.intent for r, d in inside]),
        macro_f1=macro_f1(judged.split, decisions),
        oos_recall=_share([d.label is None for d in outside]) if outside else None,
        ece=calibration_error(judged.split, decisions),
        accuracy_forced=_share([d.ranked[0][0] == r.intent for r, d in inside]),
        p50_ms=round(float(np.median(decide_ms)), 2),
        embed_ms=round(float(np.median(embed_ms)), 2),
        fit_s=round(fit_s, 2),
    )


def macro_f1(requests: Sequence[LabelledRequest], decisions: Sequence[Decision]) -> float:
    """The mean F1 over the intents among `requests`, each counting the same."""
    gold = [r.intent or _NONE for r in requests]
    found = [d.label or _NONE for d in decisions]
    values = []
    for intent in sorted({g for g in gold if g != _NONE}):
        right = sum(g == f == intent for g, f in zip(gold, found, strict=True))
        values.append(2 * right / (gold.count(intent) + found.count(intent)))
    return round(float(np.mean(values)), 4) if values else 0.0


def calibration_error(requests: Sequence[LabelledRequest], decisions: Sequence[Decision]) -> float:
    """The expected calibration error: |share right − mean confidence| by bin, weighted by the bins' sizes.

    Source: Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    """
    right = np.array([d.label == r.intent for r, d in zip(requests, decisions, strict=True)], dtype=float)
    confidence = np.array([d.confidence for d in decisions])
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for b in np.unique(bins):
        inside = bins == b
        error += float(inside.mean()) * abs(float(right[inside].mean()) - float(confidence[inside].mean()))
    return round(error, 4)


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
