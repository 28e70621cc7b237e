"""One vector a token, for comparing a question with the parts of a text word by word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text's tokens, without the model's own markers.

    Attributes:
        vectors: (n, dim) float32, each L2-normalised; a token's vector knows its context.
        begins, ends: (n,) int64, where each token stands in the text, in characters.
    """

    vectors: NDArray[np.float32]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


class TokenEncoder(Protocol):
    """What an embedder does beyond `encode_texts` when single tokens are to be compared."""

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. Texts over the model's length are cut."""
        ...


def token_vectors(hidden: NDArray[np.float32], offsets: list[tuple[int, int]], prompt_chars: int = 0) -> TokenVectors:
    """Normalises `hidden` (n, dim), leaves out the model's markers (empty offsets) and the prompt in front."""
    spans = np.array(offsets, np.int64).reshape(-1, 2) - prompt_chars
    real = (spans[:, 1] > spans[:, 0]) & (spans[:, 0] >= 0)
    vectors = hidden[real].astype(np.float32)
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return TokenVectors(vectors / lengths, spans[real, 0], spans[real, 1])
