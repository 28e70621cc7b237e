"""Fits the weights of sentence ranking and of the confidence, and writes them beside the code that uses them.

    python -m evals.fitting.abstention --data ../shared/data [--multilingual]

Ranking (`ranking.json`): xquad in English; pairs of a sentence with the gold answer and one without, among
the first passages of a question; a logistic model of the difference of their signals.

Confidence (`abstention.json`): xquad in English, mtrag and anthropic_docs; each question once with its
documents in the index and, for half of them, once without (see `measures/answers.py`); a logistic model of whether they
were there. Each set has the same weight. The threshold is the lowest at which abstaining reaches an F1 of 0.76 on each
of the sets; 0.75 is required.

With --multilingual, the confidence alone and for the embedding of that name (`abstention_multilingual.json`):
150 questions of xquad in each of English, German and Spanish, by the order of SHA-256(id); the threshold is the one at
which the worst of the three has the best F1.

Questions are halved by the last bit of SHA-256("fit " + id), the id of the document in xquad, of the conversation in
mtrag. The weights are fitted on one half and reported on the other. The threshold is one number for all questions,
since it has to hold for every set and half of mtrag has 35 answerable ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from assistant.answers.quoting.confidence import AbstentionModel, confidence, confidence_signals
from assistant.answers.reading.evidence import QuestionContext, ScoredStatement, prepare, weigh_sentences
from core.settings import Settings, load_settings
from core.types import Passage
from evals.measures.answer_sets import AnswerSet, JudgedQuestion, load_answer_sets
from evals.measures.answers import contains, removed
from evals.measures.corpus import READER, build_corpus, without
from retrieval.models.embed import Embedder, open_embedder
from retrieval.models.tokens import RecentTokens
from retrieval.query.search import Search

Floats = NDArray[np.float64]
_ANSWERS = Path(__file__).resolve().parents[2] / "assistant" / "answers"
RANKING_FILE = _ANSWERS / "reading" / "ranking.json"
ABSTENTION, MULTILINGUAL = (_ANSWERS / "quoting" / f"abstention{of}.json" for of in ("", "_multilingual"))
RANKING = (
    "match", "weakest", "question_word", "share", "meaning",
    "overlap", "overlap_near", "overlap_titled", "overlap_passage", "pairs", "offers", "short",
    "passage_cosine", "fused",
)  # fmt: skip
CONFIDENCE = ("passage_rare", "passage_titled", "pairs", "overlap_titled", "other_match", "length")
_LEAST_F1 = 0.76
_LANGUAGES = ("de", "en", "es")
_SAMPLE = 150
_READ = 3
_SEARCHED = 24
_NEGATIVES = 10


@dataclass(frozen=True)
class ObservedSignals:
    """One question against one index.

    Attributes:
        signals: What the confidence is computed from; filled in once the ranking is fitted.
        run: "full" or "reduced" index.
        lost: Its documents were taken out of the reduced index.
        fitted: It is of the half that is fitted.
    """

    corpus: str
    question: JudgedQuestion
    asked: QuestionContext
    passages: tuple[Passage, ...]
    evidence: tuple[ScoredStatement, ...]
    run: str
    lost: bool
    fitted: bool
    signals: Mapping[str, float] = field(default_factory=dict)


def observe(chosen: AnswerSet, settings: Settings, embedder: Embedder, folder: Path) -> list[ObservedSignals]:
    """Every question against the whole set, and against what is left of it (see `measures/answers.py`)."""
    retriever = build_corpus(chosen.documents, settings, embedder, folder)
    recent = RecentTokens(embedder, 4_000)
    gone = removed(chosen.questions)
    found: list[ObservedSignals] = []
    for run in ("full", "reduced"):
        if run == "reduced":
            without(retriever, gone)
        for question in chosen.questions:
            if run == "reduced" and question.relevant & gone and not question.relevant <= gone:
                continue
            passages = retriever.search(Search(question.text, READER, _SEARCHED))
            asked = prepare(question.text, passages, recent)
            evidence = weigh_sentences(asked, passages[:_READ], recent)
            lost = run == "reduced" and question.relevant <= gone
            half = _in_fitted_half(question)
            found.append(
                ObservedSignals(chosen.name, question, asked, tuple(passages), tuple(evidence), run, lost, half)
            )
    retriever.index.close()
    return found


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


def fit_ranking(observed: Sequence[ObservedSignals]) -> dict[str, float]:
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


def ranked(one: ObservedSignals, weights: Mapping[str, float]) -> list[ScoredStatement]:
    """The question's evidence in the order that `weights` give it."""
    return sorted(one.evidence, key=lambda e: -sum(w * e.signals.get(n, 0.0) for n, w in weights.items()))


