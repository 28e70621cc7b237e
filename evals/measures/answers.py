"""How good answers are, measured without a language model, through the index and the assistant of the product.

Each language of a set is an index of its own. Two runs:

1. *All documents in the index, the evidence threshold switched off*, so that every question gets its best answer:
   `best_sentence` (a gold string stands in the first quote), `answer_contains` (in the whole answer),
   `token_recall_80` (for written gold answers: the share of its content words within the answer's first 80 words),
   `answered_when_answerable` (the share whose confidence reaches the product's threshold) and the latencies.
2. *Half of the relevant documents deleted from the index, the threshold as the product has it.* For sets whose
   questions share documents (xquad) a document goes if the first byte of SHA-256("remove " + its id) is odd; for
   the others all relevant documents of a question go if that byte of SHA-256("remove " + the question's id) is odd.
   A question all of whose relevant documents are gone must be abstained from; one that kept all of them must be
   answered; one that lost some counts in neither. `abstention_precision`, `abstention_recall` and `abstention_f1`
   are of abstaining, over these questions.

TAT-QA's questions say nothing of the report they are about, so each is asked within its own document, and there is no
second run. Of questions whose gold answer is a cell of the table, `gold_cell_in_quoted_row` tells whether one of the
quoted rows has it; gold answers that are only a column's header ("2019") are counted under `_header`.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answers.quoting.confidence import abstention_model
from assistant.ask import Assistant
from assistant.events import Sentence, Stage
from assistant.question import SEARCH, Question
from core.settings import Settings
from core.text.words import content_words
from core.types import Answer
from evals.measures.answer_sets import AnswerSet, JudgedQuestion
from evals.measures.corpus import READER, build_corpus, without
from evals.metrics import mean
from retrieval.models import Embedder, open_embedder
from retrieval.query import AnyOf

_MARKER = re.compile(r" ?\[\d+\]")
_RECALL_WORDS = 80
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question's answer and how long it took, in seconds; `first` is when its first sentence was there."""

    question: JudgedQuestion
    answer: Answer
    first: float
    whole: float
    stages: dict[str, float] = field(default_factory=dict)


def evaluate_sets(
    sets: Sequence[AnswerSet], settings: Settings, progress: Progress = lambda *_: None
) -> list[dict[str, object]]:
    """The measures of each set, one after the other; indexes are made in temporary folders."""
    embedder = open_embedder(settings)
    reports = []
    for chosen in sets:
        with tempfile.TemporaryDirectory(prefix="debrief-eval-") as folder:
            reports.append(evaluate_answers(chosen, settings, embedder, Path(folder), progress))
    return reports


def evaluate_answers(
    chosen: AnswerSet, settings: Settings, embedder: Embedder, folder: Path, progress: Progress = lambda *_: None
) -> dict[str, object]:
    """All measures of one set, under the names of this module's docstring."""
    progress("index", 0, len(chosen.documents))
    retriever = build_corpus(chosen.documents, settings, embedder, folder)
    any_answer = settings.answer.model_copy(update={"min_confidence": 0.0})
    open_ended = Assistant.over(retriever, settings.model_copy(update={"answer": any_answer}))
    asked = []
    for number, question in enumerate(chosen.questions):
        progress("answer", number, len(chosen.questions))
        asked.append(_ask(open_ended, question))
    report: dict[str, object] = {
        "set": chosen.name,
        "language": chosen.language,
        "documents": len(chosen.documents),
        "chunks": retriever.index.count(),
        "questions": len(asked),
        **quality(asked, _threshold(settings)),
        **_latencies(asked),
    }
    if not any(q.scope for q in chosen.questions):
        gone = removed(chosen.questions)
        without(retriever, gone)
        careful = Assistant.over(retriever, settings)
        report |= _abstention(chosen.questions, gone, careful, progress)
    retriever.index.close()
    return report


