"""How fast the embedded index writes, opens and answers: `python -m evals.bench.search [--chunks 10000 100000]`.

The texts are real (the handbook in ../shared/data, else this project's own documentation) and repeated with shuffled
sentences; the vectors are synthetic, in clusters as real ones are. Embedding isn't in these figures.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import FloatArray
from core.types import Chunk, User
from retrieval.engines.generations import FolderGenerations, Recipe
from retrieval.query.filters import parse_filter
from retrieval.query.index import Query
from retrieval.query.weights import parse_weights

_ROOT = Path(__file__).resolve().parents[2]
_HANDBOOK = _ROOT.parent / "shared" / "data" / "sourcegraph_handbook" / "docs"
_DIM = 384
_CLUSTERS = 500
_WORDS = 180
_PER_DOCUMENT = 5
_ASKED = 300
# Beside a kept index: how long it took to write.
_WRITTEN = "written.json"
_TYPES = ("playbook", "policy", "transcript", "report", "archive")
_GROUPS = tuple(f"team-{n}" for n in range(20))
_WEIGHTS = parse_weights(
    {
        "document_type": {"playbook": "high", "archive": "-medium"},
        "updated_at": {"kind": "freshness", "half_life_days": 180, "weight": "high"},
        "customer": {"kind": "same_as", "of": "conversation", "weight": "high"},
    }
)
_READER = User("reader@example.com", _GROUPS[:3])


@dataclass
class Figures:
    """What was measured for one size. Times of searches in milliseconds, sizes in MB."""

    chunks: int
    written_per_s: float = 0.0
    published_s: float = 0.0
    copied_s: float = 0.0
    disk_mb: float = 0.0
    opened_s: float = 0.0
    memory_mb: float = 0.0
    searches: dict[str, dict[str, float]] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for each size and search, and all figures as JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path, help="Keep the index here and use it again.")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    texts = _texts()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}", file=sys.stderr)
    for count in chosen.chunks:
        folder = Path(chosen.folder or tempfile.mkdtemp(prefix="debrief-bench-")) / str(count)
        try:
            figures = measure(folder, count, texts)
        finally:
            if chosen.folder is None:
                shutil.rmtree(folder.parent, ignore_errors=True)
        _report(figures)
        if chosen.json:
            print(json.dumps(asdict(figures)))


def measure(folder: Path, count: int, texts: Sequence[str]) -> Figures:
    """Writes `count` chunks to `folder`, unless they are there already, and searches them in every way."""
    figures = Figures(count)
    generations = FolderGenerations(folder, Recipe("bench", "synthetic", _DIM))
    if generations.current is None:
        with generations.write() as writer:
            index = writer.index
            spent = 0.0
            for document_id, chunks, vectors in _documents(count, texts):
                begin = time.perf_counter()
                index.replace(document_id, chunks, vectors)
                spent += time.perf_counter() - begin
            figures.written_per_s = count / spent
            begin = time.perf_counter()
            writer.publish("bench")
            figures.published_s = time.perf_counter() - begin
        begin = time.perf_counter()
        with generations.write() as writer:
            assert writer.index is not None
            figures.copied_s = time.perf_counter() - begin
        written = {name: getattr(figures, name) for name in ("written_per_s", "published_s", "copied_s")}
        (folder / _WRITTEN).write_text(json.dumps(written), encoding="utf-8")
    elif (folder / _WRITTEN).is_file():
        figures = replace(figures, **json.loads((folder / _WRITTEN).read_text(encoding="utf-8")))
    figures.disk_mb = _disk_mb(folder)
    before = _memory_mb()
    begin = time.perf_counter()
    index = FolderGenerations(folder).read()
    figures.opened_s = time.perf_counter() - begin
    assert index.count() == count
    queries = list(_queries(texts))
    recent = parse_filter("document_type in playbook, policy and updated_at>=today-365d")
    ways: dict[str, Callable[[Query], Query]] = {
        "plain": lambda q: q,
        "filtered": lambda q: _changed(q, filter=recent),
        "weighted": lambda q: _changed(q, weights=_WEIGHTS, context={"customer": "Customer 7"}),
        "both": lambda q: _changed(q, filter=recent, weights=_WEIGHTS, context={"customer": "Customer 7"}),
    }
    for way, change in ways.items():
        asked = [change(query) for query in queries]
        for query in asked[:20]:
            index.search(query, _READER, 10)
        for threads in (1, 8, 32) if way == "both" else (1,):
            figures.searches[f"{way}, {threads} thread{'s' * (threads > 1)}"] = _timed(
                lambda query: index.search(query, _READER, 10), asked, threads
            )
    figures.memory_mb = _memory_mb() - before
    return figures


def _timed(search: Callable[[Query], Any], queries: Sequence[Query], threads: int) -> dict[str, float]:
    def one(query: Query) -> float:
        begin = time.perf_counter()
        search(query)
        return time.perf_counter() - begin

    begin = time.perf_counter()
    if threads == 1:
        taken = [one(query) for query in queries]
    else:
        with ThreadPoolExecutor(threads) as executor:
            taken = list(executor.map(one, queries))
    total = time.perf_counter() - begin
    steps = statistics.quantiles(taken, n=20)
    return {"p50_ms": 1e3 * statistics.median(taken), "p95_ms": 1e3 * steps[-1], "per_s": len(queries) / total}


def _texts() -> list[str]:
    """Stretches of about 180 words of real prose."""
    files = sorted((_HANDBOOK if _HANDBOOK.is_dir() else _ROOT).rglob("*.md"))
    words = [word for file in files for word in file.read_text(encoding="utf-8", errors="replace").split()]
    return [" ".join(words[i : i + _WORDS]) for i in range(0, len(words) - _WORDS, _WORDS)]


def _documents(count: int, texts: Sequence[str]) -> Iterator[tuple[str, list[Chunk], FloatArray]]:
    random = np.random.default_rng(7)
    centres = random.standard_normal((_CLUSTERS, _DIM)).astype(np.float32)
    for first in range(0, count, _PER_DOCUMENT):
        ordinals = range(min(_PER_DOCUMENT, count - first))
        document_id = f"bench:{first}"
        fields: dict[str, Any] = {
            "source": f"source-{first % 4}",
            "title": f"Document {first}",
            "url": f"https://example.com/{first}",
            "allow": frozenset({"everyone"} if random.random() < 0.7 else {f"group:{random.choice(_GROUPS)}"}),
            "deny": frozenset({f"group:{random.choice(_GROUPS)}"} if random.random() < 0.05 else ()),
            "metadata": {
                "document_type": _TYPES[int(random.integers(len(_TYPES)))],
                "customer": f"Customer {int(random.integers(200))}",
                "updated_at": f"202{int(random.integers(3, 7))}-{int(random.integers(1, 13)):02d}-15T00:00:00+00:00",
                "language": "en",
                "owner": f"person{int(random.integers(500))}@example.com",
                "tags": ("security", f"tag-{int(random.integers(50))}"),
            },
        }
        vectors = _near(centres, random, len(ordinals))
        chunks = [
            Chunk(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{document_id}#{ordinal}")),
                document_id=document_id,
                ordinal=ordinal,
                text=_shuffled(texts[(first + ordinal) % len(texts)], random) if first + ordinal >= len(texts)
                else texts[first + ordinal],
                heading_path=("Handbook", "Section"),
                **fields,
            )
            for ordinal in ordinals
        ]  # fmt: skip
        yield document_id, chunks, vectors


def _near(centres: FloatArray, random: np.random.Generator, count: int) -> FloatArray:
    noise = random.standard_normal((count, _DIM)).astype(np.float32)
    vectors = centres[random.integers(len(centres), size=count)] + 1.2 * noise
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _shuffled(text: str, random: np.random.Generator) -> str:
    sentences = re.split(r"(?<=[.!?]) ", text)
    return " ".join(sentences[i] for i in random.permutation(len(sentences)))


def _queries(texts: Sequence[str]) -> Iterator[Query]:
    random = np.random.default_rng(11)
    centres = np.random.default_rng(7).standard_normal((_CLUSTERS, _DIM)).astype(np.float32)
    for vector in _near(centres, random, _ASKED):
        words = texts[int(random.integers(len(texts)))].split()
        start = int(random.integers(len(words) - 8))
        yield Query(" ".join(words[start : start + int(random.integers(4, 9))]), vector)


def _changed(query: Query, **changes: Any) -> Query:
    return Query(**{**{name: getattr(query, name) for name in ("text", "vector")}, **changes})


def _disk_mb(folder: Path) -> float:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6


def _memory_mb() -> float:
    """What the process holds now, mapped files included; where /proc isn't there, its peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return pages * resource.getpagesize() / 1e6


def _report(figures: Figures) -> None:
    if figures.written_per_s:
        print(
            f"{figures.chunks:>9,} chunks: written {figures.written_per_s:,.0f}/s, published in "
            f"{figures.published_s:.1f} s, copied in {figures.copied_s:.2f} s"
        )
    print(
        f"{figures.chunks:>9,} chunks: {figures.disk_mb:,.0f} MB on disk, opened in {figures.opened_s:.2f} s, "
        f"{figures.memory_mb:,.0f} MB more memory for searching"
    )
    for way, times in figures.searches.items():
        print(
            f"{'':>9}  {way:22} p50 {times['p50_ms']:6.1f} ms   p95 {times['p95_ms']:6.1f} ms   {times['per_s']:6.0f}/s"
        )


if __name__ == "__main__":
    main()
