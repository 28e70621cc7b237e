"""Fits the weights of sentence ranking and of the confidence, and writes them beside the code that uses them.

    python -m evals.fit_abstention --data ../shared/data

Ranking (`assistant/ranking.json`): xquad in English; pairs of a sentence with the gold answer and one without, among
the first passages of a question; a logistic model of the difference of their signals.

Confidence (`assistant/abstention.json`): xquad in English and mtrag; each question once with its documents in the
index and, for half of them, once without (see `evals/answers.py`); a logistic model of whether they were there.
Both sets have the same weight. The threshold is the one with the best F1 of abstaining, averaged over the two sets.

Questions are halved by the last bit of SHA-256("fit " + id), the id of the document in xquad, of the conversation in
mtrag. One half is fitted, the other reported; nothing of the second half is looked at in fitting.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.confidence import confidence_signals
from assistant.evidence import Evidence
from assistant.extractive import find_evidence
from core.settings import Settings, load_settings
from evals.answer_sets import AnswerQuestion, AnswerSet, load_answer_sets
from evals.answers import contains, removed
from evals.corpus import READER, build_corpus, without
from retrieval.embed import Embedder, open_embedder
from retrieval.retriever import Retriever

Floats = NDArray[np.float64]
ASSISTANT = Path(__file__).resolve().parent.parent / "assistant"
RANKING = (
    "match", "weakest", "question_word", "share", "meaning",
    "overlap", "overlap_near", "overlap_titled", "overlap_passage", "pairs", "offers", "short",
    "passage_cosine", "fused",
)  # fmt: skip
CONFIDENCE = (
    "match", "weakest", "question_word", "meaning", "overlap_titled", "overlap_passage", "offers",
    "passage_cosine", "top_cosine", "named_missing", "words",
)  # fmt: skip
_READ = 3
_SEARCHED = 24
_NEGATIVES = 10


@dataclass(frozen=True)
class Observed:
    """One question against one index: what was found, and whether its documents were in the index."""

    question: AnswerQuestion
    evidence: tuple[Evidence, ...]
    signals: dict[str, float]
    answerable: bool
    fitted: bool
    corpus: str


def observe(chosen: AnswerSet, settings: Settings, embedder: Embedder, folder: Path) -> list[Observed]:
    """Every question with its documents there, and then those whose documents were taken out."""
    retriever = build_corpus(chosen.documents, settings, embedder, folder)
    gone = removed(chosen.questions)
    found = [_observe(q, retriever, chosen, answerable=True) for q in chosen.questions if not q.relevant <= gone]
    quality = [_observe(q, retriever, chosen, answerable=True) for q in chosen.questions if q.relevant <= gone]
    without(retriever, gone)
    lost = [_observe(q, retriever, chosen, answerable=False) for q in chosen.questions if q.relevant <= gone]
    retriever.index.close()
    return [*found, *quality, *lost]


def fit_logistic(x: Floats, y: Floats, weight: Floats, penalty: float, intercept: bool = True) -> Floats:
    """Coefficients (features [+ intercept last]) of L2-penalised logistic regression, by Newton's method."""
    design = np.column_stack([x, np.ones(len(x))]) if intercept else x
    ridge = np.full(design.shape[1], penalty)
    if intercept:
        ridge[-1] = 0.0
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (p - y)) + ridge * beta
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def fit_ranking(observed: Sequence[Observed]) -> dict[str, float]:
    """Signal → weight, from pairs of right and wrong sentences."""
    rows: list[Floats] = []
    for one in observed:
        values = np.array([[e.signals.get(name, 0.0) for name in RANKING] for e in one.evidence])
        right = [n for n, e in enumerate(one.evidence) if _is_right(one.question, e)]
        wrong = [n for n, e in enumerate(one.evidence) if not contains([e.span.text], one.question.answers)]
        hard = sorted(wrong, key=lambda n: -one.evidence[n].signals.get("match", 0.0))[:_NEGATIVES]
        rows.extend(values[good] - values[bad] for good in right for bad in hard)
    differences = np.array(rows)
    spread = differences.std(axis=0) + 1e-9
    x = np.vstack([differences, -differences]) / spread
    y = np.concatenate([np.ones(len(differences)), np.zeros(len(differences))])
    beta = fit_logistic(x, y, np.ones(len(y)), penalty=10.0, intercept=False)
    return {name: round(float(b), 4) for name, b in zip(RANKING, beta / spread, strict=True)}


def ranked(one: Observed, weights: dict[str, float]) -> list[Evidence]:
    """The question's evidence in the order that `weights` give it."""
    return sorted(one.evidence, key=lambda e: -sum(w * e.signals.get(n, 0.0) for n, w in weights.items()))