def quality(asked: Sequence[AskedQuestion], threshold: float) -> dict[str, float]:
    """What the answers hold of the gold answers; a measure without a question that it fits is left out."""
    rows: dict[str, list[float]] = {}
    for one in asked:
        question, answer = one.question, one.answer
        answered = answer.confidence >= threshold
        rows.setdefault("answered_when_answerable", []).append(float(answered))
        if question.answers:
            lead = [answer.citations[0].quote] if answer.citations else []
            best = contains(lead, question.answers)
            whole = contains([answer.text, *(c.quote for c in answer.citations)], question.answers)
            rows.setdefault("best_sentence", []).append(best)
            rows.setdefault("answer_contains", []).append(whole)
            rows.setdefault("answer_contains_when_answered", []).extend([whole] if answered else [])
            if question.source:
                rows.setdefault(f"best_sentence_{question.source}", []).append(best)
                rows.setdefault(f"answer_contains_{question.source}", []).append(whole)
            if question.source == "table":
                quoted = [c.quote for c in answer.citations if c.quote.startswith("|")]
                rows.setdefault("gold_cell_in_quoted_row", []).append(contains(quoted, question.answers))
                rows.setdefault("gold_cell_in_first_row", []).append(contains(quoted[:1], question.answers))
        if question.gold:
            rows.setdefault("token_recall_80", []).append(token_recall(answer.text, question.gold))
    return {name: round(mean(values).value, 4) for name, values in rows.items() if values}


def contains(texts: Iterable[str], answers: Iterable[str]) -> float:
    """1 if one of the gold strings stands in one of the texts, letters folded and spaces evened out; else 0."""
    folded = [_folded(_MARKER.sub("", text)) for text in texts]
    return float(any(gold and gold in text for gold in map(_folded, answers) for text in folded))


def token_recall(text: str, gold: str) -> float:
    """The share of the gold answer's content words that stand in the answer's first 80 words."""
    wanted = set(content_words(gold))
    words = " ".join(_MARKER.sub("", text).split()[:_RECALL_WORDS])
    return len(wanted & set(content_words(words))) / len(wanted) if wanted else 0.0


def removed(questions: Sequence[JudgedQuestion]) -> frozenset[str]:
    """The documents that the second run goes without (see the module's docstring)."""
    documents = {d for q in questions for d in q.relevant}
    if len(documents) < len(questions) and max(len(q.relevant) for q in questions) == 1:
        return frozenset(d for d in documents if _odd(d))
    return frozenset(d for q in questions if _odd(q.id) for d in q.relevant)


def _abstention(
    questions: Sequence[JudgedQuestion], gone: frozenset[str], assistant: Assistant, progress: Progress
) -> dict[str, float | int]:
    right = wrong = missed = answered = 0
    judged = [q for q in questions if q.relevant <= gone or not q.relevant & gone]
    for number, question in enumerate(judged):
        progress("abstain", number, len(judged))
        abstains = _abstains(assistant, question)
        if question.relevant <= gone:
            right += abstains
            missed += not abstains
        else:
            wrong += abstains
            answered += not abstains
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "unanswerable": right + missed,
        "answerable": answered + wrong,
        "abstention_precision": round(precision, 4),
        "abstention_recall": round(recall, 4),
        "abstention_f1": round(f1, 4),
        "answered_in_second_run": round(answered / (answered + wrong), 4) if answered + wrong else 0.0,
    }


def _ask(assistant: Assistant, question: JudgedQuestion) -> AskedQuestion:
    scope = AnyOf("document_id", (question.scope,)) if question.scope else None
    begin = last = time.perf_counter()
    first, stage = 0.0, ""
    stages: dict[str, float] = {}
    answer: Answer | None = None
    for event in assistant.ask(Question(question.text, READER, filters=scope, route=SEARCH)):
        now = time.perf_counter()
        if isinstance(event, Stage):
            stages[stage] = stages.get(stage, 0.0) + now - last
            stage, last = event.name, now
        elif isinstance(event, Sentence):
            first = first or now - begin
        else:
            answer = event
    assert answer is not None
    whole = time.perf_counter() - begin
    return AskedQuestion(question, answer, first or whole, whole, stages)


def _abstains(assistant: Assistant, question: JudgedQuestion) -> bool:
    for event in assistant.ask(Question(question.text, READER, route=SEARCH)):
        if isinstance(event, Sentence):
            return False  # the rest of the answer would cost time and say nothing more
        if isinstance(event, Answer):
            return event.outcome != "answered"
    return True


def _latencies(asked: Sequence[AskedQuestion]) -> dict[str, float]:
    return {
        f"{name}_ms_p{share}": round(1_000 * _percentile([getattr(a, name) for a in asked], share / 100), 1)
        for name in ("first", "whole")
        for share in (50, 95)
    }


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _threshold(settings: Settings) -> float:
    least = settings.answer.min_confidence
    return least if least is not None else abstention_model(settings.embedding.model).threshold


def _odd(text: str) -> bool:
    return hashlib.sha256(f"remove {text}".encode()).digest()[0] % 2 == 1


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .,;:!?\"'“”‘’()[]。،؟")
