"""Who asked, opened, ran or changed what: one list out of the tables that keep it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from apps.kept.usage import runs_since
from apps.publish.versions import published_since
from assistant.records.usage import questions_of, questions_since, thumbs_since
from core.audit import ASKED, PUBLISHED, RAN, RATED, AuditEntry, first_of, recorded, recorded_actions
from core.database import Engine, begin_of

_MOST = 5_000
# A question is asked some time before its answer, and then its entry, is there.
_TOGETHER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry; `trace_id` leads to the answer that it is about."""

    entry: AuditEntry
    trace_id: str = ""


def actions(engine: Engine) -> list[str]:
    """Every kind of action that the trail has or may have."""
    return sorted({ASKED, RATED, RAN, PUBLISHED, *recorded_actions(engine)})


def trail(
    engine: Engine,
    first: date,
    last: date,
    *,
    person: str = "",
    wanted: Sequence[str] = (),
    words: str = "",
    limit: int = 500,
) -> list[AuditRow]:
    """The newest entries of these days that fit, the newest first.

    Args:
        first, last: Days in UTC; both are within.
        person: A part of the address.
        wanted: Actions; none means all.
        words: All must stand in the action, subject or detail. An answer's detail names the documents it cited.
    """
    since = begin_of(first)
    rows = [*_recorded(engine, since), *_before_the_trail(engine, since)]
    asked = words.casefold().split()
    found = [
        row
        for row in rows
        if row.entry.at.date() <= last
        and person.casefold() in row.entry.user
        and (not wanted or row.entry.action in wanted)
        and all(word in f"{row.entry.action} {row.entry.subject} {row.entry.detail}".casefold() for word in asked)
    ]
    return sorted(found, key=lambda row: row.entry.at, reverse=True)[:limit]


def _recorded(engine: Engine, since: datetime) -> Iterator[AuditRow]:
    """The trail's entries; a question that stands in it by its hash is read in its trace, while that is kept."""
    found = recorded(engine, since, limit=_MOST)
    asked = {str(e.facts["trace"]) for e in found if e.action == ASKED and "trace" in e.facts}
    questions = questions_of(engine, asked)
    for entry in found:
        trace = entry.subject if entry.action == "opened trace" else str(entry.facts.get("trace", ""))
        if entry.action == RATED:
            trace = entry.subject.removeprefix("trace ")
        subject = questions.get(trace, entry.subject) if entry.action == ASKED else entry.subject
        yield AuditRow(replace(entry, subject=subject), trace)


def _before_the_trail(engine: Engine, since: datetime) -> Iterator[AuditRow]:
    """What a version of Debrief did that didn't yet put it into the trail."""
    begun = {action: first_of(engine, action) for action in (ASKED, RATED, RAN, PUBLISHED)}
    rows = [*_asked(engine, since), *_rated(engine, since), *_ran(engine, since), *_published(engine, since)]
    for row in rows:
        first = begun[row.entry.action]
        if first is None or row.entry.at < first - _TOGETHER:
            yield row


def _asked(engine: Engine, since: datetime) -> Iterator[AuditRow]:
    """People's questions; those of an evaluation are asked by nobody."""
    for asked in questions_since(engine, since, _MOST):
        detail = f"{asked.outcome} by {asked.route}" + (f", citing {', '.join(asked.cited)}" if asked.cited else "")
        yield AuditRow(AuditEntry(asked.asked_at, asked.user, ASKED, asked.question, detail), asked.trace_id)


def _rated(engine: Engine, since: datetime) -> Iterator[AuditRow]:
    for thumb in thumbs_since(engine, since, _MOST):
        why = ", ".join(filter(None, (*thumb.reasons, thumb.comment)))
        entry = AuditEntry(thumb.given_at, thumb.user, RATED, f"trace {thumb.trace_id}", f"{thumb.rating} {why}")
        yield AuditRow(entry, thumb.trace_id)


def _ran(engine: Engine, since: datetime) -> Iterator[AuditRow]:
    for run in runs_since(engine, since, _MOST):
        yield AuditRow(AuditEntry(run.started_at, run.user, RAN, f"{run.app} {run.version}", run.status))


def _published(engine: Engine, since: datetime) -> Iterator[AuditRow]:
    for found in published_since(engine, since, _MOST):
        verified = "verified" if found.verified else "not verified"
        yield AuditRow(
            AuditEntry(found.published_at, found.author, PUBLISHED, f"{found.app} {found.version}", verified)
        )
