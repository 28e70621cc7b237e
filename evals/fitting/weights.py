"""What metadata weights do to a judged set: the effect of a file before it is saved, and weights fitted to the set.

The set is searched once without weights; every candidate's fused score and attributes are kept, so that any weights
can be tried on them in milliseconds. A search does the same with them (`retrieval.ranking.pipeline.weigh`).
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError
from core.settings import Settings
from core.types import Attributes, Passage, User
from evals.data import RetrievalSet
from evals.measures.corpus import READER, as_corpus, build_corpus
from evals.metrics import Measured, mean, ndcg, recall
from retrieval.models import open_embedder
from retrieval.query import WeightContext, Weights, parse_weights
from retrieval.query.filters import Scalar, as_instant, comparable, elements
from retrieval.query.records import attributes_of
from retrieval.query.search import Search
from retrieval.query.weights import LEVELS, Known, factor
from retrieval.retriever import Retriever

_DEPTH = 200
_FOLDS = 5
_ROUNDS = 3
# An attribute is offered to the fit when it has between two and this many values that are common enough.
_MOST_VALUES = 12
_LEAST_DOCUMENTS = 5
_HALF_LIVES = (30, 180, 720)
# A weight has to earn this much nDCG for each step between levels, or it stays off.
_PRICE = 0.0005
_STEPS: tuple[str, ...] = ("-very_high", "-high", "-medium", "-low", "none", "low", "medium", "high", "very_high")

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What one question found, before weights: a row a document, its best passage's score, best first.

    Attributes:
        user: Who asks; weights may compare with the person's attributes.
    """

    question: str
    documents: tuple[str, ...]
    fused: tuple[float, ...]
    attributes: tuple[Attributes, ...]
    relevant: Mapping[str, float]
    user: User = READER

    def ranking(self, weights: Weights) -> list[str]:
        """The documents in the order that these weights give."""
        known: Known = {}
        asked = WeightContext(self.user)
        scores = [
            fused * factor(weights.boosts(attributes, asked, known))
            for fused, attributes in zip(self.fused, self.attributes, strict=True)
        ]
        order = sorted(range(len(scores)), key=lambda i: (-scores[i], self.documents[i]))
        return [self.documents[i] for i in order]


@dataclass(frozen=True, slots=True)
class Move:
    """Where a document stands for a question, before and after; None: not among the candidates."""

    document: str
    question: str
    before: int | None
    after: int | None
    relevant: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of new weights; `gain` is the mean difference in nDCG@10, question by question.

    Attributes:
        worse, better: Questions whose first document that answers them stands lower, or higher, than before.
        lost_first: Questions whose first place a document that answers them has lost to one that doesn't.
    """

    questions: int
    before: Mapping[str, Measured]
    after: Mapping[str, Measured]
    gain: Measured
    moves: tuple[Move, ...]
    worse: int = 0
    better: int = 0
    lost_first: int = 0

    @property
    def verdict(self) -> str:
        """ "better", "worse", or "the same" within two standard errors."""
        if abs(self.gain.value) <= 2 * self.gain.error or self.gain.value == 0:
            return "the same"
        return "better" if self.gain.value > 0 else "worse"

    @property
    def is_a_loss(self) -> bool:
        """Whether more questions get a worse first document than get a better one, or the mean falls beyond noise."""
        return self.worse > self.better or self.verdict == "worse"

    def words(self) -> str:
        """The effect in one sentence."""
        if not self.worse and not self.better:
            return f"No question of {self.questions} gets another first document that answers it."
        said = [f"{self.worse} of {self.questions} questions get a worse first document"] if self.worse else []
        said += [f"{self.better}{'' if said else f' of {self.questions} questions'} get a better one"] * bool(
            self.better
        )
        lost = f"; {self.lost_first} lose a first place that was right" if self.lost_first else ""
        return f"{', '.join(said)}{lost}."


@dataclass(frozen=True, slots=True)
class Proposal:
    """Fitted weights as they stand in weights.yaml.

    Attributes:
        gain: Mean difference in nDCG@10 over questions that the fit of their fold hasn't seen.
        worth_it: The gain is above two standard errors.
    """

    weights: Mapping[str, object]
    before: Measured
    fitted: Measured
    gain: Measured
    worth_it: bool


def collect(judged: RetrievalSet, settings: Settings, progress: Progress = lambda *_: None) -> list[Candidates]:
    """The candidates of every judged question, from an index of the set in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="debrief-weights-") as folder:
        progress("index", 0, len(judged.documents))
        retriever = build_corpus(as_corpus(judged.documents), settings, open_embedder(settings), Path(folder))
        retriever = replace(retriever, weights=Weights())
        found = []
        for number, (query, relevant) in enumerate(judged.relevant.items()):
            progress("search", number, len(judged.relevant))
            found.append(candidates_of(retriever, judged.questions[query], relevant))
        return found


