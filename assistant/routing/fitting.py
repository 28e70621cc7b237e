"""Examples → `IntentClassifier`: learned with scikit-learn, which is imported only here, when examples have changed.

The regression is solved in closed form, which also gives what each example would score if it, its near copies, or its
whole intent had not been there; thresholds and confidences are fitted on those held-out scores, never on a test set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from assistant.routing.intents import LETTER_SHARE, WORD_SHARE, IntentClassifier, nearness, score_features
from assistant.routing.ngrams import LETTERS, Cut, Floats, Ngrams, letter_ngrams, word_ngrams
from core.errors import DatasetError

# Chosen as the shares in `intents.py`.
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
# How little the slopes of the regression that turns scores into confidences are pulled to 0.
_SLACK = 10.0


def fit_intents(
    texts: Sequence[str], labels: Sequence[str | None], vectors: NDArray[np.floating[Any]]
) -> IntentClassifier:
    """What the examples teach; the label None marks one that is out of scope.

    Args:
        vectors: (len(texts), dim), L2-normalised.

    Raises:
        DatasetError: no example has an intent or a word, or the lengths differ.
    """
    if not len(texts) == len(labels) == len(vectors):
        raise DatasetError(
            f"There are {len(texts)} texts, {len(labels)} labels and {len(vectors)} vectors; pass one of each."
        )
    keep = _in_turn(labels, _MAX_EXAMPLES)
    kept, examples = [labels[i] for i in keep], [texts[i] for i in keep]
    names = sorted({label for label in kept if label is not None})
    if not names:
        raise DatasetError("No training example has an intent; add labelled examples.")
    number = {label: n for n, label in enumerate(names)}
    classes = np.array([-1 if label is None else number[label] for label in kept])
    return _fitted(tuple(names), examples, classes, np.asarray(vectors, np.float64)[keep])


@dataclass(frozen=True, slots=True)
class _Solved:
    """The regression: (n, n) inverse of the kernel with the ridge on its diagonal; (n, labels) targets and weights."""

    inverse: Floats
    targets: Floats
    weights: Floats

    def without(self, block: NDArray[np.intp]) -> Floats:
        """What the examples of `block` score if they had not been fitted on."""
        own = self.inverse[np.ix_(block, block)]
        result: Floats = self.targets[block] - np.linalg.solve(own, self.weights[block])
        return result


def _fitted(
    labels: tuple[str, ...], texts: Sequence[str], classes: NDArray[np.int_], vectors: Floats
) -> IntentClassifier:
    words, of_words = _ngrams(texts, word_ngrams, ngram_range=(1, 2), token_pattern=r"\w+")
    letters, of_letters = _ngrams(texts, letter_ngrams, ngram_range=LETTERS, analyzer="char_wb")
    targets = (classes[:, None] == np.arange(len(labels))).astype(float)
    lexical = WORD_SHARE * (of_words @ of_words.T) + LETTER_SHARE * (of_letters @ of_letters.T)
    kernel = nearness(vectors, vectors) + lexical.toarray()
    inverse = np.linalg.inv(kernel + _RIDGE * np.eye(len(kernel)))
    weights = inverse @ targets
    return IntentClassifier(
        labels=labels,
        texts=texts,
        classes=classes,
        vectors=vectors,
        weights=weights,
        words=words,
        letters=letters,
        # The lexical part is linear, so that it folds into one weight per word and intent: no example is looked at.
        word_weights=WORD_SHARE * (of_words.T @ weights),
        letter_weights=LETTER_SHARE * (of_letters.T @ weights),
        thresholds=_thresholds(targets - weights / np.diag(inverse)[:, None], classes),
        confidence=_confidence(*_held_out(_Solved(inverse, targets, weights), vectors, classes), classes),
    )


def _ngrams(texts: Sequence[str], cut: Cut, **how: Any) -> tuple[Ngrams, Any]:
    """The n-grams of `texts`, and their vectors as a sparse matrix (len(texts), n-grams)."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, **how)
    try:
        vectors = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise DatasetError(f"The {len(texts)} training examples hold no word; write examples in words.") from error
    return Ngrams(vectorizer.get_feature_names_out().tolist(), vectorizer.idf_, cut), vectors


def _thresholds(scores: Floats, classes: NDArray[np.int_]) -> Floats:
    """(labels,): what a best score must exceed, from leave-one-out scores of all examples."""
    inside = classes >= 0
    best, top = scores.argmax(axis=1), scores.max(axis=1)
    right = inside & (best == classes)
    if not right.any():
        return np.zeros(scores.shape[1])
    common = float(np.quantile(top[right], _COST))
    if (~inside).any():
        common = min(common, float(np.quantile(top[~inside], _REJECTED)))
    usual = float(np.median(top[right]))
    thresholds = np.full(scores.shape[1], common)
    for label in range(scores.shape[1]):
        own = top[right & (classes == label)]
        if len(own):
            # Intents whose examples score low among themselves ask for less.
            share = len(own) / (len(own) + _PRIOR_EXAMPLES)
            thresholds[label] *= (float(np.median(own)) / usual) ** share
    return thresholds


def _held_out(solved: _Solved, vectors: Floats, classes: NDArray[np.int_]) -> tuple[Floats, Floats]:
    """Scores of every example without its near copies, and of every example without its whole intent."""
    cosine = vectors @ vectors.T
    apart, unknown = np.zeros_like(solved.targets), np.zeros_like(solved.targets)
    for i, label in enumerate(classes):
        block = np.flatnonzero((cosine[i] > _NEAR_COPY) & (classes == label))
        block = np.concatenate([[i], block[block != i]])
        apart[i] = solved.without(block)[0]
    for label in range(classes.max() + 1):
        block = np.flatnonzero(classes == label)
        unknown[block] = solved.without(block)
    return apart, unknown


def _confidence(apart: Floats, unknown: Floats, classes: NDArray[np.int_]) -> tuple[Floats, float] | None:
    """Slopes and offset of the logistic curve over `score_features`, fitted on held-out scores."""
    inside = classes >= 0
    right = (inside & (apart.argmax(axis=1) == classes)).astype(int)
    features, outcome, weight = score_features(apart), right, np.ones(len(right))
    if inside.all():
        # Without out-of-scope examples, those whose intent was taken away stand in for them, at a tenth.
        features = np.concatenate([features, score_features(unknown)])
        outcome = np.concatenate([right, np.zeros(len(unknown), int)])
        weight = np.concatenate([weight, np.full(len(unknown), 0.1)])
    if not 0 < outcome.sum() < len(outcome):
        return None
    curve = LogisticRegression(C=_SLACK, tol=1e-8, max_iter=1_000).fit(features, outcome, weight)
    return curve.coef_[0], float(curve.intercept_[0])


def _in_turn(labels: Sequence[str | None], limit: int) -> list[int]:
    """Indices of at most `limit` examples, one of each intent in turn, in their order."""
    if len(labels) <= limit:
        return list(range(len(labels)))
    groups: dict[str | None, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        groups[label].append(i)
    turns = chain.from_iterable(zip_longest(*groups.values()))
    return sorted([i for i in turns if i is not None][:limit])
