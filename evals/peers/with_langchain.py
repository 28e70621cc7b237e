"""LangChain as its retrieval tutorial and its Qdrant page show it: a recursive splitter and a local dense store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_qdrant import QdrantVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

from evals.data import JudgedDocument
from evals.peers.system import model_folder, passage_text


class LangChain:
    """`QdrantVectorStore` at a local path."""

    setup = "recursive splitter, 1,000 characters, 200 overlap; dense; Qdrant at a local path"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embeddings = HuggingFaceEmbeddings(model_name=model_folder(), model_kwargs={"device": "cpu"})
        self._store: QdrantVectorStore | None = None

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        """Splits, embeds and stores."""
        splitter = RecursiveCharacterTextSplitter(chunk_size=1_000, chunk_overlap=200)
        whole = [Document(passage_text(document), metadata={"id": document.id}) for document in documents]
        passages = splitter.split_documents(whole)
        self._store = QdrantVectorStore.from_documents(
            passages, self._embeddings, path=str(self._folder / "qdrant"), collection_name="peers"
        )
        return [passage.page_content for passage in passages]

    def search(self, question: str, limit: int) -> list[str]:
        """`similarity_search`."""
        assert self._store is not None, "index first"
        return [found.metadata["id"] for found in self._store.similarity_search(question, k=limit)]


def open_system(folder: Path, threads: int) -> LangChain:
    """LangChain with its store in `folder`."""
    if threads:
        torch.set_num_threads(threads)
    return LangChain(folder)
