"""Debrief as it is configured by default: chunks, vectors, BM25, close reading, a published generation on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.settings import EmbeddingSettings, Settings
from evals.data import JudgedDocument
from evals.measures.corpus import READER, as_corpus, build_corpus
from retrieval.models import open_embedder
from retrieval.query import embedded_text
from retrieval.retriever import Retriever, configured


class Debrief:
    """The code of a sync and of `debrief search`; parsing is left out, since the documents are text."""

    setup = "sentences to 180 words, 30 overlap; dense + BM25, close reading; on disk, access filter"

    def __init__(self, folder: Path, threads: int) -> None:
        self._settings = Settings(root=folder, embedding=EmbeddingSettings(threads=threads))
        self._embedder = open_embedder(self._settings)
        self._retriever: Retriever | None = None

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        """Chunks, embeds, writes and publishes."""
        folder = self._settings.data_path / "index"
        retriever = build_corpus(as_corpus(documents), self._settings, self._embedder, folder)
        self._retriever = configured(retriever, self._settings)
        return [embedded_text(chunk, self._embedder.languages) for chunk in self._retriever.index.chunks()]

    def search(self, question: str, limit: int) -> list[str]:
        """As `debrief search` does it."""
        assert self._retriever is not None, "index first"
        return [passage.chunk.document_id for passage in self._retriever.search(question, READER, limit)]


def open_system(folder: Path, threads: int) -> Debrief:
    """Debrief with its data in `folder`."""
    return Debrief(folder, threads)
