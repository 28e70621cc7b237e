"""Reading a candidate word by word: late interaction over the vectors of a text's tokens.

One vector a passage blurs what a single sentence of it says. Here each token of the question looks for the part of
the passage that is nearest to it, and the passage scores the mean of these (MaxSim). The parts are runs of three
tokens, of which only the sign of each dimension is kept: 48 bytes a run at 384 dimensions, about 3 kB a passage,
with the same nDCG as full vectors of every token (docs/retrieval.md has the figures).

Source: Khattab, Zaharia, "ColBERT", SIGIR 2020; Clavié et al., "Reducing the footprint of multi-vector retrieval",
2024, for the pooling.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.arrays import FloatArray
from core.types import Chunk
from retrieval.query.bm25 import searched

IntArray = NDArray[np.int64]

RUN_TOKENS = 3
# 0.3 to 0.4 are alike; none at all and the same as others are both worse (docs/retrieval.md).
STOP_WORD_SHARE = 1 / 3

_WORD = re.compile(r"\w+")

# OpenBLAS starts threads for products of more multiplications than this; on a busy machine they wait for each other.
_ONE_THREAD = 2**18


@runtime_checkable
class WordReader(Protocol):
    """An embedder that can also compare a question with passages word by word."""

    def word_similarities(self, question: str, chunks: Sequence[Chunk]) -> FloatArray:
        """(len(chunks),) float32, higher is nearer; NaN where a passage's words aren't known."""
        ...


def sketch(tokens: FloatArray) -> bytes:
    """The signs of a text's runs of tokens, `dim` bits each. `tokens` is (n, dim), without the model's markers."""
    if not len(tokens):
        return b""
    normed = tokens / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
    runs = np.add.reduceat(normed, np.arange(0, len(normed), RUN_TOKENS), axis=0)
    return np.packbits(runs > 0, axis=1).tobytes()


def similarities(question: FloatArray, sketches: Sequence[bytes | None], shares: FloatArray) -> FloatArray:
    """MaxSim of the question with each sketch: (len(sketches),) float32, NaN for None and for an empty one.

    Args:
        question: (n, dim) float32, each token's vector L2-normalised.
        shares: (n,) float32, how much each token counts, see `word_shares`.
    """
    found = np.full(len(sketches), np.nan, np.float32)
    rows = [number for number, bits in enumerate(sketches) if bits]
    if not rows or not len(question):
        return found
    dim = question.shape[1]
    packed = [np.frombuffer(bits, np.uint8).reshape(-1, dim // 8) for bits in (sketches[row] for row in rows) if bits]
    # With signs as 0 and 1, the product with ±1 is twice the product minus the question's own sum.
    products = 2.0 * _products(np.concatenate(packed), question) - question.sum(axis=1)
    starts = np.cumsum([0, *(len(part) for part in packed[:-1])])
    found[rows] = np.maximum.reduceat(products, starts, axis=0) @ (shares / shares.sum()) / np.sqrt(dim)
    return found


def word_shares(question: str, begins: IntArray, ends: IntArray, language: str) -> FloatArray:
    """(n,) float32: 1 for a token of a word that BM25 would search, a third for stop words and punctuation.

    Every passage has an "of" that comes near to the question's. They count all the same, since their vectors know
    what stands around them; without them the order gets worse.

    Args:
        begins, ends: (n,) where each token stands in `question`.
        language: ISO 639-1; by another language's stop words only punctuation would be told from words.
    """
    shares = np.full(len(begins), STOP_WORD_SHARE, np.float32)
    for word in _WORD.finditer(question):
        if searched(word.group(), language):
            shares[(begins < word.end()) & (ends > word.start())] = 1.0
    return shares


def _products(packed: NDArray[np.uint8], question: FloatArray) -> FloatArray:
    """(runs, tokens): each run's bits as 0 and 1 times each token of the question.

    In blocks that stay in the cache and on one thread: 100 passages take 2 to 6 ms for 10 to 40 tokens, where one large
    product took 54 ms with other work on the machine.
    """
    tokens = np.ascontiguousarray(question.T)
    products = np.empty((len(packed), len(question)), np.float32)
    size = max(1, _ONE_THREAD // question.size)
    block = np.empty((size, question.shape[1]), np.float32)
    for start in range(0, len(packed), size):
        bits = np.unpackbits(packed[start : start + size], axis=1)
        block[: len(bits)] = bits
        np.matmul(block[: len(bits)], tokens, out=products[start : start + len(bits)])
    return products