def fit_confidence(observed: Sequence[ObservedSignals]) -> tuple[dict[str, float], float]:
    """(signal → weight, intercept); each set counts the same, and so do lost and answerable questions in it."""
    x = np.array([[one.signals[name] for name in CONFIDENCE] for one in observed])
    y = np.array([float(not one.lost) for one in observed])
    groups = [(one.corpus, one.lost) for one in observed]
    size = {group: groups.count(group) for group in set(groups)}
    weight = np.array([len(observed) / (len(size) * size[group]) for group in groups])
    spread = x.std(axis=0) + 1e-9
    beta = fit_logistic(x / spread, y, weight, penalty=3.0)
    weights = {name: round(float(b), 4) for name, b in zip(CONFIDENCE, beta[:-1] / spread, strict=True)}
    return weights, round(float(beta[-1]), 4)


def abstention(observed: Sequence[ObservedSignals], model: AbstentionModel) -> dict[str, float]:
    """Precision, recall and F1 of abstaining, and the share of answerable questions that are answered."""
    lost = np.array([one.lost for one in observed])
    abstains = np.array([confidence(one.signals, model) < model.threshold for one in observed])
    hit = float((abstains & lost).sum())
    precision = hit / max(float(abstains.sum()), 1.0)
    recall = hit / max(float(lost.sum()), 1.0)
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    figures = {"precision": precision, "recall": recall, "f1": f1, "answered": 1 - float(abstains[~lost].mean())}
    return {name: round(value, 4) for name, value in figures.items()}


def fit_threshold(
    observed: Sequence[ObservedSignals], weights: Mapping[str, float], intercept: float, enough: float = _LEAST_F1
) -> float:
    """The lowest confidence from which answering gives each set an F1 of `enough`, or the one that comes closest."""
    corpora = sorted({one.corpus for one in observed})

    def worst(threshold: float) -> float:
        model = AbstentionModel(weights, intercept, threshold)
        return min(abstention([o for o in observed if o.corpus == c], model)["f1"] for c in corpora)

    reached = {threshold: worst(threshold) for threshold in (round(0.02 * step, 2) for step in range(5, 48))}
    return max(reached, key=lambda threshold: (min(reached[threshold], enough), -threshold))


