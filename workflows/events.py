"""What has happened since a workflow last looked: as events, each with a name of its own.

Everything is looked at as the workflow's person: what she may not read begins nothing of hers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from apps.accounts import collected
from apps.kept.forms import submissions_of
from apps.language import App
from apps.language.isolated import truth
from apps.language.triggers import AccountTrigger, DocumentTrigger, Trigger
from core.errors import AppError
from core.schedules import due_between
from core.types import User
from ingestion.documents import documents_changed_since
from ingestion.state import SyncState
from retrieval.query.filters import parse_filter
from workflows.kept import Event, Workflow
from workflows.parts import Workflows, schedule_of
from workflows.seen import seen_by

# A sync writes down a document some time after it looked at it; what was seen already is known by its text.
_BEFORE = timedelta(days=1)
_MOST_MISSED = 20
# Under this name stands when the accounts were last gone through.
_LOOKED = "(looked)"


@dataclass
class Happened:
    """New events, what is seen from now on, and sentences about times that nobody catches up."""

    events: list[Event] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    missed: list[Event] = field(default_factory=list)


def happened(parts: Workflows, workflow: Workflow, app: App, trigger: Trigger, person: User) -> Happened:
    """What has happened for this workflow up to now. Raises AppError: the trigger's condition can't be evaluated."""
    until = parts.now()
    if trigger.kind == "schedule":
        found = _times(parts, workflow, trigger, until)
    elif trigger.document is not None:
        found = _documents(parts, workflow, trigger.document, person)
    elif trigger.account is not None:
        found = _accounts(parts, workflow, trigger.account, person)
    elif trigger.form:
        found = _submissions(parts, workflow, app, trigger.form, person)
    else:
        found = Happened()
    if trigger.when:
        found.events = [e for e in found.events if holds(trigger, e.facts)]
    return found


def holds(trigger: Trigger, facts: Mapping[str, Any]) -> bool:
    """Whether the trigger's condition is true of an event."""
    return not trigger.when or truth(trigger.when, {"event": {"since": "", "previous": {}, **facts}})


def first_seen(parts: Workflows, trigger: Trigger, person: User, workflow: Workflow) -> dict[str, str]:
    """What there is already when a workflow is switched on: none of it is news."""
    if trigger.document is not None:
        return _documents(parts, workflow, trigger.document, person, everything=True).seen
    if trigger.account is not None and trigger.account.days_before is None:
        return _accounts(parts, workflow, trigger.account, person).seen
    return {}


def _times(parts: Workflows, workflow: Workflow, trigger: Trigger, until: datetime) -> Happened:
    schedule, zone = schedule_of(parts, workflow, trigger)
    due = due_between(schedule, zone, workflow.looked_at, until)
    late = until - timedelta(minutes=parts.settings.workflows.missed_minutes)
    events = [Event(moment.isoformat(), {"due": moment.isoformat()}) for moment in due]
    if trigger.missed == "skip":
        kept = [e for e, moment in zip(events, due, strict=True) if moment >= late]
    else:
        kept = events[-1:] if trigger.missed == "once" else events[-_MOST_MISSED:]
    return Happened(kept, missed=[e for e in events if e not in kept][-_MOST_MISSED:])


def _documents(
    parts: Workflows, workflow: Workflow, wanted: DocumentTrigger, person: User, *, everything: bool = False
) -> Happened:
    since = None if everything else workflow.looked_at - _BEFORE
    found = documents_changed_since(parts.engine, person, parse_filter(wanted.filter), since)
    known = seen_by(parts.engine, workflow)
    made = Happened()
    for record in found:
        before = known.get(record.id)
        if before == record.content_hash:
            continue
        made.seen[record.id] = record.content_hash
        change = "new" if before is None else "changed"
        if change in wanted.on:
            facts = {name: getattr(record, name) for name in ("id", "title", "url", "source")}
            key = f"{record.id[:220]} {record.content_hash[:40]}"
            made.events.append(Event(key, {**facts, "change": change, "attributes": dict(record.attributes)}))
    return made


def _accounts(parts: Workflows, workflow: Workflow, wanted: AccountTrigger, person: User) -> Happened:
    """Accounts are gone through once a day, and whenever the index is another one."""
    today = parts.now().date()
    known = seen_by(parts.engine, workflow)
    state = f"{SyncState(parts.engine).generation()} {today}"
    if known.get(_LOOKED) == state:
        return Happened()
    made = Happened(seen={_LOOKED: state})
    for customer in parts.tools().readable_customers(person):
        value = _field(parts, customer, wanted.field, person)
        before = known.get(customer)
        if not value or value == before:
            # What isn't known any more has not changed.
            continue
        event = _account_event(wanted, customer, before, value, today)
        if event is not None or wanted.days_before is None:
            made.seen[customer] = value
        if event is not None:
            made.events.append(Event(f"{customer[:150]} {event['now'][:60]} {state[:80]}", event))
    return made


def _account_event(
    wanted: AccountTrigger, customer: str, before: str | None, value: str, today: date
) -> dict[str, Any] | None:
    facts = {"customer": customer, "field": wanted.field, "before": before or "", "now": value, "days": 0}
    if wanted.days_before is not None:
        try:
            days = (date.fromisoformat(value) - today).days
        except ValueError:
            return None
        return {**facts, "days": days} if 0 <= days <= wanted.days_before else None
    # The first value that is ever seen is no change.
    fits = not wanted.becomes or value.casefold() in map(str.casefold, wanted.becomes)
    return facts if before is not None and fits else None


def _field(parts: Workflows, customer: str, name: str, person: User) -> str:
    try:
        return str(collected(customer, parts.context(person, ""), about=name).result()[name] or "")
    except AppError:
        # Named somewhere, and nothing more is known.
        return ""


def _submissions(parts: Workflows, workflow: Workflow, app: App, collection: str, person: User) -> Happened:
    try:
        found = submissions_of(parts.engine, app, collection, person)
    except AppError:
        # Nobody has opened it yet.
        return Happened()
    since = max(workflow.made_at, workflow.looked_at - _BEFORE)
    return Happened(
        [
            Event(s.id, {"id": s.id, "collection": collection, "by": s.user, "values": dict(s.values)})
            for s in found
            if s.submitted_at > since
        ]
    )