def candidates_of(
    retriever: Retriever, question: str, relevant: Mapping[str, float], user: User = READER
) -> Candidates:
    """What the question finds for the person.

    Args:
        retriever: Without weights.
    """
    best: dict[str, Passage] = {}
    for passage in retriever.search(Search(question, user, _DEPTH)):
        best.setdefault(passage.chunk.document_id, passage)
    return Candidates(
        question,
        tuple(best),
        tuple(passage.score for passage in best.values()),
        tuple(attributes_of(passage.chunk) for passage in best.values()),
        relevant,
        user,
    )


def preview(
    candidates: Sequence[Candidates], before: Weights, after: Weights, documents: Sequence[str] = ()
) -> Preview:
    """What replacing `before` by `after` does; moves of the named documents, else the largest of relevant ones.

    Raises:
        DatasetError: a named document is no candidate of any question.
    """
    rankings = [(c, c.ranking(before), c.ranking(after)) for c in candidates]
    measures = [
        {
            "ndcg@10": mean([ndcg(ranks, c.relevant, 10) for c, ranks in side]),
            "recall@10": mean([recall(ranks, c.relevant, 10) for c, ranks in side]),
            "recall@100": mean([recall(ranks, c.relevant, 100) for c, ranks in side]),
        }
        for side in ([(c, old) for c, old, _ in rankings], [(c, new) for c, _, new in rankings])
    ]
    gain = mean([ndcg(new, c.relevant, 10) - ndcg(old, c.relevant, 10) for c, old, new in rankings])
    known = {document for c in candidates for document in c.documents}
    for document in documents:
        if document not in known:
            raise DatasetError(f"No question finds a document {document!r}; name the id of one that is searched.")
    moves = [
        Move(d, c.question, _rank(old, d), _rank(new, d), d in c.relevant)
        for c, old, new in rankings
        for d in (documents or c.relevant)
        if d in c.documents and (_rank(old, d) != _rank(new, d))
    ]
    moves.sort(key=lambda m: -abs(1 / (m.before or math.inf) - 1 / (m.after or math.inf)))
    firsts = [(_first(old, c), _first(new, c)) for c, old, new in rankings]
    worse, better = sum(now > was for was, now in firsts), sum(now < was for was, now in firsts)
    lost = sum(was == 1 < now for was, now in firsts)
    return Preview(len(candidates), measures[0], measures[1], gain, tuple(moves), worse, better, lost)


def _first(ranks: Sequence[str], candidates: Candidates) -> int:
    """Where the first document stands that answers the question; behind all others when none was found."""
    return next((n for n, d in enumerate(ranks, start=1) if candidates.relevant.get(d, 0) > 0), len(ranks) + 1)


def tune(candidates: Sequence[Candidates], progress: Progress = lambda *_: None) -> Proposal:
    """Weights fitted to the set, and what they gain on questions that the fit hasn't seen (cross-validation).

    Raises:
        DatasetError: too few questions, or no attribute that could be weighed by.
    """
    if len(candidates) < 2 * _FOLDS:
        raise DatasetError(
            f"{len(candidates)} judged questions are too few to fit on; at least {2 * _FOLDS} are needed."
        )
    options = _options(candidates)
    if not options:
        raise DatasetError(
            "The documents have no attribute with a few common values or with dates; add metadata to corpus.jsonl."
        )
    table = _Table.of(candidates, options)
    everyone = np.arange(len(candidates))
    folds = np.random.default_rng(0).permutation(len(candidates)) % _FOLDS
    plain = table.ndcg(everyone, np.full(len(options), _STEPS.index("none")))
    held_out = np.zeros(len(candidates))
    for fold in range(_FOLDS):
        progress("cross-validate", fold, _FOLDS)
        levels = table.fit(np.flatnonzero(folds != fold))
        held = np.flatnonzero(folds == fold)
        held_out[held] = table.ndcg(held, levels)
    progress("fit", _FOLDS, _FOLDS)
    levels = table.fit(everyone)
    gain = mean((held_out - plain).tolist())
    return Proposal(
        _as_yaml(options, levels),
        mean(plain.tolist()),
        mean(table.ndcg(everyone, levels).tolist()),
        gain,
        gain.value > 2 * gain.error,
    )


@dataclass(frozen=True, slots=True)
class _Option:
    """One weight that may be set: a value of an attribute, or its freshness."""

    attribute: str
    value: str = ""
    half_life_days: int = 0

    def rule(self, weight: object) -> dict[str, object]:
        if self.half_life_days:
            return {"kind": "freshness", "half_life_days": self.half_life_days, "weight": weight}
        return {self.value: weight}

    def share(self, attributes: Attributes, asked: WeightContext) -> float:
        """How much of the weight's effect a document gets, 0..1."""
        rule = parse_weights({self.attribute: self.rule("very_high")})
        return factor(rule.boosts(attributes, asked)) - 1


