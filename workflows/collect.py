"""Events → runs that are due, once each; and an administrator's order for a group → workflows of its members."""

from __future__ import annotations

import logging
import uuid

import sqlalchemy as sa

from core.errors import DebriefError, IdentityError
from core.identity import load_directory
from core.types import User
from workflows.events import Happened, happened
from workflows.kept import Event, Workflow, all_workflows, forget_runs_older_than, runs, workflows
from workflows.notices import pause_and_tell
from workflows.parts import Workflows
from workflows.seen import remember
from workflows.switching import follow_group

log = logging.getLogger(__name__)
_PASSED = "That time had passed: the service was down, or the workflow paused."


def collect(parts: Workflows) -> int:
    """Makes runs of what has happened since the last look, for every workflow that isn't paused; how many."""
    if (days := parts.settings.retention.conversations_days) is not None:
        forget_runs_older_than(parts.engine, days)
    follow_groups(parts)
    made = 0
    for workflow in all_workflows(parts.engine):
        if workflow.paused or workflow.group:
            continue
        try:
            made += _looked(parts, workflow)
        except DebriefError as error:
            # One workflow that can't look doesn't keep the others.
            pause_and_tell(parts, workflow, str(error))
        except Exception:
            log.exception("workflow %(id)s couldn't look", {"id": workflow.id})
    return made


def _looked(parts: Workflows, workflow: Workflow) -> int:
    person = parts.person(workflow.user)
    app = parts.app(workflow.app, person)
    trigger = parts.trigger(app, workflow.trigger)
    if trigger.kind == "webhook":
        return 0
    until = parts.now()
    found = happened(parts, workflow, app, trigger, person)
    overlap = trigger.kind == "schedule" and trigger.overlap == "skip"
    return enqueued(parts, workflow, found, until, skip_overlap=overlap)


def enqueued(
    parts: Workflows, workflow: Workflow, found: Happened, until: object, *, skip_overlap: bool = False
) -> int:
    """Writes down the events, what was seen, and up to when was looked, in one transaction; how many runs are due."""
    with parts.engine.begin() as connection:
        waiting = connection.scalar(
            sa.select(sa.func.count())
            .select_from(runs)
            .where((runs.c.workflow == workflow.id) & runs.c.state.in_(("queued", "running")))
        )
        why = "The run before hadn't ended." if skip_overlap and waiting else ""
        made = sum(_insert(connection, parts, workflow, event, why) for event in found.events)
        for event in found.missed:
            _insert(connection, parts, workflow, event, _PASSED)
        remember(connection, workflow.id, found.seen)
        connection.execute(workflows.update().where(workflows.c.id == workflow.id).values(looked_at=until))
    return 0 if why else made


def _insert(connection: sa.Connection, parts: Workflows, workflow: Workflow, event: Event, skipped: str) -> int:
    """1 if the event is new; the same event never makes a second run."""
    same = (runs.c.workflow == workflow.id) & (runs.c.key == event.key)
    if connection.scalar(sa.select(runs.c.id).where(same)) is not None:
        return 0
    now = parts.now()
    values = {
        "id": uuid.uuid4().hex, "workflow": workflow.id, "user": workflow.user, "key": event.key,
        "event": dict(event.facts), "state": "skipped" if skipped else "queued", "made_at": now, "due_at": now,
        "lease": "", "attempts": 0, "app_version": "", "app_run": "", "delivered": [], "changed": [],
        "problem": skipped,
    }  # fmt: skip
    try:
        with connection.begin_nested():
            connection.execute(runs.insert().values(**values))
    except sa.exc.IntegrityError:
        # Another process has seen the same event in this moment.
        return 0
    return 1


def follow_groups(parts: Workflows) -> None:
    """Every order for a group has a workflow for each of its members, and none for others."""
    everything = all_workflows(parts.engine)
    for order in (w for w in everything if w.group and not w.paused):
        try:
            parts.person(order.user)
            wanted = members(parts, order.group)
            known = {w.user: w for w in everything if w.parent == order.id}
            for email in wanted.keys() - known.keys():
                follow_group(parts, order, wanted[email])
            gone = [known[email].id for email in known.keys() - wanted.keys()]
            with parts.engine.begin() as connection:
                connection.execute(workflows.delete().where(workflows.c.id.in_(gone)))
        except (DebriefError, IdentityError) as error:
            pause_and_tell(parts, order, str(error))


def members(parts: Workflows, group: str) -> dict[str, User]:
    """The people of a group as far as the directory knows them, by address."""
    directory = load_directory(parts.settings, parts.engine)
    known = set(directory.entries)
    known |= {m.removeprefix("user:") for found in directory.members.values() for m in found if m.startswith("user:")}
    people: dict[str, User] = {}
    for address in known:
        try:
            person = parts.person(address)
        except IdentityError:
            continue
        if group in person.groups:
            people[person.email] = person
    return people
