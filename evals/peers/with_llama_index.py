"""LlamaIndex as its hybrid example shows it: the vector index and BM25 over the same nodes, fused by rank."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import MetadataMode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever

from evals.data import JudgedDocument
from evals.peers.system import model_folder, passage_text


class LlamaIndex:
    """`QueryFusionRetriever` without generated queries, since those need a language model."""

    setup = "sentence splitter, 1,024 tokens, 200 overlap; dense + BM25, reciprocal rank; in memory"

    def __init__(self) -> None:
        self._embedding = HuggingFaceEmbedding(model_name=model_folder(), device="cpu")
        self._index: VectorStoreIndex | None = None
        self._retrievers: dict[int, QueryFusionRetriever] = {}

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        """Splits and embeds; the BM25 retriever is made here as well, since it indexes."""
        whole = [Document(text=passage_text(document), doc_id=document.id) for document in documents]
        nodes = SentenceSplitter().get_nodes_from_documents(whole)
        self._index = VectorStoreIndex(nodes, embed_model=self._embedding)
        self._retriever(20)
        return [node.get_content(MetadataMode.EMBED) for node in nodes]

    def _retriever(self, limit: int) -> QueryFusionRetriever:
        assert self._index is not None, "index first"
        if limit not in self._retrievers:
            self._retrievers[limit] = QueryFusionRetriever(
                [
                    self._index.as_retriever(similarity_top_k=limit),
                    BM25Retriever.from_defaults(docstore=self._index.docstore, similarity_top_k=limit),
                ],
                llm=MockLLM(),
                mode="reciprocal_rerank",
                num_queries=1,
                use_async=False,
                similarity_top_k=limit,
            )
        return self._retrievers[limit]

    def search(self, question: str, limit: int) -> list[str]:
        """`retrieve`."""
        return [found.node.ref_doc_id for found in self._retriever(limit).retrieve(question)]


def open_system(folder: Path, threads: int) -> LlamaIndex:
    """LlamaIndex, which keeps everything in memory."""
    if threads:
        torch.set_num_threads(threads)
    return LlamaIndex()
