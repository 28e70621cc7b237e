"""Knowing when one doesn't know: questions with passages that were found for each, judged by people.

A line of the file has `question`, `answerable`, `passages` (each with `title` and `text`) and perhaps `lang`. The
order of the passages isn't used: in NoMIRACL's answerable questions those that answer come first, so that whoever
reads only the first ones is told half of the answer. They are put in the order of their nearness to the question, as a
search would, and then judged as an answer is: by `assistant.answers.quoting.finding.find_evidence`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sklearn.metrics import roc_auc_score

from assistant.answers.quoting.confidence import AbstentionModel
from assistant.answers.quoting.extractive import limits_of
from assistant.answers.quoting.finding import find_evidence
from core.errors import DatasetError
from core.settings import AnswerSettings
from core.types import Chunk, Passage, Why
from evals.data import read_jsonl
from retrieval.models.embed import Embedder

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class JudgedQuestion:
    """A question, what was found for it, and whether any of that answers."""

    question: str
    language: str
    titles: tuple[str, ...]
    passages: tuple[str, ...]
    answerable: bool


@dataclass(frozen=True)
class Judgement:
    """What was said of one question: a confidence, whether it is enough for an answer, after so many seconds."""

    asked: JudgedQuestion
    confidence: float
    answered: bool
    seconds: float


def load_judged(file: Path) -> list[JudgedQuestion]:
    """The questions of a JSONL file.

    Raises:
        DatasetError: the file can't be read, a line lacks a field, or there is no question.
    """
    found = []
    for number, row in read_jsonl(file):
        try:
            titles = tuple(str(p.get("title", "")) for p in row["passages"])
            texts = tuple(str(p["text"]) for p in row["passages"])
            found.append(
                JudgedQuestion(str(row["question"]), str(row.get("lang", "")), titles, texts, bool(row["answerable"]))
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"{file}, line {number}: a question needs question, answerable and passages with a text ({error!r})."
            ) from error
    if not found:
        raise DatasetError(f"{file} has no question.")
    return found


def judge_questions(
    questions: Sequence[JudgedQuestion],
    embedder: Embedder,
    model: AbstentionModel,
    settings: AnswerSettings,
    progress: Progress = lambda *_: None,
) -> list[Judgement]:
    """What the product says of each question, in order; the first is asked once before, since it loads the models."""
    found = []
    for number, asked in enumerate([*questions[:1], *questions]):
        begin = time.perf_counter()
        finding = find_evidence(asked.question, _as_found(asked, embedder), embedder, model)
        answered = finding.confidence >= limits_of(settings, model).answered
        found.append(Judgement(asked, finding.confidence, answered, time.perf_counter() - begin))
        progress(number, len(questions))
    return found[1:]


def _as_found(asked: JudgedQuestion, embedder: Embedder) -> list[Passage]:
    """The passages as a search gives them: the nearest first."""
    texts = [f"{title}\n{text}" for title, text in zip(asked.titles, asked.passages, strict=True)]
    near = (embedder.encode_texts(texts) @ embedder.encode_query(asked.question)).tolist()
    rows = enumerate(zip(asked.titles, asked.passages, near, strict=True))
    passages = [
        Passage(
            Chunk(str(number), f"{number} {title}", 0, text, title=title),
            score,
            Why(fused=max(score, 0.0)),
            vector_similarity=score,
        )
        for number, (title, text, score) in rows
    ]
    return sorted(passages, key=lambda p: -p.score)


def answerable_report(judged: Sequence[Judgement]) -> dict[str, float]:
    """The measures at the configured threshold between *answered* and *partly*.

    `abstention_f1` is of abstaining. A measure without a question that it is about is left out.
    """
    answered = [j.answered for j in judged if j.asked.answerable]
    others = [j.answered for j in judged if not j.asked.answerable]
    report: dict[str, float] = {"questions": len(judged)}
    if answered:
        report["answered_when_answerable"] = round(sum(answered) / len(answered), 4)
    if others:
        report["abstained_when_not"] = round(1 - sum(others) / len(others), 4)
        right, wrong = others.count(False), answered.count(False)
        report["abstention_f1"] = round(2 * right / (2 * right + others.count(True) + wrong), 4) if right else 0.0
    if answered and others:
        truth = [j.asked.answerable for j in judged]
        report["auc"] = round(float(roc_auc_score(truth, [j.confidence for j in judged])), 4)
    if judged:
        report["s_per_question"] = round(sum(j.seconds for j in judged) / len(judged), 4)
    return report


def by_language(judged: Sequence[Judgement]) -> dict[str, dict[str, float]]:
    """`answerable_report` for each language by itself."""
    languages = dict.fromkeys(j.asked.language for j in judged)
    return {name: answerable_report([j for j in judged if j.asked.language == name]) for name in languages}
