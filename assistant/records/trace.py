"""What happened on the way to an answer, stored for `debrief trace ID`, and what people thought of the answer."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from assistant.records.prompts import Prompts
from core import audit, tracing
from core.database import Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import QuestionError
from core.llm import SentPrompt, Spending
from core.types import Answer, Passage, User

log = logging.getLogger(__name__)

# The conversation under which evaluations ask: its traces aren't people's.
CONVERSATION = "evaluation"

traces = sa.Table(
    "answer_traces",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    sa.Column("conversation_id", sa.String(32), nullable=False, default=""),
    sa.Column("asked_at", UtcDateTime, nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("route", sa.String(200), nullable=False),
    sa.Column("record", Json, nullable=False),
)
feedback = sa.Table(
    "answer_feedback",
    metadata,
    sa.Column("trace_id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), primary_key=True, info=personal("delete")),
    sa.Column("given_at", UtcDateTime, nullable=False),
    sa.Column("rating", sa.String(10), nullable=False),
    sa.Column("reasons", Json, nullable=False),
    sa.Column("comment", sa.String(1_000), nullable=False),
)

Rating = Literal["up", "down"]
REASONS = (
    "accurate", "complete", "helpful", "well sourced",
    "wrong", "the answer is there", "incomplete", "off topic", "out of date", "wrong source", "too long", "too short",
    "unclear", "unsafe",
)  # fmt: skip


@dataclass
class Trace:
    """The notes of one answer, taken while it is made.

    Attributes:
        remarks: What the person is told beside the answer.
        searched: The questions that were searched for, after rewriting and splitting.
        steps: What a model looked up: tool, arguments, passages found, seconds.
        given: The ids of all documents whose words a model was given.
        checks: One entry a checked sentence: what was found wrong, and what became of it.
        seconds: Time in each stage.
        models: One entry a call of a language model: model, prompt and version, tokens, cost.
        failures: One entry a failed attempt, with the provider's own words, which only administrators are shown.
    """

    question: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    asked_at: datetime = field(default_factory=utc_now)
    searched: list[str] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    route: str = "search"
    route_reason: str = ""
    offers: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    passages: list[dict[str, Any]] = field(default_factory=list)
    signals: dict[str, float] = field(default_factory=dict)
    guardrails: list[str] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    outcome: str = ""
    confidence: float = 0.0
    answer: str = ""
    citations: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # No fields: the stored record has the time in each stage, and the prompts have a table of their own.
        self._begun = time.monotonic()
        self.prompts: list[SentPrompt] = []
        self._span = tracing.begin(self.id)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time that the block takes to `seconds`."""
        begin = time.perf_counter()
        try:
            with tracing.stage(self._span, name):
                yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begin, 4)

    def found(self, passages: Sequence[Passage]) -> None:
        """Notes the passages with why each ranks where it does."""
        self.passages.extend(
            {
                "chunk_id": p.chunk.id,
                "document_id": p.chunk.document_id,
                "title": p.chunk.title,
                "locator": p.chunk.locator,
                "score": round(p.score, 4),
                "why": asdict(p.why),
                "vector_similarity": p.vector_similarity,
            }
            for p in passages
        )

    def add_calls(self, spent: Spending, prompt: str) -> None:
        """Notes the calls of language models, and with which prompt."""
        self.models.extend({**asdict(call), "prompt": prompt} for call in spent.calls)
        self.failures.extend({"model": f.model, "said": f.said, "detail": f.detail} for f in spent.failures)
        self.prompts.extend(spent.prompts)

    def finish(self, answer: Answer) -> None:
        """Notes what the answer became."""
        self.outcome, self.route, self.confidence = answer.outcome, answer.route, answer.confidence
        self.answer, self.notes = answer.text, list(answer.notes)
        self.citations = [asdict(c) for c in answer.citations]
        tracing.end(self._span, self.outcome, self.route)

    def elapsed_s(self) -> float:
        """Seconds since the question came."""
        return round(time.monotonic() - self._begun, 3)


