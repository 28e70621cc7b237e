"""A set's documents as a searchable index of their own, apart from the workspace's.

Documents are chunked, embedded, indexed and published by the code of a sync; only parsing is left out, since they
are text already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.settings import Settings
from core.text.detect import detect_language
from core.types import EVERYONE, Attributes, AttributeValue, Chunk, Document, Parsed, Section, User
from evals.data import JudgedDocument
from ingestion.enrich import chunk_document, embedding_text
from retrieval.engines import FolderGenerations, Recipe
from retrieval.models import Embedder
from retrieval.query import Weights
from retrieval.retriever import Retriever

READER = User("evaluation@example.com")


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """A document as its sections; `language` is detected when it isn't given."""

    id: str
    title: str
    sections: tuple[Section, ...]
    language: str = ""
    metadata: Attributes = field(default_factory=dict)


def as_corpus(documents: Iterable[JudgedDocument]) -> list[CorpusDocument]:
    """Judged documents as one section of text each."""
    return [
        CorpusDocument(
            d.id,
            d.title.replace("_", " "),
            (Section(d.text),),
            str(d.metadata.get("lang", "")),
            _attributes(d.metadata),
        )
        for d in documents
    ]


def _attributes(metadata: Mapping[str, Any]) -> Attributes:
    """The set's own metadata as far as it can be filtered and weighed by."""
    found: dict[str, AttributeValue] = {}
    for name, value in metadata.items():
        if isinstance(value, str | int | float | bool) and value != "":
            found[name] = value
        elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            found[name] = tuple(value)
    return found


def build_corpus(
    documents: Sequence[CorpusDocument], settings: Settings, embedder: Embedder, folder: Path
) -> Retriever:
    """A retriever over exactly these documents, readable by `READER`; the index is kept in `folder`."""
    recipe = Recipe("evaluation", embedder.name, embedder.dim)
    generations = FolderGenerations(folder, recipe)
    with generations.write(rebuild=True) as writer:
        chunked: dict[str, list[Chunk]] = {}
        for document in documents:
            language = document.language or detect_language(" ".join(s.text for s in document.sections)[:2_000])
            record = Document(
                id=document.id,
                source="evaluation",
                title=document.title,
                url=document.id,
                body=b"",
                allow=frozenset({EVERYONE}),
                metadata={**document.metadata, "language": language},
            )
            chunked[document.id] = chunk_document(record, Parsed(document.sections), settings.chunking, language)
        # All at once: texts of like length are computed together.
        every = [chunk for chunks in chunked.values() for chunk in chunks]
        vectors = embedder.encode_texts([embedding_text(chunk, embedder.languages) for chunk in every])
        begin = 0
        for document_id, chunks in chunked.items():
            writer.index.replace(document_id, chunks, vectors[begin : begin + len(chunks)])
            begin += len(chunks)
        writer.publish()
    return Retriever(generations, embedder, settings.retrieval, Weights())


def without(retriever: Retriever, document_ids: Iterable[str]) -> Retriever:
    """The same corpus after these documents were deleted from its index."""
    with retriever.generations.write() as writer:
        writer.index.delete(document_ids)
        writer.publish()
    return retriever
