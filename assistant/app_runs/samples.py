"""Indexes over sample documents, for the tests in apps' files: they search and answer as runs do.

Each set of documents has an index of its own, made once and kept while the process lives; what is slow about it, the
embedding of its texts, is kept by content in the data folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from apps.publish import SampleFile
from apps.run import Tools
from assistant.app_runs.tools import open_tools
from assistant.ask import Assistant
from core.settings import Settings
from core.text.detect import detect_language
from core.types import EVERYONE, Chunk, Document, Parsed
from retrieval.engines import FolderGenerations, Recipe
from retrieval.models import CachedEmbedder, open_embedder
from retrieval.query import Weights, embedded_text
from retrieval.retriever import Retriever, configured

# (document, its text, its language) → chunks, as a sync makes them.
Cut = Callable[[Document, Parsed, str], list[Chunk]]
_SOURCE = "sample"


class SampleIndexes:
    """Sample documents → the tools over an index of them alone. What every call opens is closed with the object."""

    def __init__(self, settings: Settings, cut: Cut) -> None:
        self._settings, self._cut = settings, cut
        self._folder = tempfile.TemporaryDirectory(prefix="debrief-samples-")
        self._open: dict[tuple[str, ...], Tools] = {}

    def __call__(self, files: tuple[SampleFile, ...]) -> Tools:
        """The tools over `files`; opened once for each set of them."""
        names = tuple(f.name for f in files)
        if names not in self._open:
            self._open[names] = self._tools(files)
        return self._open[names]

    @cached_property
    def _embedder(self) -> CachedEmbedder:
        return open_embedder(self._settings)

    def _tools(self, files: Sequence[SampleFile]) -> Tools:
        embedder = self._embedder
        folder = Path(self._folder.name) / f"{len(self._open)}"
        generations = FolderGenerations(folder, Recipe("samples", embedder.name, embedder.dim))
        with generations.write() as writer:
            for file in files:
                chunks = self._chunks(file)
                texts = [embedded_text(c, embedder.languages) for c in chunks]
                writer.index.replace(chunks[0].document_id, chunks, embedder.encode_texts(texts))
            writer.publish()
        retriever = configured(Retriever(generations, embedder, self._settings.retrieval, Weights()), self._settings)
        assistant = Assistant.over(retriever, self._settings)
        return replace(open_tools(self._settings, assistant, retriever), query=None)

    def _chunks(self, file: SampleFile) -> list[Chunk]:
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in file.metadata.items()}
        document = Document(
            id=f"{_SOURCE}:{file.name}",
            source=_SOURCE,
            title=str(values.get("title") or file.parsed.title or Path(file.name).stem),
            url=str(values.get("source_uri", "")),
            body=b"",
            name=Path(file.name).name,
            allow=frozenset({EVERYONE}),
            metadata={k: v for k, v in values.items() if not isinstance(v, dict)},
        )
        language = str(values.get("language") or detect_language(" ".join(s.text for s in file.parsed.sections)))
        return self._cut(document, file.parsed, language)
