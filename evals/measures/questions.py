"""Everyday questions over the configured index: what a person sees of each answer, and how often it is right.

Of the answerable questions, and small talk counts like them:

- `answered_rightly`: everything of `must` is shown and nothing of `must_not`, and the outcome is answered or partly.
- `answered_plainly`: the same, and the outcome is answered.
- `wrong`: the outcome is answered, and something of `must` isn't shown or something of `must_not` is.
- `partly_without_it`: the outcome is partly, and the same.
- `abstained_though_answerable`: any other outcome than answered or partly. Among them, `asked_back` ask for input, and
  `abstained_over_the_fact` show all that they should.

With a language model, `calls` and `tokens` are those of a question on average, and `claims_left_out` is the share of
what the model wrote that isn't shown as it wrote it.

Of the others: `abstained_rightly` (the outcome isn't answered) and `wrongly_answered` (it is). `precision` is the share
of right ones among all whose outcome is answered. A share of nothing is None.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from types import MappingProxyType
from typing import Any, Literal

import sqlalchemy as sa

from assistant.ask import Assistant
from assistant.question import Attachment, Question
from assistant.records.conversations import Conversations
from assistant.records.trace import CONVERSATION, Trace, Traces
from core.errors import DebriefError
from core.types import Answer, Citation, User
from evals.measures.question_file import EverydayQuestion

Progress = Callable[[int, int, str], None]
Verdict = Literal["right", "right_partly", "wrong", "partly_without_it", "abstained", "rightly_abstained", "error"]
# The answer to the last of some turns of a conversation, for the person with this address ("": whose key it is).
AskServer = Callable[[Sequence[str], str], Answer]
_SHOWS_SOMETHING = frozenset({"answered", "partly"})


@dataclass(frozen=True, slots=True)
class AskedEveryday:
    """A question's answer as a person sees it. `seconds` is of the last turn; `error` is why there is no answer.

    Attributes:
        calls: Of language models, for the last turn: task, tokens, how each ended.
        claims: What the model wrote, and what became of each.
    """

    question: EverydayQuestion
    answer: Answer
    seconds: float
    error: str = ""
    calls: tuple[Mapping[str, Any], ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()

    @property
    def shown(self) -> list[str]:
        """The answer's text and its quotes."""
        return [self.answer.text, *(c.quote for c in self.answer.citations)]

    @property
    def has_the_fact(self) -> bool:
        """Whether all that must be shown is, and nothing that mustn't."""
        return not self.question.missing(self.shown) and not self.question.forbidden(self.shown)

    @property
    def verdict(self) -> Verdict:
        """What became of the question, under the names of `Verdict`."""
        if self.error:
            return "error"
        # As text: "partly" is an outcome only where the product has it.
        outcome: str = self.answer.outcome
        if not self.question.answerable:
            return "wrong" if outcome == "answered" else "rightly_abstained"
        if outcome not in _SHOWS_SOMETHING:
            return "abstained"
        if outcome == "answered":
            return "right" if self.has_the_fact else "wrong"
        return "right_partly" if self.has_the_fact else "partly_without_it"

    def as_json(self) -> dict[str, object]:
        """The case as `--details` writes it."""
        return {
            "id": self.question.id,
            "kind": self.question.kind,
            "answerable": self.question.answerable,
            "verdict": self.verdict,
            "question": self.question.asked[-1],
            "turns": self.question.turns,
            "user": self.question.user,
            "gold": self.question.gold,
            "outcome": "error" if self.error else self.answer.outcome,
            "route": self.answer.route,
            "confidence": round(self.answer.confidence, 4),
            "seconds": round(self.seconds, 3),
            "text": self.error or self.answer.text,
            "quotes": [c.quote for c in self.answer.citations],
            "cited": list(dict.fromkeys(c.document_id for c in self.answer.citations)),
            "found": list(dict.fromkeys(p.chunk.document_id for p in self.answer.passages)),
            "documents": self.question.documents,
            "missing": self.question.missing(self.shown),
            "forbidden": self.question.forbidden(self.shown),
            "trace_id": self.answer.trace_id,
            "notes": self.answer.notes,
            "calls": self.calls,
            "claims": self.claims,
        }


def read_back(question: EverydayQuestion, row: Mapping[str, Any]) -> AskedEveryday:
    """A case as `AskedEveryday.as_json` wrote it, as far as the figures need it."""
    quotes = tuple(Citation(n, "", "", "", quote, 0, 0) for n, quote in enumerate(row["quotes"], start=1))
    failed = row["outcome"] == "error"
    outcome: Any = "no_evidence" if failed else row["outcome"]
    answer = Answer("" if failed else row["text"], quotes, outcome, confidence=row["confidence"])
    error = row["text"] if failed else ""
    return AskedEveryday(question, answer, row["seconds"], error, tuple(row["calls"]), tuple(row["claims"]))


