"""How well passages are found on a judged set, stage by stage, through the index and the retriever of the product."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.settings import Settings
from core.types import Passage
from evals.data import RetrievalSet
from evals.measures.corpus import READER, as_corpus, build_corpus
from evals.metrics import Measured, mean, ndcg, recall, reciprocal_rank
from retrieval.models import open_embedder
from retrieval.query import Query, Weights
from retrieval.retriever import Retriever, configured

MEASURES = ("ndcg@10", "recall@1", "recall@5", "recall@10", "recall@100", "mrr")
# So many chunks are asked for; a document counts where its best chunk is.
_DEPTH = 100

Search = Callable[[str], Sequence[Passage]]


@dataclass(frozen=True, slots=True)
class RetrievalStage:
    """One stage's measures over all questions, and what a question takes in it."""

    measures: Mapping[str, Measured]
    median_ms: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What `debrief eval retrieval` prints."""

    name: str
    documents: int
    chunks: int
    questions: int
    unknown: int
    index_seconds: float
    stages: Mapping[str, RetrievalStage]

    def as_json(self) -> dict[str, object]:
        """Each stage's plain figures under its name, with `<measure>_error` beside them."""
        stages = {
            name: {
                **{measure: measured.value for measure, measured in stage.measures.items()},
                **{f"{measure}_error": _known(measured.error) for measure, measured in stage.measures.items()},
                "median_ms": stage.median_ms,
            }
            for name, stage in self.stages.items()
        }
        facts = {key: value for key, value in asdict(self).items() if key != "stages"}
        return {**facts, **stages, "final": list(stages.values())[-1]}


def evaluate_retrieval(
    judged: RetrievalSet, settings: Settings, progress: Callable[[str, int, int], None] = lambda *_: None
) -> RetrievalReport:
    """Indexes the set in a temporary folder and asks every judged question at every stage.

    Args:
        progress: Called with a stage's name, the questions done and their number.
    """
    questions = {query: judged.questions[query] for query in judged.relevant}
    stages: dict[str, RetrievalStage] = {}
    with tempfile.TemporaryDirectory(prefix="debrief-eval-") as folder:
        started = time.perf_counter()
        progress("index", 0, len(judged.documents))
        retriever = build_corpus(as_corpus(judged.documents), settings, open_embedder(settings), Path(folder))
        retriever = configured(retriever, settings)
        seconds = time.perf_counter() - started
        for name, search in _stages(retriever, settings).items():
            rankings: dict[str, list[str]] = {}
            taken: list[float] = []
            for number, (query, question) in enumerate(questions.items()):
                progress(name, number, len(questions))
                begin = time.perf_counter()
                passages = search(question)
                taken.append(time.perf_counter() - begin)
                rankings[query] = list(dict.fromkeys(passage.chunk.document_id for passage in passages))
            stages[name] = RetrievalStage(measure(rankings, judged.relevant), 1_000 * sorted(taken)[len(taken) // 2])
        chunks = retriever.index.count()
        retriever.index.close()
    return RetrievalReport(
        judged.name, len(judged.documents), chunks, len(questions), judged.unknown, round(seconds, 2), stages
    )


def _known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def measure(rankings: Mapping[str, Sequence[str]], relevant: Mapping[str, Mapping[str, float]]) -> dict[str, Measured]:
    """`MEASURES` over the questions of `relevant`; one without a ranking counts as not found."""
    rows = [(rankings.get(query, ()), judged) for query, judged in relevant.items()]
    return {
        "ndcg@10": mean([ndcg(ranking, judged, 10) for ranking, judged in rows]),
        "recall@1": mean([recall(ranking, judged, 1) for ranking, judged in rows]),
        "recall@5": mean([recall(ranking, judged, 5) for ranking, judged in rows]),
        "recall@10": mean([recall(ranking, judged, 10) for ranking, judged in rows]),
        "recall@100": mean([recall(ranking, judged, 100) for ranking, judged in rows]),
        "mrr": mean([reciprocal_rank(ranking, judged) for ranking, judged in rows]),
    }


def _stages(retriever: Retriever, settings: Settings) -> dict[str, Search]:
    """The searches of each stage; the last is what `debrief search` and `debrief ask` do."""
    index, embedder, chosen = retriever.index, retriever.embedder, settings.retrieval

    def query(question: str, *, text: bool, vector: bool) -> Sequence[Passage]:
        asked = Query(
            question if text else "",
            embedder.encode_query(question) if vector else None,
            prefetch=chosen.prefetch,
            fusion=chosen.fusion,
        )
        return index.search(asked, READER, _DEPTH)

    plain = replace(retriever, weights=Weights(), reranker=None)
    stages: dict[str, Search] = {
        "dense": lambda question: query(question, text=False, vector=True),
        "bm25": lambda question: query(question, text=True, vector=False),
        "fused": lambda question: query(question, text=True, vector=True),
        "closer": lambda question: plain.search(question, READER, _DEPTH),
        "weighted": lambda question: replace(retriever, reranker=None).search(question, READER, _DEPTH),
    }
    if retriever.reranker is not None:
        stages["reranked"] = lambda question: retriever.search(question, READER, _DEPTH)
    return stages
