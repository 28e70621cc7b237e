"""One vector a token, for comparing a question with the parts of a text word by word."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text's tokens, without the model's own markers.

    Attributes:
        vectors: (n, dim) float32, each L2-normalised; a token's vector knows its context.
        begins, ends: (n,) int64, where each token stands in the text, in characters.
    """

    vectors: FloatArray
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


class TokenEncoder(Protocol):
    """What an embedder does beyond `encode_texts` when single tokens are to be compared."""

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. Texts over the model's length are cut."""
        ...


def token_vectors(hidden: FloatArray, offsets: list[tuple[int, int]], prompt_chars: int = 0) -> TokenVectors:
    """Normalises `hidden` (n, dim), leaves out the model's markers (empty offsets) and the prompt in front."""
    spans = np.array(offsets, np.int64).reshape(-1, 2) - prompt_chars
    # The first word's token may hold the space that ends the prompt.
    real = (spans[:, 1] > spans[:, 0]) & (spans[:, 1] > 0)
    spans = np.maximum(spans, 0)
    vectors = hidden[real].astype(np.float32)
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return TokenVectors(vectors / lengths, spans[real, 0], spans[real, 1])


class RecentTokens:
    """A token encoder that remembers the texts it met last; what one question reads, the next often reads again.

    Args:
        capacity: How many texts; one of 200 tokens takes 0.3 MB at 384 dimensions. 0 remembers nothing.
    """

    def __init__(self, encoder: TokenEncoder, capacity: int) -> None:
        self._encoder = encoder
        self._capacity = capacity
        self._known: OrderedDict[str, TokenVectors] = OrderedDict()
        self._lock = threading.Lock()

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. Questions aren't remembered."""
        if query or not self._capacity:
            return self._encoder.encode_tokens(texts, query=query)
        with self._lock:
            known = {text: self._known[text] for text in texts if text in self._known}
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        if missing:
            known.update(zip(missing, self._encoder.encode_tokens(missing), strict=True))
        with self._lock:
            for text in texts:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return [known[text] for text in texts]
