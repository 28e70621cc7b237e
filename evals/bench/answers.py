"""How soon the first sentence of a quoted answer is there: `python -m evals.bench.answers [--chunks 20000]`.

The index holds real chunks (the handbook in ../shared/data, else this project's own documentation), embedded by the
product's model, and is filled up with chunks of shuffled sentences whose vectors and word sketches are synthetic:
they cost a search as much as real ones and are hardly ever among the passages that are read. Questions are made of
the titles and headings of the real ones. Nothing is remembered between questions unless --warm is given.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from assistant.ask import Assistant
from assistant.events import Sentence, Stage
from assistant.question import SEARCH, Question
from core.database import open_database
from core.settings import Settings
from core.types import EVERYONE, Chunk, Document, Parsed, Section, User
from ingestion.enrich import chunk_document, embedding_text
from retrieval.engines import FolderGenerations, Recipe
from retrieval.models import EmbeddingCache, open_embedder
from retrieval.models.embed import content_key
from retrieval.query import Weights
from retrieval.retriever import Retriever

_ROOT = Path(__file__).resolve().parents[2]
_HANDBOOK = _ROOT.parent / "shared" / "data" / "sourcegraph_handbook" / "docs"
_READER = User("reader@example.com")
_SKETCH_RUNS = 70
# Chunks of one synthetic document: an index is written document by document.
_A_DOCUMENT = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the times of the whole way and of each stage, as JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--real", type=int, default=500, help="How many of them are embedded by the model.")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="Keep the vectors here and use them again.")
    parser.add_argument("--warm", action="store_true", help="Remember the words of passages, as a server does.")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="debrief-bench-") as temporary:
        folder: Path = chosen.folder or Path(temporary)
        settings = Settings(data_dir=folder)
        settings = settings.model_copy(update={"answer": settings.answer.model_copy(update={"min_confidence": 0.0})})
        retriever, real = build(settings, Path(temporary) / "index", chosen.chunks, chosen.real)
        assistant = Assistant.over(
            retriever, settings, engine=open_database(settings), remembered=256 if chosen.warm else 0
        )
        questions = list(_questions(real, chosen.questions))
        figures = {"chunks": retriever.index.count(), "questions": len(questions), **measure(assistant, questions)}
    if chosen.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>16}  {value}")


def build(settings: Settings, folder: Path, count: int, real: int) -> tuple[Retriever, list[Chunk]]:
    """An index of `count` chunks, and the real ones among them."""
    embedder = open_embedder(settings)
    chunks = [chunk for _, chunk in zip(range(real), _real_chunks(settings), strict=False)]
    print(f"embedding {len(chunks)} chunks", file=sys.stderr)
    vectors = embedder.encode_texts([embedding_text(chunk) for chunk in chunks])
    random = np.random.default_rng(7)
    generations = FolderGenerations(folder, Recipe("bench", embedder.name, embedder.dim))
    cache = EmbeddingCache(settings.data_path / "embeddings.sqlite")
    with generations.write() as writer:
        for document, numbers in groupby(range(len(chunks)), lambda n: chunks[n].document_id):
            own = list(numbers)
            writer.index.replace(document, [chunks[n] for n in own], vectors[own])
        for first in range(len(chunks), count, _A_DOCUMENT):
            last = min(first + _A_DOCUMENT, count)
            document = f"filler:{first}"
            fillers = [_filler(chunks[n % len(chunks)], document, n, random) for n in range(first, last)]
            noise = random.standard_normal((len(fillers), embedder.dim)).astype(np.float32) / embedder.dim**0.5
            near = vectors[[n % len(chunks) for n in range(first, first + len(fillers))]] + noise
            near /= np.linalg.norm(near, axis=1, keepdims=True)
            known = {}
            for chunk, vector in zip(fillers, near, strict=True):
                bits = random.integers(0, 256, _SKETCH_RUNS * embedder.dim // 8, dtype=np.uint8).tobytes()
                known[content_key(embedder.name, embedding_text(chunk))] = (vector, bits)
            writer.index.replace(document, fillers, near)
            cache.put(known)
        writer.publish("bench")
    return Retriever(generations, embedder, settings.retrieval, Weights()), chunks


def measure(assistant: Assistant, questions: Sequence[str]) -> dict[str, float]:
    """Milliseconds, p50 and p95, from the question to each stage's end and to the first sentence and the answer.

    `first_sentence_cpu` is processor time, which doesn't grow with what else the machine does.
    """
    times: dict[str, list[float]] = {}
    for number, question in enumerate(questions):
        begin = last = time.perf_counter()
        used = time.process_time()
        stage, seen = "check", False
        for event in assistant.ask(Question(question, _READER, route=SEARCH)):
            now = time.perf_counter()
            if number < 3:
                continue  # the first questions open what the others find open
            if isinstance(event, Stage):
                times.setdefault(stage, []).append(now - last)
                stage, last = event.name, now
            elif isinstance(event, Sentence) and not seen:
                seen = True
                times.setdefault("first_sentence", []).append(now - begin)
                times.setdefault("first_sentence_cpu", []).append(time.process_time() - used)
        if number >= 3:
            times.setdefault("whole", []).append(time.perf_counter() - begin)
    shares: dict[str, Callable[[list[float]], float]] = {
        "p50": statistics.median,
        "p95": lambda values: sorted(values)[int(0.95 * len(values))],
    }
    return {f"{name}_ms_{s}": round(1e3 * of(values), 1) for name, values in times.items() for s, of in shares.items()}


def _real_chunks(settings: Settings) -> Iterator[Chunk]:
    files = sorted((_HANDBOOK if _HANDBOOK.is_dir() else _ROOT / "docs").rglob("*.md"))
    for file in files:
        title = file.stem.replace("-", " ").replace("_", " ").capitalize()
        document = Document(str(file), "bench", title, file.as_uri(), b"", allow=frozenset({EVERYONE}))
        text = file.read_text(encoding="utf-8", errors="replace")
        yield from chunk_document(document, Parsed((Section(text, (title,)),)), settings.chunking, "en")


def _filler(chunk: Chunk, document: str, number: int, random: np.random.Generator) -> Chunk:
    words = chunk.text.split()
    text = " ".join(words[i] for i in random.permutation(len(words)))
    return replace(chunk, id=_id(number), document_id=document, ordinal=number, text=text, begin=0, end=len(text))


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _questions(chunks: Sequence[Chunk], count: int) -> Iterator[str]:
    random = np.random.default_rng(11)
    frames = ("What is the rule for {}?", "How does {} work?", "Who is responsible for {}?", "When do we need {}?")
    for number, place in enumerate(random.permutation(len(chunks))[:count]):
        words = [word for word in chunks[place].text.split() if word.isalpha()][:40]
        start = int(random.integers(max(1, len(words) - 4)))
        yield frames[number % len(frames)].format(" ".join(words[start : start + 4]).lower())


if __name__ == "__main__":
    main()
