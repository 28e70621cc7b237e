"""Which of several intents a short message has, and whether it has none of them: what was fitted decides, in numpy.

Kernel ridge regression over two views of a text: the embedding's neighbourhood and its words and letters. `fitting.py`
learns it from a few examples of each intent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.routing.ngrams import Floats, Ngrams, letter_ngrams, word_ngrams

# Chosen by leave-one-out on the training examples of clinc150; accuracy changes by under 0.5 points around them.
SHARPNESS = 1.5
WORD_SHARE = 0.1
LETTER_SHARE = 0.1


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


@dataclass(frozen=True, slots=True)
class IntentClassifier:
    """What was learned from examples; `decide` takes a text and its embedding.

    Attributes:
        texts: The examples, with `classes` (the label's number, -1 out of scope) and `vectors` (n, dim), L2-normalised.
        weights: (n, labels), what an example counts for each label; `word_weights` and `letter_weights` fold the
            n-grams' part of it into one weight per n-gram and label.
        thresholds: (labels,), what a best score must exceed.
        confidence: Slopes and offset of the logistic curve over `score_features`; None where it couldn't be fitted.
    """

    labels: tuple[str, ...]
    texts: Sequence[str]
    classes: NDArray[np.int_]
    vectors: Floats
    weights: Floats
    words: Ngrams
    letters: Ngrams
    word_weights: Floats
    letter_weights: Floats
    thresholds: Floats
    confidence: tuple[Floats, float] | None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything that `from_arrays` needs: numbers, and texts as JSON in bytes."""
        slope, offset = self.confidence if self.confidence is not None else (np.zeros(0), 0.0)
        texts = {
            "texts": self.texts,
            "labels": self.labels,
            "words": self.words.grams,
            "letters": self.letters.grams,
        }
        return {
            **{name: np.frombuffer(json.dumps(value).encode(), np.uint8) for name, value in texts.items()},
            "classes": self.classes,
            # They came with single precision.
            "vectors": self.vectors.astype(np.float32),
            "weights": self.weights,
            "word_idf": self.words.idf,
            "letter_idf": self.letters.idf,
            "word_weights": self.word_weights,
            "letter_weights": self.letter_weights,
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
        *slope, offset = arrays["confidence"].tolist()
        return cls(
            labels=tuple(texts["labels"]),
            texts=texts["texts"],
            vectors=arrays["vectors"].astype(np.float64),
            words=Ngrams(texts["words"], arrays["word_idf"], word_ngrams),
            letters=Ngrams(texts["letters"], arrays["letter_idf"], letter_ngrams),
            confidence=(np.array(slope), offset) if slope else None,
            **{name: arrays[name] for name in ("classes", "weights", "word_weights", "letter_weights", "thresholds")},
        )

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
        near = nearness(np.asarray(vectors, np.float64), self.vectors)
        scores = near @ self.weights
        scores += self.words.times(texts, self.word_weights)
        scores += self.letters.times(texts, self.letter_weights)
        for label, amount in (lean or {}).items():
            if label in self.labels:
                scores[:, self.labels.index(label)] += amount
        probabilities = self._probabilities(scores)
        # The example to name is one of the intent that was found, not of another that happens to be nearer.
        own = self.classes[None, :] == scores.argmax(axis=1)[:, None]
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
        return Decision(self.labels[best] if accepted else None, confidence, ranked, self.texts[int(nearest)])

    def _probabilities(self, scores: Floats) -> Floats:
        if self.confidence is None:
            top: Floats = np.clip(scores.max(axis=1), 0.0, 1.0)
            return top
        slope, offset = self.confidence
        result: Floats = 1 / (1 + np.exp(-(score_features(scores) @ slope + offset)))
        return result


def nearness(vectors: Floats, examples: Floats) -> Floats:
    """(len(vectors), len(examples)): how alike the embeddings are, at most the embedding's share of 1."""
    result: Floats = np.exp(-2 * SHARPNESS * (1 - vectors @ examples.T))
    result *= 1 - WORD_SHARE - LETTER_SHARE
    return result


def score_features(scores: Floats) -> Floats:
    """(n, 2): the best score and its lead over the second."""
    if scores.shape[1] == 1:
        return np.concatenate([scores, scores], axis=1)
    top = np.sort(scores, axis=1)[:, -2:]
    result: Floats = np.stack([top[:, 1], top[:, 1] - top[:, 0]], axis=1)
    return result
