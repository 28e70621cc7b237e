"""A whole sync of a folder: speed, memory and where the time goes, of the first run and of one with nothing changed.

    python -m evals.bench.sync [--documents 1000 20000] [--stub] [--json]

The documents are stretches of real pages, two chunks each, every one different. Each sync runs in a process of its
own. `--stub` puts made-up vectors in the model's place: for sizes whose embedding would take hours, since what the
rest costs and holds in memory doesn't depend on what the vectors say.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from rich.table import Table

from core.arrays import FloatArray
from core.console import out, print_json
from core.settings import Settings, SourceSettings
from core.types import Chunk, Parsed
from ingestion.sync.open import open_sync
from ingestion.sync.source_sync import SyncContext, SyncOptions
from ingestion.sync.sync import sync_sources
from retrieval.engines.generations import Generation, Generations, GenerationWriter
from retrieval.models.cache import EmbeddingCache
from retrieval.models.embed import CachedEmbedder
from retrieval.models.tokens import TokenVectors
from retrieval.query.index import ChunkIndex

_ROOT = Path(__file__).resolve().parents[2]
_HANDBOOK = _ROOT.parent / "shared" / "data" / "sourcegraph_handbook" / "docs"
_WORDS = 300
# What a passage of 180 words leaves for reading it word by word (`retrieval/models/late_interaction.py`), in bytes.
_SKETCH_BYTES = 48 * 70


@dataclass
class SyncFigures:
    """One sync. Memory in MB, of the syncing process alone; the parsers have a limit of their own.

    Attributes:
        cpu_s: Of this process.
        parsers_cpu_s: Of the processes that parse.
        peak_mb: Most resident memory, pages of the index's mapped files included.
        own_mb: Most of it that isn't mapped files, sampled.
        seconds_of: Wall seconds of each part; parsing runs beside the others, in two threads.
    """

    documents: int
    chunks: int = 0
    embedded: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    parsers_cpu_s: float = 0.0
    peak_mb: float = 0.0
    own_mb: float = 0.0
    seconds_of: dict[str, float] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints two rows a size, or with --json a list of both runs' figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[1_000, 20_000])
    parser.add_argument("--stub", action="store_true", help="Made-up vectors instead of the model's.")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    table = Table(
        "sync",
        "documents",
        "chunks",
        "embedded",
        "s",
        "documents/s",
        "CPU s",
        "peak MB",
        "own MB",
        "seconds of each part",
    )
    results: list[dict[str, Any]] = []
    for count in chosen.documents:
        with tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
            write_documents(Path(folder, "documents"), count)
            for run in ("first", "unchanged"):
                figures = in_a_process(Path(folder), count, chosen.stub)
                results.append({"run": run, "stub": chosen.stub, **asdict(figures)})
                parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in figures.seconds_of.items())
                table.add_row(
                    run,
                    f"{count:,}",
                    f"{figures.chunks:,}",
                    f"{figures.embedded:,}",
                    f"{figures.seconds:.1f}",
                    f"{count / figures.seconds:,.0f}",
                    f"{figures.cpu_s:.1f} + {figures.parsers_cpu_s:.1f}",
                    f"{figures.peak_mb:,.0f}",
                    f"{figures.own_mb:,.0f}",
                    parts,
                )
    if chosen.json:
        print_json({"syncs": results})
    else:
        out.print(table)


def write_documents(folder: Path, count: int) -> None:
    """`count` Markdown files of 300 words in 100 folders; real words, and no two files alike."""
    files = sorted((_HANDBOOK if _HANDBOOK.is_dir() else _ROOT / "docs").rglob("*.md"))
    words = [word for file in files for word in file.read_text(encoding="utf-8", errors="replace").split()]
    random = np.random.default_rng(5)
    for number in range(count):
        path = folder / f"{number % 100:02}" / f"page-{number:06}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        start = int(random.integers(len(words) - _WORDS))
        path.write_text(f"# Page {number}\n\n{' '.join(words[start : start + _WORDS])}\n", encoding="utf-8")
    # Very fresh files are read once more by the next sync, which isn't what is measured here.
    time.sleep(2.5)


def in_a_process(folder: Path, count: int, stub: bool) -> SyncFigures:
    """`run_once` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run_once, (folder, count, stub))


