"""How Debrief is used: people's questions, outcomes, latency, thumbs and citations, out of the traces.

An evaluation's questions are nobody's and aren't counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import Any

import sqlalchemy as sa

from assistant.records.trace import CONVERSATION, Rating, feedback, traces
from core.database import Engine

_OF_PEOPLE = traces.c.conversation_id != CONVERSATION


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question that a person asked.

    Attributes:
        seconds: The time to the whole answer.
        cited: The documents that the answer cites, each once.
        closest: The documents of the passages that were found, best first.
    """

    trace_id: str
    user: str
    asked_at: datetime
    question: str
    outcome: str
    route: str
    seconds: float
    cited: tuple[str, ...] = ()
    closest: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """The day in UTC, such as "2026-11-22"."""
        return f"{self.asked_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Thumb:
    """What a person said of an answer."""

    trace_id: str
    user: str
    given_at: datetime
    rating: Rating
    reasons: tuple[str, ...]
    comment: str
    question: str


@dataclass(frozen=True, slots=True)
class Asker:
    """How many questions a person has asked, and when the last one."""

    questions: int
    last_at: datetime


def questions_since(engine: Engine, since: datetime, limit: int | None = None) -> list[AskedQuestion]:
    """The people's questions from then on, oldest first; of more than `limit`, the newest."""
    return _questions(engine, traces.c.asked_at >= since, limit)


def unserved_questions(engine: Engine, since: datetime, limit: int | None = None) -> list[AskedQuestion]:
    """Those of them that got no answer, or one that was rated down."""
    down = sa.select(feedback.c.trace_id).where(feedback.c.rating == "down")
    unserved = sa.or_(traces.c.outcome == "no_evidence", traces.c.id.in_(down))
    return _questions(engine, sa.and_(traces.c.asked_at >= since, unserved), limit)


def questions_before(engine: Engine, conversation_id: str, moment: datetime, limit: int) -> list[str]:
    """The last questions of a conversation before the moment, oldest first; none of an evaluation's."""
    here = sa.and_(traces.c.conversation_id == conversation_id, traces.c.asked_at < moment)
    return [asked.question for asked in _questions(engine, here, limit)] if conversation_id else []


def questions_of(engine: Engine, trace_ids: Iterable[str]) -> dict[str, str]:
    """Trace → its question, for those of the traces that are kept."""
    wanted = sorted(trace_ids)
    found: dict[str, str] = {}
    with engine.connect() as connection:
        for begin in range(0, len(wanted), 500):
            query = sa.select(traces.c.id, traces.c.question).where(traces.c.id.in_(wanted[begin : begin + 500]))
            found.update((row.id, row.question) for row in connection.execute(query))
    return found


def thumbs_since(engine: Engine, since: datetime, limit: int | None = None) -> list[Thumb]:
    """Every thumb from then on, newest first."""
    query = (
        sa.select(feedback, traces.c.question)
        .join(traces, traces.c.id == feedback.c.trace_id)
        .where(feedback.c.given_at >= since)
        .order_by(feedback.c.given_at.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [
            Thumb(r.trace_id, r.user, r.given_at, r.rating, tuple(r.reasons), r.comment, r.question)
            for r in connection.execute(query)
        ]


def askers(engine: Engine) -> dict[str, Asker]:
    """Everybody who has ever asked, by address."""
    count, last = sa.func.count(), sa.func.max(traces.c.asked_at)
    query = sa.select(traces.c.user, count, last).where(_OF_PEOPLE).group_by(traces.c.user)
    with engine.connect() as connection:
        return {user: Asker(number, moment) for user, number, moment in connection.execute(query)}


def citing_answers(questions: Iterable[AskedQuestion]) -> Counter[str]:
    """Document → how many of the answers cite it."""
    return Counter(document for question in questions for document in set(question.cited))


def latency(questions: Sequence[AskedQuestion]) -> tuple[float, float]:
    """Median and 95th percentile of the seconds to the whole answer; zeros without questions."""
    seconds = [q.seconds for q in questions]
    if len(seconds) < 2:
        return (seconds[0], seconds[0]) if seconds else (0.0, 0.0)
    cuts = quantiles(seconds, n=20, method="inclusive")
    return cuts[9], cuts[18]


def share(questions: Sequence[AskedQuestion], outcome: str) -> float:
    """The share of questions that ended so, 0..1."""
    return sum(q.outcome == outcome for q in questions) / len(questions) if questions else 0.0


def median_by_day(questions: Sequence[AskedQuestion]) -> list[tuple[str, float, float]]:
    """(Day, median, 95th percentile) of the seconds to the whole answer, the first day first."""
    days: dict[str, list[AskedQuestion]] = defaultdict(list)
    for question in questions:
        days[question.day].append(question)
    return [(day, *latency(asked)) for day, asked in sorted(days.items())]


def days_between(first: str, last: str) -> list[str]:
    """Every day from the first to the last, both within (2026-11-22)."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]


def _questions(engine: Engine, condition: sa.ColumnElement[bool], limit: int | None) -> list[AskedQuestion]:
    query = sa.select(traces).where(_OF_PEOPLE, condition).order_by(traces.c.asked_at.desc()).limit(limit)
    with engine.connect() as connection:
        return [_question(row) for row in connection.execute(query)][::-1]


def _question(row: sa.Row[Any]) -> AskedQuestion:
    record = row.record
    return AskedQuestion(
        row.id,
        row.user,
        row.asked_at,
        row.question,
        row.outcome,
        row.route,
        sum(record.get("seconds", {}).values()),
        tuple(dict.fromkeys(c["document_id"] for c in record.get("citations", ()))),
        tuple(p["document_id"] for p in record.get("passages", ())),
    )
