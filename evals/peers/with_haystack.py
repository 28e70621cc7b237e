"""Haystack as its hybrid retrieval tutorial shows it, without the re-ranking model that the tutorial downloads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from evals.data import JudgedDocument
from evals.peers.system import model_folder, passage_text


class Haystack:
    """Two pipelines over an `InMemoryDocumentStore`."""

    setup = "512 words, 32 overlap; dense + BM25, reciprocal rank; in memory"

    def __init__(self) -> None:
        store = self._store = InMemoryDocumentStore()
        device = ComponentDevice.from_str("cpu")
        self._write = Pipeline()
        self._write.add_component("split", DocumentSplitter(split_by="word", split_length=512, split_overlap=32))
        embedder = SentenceTransformersDocumentEmbedder(model=model_folder(), device=device, progress_bar=False)
        self._write.add_component("embed", embedder)
        self._write.add_component("write", DocumentWriter(store))
        self._write.connect("split", "embed")
        self._write.connect("embed", "write")
        self._read = Pipeline()
        reader = SentenceTransformersTextEmbedder(model=model_folder(), device=device, progress_bar=False)
        self._read.add_component("embed", reader)
        self._read.add_component("dense", InMemoryEmbeddingRetriever(store))
        self._read.add_component("bm25", InMemoryBM25Retriever(store))
        self._read.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        self._read.connect("embed", "dense")
        self._read.connect("dense", "join")
        self._read.connect("bm25", "join")
        for part in (embedder, reader):
            part.warm_up()

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        """Splits, embeds and writes."""
        whole = [Document(content=passage_text(document), meta={"document": document.id}) for document in documents]
        self._write.run({"split": {"documents": whole}})
        return [str(passage.content) for passage in self._store.filter_documents()]

    def search(self, question: str, limit: int) -> list[str]:
        """One run of the reading pipeline."""
        found = self._read.run(
            {
                "embed": {"text": question},
                "dense": {"top_k": limit},
                "bm25": {"query": question, "top_k": limit},
                "join": {"top_k": limit},
            }
        )
        return [document.meta["document"] for document in found["join"]["documents"]]


def open_system(folder: Path, threads: int) -> Haystack:
    """Haystack, which keeps everything in memory."""
    if threads:
        torch.set_num_threads(threads)
    return Haystack()
