"""Texts → weighted word and letter n-grams, as scikit-learn's `TfidfVectorizer` cuts and weighs them, in numpy.

Fitting asks scikit-learn which n-grams there are and how rare each is (`fitting.py`); deciding needs only these, since
importing scikit-learn takes longer than a question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cut = Callable[[str], Iterator[str]]

LETTERS = (2, 5)
_WORD = re.compile(r"\w+")


def word_ngrams(text: str) -> Iterator[str]:
    """The words of `text` in lower case, and each two that stand together."""
    words = _WORD.findall(text.lower())
    yield from words
    yield from (f"{a} {b}" for a, b in pairwise(words))


def letter_ngrams(text: str) -> Iterator[str]:
    """Runs of 2 to 5 letters within words, with a blank where a word begins and ends."""
    for word in text.lower().split():
        padded = f" {word} "
        for n in range(LETTERS[0], LETTERS[1] + 1):
            yield from (padded[i : i + n] for i in range(len(padded) - n + 1))
            if n >= len(padded):
                break


class Ngrams:
    """Known n-grams with their weights; others in a text are ignored.

    Attributes:
        grams: The known n-grams.
        idf: (known n-grams,), how rare each is.
    """

    def __init__(self, grams: Sequence[str], idf: Floats, cut: Cut) -> None:
        """`cut` turns a text into its n-grams."""
        self.grams, self.idf = list(grams), idf
        self._cut = cut
        self._columns = {gram: n for n, gram in enumerate(self.grams)}

    def times(self, texts: Sequence[str], weights: Floats) -> Floats:
        """(len(texts), m): the texts' vectors, L2-normalised, times `weights` (known n-grams, m)."""
        rows = (self._weighted(text) for text in texts)
        return np.stack([values @ weights[columns] for columns, values in rows])

    def _weighted(self, text: str) -> tuple[NDArray[np.int_], Floats]:
        """The columns of the text's known n-grams, and their weights with norm 1."""
        counts = Counter(gram for gram in self._cut(text) if gram in self._columns)
        columns = np.array([self._columns[gram] for gram in counts], dtype=int)
        weights = (1 + np.log(np.array(list(counts.values()), dtype=float))) * self.idf[columns]
        return columns, weights / (np.linalg.norm(weights) or 1.0)
