"""How strong the evidence for an answer is, 0..1, and from where on an answer is given.

A logistic model over a few signals, fitted by `python -m evals.fit_abstention` on questions whose documents were or
were not in the index. `abstention.json` holds its weights, the threshold and where both come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from statistics import median

from assistant.evidence import Asked, Evidence, named_but_missing
from core.types import Passage


@dataclass(frozen=True)
class AbstentionModel:
    """Weights of the signals, and the confidence below which there is no answer."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float


def confidence_signals(asked: Asked, evidence: Sequence[Evidence], passages: Sequence[Passage]) -> dict[str, float]:
    """What the confidence is computed from.

    Args:
        evidence: The sentences of the passages that were read, best first; at least one.
        passages: All that were found.
    """
    best = evidence[0]
    chunk = best.passage.chunk
    seen = f"{chunk.title} {' '.join(chunk.heading_path)} {chunk.text}".replace("_", " ")
    cosines = [p.vector_similarity or 0.0 for p in passages]
    # The best sentence of each passage: a question that fits three passages equally well is about none of them.
    matches: dict[int, float] = {}
    for one in evidence:
        matches[one.rank] = max(matches.get(one.rank, 0.0), one.signals["match"])
    return {
        "match": best.signals["match"],
        "meaning": best.signals["meaning"],
        "passage_match": max(one.signals["passage_match"] for one in evidence),
        "least_match": min(matches.values()),
        "passage_cosine": best.signals["passage_cosine"],
        "top_cosine": max(cosines),
        "cosine_lead": max(cosines) - median(cosines),
        "named_missing": named_but_missing(asked.text, seen),
    }


def confidence(signals: Mapping[str, float], model: AbstentionModel | None = None) -> float:
    """0..1: how likely it is that the documents hold an answer, by the model that comes with Debrief or another."""
    model = model or abstention_model()
    total = model.intercept + sum(weight * signals.get(name, 0.0) for name, weight in model.weights.items())
    return 1 / (1 + exp(-max(-40.0, min(40.0, total))))


@cache
def abstention_model() -> AbstentionModel:
    """The fitted model that comes with Debrief."""
    stored = json.loads(files("assistant").joinpath("abstention.json").read_text(encoding="utf-8"))
    return AbstentionModel(stored["weights"], stored["intercept"], stored["threshold"])
