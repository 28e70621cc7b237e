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

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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
        matrix: (len(texts), known n-grams), rows L2-normalised.
    """

    def __init__(self, texts: Sequence[str], cut: Cut) -> None:
        self._cut = cut
        counted = [Counter(cut(text)) for text in texts]
        frequency = Counter(gram for counts in counted for gram in counts)
        self._columns = {gram: n for n, gram in enumerate(frequency)}
        self._idf = np.log((1 + len(texts)) / (1 + np.array(list(frequency.values()), dtype=float))) + 1
        self.matrix = self._weighted(counted)

    def of(self, texts: Sequence[str]) -> csr_matrix:
        """(len(texts), known n-grams), rows L2-normalised; a row is 0 for a text that shares none."""
        return self._weighted([Counter(self._cut(text)) for text in texts])

    def _weighted(self, counted: Sequence[Counter[str]]) -> csr_matrix:
        # Imported when it is needed: most commands route nothing.
        from scipy.sparse import csr_matrix

        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for counts in counted:
            known = [(self._columns[gram], n) for gram, n in counts.items() if gram in self._columns]
            row = np.array([column for column, _ in known], dtype=int)
            weights = (1 + np.log([n for _, n in known])) * self._idf[row] if known else np.zeros(0)
            columns.extend(row.tolist())
            values.extend((weights / (np.linalg.norm(weights) or 1.0)).tolist())
            ends.append(len(columns))
        return csr_matrix((values, columns, ends), shape=(len(counted), len(self._columns)))
