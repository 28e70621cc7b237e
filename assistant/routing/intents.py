"""Which of several intents a short message has, learned from a few examples each, and whether it has none of them.

Kernel ridge regression over two views of a text: the embedding's neighbourhood and its words and letters. It is
solved in closed form, which also gives what each example would score if it, its near copies, or its whole intent
had not been there; thresholds and confidences are fitted on those held-out scores, never on a test set.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.routing.ngrams import Ngrams, letter_ngrams, word_ngrams
from core.errors import DatasetError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]

# Chosen by leave-one-out on the training examples of clinc150; accuracy changes by under 0.5 points around them.
_SHARPNESS = 1.5
_WORD_SHARE = 0.1
_LETTER_SHARE = 0.1
_RIDGE = 0.2

# A threshold may cost this share of the examples that are recognised without one.
_COST = 0.008
# … and needs to reject no more than this share of the out-of-scope examples, where there are any.
_REJECTED = 0.98
# An intent's own threshold counts as much as the common one when it has this many examples.
_PRIOR_EXAMPLES = 40
# Examples nearer than this (cosine) are near copies: calibration leaves them out together.
_NEAR_COPY = 0.8
# The solution takes n² memory and n³ time; beyond this, each intent gives its first examples in turn.
_MAX_EXAMPLES = 6_000
# Of the regression that turns scores into confidences.
_PULL, _NEWTON_STEPS, _LONGEST_STEP = 0.1, 100, 5.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message was taken for.

    Attributes:
        label: The intent; None when it is out of scope.
        confidence: Calibrated probability that `label` (or None) is right.
        ranked: The best intents and their probability of being right, whether or not they were accepted.
        nearest: The best intent's training example that is most like the message.
    """

    label: str | None
    confidence: float
    ranked: tuple[tuple[str, float], ...]
    nearest: str = ""


