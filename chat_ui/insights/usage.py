"""What the Insights page counts: questions, outcomes, latency, thumbs, citations, hours saved."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import Any

import sqlalchemy as sa

from apps.kept.runs import runs
from assistant.records.trace import CONVERSATION, feedback, traces
from ingestion.state import documents


@dataclass(frozen=True)
class Question:
    """One question that was asked. `seconds` is the time to the whole answer."""

    trace_id: str
    user: str
    day: str
    question: str
    outcome: str
    route: str
    seconds: float
    cited: tuple[str, ...] = ()


@dataclass(frozen=True)
class AppMonth:
    """One app's use in one month. `minutes` is what the app says that a completed run saves."""

    app: str
    month: str
    runs: int
    completed: int
    people: int
    minutes: float


def questions_since(engine: sa.Engine, day: str) -> list[Question]:
    """Every question of a person from that day on (2026-11-22), oldest first; an evaluation's aren't people's."""
    of_people = (traces.c.asked_at >= day) & (traces.c.conversation_id != CONVERSATION)
    query = sa.select(traces).where(of_people).order_by(traces.c.asked_at)
    with engine.connect() as connection:
        return [_question(row) for row in connection.execute(query)]


def thumbs_since(engine: sa.Engine, day: str) -> list[Mapping[str, str]]:
    """Every thumb from that day on, newest first: rating, reasons, comment, question, user, trace_id."""
    query = (
        sa.select(feedback, traces.c.question)
        .join(traces, traces.c.id == feedback.c.trace_id)
        .where(feedback.c.given_at >= day)
        .order_by(feedback.c.given_at.desc())
    )
    with engine.connect() as connection:
        return [
            {
                "rating": row.rating,
                "reasons": ", ".join(json.loads(row.reasons)),
                "comment": row.comment,
                "question": row.question,
                "user": row.user,
                "trace_id": row.trace_id,
            }
            for row in connection.execute(query)
        ]


def latency(questions: Sequence[Question]) -> tuple[float, float]:
    """Median and 95th percentile of the seconds to the whole answer; zeros without questions."""
    seconds = [q.seconds for q in questions]
    if len(seconds) < 2:
        return (seconds[0], seconds[0]) if seconds else (0.0, 0.0)
    cuts = quantiles(seconds, n=20, method="inclusive")
    return cuts[9], cuts[18]


def share(questions: Sequence[Question], outcome: str) -> float:
    """The share of questions that ended so, 0..1."""
    return sum(q.outcome == outcome for q in questions) / len(questions) if questions else 0.0


def citations(engine: sa.Engine, questions: Sequence[Question]) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """(Title and number of citing answers, most first; id and title of indexed documents that none cites)."""
    counted = Counter(document for question in questions for document in set(question.cited))
    query = (
        sa.select(documents.c.id, documents.c.title).where(documents.c.outcome == "indexed").order_by(documents.c.title)
    )
    with engine.connect() as connection:
        titles = {row.id: row.title or row.id for row in connection.execute(query)}
    cited = [(titles.get(document, document), count) for document, count in counted.most_common()]
    return cited, [(document, title) for document, title in titles.items() if document not in counted]


def app_months(engine: sa.Engine, day: str) -> list[AppMonth]:
    """The use of every app by month from that day on, the latest month first, most used apps first."""
    query = sa.select(runs).where(runs.c.started_at >= datetime.fromisoformat(day))
    grouped: dict[tuple[str, str], list[sa.Row[Any]]] = defaultdict(list)
    with engine.connect() as connection:
        for row in connection.execute(query):
            grouped[f"{row.started_at:%Y-%m}", row.app].append(row)
    found = [
        AppMonth(
            app,
            month,
            len(rows),
            sum(row.status == "completed" for row in rows),
            len({row.user for row in rows}),
            max(row.minutes_saved for row in rows),
        )
        for (month, app), rows in grouped.items()
    ]
    return sorted(sorted(found, key=lambda m: -m.runs), key=lambda m: m.month, reverse=True)


def days_between(first: str, last: str) -> list[str]:
    """Every day from the first to the last, both within (2026-11-22)."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]


def median_by_day(questions: Sequence[Question]) -> list[tuple[str, float, float]]:
    """(Day, median, 95th percentile) of the seconds to the whole answer, the first day first."""
    days: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        days[question.day].append(question)
    return [(day, *latency(asked)) for day, asked in sorted(days.items())]


def _question(row: sa.Row[Any]) -> Question:
    record = json.loads(row.record)
    return Question(
        row.id,
        row.user,
        row.asked_at[:10],
        row.question,
        row.outcome,
        row.route,
        sum(record.get("seconds", {}).values()),
        tuple(dict.fromkeys(c["document_id"] for c in record.get("citations", ()))),
    )