def ask_questions(
    assistant: Assistant,
    engine: sa.Engine,
    questions: Sequence[EverydayQuestion],
    people: Mapping[str, User],
    progress: Progress = lambda *_: None,
    *,
    files: Mapping[str, Attachment] = MappingProxyType({}),
) -> Iterator[AskedEveryday]:
    """Each question's answer as it comes, one at a time so that the seconds are those of one person's question.

    Each is asked in a conversation of its own, which is deleted afterwards; traces are kept as an evaluation's.

    Args:
        people: Who asks, by `EverydayQuestion.user`.
        files: What is attached, by `EverydayQuestion.attachments`.
    """
    conversations = Conversations(engine)
    own = replace(assistant, traces=_EvaluationTraces(engine), conversations=conversations)
    if questions:
        # What is loaded and learned with the first question is nobody's waiting time.
        _asked(own, conversations, questions[0], people[questions[0].user], files)
    for number, question in enumerate(questions, start=1):
        yield _asked(own, conversations, question, people[question.user], files)
        progress(number, len(questions), question.id)


def ask_server(
    asked: AskServer, questions: Sequence[EverydayQuestion], progress: Progress = lambda *_: None
) -> Iterator[AskedEveryday]:
    """The same of a running server; what models did isn't told, and questions with files aren't for it."""
    for number, question in enumerate(questions, start=1):
        begin, answer, error = time.perf_counter(), Answer("", outcome="no_evidence"), ""
        try:
            answer = asked(question.asked, question.user)
        except DebriefError as refusal:
            error = str(refusal)
        yield AskedEveryday(question, answer, time.perf_counter() - begin, error)
        progress(number, len(questions), question.id)


def question_figures(asked: Sequence[AskedEveryday]) -> dict[str, object]:
    """The figures under the names of this module's docstring, for all and `by_kind`."""
    kinds = sorted({one.question.kind or "other" for one in asked})
    return {
        **_figures(asked),
        "by_kind": {kind: _figures([a for a in asked if (a.question.kind or "other") == kind]) for kind in kinds},
    }


def _figures(asked: Sequence[AskedEveryday]) -> dict[str, object]:
    answerable = [a for a in asked if a.question.answerable]
    others = [a for a in asked if not a.question.answerable]
    answered = [a for a in asked if a.answer.outcome == "answered" and not a.error]
    seconds = sorted(a.seconds for a in asked if not a.error)
    return {
        "n": len(asked),
        "n_answerable": len(answerable),
        "answered_rightly": _share(answerable, "right", "right_partly"),
        "answered_plainly": _share(answerable, "right"),
        "wrong": _share(answerable, "wrong"),
        "partly_without_it": _share(answerable, "partly_without_it"),
        "abstained_though_answerable": _share(answerable, "abstained"),
        "abstained_over_the_fact": _share_of([_over_the_fact(a) for a in answerable]),
        "asked_back": _share_of([a.answer.outcome == "needs_input" for a in answerable]),
        "abstained_rightly": _share(others, "rightly_abstained"),
        "wrongly_answered": _share(others, "wrong"),
        "precision": _share(answered, "right"),
        "median_s": round(median(seconds), 3) if seconds else None,
        "p95_s": round(seconds[math.ceil(0.95 * len(seconds)) - 1], 3) if seconds else None,
        "errors": sum(bool(a.error) for a in asked),
        **_of_models(asked),
    }


def _of_models(asked: Sequence[AskedEveryday]) -> dict[str, object]:
    """What language models did; nothing where there was none."""
    if not any(a.calls for a in asked):
        return {}
    tokens = sum(int(call["input_tokens"]) + int(call["output_tokens"]) for a in asked for call in a.calls)
    claims = [str(claim["outcome"]) for a in asked for claim in a.claims]
    return {
        "calls": round(sum(len(a.calls) for a in asked) / len(asked), 2),
        "tokens": round(tokens / len(asked)),
        "claims": len(claims),
        "claims_left_out": _share_of([outcome in {"failed", "left out", "repaired", "marked"} for outcome in claims]),
    }


def _over_the_fact(case: AskedEveryday) -> bool:
    return case.verdict == "abstained" and bool(case.question.must) and case.has_the_fact


def _share(asked: Sequence[AskedEveryday], *verdicts: Verdict) -> float | None:
    return _share_of([a.verdict in verdicts for a in asked])


def _share_of(those: Sequence[bool]) -> float | None:
    return round(sum(those) / len(those), 4) if those else None


def _asked(
    own: Assistant,
    conversations: Conversations,
    question: EverydayQuestion,
    user: User,
    files: Mapping[str, Attachment],
) -> AskedEveryday:
    attached = tuple(files[name] for name in question.attachments)
    conversation, begin = conversations.start(user), time.perf_counter()
    answer, error = Answer("", outcome="no_evidence"), ""
    try:
        for turn in question.asked:
            begin = time.perf_counter()
            answer = own.answer(Question(turn, user, conversation, attachments=attached))
    except DebriefError as refusal:
        answer, error = Answer("", outcome="no_evidence"), str(refusal)
    finally:
        seconds = time.perf_counter() - begin
        conversations.delete(conversation, user)
    record = own.traces.find(answer.trace_id) if own.traces is not None and answer.trace_id else None
    calls, claims = (tuple((record or {}).get(name, ())) for name in ("models", "checks"))
    return AskedEveryday(question, answer, seconds, error, calls, claims)


class _EvaluationTraces(Traces):
    """Traces that never count as people's, whichever conversation they are of."""

    def save(self, trace: Trace, user: User, _conversation_id: str = "") -> None:
        super().save(trace, user, CONVERSATION)