def fit_confidence(observed: Sequence[Observed]) -> tuple[dict[str, float], float]:
    """(signal → weight, intercept)."""
    x = np.array([[one.signals.get(name, 0.0) for name in CONFIDENCE] for one in observed])
    y = np.array([float(one.answerable) for one in observed])
    groups = [(one.corpus, one.answerable) for one in observed]
    size = {group: groups.count(group) for group in set(groups)}
    weight = np.array([len(observed) / (len(size) * size[group]) for group in groups])
    spread = x.std(axis=0) + 1e-9
    beta = fit_logistic(x / spread, y, weight, penalty=3.0)
    return {n: round(float(b), 4) for n, b in zip(CONFIDENCE, beta[:-1] / spread, strict=True)}, round(beta[-1], 4)


def probabilities(observed: Sequence[Observed], weights: dict[str, float], intercept: float) -> Floats:
    """The confidence of each observation."""
    total = [intercept + sum(w * one.signals.get(n, 0.0) for n, w in weights.items()) for one in observed]
    sure: Floats = 1 / (1 + np.exp(-np.array(total)))
    return sure


def abstention(observed: Sequence[Observed], sure: Floats, threshold: float) -> dict[str, float]:
    """Precision, recall and F1 of abstaining, and the share of answerable questions that are answered."""
    lost = np.array([not one.answerable for one in observed])
    abstains = sure < threshold
    hit = float((abstains & lost).sum())
    precision = hit / max(float(abstains.sum()), 1.0)
    recall = hit / max(float(lost.sum()), 1.0)
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    figures = {"precision": precision, "recall": recall, "f1": f1, "answered": 1 - float(abstains[~lost].mean())}
    return {name: round(value, 4) for name, value in figures.items()}


def main() -> None:
    """Fits, writes both files and prints what the other half says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    folder: Path = parser.parse_args().data
    settings = load_settings()
    embedder = open_embedder(settings)
    sets = [
        *load_answer_sets(folder / "xquad", languages=["en"]),
        *load_answer_sets(folder / "mtrag", Path("human_rewrite_queries.jsonl"), Path("human_qrels.tsv")),
    ]
    observed: list[Observed] = []
    for chosen in sets:
        with tempfile.TemporaryDirectory(prefix="debrief-fit-") as temporary:
            observed.extend(observe(chosen, settings, embedder, Path(temporary)))
    with_answers = [one for one in observed if one.question.answers and one.answerable]
    weights = fit_ranking([one for one in with_answers if one.fitted])
    for name, half in (("fitted", True), ("other", False)):
        mine = [one for one in with_answers if one.fitted == half]
        best = [contains([e.span.text for e in ranked(one, weights)[:1]], one.question.answers) for one in mine]
        print(f"ranking, {name} half: best sentence {np.mean(best):.4f} of {len(mine)} questions")
    _write("ranking.json", embedder.name, {"weights": weights})


def fit_threshold(observed: Sequence[Observed], sure: Floats) -> float:
    """The confidence from which answering gives the best F1 of abstaining, averaged over the sets."""
    corpora = sorted({one.corpus for one in observed})

    def average(threshold: float) -> float:
        scores = []
        for corpus in corpora:
            mine = [n for n, one in enumerate(observed) if one.corpus == corpus]
            scores.append(abstention([observed[n] for n in mine], sure[mine], threshold)["f1"])
        return float(np.mean(scores))

    return max((round(t, 3) for t in np.arange(0.05, 0.95, 0.01)), key=average)


def _observe(question: AnswerQuestion, retriever: Retriever, chosen: AnswerSet, *, answerable: bool) -> Observed:
    passages = retriever.search(question.text, READER, _SEARCHED)
    finding = find_evidence(question.text, passages, retriever.embedder, _READ)
    signals = confidence_signals(finding.asked, finding.evidence[0], passages) if finding.evidence else {}
    return Observed(question, finding.evidence, signals, answerable, _in_fitted_half(question), chosen.name)


def _is_right(question: AnswerQuestion, evidence: Evidence) -> bool:
    document = evidence.passage.chunk.document_id
    return document in question.relevant and bool(contains([evidence.span.text], question.answers))


def _in_fitted_half(question: AnswerQuestion) -> bool:
    conversation = question.id.split("<::>")[0]
    key = conversation if "<::>" in question.id else min(question.relevant)
    return hashlib.sha256(f"fit {key}".encode()).digest()[-1] % 2 == 0


def _write(file: str, model: str, values: dict[str, object]) -> None:
    provenance = {
        "fitted_by": "python -m evals.fit_abstention",
        "on": "half of xquad (English) and of mtrag (stand-alone questions)",
        "date": date.today().isoformat(),
        "embedding_model": model,
    }
    (ASSISTANT / file).write_text(json.dumps({"provenance": provenance, **values}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
