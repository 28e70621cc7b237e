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

from assistant.evidence import Asked, Evidence, named_but_missing
from core.types import Passage


@dataclass(frozen=True)
class AbstentionModel:
    """Weights of the signals, and the confidence below which there is no answer."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float


def confidence_signals(asked: Asked, best: Evidence, passages: Sequence[Passage]) -> dict[str, float]:
    """What the confidence is computed from. `best` is the sentence that would lead the answer."""
    chunk = best.passage.chunk
    seen = f"{chunk.title} {' '.join(chunk.heading_path)} {chunk.text}".replace("_", " ")
    own = best.signals
    cosines = [p.vector_similarity or 0.0 for p in passages]
    return {
        "match": own["match"],
        "weakest": own["weakest"],
        "question_word": own["question_word"],
        "meaning": own["meaning"],
        "overlap_titled": own["overlap_titled"],
        "overlap_passage": own["overlap_passage"],
        "offers": own["offers"],
        "passage_cosine": own["passage_cosine"],
        "top_cosine": max(cosines, default=0.0),
        "named_missing": named_but_missing(asked.text, seen),
        "words": min(len(asked.terms), 12) / 12,
    }


def confidence(signals: Mapping[str, float]) -> float:
    """0..1: how likely it is that the documents hold an answer."""
    model = abstention_model()
    total = model.intercept + sum(weight * signals.get(name, 0.0) for name, weight in model.weights.items())
    return 1 / (1 + exp(-max(-40.0, min(40.0, total))))


@cache
def abstention_model() -> AbstentionModel:
    """The fitted model that comes with Debrief."""
    stored = json.loads(files("assistant").joinpath("abstention.json").read_text(encoding="utf-8"))
    return AbstentionModel(stored["weights"], stored["intercept"], stored["threshold"])
