"""Who asked, opened, ran or changed what: one list out of the tables that keep it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from apps.kept.runs import runs as app_runs
from apps.publish.versions import versions as app_versions
from assistant.records.trace import CONVERSATION, feedback, traces
from core.audit import AuditEntry, entries, recorded

ASKED, RATED, RAN, PUBLISHED = "asked", "rated", "ran app", "published app"
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry; `trace_id` leads to the answer that it is about."""

    entry: AuditEntry
    trace_id: str = ""


def actions(engine: sa.Engine) -> list[str]:
    """Every kind of action that the trail has or may have."""
    with engine.connect() as connection:
        kept = connection.execute(sa.select(entries.c.action).distinct()).scalars().all()
    return [ASKED, RATED, RAN, PUBLISHED, *sorted(kept)]


def trail(
    engine: sa.Engine,
    since: str,
    until: str,
    *,
    person: str = "",
    wanted: Sequence[str] = (),
    words: str = "",
    limit: int = 500,
) -> list[AuditRow]:
    """The newest entries of these days that fit, the newest first.

    Args:
        since, until: Days, ISO 8601; both are within.
        person: A part of the address.
        wanted: Actions; none means all.
        words: All must stand in the action, subject or detail. An answer's detail names the documents it cited.
    """
    rows = [*_asked(engine, since), *_rated(engine, since), *_ran(engine, since), *_published(engine, since)]
    rows += [
        AuditRow(entry, entry.subject if entry.action == "opened trace" else "") for entry in recorded(engine, since)
    ]
    asked = words.casefold().split()
    found = [
        row
        for row in rows
        if row.entry.at[:10] <= until
        and person.casefold() in row.entry.user
        and (not wanted or row.entry.action in wanted)
        and all(word in f"{row.entry.action} {row.entry.subject} {row.entry.detail}".casefold() for word in asked)
    ]
    return sorted(found, key=lambda row: row.entry.at, reverse=True)[:limit]


def _asked(engine: sa.Engine, since: str) -> Iterator[AuditRow]:
    """People's questions; those of an evaluation are asked by nobody."""
    query = sa.select(traces).where(traces.c.asked_at >= since, traces.c.conversation_id != CONVERSATION)
    with engine.connect() as connection:
        for row in connection.execute(query.order_by(traces.c.asked_at.desc()).limit(_MOST)):
            cited = dict.fromkeys(c["document_id"] for c in json.loads(row.record).get("citations", ()))
            detail = f"{row.outcome} by {row.route}" + (f", citing {', '.join(cited)}" if cited else "")
            yield AuditRow(AuditEntry(row.asked_at, row.user, ASKED, row.question, detail), row.id)


def _rated(engine: sa.Engine, since: str) -> Iterator[AuditRow]:
    query = sa.select(feedback).where(feedback.c.given_at >= since).order_by(feedback.c.given_at.desc()).limit(_MOST)
    with engine.connect() as connection:
        for row in connection.execute(query):
            why = ", ".join(filter(None, (*json.loads(row.reasons), row.comment)))
            yield AuditRow(
                AuditEntry(row.given_at, row.user, RATED, f"trace {row.trace_id}", f"{row.rating} {why}"), row.trace_id
            )


def _ran(engine: sa.Engine, since: str) -> Iterator[AuditRow]:
    query = sa.select(app_runs).where(app_runs.c.started_at >= datetime.fromisoformat(since))
    with engine.connect() as connection:
        for row in connection.execute(query.order_by(app_runs.c.started_at.desc()).limit(_MOST)):
            yield AuditRow(AuditEntry(_utc(row.started_at), row.user, RAN, f"{row.app} {row.version}", row.status))


def _published(engine: sa.Engine, since: str) -> Iterator[AuditRow]:
    query = sa.select(app_versions).where(app_versions.c.published_at >= datetime.fromisoformat(since))
    with engine.connect() as connection:
        for row in connection.execute(query.order_by(app_versions.c.published_at.desc()).limit(_MOST)):
            verified = "verified" if row.verified else "not verified"
            yield AuditRow(
                AuditEntry(_utc(row.published_at), row.author, PUBLISHED, f"{row.app} {row.version}", verified)
            )


def _utc(moment: datetime) -> str:
    """SQLite gives times back without their zone, which is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")