@dataclass(frozen=True)
class _Table:
    """All questions' candidates as arrays, padded to the longest.

    Attributes:
        fused: (questions, documents), -inf where padded.
        gains: (questions, documents), the judged scores.
        ideal: (questions,), the best possible DCG@10.
        shares: (options, questions, documents).
    """

    fused: Floats
    gains: Floats
    ideal: Floats
    shares: Floats

    @classmethod
    def of(cls, candidates: Sequence[Candidates], options: Sequence[_Option]) -> _Table:
        width = max(len(c.documents) for c in candidates)
        shape = (len(candidates), width)
        fused, gains, ideal = np.full(shape, -np.inf), np.zeros(shape), np.zeros(len(candidates))
        shares = np.zeros((len(options), *shape))
        asked = WeightContext(READER)
        known: dict[tuple[int, Scalar | tuple[str, ...] | None], float] = {}
        for q, c in enumerate(candidates):
            fused[q, : len(c.documents)] = c.fused
            gains[q, : len(c.documents)] = [c.relevant.get(document, 0.0) for document in c.documents]
            ideal[q] = sum(g / math.log2(r + 2) for r, g in enumerate(sorted(c.relevant.values(), reverse=True)[:10]))
            for o, option in enumerate(options):
                for d, attributes in enumerate(c.attributes):
                    key = (o, attributes.get(option.attribute))
                    if key not in known:
                        known[key] = option.share(attributes, asked)
                    shares[o, q, d] = known[key]
        return cls(fused, gains, ideal, shares)

    def ndcg(self, questions: NDArray[np.int64], levels: NDArray[np.int64]) -> Floats:
        """(len(questions),) nDCG@10 under one level an option."""
        return self._ndcg(questions, self._logs(questions, levels))

    def fit(self, questions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The levels, one an option, that rank these questions best: one option at a time, until none helps."""
        none = _STEPS.index("none")
        levels = np.full(len(self.shares), none)
        for _ in range(_ROUNDS):
            before = levels.copy()
            for option in range(len(levels)):
                others = self._logs(questions, levels) - self._log(option, questions, int(levels[option]))
                worth = [
                    float(self._ndcg(questions, others + self._log(option, questions, level)).mean())
                    - _PRICE * abs(level - none)
                    for level in range(len(_STEPS))
                ]
                levels[option] = int(np.argmax(worth))
            if (levels == before).all():
                break
        return levels

    def _logs(self, questions: NDArray[np.int64], levels: NDArray[np.int64]) -> Floats:
        total = np.zeros((len(questions), self.fused.shape[1]))
        for option, level in enumerate(levels):
            total += self._log(option, questions, int(level))
        return total

    def _log(self, option: int, questions: NDArray[np.int64], level: int) -> Floats:
        logs: Floats = np.log1p((_factor(_STEPS[level]) - 1) * self.shares[option][questions])
        return logs

    def _ndcg(self, questions: NDArray[np.int64], logs: Floats) -> Floats:
        # Fused scores are positive, so their order and that of these products agree with a search's.
        order = np.argsort(-(self.fused[questions] * np.exp(logs)), axis=1, kind="stable")[:, :10]
        gains = np.take_along_axis(self.gains[questions], order, axis=1)
        discounts = 1 / np.log2(np.arange(2, gains.shape[1] + 2))
        result: Floats = (gains * discounts).sum(axis=1) / self.ideal[questions]
        return result


def _options(candidates: Sequence[Candidates]) -> list[_Option]:
    """What could be weighed by: attributes with a few common values, and dates."""
    documents = {d: a for c in candidates for d, a in zip(c.documents, c.attributes, strict=True)}
    values: dict[str, Counter[str]] = {}
    dated: Counter[str] = Counter()
    for attributes in documents.values():
        for name in attributes:
            if name in ("document_id", "title", "url", "page"):
                continue
            found = elements(attributes, name)
            dated[name] += any(as_instant(value) is not None for value in found)
            values.setdefault(name, Counter()).update({str(comparable(value)[0]) for value in found})
    options = []
    for name, counts in sorted(values.items()):
        if dated[name] * 2 > len(documents):
            options += [_Option(name, half_life_days=days) for days in _HALF_LIVES]
        elif 2 <= len(counts) <= _MOST_VALUES:
            options += [_Option(name, value) for value, n in sorted(counts.items()) if n >= _LEAST_DOCUMENTS]
    return options


def _as_yaml(options: Sequence[_Option], levels: Sequence[int] | NDArray[np.int64]) -> dict[str, object]:
    weights: dict[str, object] = {}
    fresh: dict[str, list[dict[str, object]]] = {}
    for option, level in zip(options, levels, strict=True):
        name = _STEPS[int(level)]
        if name == "none":
            continue
        if option.half_life_days:
            fresh.setdefault(option.attribute, []).append(option.rule(name))
        else:
            own = weights.setdefault(option.attribute, {})
            assert isinstance(own, dict)
            own.update(option.rule(name))
    return {**weights, **{name: rules[0] if len(rules) == 1 else rules for name, rules in fresh.items()}}


def _factor(step: str) -> float:
    return 1 / LEVELS[step[1:]] if step.startswith("-") else LEVELS[step]


def _rank(ranking: Sequence[str], document: str) -> int | None:
    return ranking.index(document) + 1 if document in ranking else None
