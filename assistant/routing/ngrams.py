"""Texts → weighted word and letter n-grams: sparse vectors whose product says how many rare ones two texts share.

TF-IDF with logarithmic counts and L2 norm. Written out, since importing the library that has it takes longer than a
question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Cut = Callable[[str], Iterator[str]]

_WORD = re.compile(r"\w+")
_LETTERS = range(2, 6)


def word_ngrams(text: str) -> Iterator[str]:
    """The words of `text` in lower case, and each two that stand together."""
    words = _WORD.findall(text.lower())
    yield from words
    yield from (f"{a} {b}" for a, b in pairwise(words))


def letter_ngrams(text: str) -> Iterator[str]:
    """Runs of 2 to 5 letters within words, with a blank where a word begins and ends."""
    for word in text.lower().split():
        padded = f" {word} "
        for n in _LETTERS:
            yield from (padded[i : i + n] for i in range(len(padded) - n + 1))
            if n >= len(padded):
                break


class Ngrams:
    """The n-grams of some texts with their weights; those of other texts are ignored.

    Attributes:
        grams: The known n-grams.
        idf: (known n-grams,), how rare each is.
    """

    def __init__(self, texts: Sequence[str], cut: Cut) -> None:
        self._cut = cut
        frequency = Counter(gram for text in texts for gram in set(cut(text)))
        self.grams = sorted(frequency)
        counts = np.array([frequency[gram] for gram in self.grams], dtype=float)
        self.idf: Floats = np.log((1 + len(texts)) / (1 + counts)) + 1
        self._columns = {gram: n for n, gram in enumerate(self.grams)}

    @classmethod
    def known(cls, grams: Sequence[str], idf: Floats, cut: Cut) -> Ngrams:
        """Those whose `grams` and `idf` were kept."""
        result = cls((), cut)
        result.grams, result.idf = list(grams), idf
        result._columns = {gram: n for n, gram in enumerate(result.grams)}
        return result

    def of(self, texts: Sequence[str]) -> csr_matrix:
        """(len(texts), known n-grams), rows L2-normalised; a row is 0 for a text that shares none."""
        # Imported when it is needed: most commands learn nothing.
        from scipy.sparse import csr_matrix

        rows = [self._weighted(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, int)
        values = np.concatenate([values for _, values in rows]) if rows else np.zeros(0)
        return csr_matrix((values, columns, ends), shape=(len(rows), len(self.grams)))

    def times(self, texts: Sequence[str], weights: Floats) -> Floats:
        """(len(texts), m): `of(texts)` times `weights` (known n-grams, m), without the library for sparse matrices."""
        rows = (self._weighted(text) for text in texts)
        return np.stack([values @ weights[columns] for columns, values in rows])

    def _weighted(self, text: str) -> tuple[NDArray[np.int_], Floats]:
        """The columns of the text's known n-grams, and their weights with norm 1."""
        counts = Counter(gram for gram in self._cut(text) if gram in self._columns)
        columns = np.array([self._columns[gram] for gram in counts], dtype=int)
        weights = (1 + np.log(np.array(list(counts.values()), dtype=float))) * self.idf[columns]
        return columns, weights / (np.linalg.norm(weights) or 1.0)