def run_once(folder: Path, count: int, stub: bool) -> SyncFigures:
    """Syncs `folder`/documents into `folder`/data."""
    source = SourceSettings.model_validate(
        {"name": "bench", "kind": "files", "path": str(folder / "documents"), "public": True}
    )
    settings = Settings(root=folder, data_dir=Path("data"), sources=(source,))
    figures = SyncFigures(count)
    clock = Clock()
    with _watched(figures):
        begin, spent = time.perf_counter(), time.process_time()
        with open_sync(settings, [], SyncOptions()) as (context, pairs):
            (run,) = sync_sources(timed(context, settings, clock, stub), pairs)
        figures.seconds = time.perf_counter() - begin
        # The parsers' time is known once they have ended.
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures.cpu_s = time.process_time() - spent
        figures.parsers_cpu_s = children.ru_utime + children.ru_stime
    if run.state != "SUCCEEDED":
        raise RuntimeError(f"the sync ended as {run.state}: {run.message}")
    figures.chunks, figures.embedded = run.counts.chunks, run.counts.embedded
    figures.seconds_of = {name: round(seconds, 2) for name, seconds in clock.seconds.items()}
    return figures


class Clock:
    """Adds up the seconds of named parts, which may run in several threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Counts what happens inside for `name`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin


def timed(context: SyncContext, settings: Settings, clock: Clock, stub: bool) -> SyncContext:
    """The context with a clock around parsing, the model, the index and publishing."""
    parse = context.preparation.parse

    def timed_parse(body: bytes, name: str, media_type: str) -> Parsed:
        with clock.part("parse"):
            return parse(body, name, media_type)

    embedder = context.embedder
    if stub:
        embedder = CachedEmbedder(MadeUp(embedder), EmbeddingCache(settings.data_path / "embeddings.sqlite"))
    return replace(
        context,
        embedder=cast(CachedEmbedder, TimedEmbedder(embedder, clock)),
        generations=cast(Generations, TimedGenerations(context.generations, clock)),
        preparation=replace(context.preparation, parse=timed_parse),
    )


class MadeUp:
    """Vectors that follow from the text's hash, in no time."""

    def __init__(self, like: CachedEmbedder) -> None:
        self.name, self.dim, self.languages = like.name, like.dim, like.languages

    def encode_passages(self, texts: Sequence[str]) -> tuple[FloatArray, list[bytes]]:
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") for text in texts]
        rows = [np.random.default_rng(seed).standard_normal(self.dim, np.float32) for seed in seeds]
        vectors: FloatArray = np.array([row / np.linalg.norm(row) for row in rows], np.float32)
        return vectors, [(seed.to_bytes(8, "little") * (_SKETCH_BYTES // 8)) for seed in seeds]

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        return self.encode_passages(texts)[0]

    def encode_query(self, text: str) -> FloatArray:
        vector: FloatArray = self.encode_texts([text])[0]
        return vector

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        raise NotImplementedError("a sync reads no tokens")


class TimedEmbedder:
    """An embedder whose `encode_texts` is timed, its cache on disk included."""

    def __init__(self, embedder: CachedEmbedder, clock: Clock) -> None:
        self._embedder, self._clock = embedder, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        with self._clock.part("embed"):
            return self._embedder.encode_texts(texts)


class TimedGenerations:
    """Generations whose working copies are timed; everything else is the wrapped object's."""

    def __init__(self, generations: Generations, clock: Clock) -> None:
        self._generations, self._clock = generations, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generations, name)

    @contextmanager
    def write(self, rebuild: bool = False) -> Iterator[TimedWriter]:
        with self._generations.write(rebuild=rebuild) as writer:
            yield TimedWriter(writer, self._clock)


class TimedWriter:
    """A working copy with a clock around what it writes (BM25 included) and around publishing."""

    def __init__(self, writer: GenerationWriter, clock: Clock) -> None:
        self._writer, self._clock = writer, clock
        self._index: TimedIndex | None = None

    @property
    def index(self) -> TimedIndex:
        if self._index is None:
            with self._clock.part("copy"):
                self._index = TimedIndex(self._writer.index, self._clock)
        return self._index

    def publish(self, note: str = "") -> Generation:
        self._index = None
        with self._clock.part("publish"):
            return self._writer.publish(note)


class TimedIndex:
    """An index whose `replace` is timed."""

    def __init__(self, index: ChunkIndex, clock: Clock) -> None:
        self._index, self._clock = index, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def replace(self, document_id: str, chunks: Sequence[Chunk], vectors: FloatArray) -> None:
        with self._clock.part("write"):
            self._index.replace(document_id, chunks, vectors)


@contextmanager
def _watched(figures: SyncFigures) -> Iterator[None]:
    """Samples the process's memory while the body runs."""
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.1):
            figures.own_mb = max(figures.own_mb, _status_mb("RssAnon"))

    watcher = threading.Thread(target=sample, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        figures.peak_mb = _status_mb("VmHWM")


def _status_mb(key: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(key))


if __name__ == "__main__":
    main()