class IntentClassifier:
    """Fitted on examples; `decide` takes a text and its embedding."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str | None], vectors: NDArray[np.floating[Any]]) -> None:
        """Fits on examples; the label None marks one that is out of scope.

        Args:
            vectors: (len(texts), dim), L2-normalised.

        Raises:
            DatasetError: no example has an intent, or the lengths differ.
        """
        if not len(texts) == len(labels) == len(vectors):
            raise DatasetError(
                f"There are {len(texts)} texts, {len(labels)} labels and {len(vectors)} vectors; pass one of each."
            )
        keep = _in_turn(labels, _MAX_EXAMPLES)
        self._texts = [texts[i] for i in keep]
        kept = [labels[i] for i in keep]
        self.labels = tuple(sorted({label for label in kept if label is not None}))
        if not self.labels:
            raise DatasetError("No training example has an intent; add labelled examples.")
        number = {label: n for n, label in enumerate(self.labels)}
        self._classes = np.array([-1 if label is None else number[label] for label in kept])
        self._vectors = np.asarray(vectors, np.float64)[keep]
        self._words, self._letters = Ngrams(self._texts, word_ngrams), Ngrams(self._texts, letter_ngrams)
        self._fit(self._words.of(self._texts), self._letters.of(self._texts))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything that `from_arrays` needs: numbers, and texts as JSON in bytes."""
        slope, offset = self._confidence if self._confidence is not None else (np.zeros(0), 0.0)
        texts = {
            "texts": self._texts,
            "labels": self.labels,
            "words": self._words.grams,
            "letters": self._letters.grams,
        }
        return {
            **{name: np.frombuffer(json.dumps(value).encode(), np.uint8) for name, value in texts.items()},
            "classes": self._classes,
            # They came with single precision.
            "vectors": self._vectors.astype(np.float32),
            "weights": self._weights,
            "word_idf": self._words.idf,
            "letter_idf": self._letters.idf,
            "word_weights": self._word_weights,
            "letter_weights": self._letter_weights,
            "thresholds": self.thresholds,
            "confidence": np.array([*slope, offset]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> IntentClassifier:
        """The classifier whose `arrays` these are.

        Raises:
            KeyError, ValueError: they aren't those of a classifier.
        """
        texts = {name: json.loads(arrays[name].tobytes()) for name in ("texts", "labels", "words", "letters")}
        result = cls.__new__(cls)
        result._texts, result.labels = texts["texts"], tuple(texts["labels"])
        result._classes = arrays["classes"]
        result._vectors = arrays["vectors"].astype(np.float64)
        result._weights = arrays["weights"]
        result._words = Ngrams.known(texts["words"], arrays["word_idf"], word_ngrams)
        result._letters = Ngrams.known(texts["letters"], arrays["letter_idf"], letter_ngrams)
        result._word_weights, result._letter_weights = arrays["word_weights"], arrays["letter_weights"]
        result.thresholds = arrays["thresholds"]
        *slope, offset = arrays["confidence"].tolist()
        result._confidence = (np.array(slope), offset) if slope else None
        return result

    def decide(self, text: str, vector: NDArray[np.floating[Any]], lean: Mapping[str, float] | None = None) -> Decision:
        """What `text` is taken for.

        Args:
            vector: (dim,), L2-normalised.
            lean: Intent → what else speaks for it (or against it), added to its score. Scores are about 0 for a
                text unlike an intent and 1 for one of its examples.
        """
        return self.decide_all([text], np.asarray(vector)[None], lean)[0]

    def decide_all(
        self, texts: Sequence[str], vectors: NDArray[np.floating[Any]], lean: Mapping[str, float] | None = None
    ) -> list[Decision]:
        """The decision on each text. Arguments as `decide`; `vectors`: (len(texts), dim)."""
        near = self._near(np.asarray(vectors, np.float64))
        scores = near @ self._weights
        scores += self._words.times(texts, self._word_weights)
        scores += self._letters.times(texts, self._letter_weights)
        for label, amount in (lean or {}).items():
            if label in self.labels:
                scores[:, self.labels.index(label)] += amount
        probabilities = self._probabilities(scores)
        # The example to name is one of the intent that was found, not of another that happens to be nearer.
        own = self._classes[None, :] == scores.argmax(axis=1)[:, None]
        nearest = np.where(own, near, -1.0).argmax(axis=1)
        return [self._decision(*row) for row in zip(scores, probabilities, nearest, strict=True)]

    def _decision(self, scores: Floats, probability: float, nearest: int) -> Decision:
        order = np.argsort(-scores)[:3]
        best = int(order[0])
        accepted = scores[best] > self.thresholds[best]
        # The runners-up share what the best one leaves, in proportion to their scores.
        rest = np.clip(scores[order[1:]], 1e-6, None)
        shares = rest / (rest.sum() + max(float(scores[best]), 1e-6)) * (1 - probability)
        others = ((self.labels[int(i)], float(share)) for i, share in zip(order[1:], shares, strict=True))
        ranked = ((self.labels[best], float(probability)), *others)
        confidence = float(probability) if accepted else float(1 - probability)
        return Decision(self.labels[best] if accepted else None, confidence, ranked, self._texts[int(nearest)])

    def _near(self, vectors: Floats) -> Floats:
        """(len(vectors), examples): how alike the embeddings are, at most the embedding's share of 1."""
        result: Floats = np.exp(-2 * _SHARPNESS * (1 - vectors @ self._vectors.T))
        result *= 1 - _WORD_SHARE - _LETTER_SHARE
        return result

    def _fit(self, words: csr_matrix, letters: csr_matrix) -> None:
        inside = self._classes >= 0
        targets = np.zeros((len(self._classes), len(self.labels)))
        targets[inside, self._classes[inside]] = 1
        lexical = _WORD_SHARE * (words @ words.T) + _LETTER_SHARE * (letters @ letters.T)
        kernel = self._near(self._vectors) + lexical.toarray()
        inverse = np.linalg.inv(kernel + _RIDGE * np.eye(len(kernel)))
        self._weights = inverse @ targets
        # The lexical part is linear, so that it folds into one weight per word and intent: no example is looked at.
        self._word_weights: Floats = _WORD_SHARE * (words.T @ self._weights)
        self._letter_weights: Floats = _LETTER_SHARE * (letters.T @ self._weights)
        alone = targets - self._weights / np.diag(inverse)[:, None]
        self.thresholds = self._fit_thresholds(alone)
        apart, unknown = self._held_out(inverse, targets)
        self._fit_confidence(apart, unknown)

    def _fit_thresholds(self, scores: Floats) -> Floats:
        """(labels,): what a best score must exceed, from leave-one-out scores of all examples."""
        inside = self._classes >= 0
        best, top = scores.argmax(axis=1), scores.max(axis=1)
        right = inside & (best == self._classes)
        if not right.any():
            return np.zeros(len(self.labels))
        common = float(np.quantile(top[right], _COST))
        if (~inside).any():
            common = min(common, float(np.quantile(top[~inside], _REJECTED)))
        usual = float(np.median(top[right]))
        thresholds = np.full(len(self.labels), common)
        for label in range(len(self.labels)):
            own = top[right & (self._classes == label)]
            if len(own):
                # Intents whose examples score low among themselves ask for less.
                share = len(own) / (len(own) + _PRIOR_EXAMPLES)
                thresholds[label] *= (float(np.median(own)) / usual) ** share
        return thresholds

    def _held_out(self, inverse: Floats, targets: Floats) -> tuple[Floats, Floats]:
        """Scores of every example without its near copies, and of every example without its whole intent."""
        cosine = self._vectors @ self._vectors.T
        apart, unknown = np.zeros_like(targets), np.zeros_like(targets)
        for i, label in enumerate(self._classes):
            block = np.flatnonzero((cosine[i] > _NEAR_COPY) & (self._classes == label))
            block = np.concatenate([[i], block[block != i]])
            apart[i] = self._without(inverse, targets, block)[0]
        for label in range(len(self.labels)):
            block = np.flatnonzero(self._classes == label)
            unknown[block] = self._without(inverse, targets, block)
        return apart, unknown

    def _without(self, inverse: Floats, targets: Floats, block: NDArray[np.intp]) -> Floats:
        """What the examples of `block` score if they had not been fitted on."""
        result: Floats = targets[block] - np.linalg.solve(inverse[np.ix_(block, block)], self._weights[block])
        return result

    def _fit_confidence(self, apart: Floats, unknown: Floats) -> None:
        inside = self._classes >= 0
        right = (inside & (apart.argmax(axis=1) == self._classes)).astype(int)
        features, outcome, weight = _features(apart), right, np.ones(len(right))
        if inside.all():
            # Without out-of-scope examples, those whose intent was taken away stand in for them, at a tenth.
            features = np.concatenate([features, _features(unknown)])
            outcome = np.concatenate([right, np.zeros(len(unknown), int)])
            weight = np.concatenate([weight, np.full(len(unknown), 0.1)])
        self._confidence: tuple[Floats, float] | None = None
        if 0 < outcome.sum() < len(outcome):
            self._confidence = _logistic(features, outcome, weight)

    def _probabilities(self, scores: Floats) -> Floats:
        if self._confidence is None:
            top: Floats = np.clip(scores.max(axis=1), 0.0, 1.0)
            return top
        slope, offset = self._confidence
        result: Floats = 1 / (1 + np.exp(-(_features(scores) @ slope + offset)))
        return result


def _logistic(features: Floats, outcome: NDArray[np.int_], weight: Floats) -> tuple[Floats, float]:
    """Slopes and offset of the logistic regression of `outcome` (0 or 1), with a slight pull of the slopes to 0."""
    with_offset = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    pull = np.diag([*np.full(features.shape[1], _PULL), 1e-9])
    found = np.zeros(with_offset.shape[1])
    for _ in range(_NEWTON_STEPS):
        expected = 1 / (1 + np.exp(-(with_offset @ found)))
        gradient = with_offset.T @ (weight * (expected - outcome)) + pull @ found
        curvature = (with_offset.T * (weight * expected * (1 - expected))) @ with_offset + pull
        step = np.linalg.solve(curvature, gradient)
        # A long step would overshoot where the curve is flat.
        found -= step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-6:
            break
    return found[:-1], float(found[-1])


def _features(scores: Floats) -> Floats:
    """(n, 2): the best score and its lead over the second."""
    if scores.shape[1] == 1:
        return np.concatenate([scores, scores], axis=1)
    top = np.sort(scores, axis=1)[:, -2:]
    result: Floats = np.stack([top[:, 1], top[:, 1] - top[:, 0]], axis=1)
    return result


def _in_turn(labels: Sequence[str | None], limit: int) -> list[int]:
    """Indices of at most `limit` examples, one of each intent in turn, in their order."""
    if len(labels) <= limit:
        return list(range(len(labels)))
    groups: dict[str | None, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        groups[label].append(i)
    turns = chain.from_iterable(zip_longest(*groups.values()))
    return sorted([i for i in turns if i is not None][:limit])
