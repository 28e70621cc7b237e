"""txtai as its documentation shows a hybrid index with content; it has no splitter for texts, so none is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from txtai import Embeddings

from evals.data import JudgedDocument
from evals.peers.system import model_folder, passage_text


class Txtai:
    """`Embeddings(hybrid=True, content=True)`."""

    setup = "whole documents, cut at 256 tokens for the vectors; dense + BM25; in memory"

    def __init__(self) -> None:
        self._embeddings = Embeddings(path=model_folder(), hybrid=True, content=True, gpu=False)

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        """Embeds and stores."""
        texts = [passage_text(document) for document in documents]
        self._embeddings.index([(document.id, text, None) for document, text in zip(documents, texts, strict=True)])
        return texts

    def search(self, question: str, limit: int) -> list[str]:
        """`search`."""
        return [found["id"] for found in self._embeddings.search(question, limit)]


def open_system(folder: Path, threads: int) -> Txtai:
    """txtai, which keeps its content in a temporary database."""
    if threads:
        torch.set_num_threads(threads)
    return Txtai()