class Traces:
    """Stored traces and feedback. People see their own; an administrator's page passes `everyone=True`."""

    def __init__(self, engine: Engine, keep_prompts: bool = True) -> None:
        self._engine, self._prompts = engine, Prompts(engine, keep_prompts)

    def save(self, trace: Trace, user: User, conversation_id: str = "") -> None:
        """Keeps a finished trace."""
        with self._engine.begin() as connection:
            connection.execute(
                traces.insert().values(
                    id=trace.id,
                    user=user.email.lower(),
                    conversation_id=conversation_id,
                    asked_at=trace.asked_at,
                    question=trace.question,
                    outcome=trace.outcome,
                    route=trace.route,
                    record=asdict(trace),
                )
            )
            self._prompts.keep(connection, trace.id, trace.prompts)
            if conversation_id != CONVERSATION:
                _audited(connection, trace, user)
        _log(trace, conversation_id)

    def prompts(self, trace_id: str) -> list[SentPrompt]:
        """The prompts of an answer as they were sent; whoever shows them answers for who may read what they quote."""
        return self._prompts.of(trace_id)

    def load(self, trace_id: str, user: User, *, everyone: bool = False) -> Mapping[str, Any]:
        """The trace under the names of `Trace`, with `user` and `feedback`.

        Raises:
            QuestionError: there is none with this id that the person may see.
        """
        found = self.find(trace_id)
        if found is None or (found["user"] != user.email.lower() and not everyone):
            raise QuestionError(f"You have no answer with the trace {trace_id!r}; `debrief ask` prints the id.")
        if everyone:
            return found
        return {**found, "failures": [{**failed, "detail": ""} for failed in found.get("failures", ())]}

    def find(self, trace_id: str) -> Mapping[str, Any] | None:
        """The same, whoever asked; None when there is none. The caller answers for who is shown what of it."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(traces).where(traces.c.id == trace_id)).one_or_none()
            given = connection.execute(sa.select(feedback).where(feedback.c.trace_id == trace_id)).all()
        if row is None:
            return None
        return {
            **row.record,
            "asked_at": row.asked_at,
            "user": row.user,
            "conversation_id": row.conversation_id,
            "feedback": [_given(one) for one in given],
        }

    def latest(self, limit: int = 50, *, outcome: str = "", user: User | None = None) -> list[Mapping[str, Any]]:
        """The newest answers' id, user, time, question, outcome and route, for an administrator's list."""
        wanted = sa.select(
            traces.c.id, traces.c.user, traces.c.asked_at, traces.c.question, traces.c.outcome, traces.c.route
        )
        if outcome:
            wanted = wanted.where(traces.c.outcome == outcome)
        if user is not None:
            wanted = wanted.where(traces.c.user == user.email.lower())
        with self._engine.connect() as connection:
            return [
                dict(row)
                for row in connection.execute(wanted.order_by(traces.c.asked_at.desc()).limit(limit)).mappings()
            ]

    def forget_older_than(self, days: int) -> int:
        """Deletes everybody's traces of questions asked before so many days, with their feedback; how many."""
        before = utc_now() - timedelta(days=days)
        old = sa.select(traces.c.id).where(traces.c.asked_at < before)
        with self._engine.begin() as connection:
            connection.execute(feedback.delete().where(feedback.c.trace_id.in_(old)))
            self._prompts.forget(connection, old)
            return connection.execute(traces.delete().where(traces.c.asked_at < before)).rowcount

    def rate(self, trace_id: str, user: User, rating: Rating, reasons: Sequence[str] = (), comment: str = "") -> None:
        """Keeps what the person thinks of an answer of theirs; a second time replaces the first.

        Raises:
            QuestionError: no such answer of this person, or an unknown reason.
        """
        unknown = set(reasons) - set(REASONS)
        if unknown:
            raise QuestionError(f"Unknown reason {sorted(unknown)[0]!r}; choose from {', '.join(REASONS)}.")
        self.load(trace_id, user)
        key = {"trace_id": trace_id, "user": user.email.lower()}
        with self._engine.begin() as connection:
            connection.execute(feedback.delete().where(feedback.c.trace_id == trace_id, feedback.c.user == key["user"]))
            connection.execute(
                feedback.insert().values(
                    **key,
                    given_at=utc_now(),
                    rating=rating,
                    reasons=list(reasons),
                    comment=comment[:1_000],
                )
            )
            audit.append(connection, user, audit.RATED, f"trace {trace_id}", f"{rating} {', '.join(reasons)}".rstrip())

    def feedback(self, rating: Rating | None = None, limit: int = 200) -> list[Mapping[str, Any]]:
        """The newest feedback of everybody with the question it is about, for evaluation and for administrators."""
        wanted = sa.select(feedback, traces.c.question, traces.c.outcome, traces.c.route).join(
            traces, traces.c.id == feedback.c.trace_id
        )
        if rating:
            wanted = wanted.where(feedback.c.rating == rating)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(feedback.c.given_at.desc()).limit(limit)).all()
        return [{**_given(r), "question": r.question, "outcome": r.outcome, "route": r.route} for r in rows]


def _audited(connection: sa.Connection, trace: Trace, user: User) -> None:
    """Puts into the audit trail who asked, what became of it, and on which documents it rests."""
    used = list(dict.fromkeys(str(c["document_id"]) for c in trace.citations if c["document_id"]))
    facts = {"trace": trace.id, "outcome": trace.outcome, "route": trace.route, "documents": used}
    detail = f"{trace.outcome} by {trace.route}" + (f", citing {', '.join(used)}" if used else "")
    audit.append(connection, user, audit.ASKED, audit.told(connection, trace.question), detail, **facts)


def _log(trace: Trace, conversation_id: str) -> None:
    """Logs that there is an answer, never what it says; an evaluation's, hundreds at once, on DEBUG."""
    level = logging.DEBUG if conversation_id == CONVERSATION else logging.INFO
    values = {"trace": trace.id, "route": trace.route, "outcome": trace.outcome, "seconds": trace.elapsed_s()}
    log.log(level, "answer %(trace)s: %(outcome)s by %(route)s in %(seconds).1f s", values)


def _given(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "trace_id": row.trace_id,
        "user": row.user,
        "given_at": row.given_at,
        "rating": row.rating,
        "reasons": row.reasons,
        "comment": row.comment,
    }
