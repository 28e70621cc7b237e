"""Chunks and vectors for retrieval tests: made of words, the same each time."""

from __future__ import annotations

import hashlib
import uuid

import numpy as np

from core.arrays import FloatArray
from core.types import Chunk

DIM = 64


def vector_of(text: str) -> FloatArray:
    """A unit vector of the text's words: texts that share words are near."""
    total = np.zeros(DIM, dtype=np.float32)
    for word in text.lower().split():
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        total += np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
    norm = float(np.linalg.norm(total))
    return total / norm if norm else np.full(DIM, DIM**-0.5, dtype=np.float32)


def vectors_of(texts: list[str]) -> FloatArray:
    """(len(texts), DIM) float32, L2-normalised."""
    return np.stack([vector_of(t) for t in texts]) if texts else np.zeros((0, DIM), dtype=np.float32)


def make_chunk(document_id: str, ordinal: int, text: str, **fields: object) -> Chunk:
    """A chunk that everyone may read unless `allow` says otherwise."""
    values = {"title": "", "allow": frozenset({"everyone"}), "metadata": {}, **fields}
    chunk_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{document_id}#{ordinal}"))
    return Chunk(id=chunk_id, document_id=document_id, ordinal=ordinal, text=text, **values)  # type: ignore[arg-type]


class WordEmbedder:
    """An `Embedder` whose vectors are `vector_of`."""

    name = "words"
    dim = DIM
    languages = "en"

    def encode_texts(self, texts: list[str]) -> FloatArray:
        return vectors_of(list(texts))

    def encode_query(self, text: str) -> FloatArray:
        return vector_of(text)