def main() -> None:
    """Fits what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--multilingual", action="store_true")
    chosen = parser.parse_args()
    if chosen.multilingual:
        fit_multilingual(chosen.data)
    else:
        fit_english(chosen.data)


def fit_multilingual(folder: Path) -> None:
    """Fits the confidence of the multilingual embedding, writes it and prints what the other half says."""
    settings = load_settings()
    model = settings.embedding.model_copy(update={"model": "multilingual"})
    settings = settings.model_copy(update={"embedding": model})
    embedder = open_embedder(settings)
    observed: list[ObservedSignals] = []
    for whole in load_answer_sets(folder / "xquad", languages=_LANGUAGES):
        questions = sorted(whole.questions, key=lambda q: hashlib.sha256(q.id.encode()).digest())[:_SAMPLE]
        chosen = replace(whole, name=f"{whole.name} {whole.language}", questions=tuple(questions))
        with tempfile.TemporaryDirectory(prefix="debrief-fit-") as temporary:
            observed.extend(observe(chosen, settings, embedder, Path(temporary)))
    _fit_multilingual(observed, embedder.name)


def _fit_multilingual(observed: Sequence[ObservedSignals], embedding: str) -> None:
    stored: dict[str, float] = json.loads(RANKING_FILE.read_text(encoding="utf-8"))["weights"]
    observed = [replace(one, signals=confidence_signals(ranked(one, stored))) for one in observed if one.evidence]
    weights, intercept = fit_confidence([o for o in observed if o.fitted and (o.run == "full" or o.lost)])
    reduced = [one for one in observed if one.run == "reduced"]
    threshold = fit_threshold([o for o in reduced if o.fitted], weights, intercept, enough=1.0)
    _print_abstention(reduced, AbstentionModel(weights, intercept, threshold))
    on = f"one half of {_SAMPLE} questions each of xquad in {', '.join(_LANGUAGES)}"
    confident = {"weights": weights, "intercept": intercept, "threshold": threshold}
    _write(MULTILINGUAL, embedding, on, confident, option=" --multilingual")


def _print_abstention(reduced: Sequence[ObservedSignals], model: AbstentionModel) -> None:
    for half in (True, False):
        for corpus in sorted({one.corpus for one in reduced}):
            mine = [one for one in reduced if one.fitted == half and one.corpus == corpus]
            print(f"abstention, {'fitted' if half else 'other'} half, {corpus}: {abstention(mine, model)}")


def fit_english(folder: Path) -> None:
    """Fits the ranking and the confidence, writes both files and prints what the other half says."""
    embedder = open_embedder(settings := load_settings())
    sets = [
        *load_answer_sets(folder / "xquad", languages=["en"]),
        *load_answer_sets(folder / "mtrag", Path("human_rewrite_queries.jsonl"), Path("human_qrels.tsv")),
        *load_answer_sets(folder / "anthropic_docs"),
    ]
    observed: list[ObservedSignals] = []
    for chosen in sets:
        with tempfile.TemporaryDirectory(prefix="debrief-fit-") as temporary:
            observed.extend(observe(chosen, settings, embedder, Path(temporary)))
    spans = [one for one in observed if one.run == "full" and one.question.answers]
    ranking = fit_ranking([one for one in spans if one.fitted])
    for half in (True, False):
        mine = [one for one in spans if one.fitted == half]
        best = fmean(contains([e.span.text for e in ranked(one, ranking)[:1]], one.question.answers) for one in mine)
        print(f"best sentence, {'fitted' if half else 'other'} half: {best:.4f} of {len(mine)}")
    observed = [replace(one, signals=confidence_signals(ranked(one, ranking))) for one in observed if one.evidence]
    weights, intercept = fit_confidence([o for o in observed if o.fitted and (o.run == "full" or o.lost)])
    reduced = [one for one in observed if one.run == "reduced"]
    threshold = fit_threshold(reduced, weights, intercept)
    _print_abstention(reduced, AbstentionModel(weights, intercept, threshold))
    _write(RANKING_FILE, embedder.name, "one half of xquad (English)", {"weights": ranking})
    halves = "one half of xquad (English), of mtrag (stand-alone questions) and of anthropic_docs; the threshold on all"
    # That of open questions is chosen on everyday questions, by hand.
    opened = json.loads(ABSTENTION.read_text(encoding="utf-8")).get("open_threshold")
    confident = {"weights": weights, "intercept": intercept, "threshold": threshold, "open_threshold": opened}
    _write(ABSTENTION, embedder.name, halves, confident)


def _is_right(question: JudgedQuestion, evidence: ScoredStatement) -> bool:
    document = evidence.passage.chunk.document_id
    return document in question.relevant and bool(contains([evidence.span.text], question.answers))


def _in_fitted_half(question: JudgedQuestion) -> bool:
    conversation = question.id.split("<::>")[0]
    key = conversation if "<::>" in question.id else min(question.relevant)
    return hashlib.sha256(f"fit {key}".encode()).digest()[-1] % 2 == 0


def _write(file: Path, model: str, on: str, values: Mapping[str, object], option: str = "") -> None:
    provenance = {
        "fitted_by": f"python -m evals.fitting.abstention{option}",
        "on": on,
        "date": datetime.now(UTC).date().isoformat(),
        "embedding_model": model,
    }
    file.write_text(json.dumps({"provenance": provenance, **values}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
