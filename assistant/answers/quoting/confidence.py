"""How strong the evidence for an answer is, 0..1, and from where on an answer is given.

A logistic model over a few signals, fitted by `python -m evals.fitting.abstention` on questions whose documents were or
were not in the index. `abstention.json` holds its weights, the threshold and where both come from;
`abstention_multilingual.json` those for the multilingual embedding, whose tokens are all nearer to each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log

from assistant.answers.reading.evidence import ScoredStatement

# What the least fitting of three documents usually matches, where all that was read is of one document.
_NO_OTHER = 0.4
_SHORT_CHARS = 50


@dataclass(frozen=True)
class AbstentionModel:
    """Weights of the signals, and the confidences from which on there is an answer, and something worth showing.

    Attributes:
        threshold: For questions that a single fact answers (how many, when, who): passages on the topic may lack it.
        open_threshold: For all others, which any statement on the topic answers; None: the same.
    """

    weights: Mapping[str, float]
    intercept: float
    threshold: float
    partly: float = 0.02
    open_threshold: float | None = None


def confidence_signals(evidence: Sequence[ScoredStatement]) -> dict[str, float]:
    """What the confidence is computed from.

    Args:
        evidence: The sentences of the passages that were read, best first; at least one.
    """
    best = evidence[0]
    # What each document's best sentence matches: a question that fits several equally well is about none of them.
    matches: dict[str, float] = {}
    for one in evidence:
        document = one.passage.chunk.document_id
        matches[document] = max(matches.get(document, 0.0), one.signals["match_titled"])
    matches.pop(best.passage.chunk.document_id)
    read = {one.rank: len(one.passage.chunk.text) for one in evidence}
    return {
        "passage_rare": max(one.signals["passage_rare"] for one in evidence),
        "passage_titled": best.signals["passage_titled"],
        "pairs": best.signals["pairs"],
        "overlap_titled": best.signals["overlap_titled"],
        "other_match": min(matches.values(), default=_NO_OTHER),
        # The more there was to read, the more of a question is found in it by chance.
        "length": log(_SHORT_CHARS + sum(read.values())),
    }


def confidence(signals: Mapping[str, float], model: AbstentionModel | None = None) -> float:
    """0..1: how likely it is that the documents hold an answer, by `model`, or the one for the English embedding."""
    model = model or abstention_model()
    total = model.intercept + sum(weight * signals.get(name, 0.0) for name, weight in model.weights.items())
    return _share(total)


def confidence_of_open(sure: float, model: AbstentionModel) -> float:
    """The confidence in an answer to an open question, for which `open_threshold` counts as `threshold` elsewhere."""
    if model.open_threshold is None or not 0 < sure < 1:
        return sure
    return _share(_log_odds(sure) + _log_odds(model.threshold) - _log_odds(model.open_threshold))


def _share(log_odds: float) -> float:
    return 1 / (1 + exp(-max(-40.0, min(40.0, log_odds))))


def _log_odds(share: float) -> float:
    return log(share / (1 - share))


@cache
def abstention_model(embedding: str = "english") -> AbstentionModel:
    """The model that was fitted for the packaged embedding of that name; for any other, the one for English."""
    name = "abstention_multilingual.json" if embedding == "multilingual" else "abstention.json"
    stored = json.loads(files("assistant.answers.quoting").joinpath(name).read_text(encoding="utf-8"))
    opened: float | None = stored.get("open_threshold")
    return AbstentionModel(stored["weights"], stored["intercept"], stored["threshold"], open_threshold=opened)
