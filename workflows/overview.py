"""What a person sees of workflows: those that are on, when each comes next, and the triggers that there are."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.language.triggers import Trigger
from apps.publish.versions import available_apps
from core.errors import WorkflowError
from core.schedules import in_words, next_after
from core.types import User
from workflows.collect import enqueued
from workflows.events import Happened
from workflows.kept import Event, Workflow, WorkflowRun, all_workflows, history
from workflows.parts import Workflows, schedule_of
from workflows.work import run_now


def told(parts: Workflows, found: Workflow) -> dict[str, Any]:
    """A workflow in words: who, whether it is on, when it comes next, and what came of it last."""
    last = next(iter(history(parts.engine, [found.id], 1)), None)
    return {
        "id": found.id,
        "name": f"{found.app}.{found.trigger}",
        "title": titled(parts, found),
        "person": f"{found.group} (group)" if found.group else found.user,
        "state": f"paused: {found.paused}" if found.paused else "on",
        "next": next_run(parts, found),
        "by_hand": _is_schedule(parts, found) and not found.group,
        "last": f"{last.state} {last.due_at:%Y-%m-%d %H:%M}" if last is not None else "",
    }


def titled(parts: Workflows, found: Workflow) -> str:
    """The app and the trigger by their titles; by their names where they are gone."""
    try:
        app = parts.app(found.app)
        return ": ".join(filter(None, (app.title, parts.trigger(app, found.trigger).title)))
    except WorkflowError:
        return f"{found.app}.{found.trigger}"


def _is_schedule(parts: Workflows, found: Workflow) -> bool:
    try:
        return parts.trigger(parts.app(found.app), found.trigger).kind == "schedule"
    except WorkflowError:
        return False


def next_run(parts: Workflows, found: Workflow) -> str:
    """When a schedule comes next, in its own time zone; what begins another; empty while it is paused."""
    try:
        trigger = parts.trigger(parts.app(found.app), found.trigger)
    except WorkflowError:
        return ""
    if found.paused:
        return ""
    if trigger.kind != "schedule":
        return begins_with(trigger)
    schedule, zone = schedule_of(parts, found, trigger)
    moment = next_after(schedule, zone, parts.now())
    return _local(moment, zone) if moment is not None else ""


def begins_with(trigger: Trigger) -> str:
    """What begins it, in words."""
    if trigger.schedule:
        return f"{in_words(trigger.schedule)} {trigger.time_zone}".strip()
    if trigger.document is not None:
        said = trigger.document.filter.replace("_", " ").replace("=", " ")
        fitting = f" with {said}" if said else ""
        return f"a {' or '.join(trigger.document.on)} document{fitting}"
    if trigger.account is not None and trigger.account.days_before is not None:
        return f"{trigger.account.days_before} days before {trigger.account.field}"
    if trigger.account is not None:
        turned = f" turns {' or '.join(trigger.account.becomes)}" if trigger.account.becomes else " changes"
        return f"{trigger.account.field}{turned}"
    return f"a form in {trigger.form}" if trigger.form else "a webhook"


def offered_triggers(parts: Workflows, person: User) -> list[dict[str, str]]:
    """The triggers of the person's apps that aren't on for them."""
    taken = {(w.app, w.trigger) for w in all_workflows(parts.engine) if w.user == person.email.lower() and not w.group}
    return [
        {
            "app": app.app.name,
            "trigger": trigger.name,
            "name": f"{app.app.name}.{trigger.name}",
            "title": f"{app.app.title}: {trigger.title or begins_with(trigger)}",
            "begins": begins_with(trigger),
        }
        for app in available_apps(parts.settings, parts.engine, person).values()
        for trigger in app.app.triggers
        if (app.app.name, trigger.name) not in taken
    ]


def run_by_hand(parts: Workflows, found: Workflow) -> WorkflowRun | None:
    """The run of this moment, after one try; None while another one is under way.

    Raises:
        WorkflowError: it is paused, or begins by an event that nobody can make by hand.
    """
    if found.paused:
        raise WorkflowError(f"The workflow is paused ({found.paused}); resume it first.")
    kind = parts.trigger(parts.app(found.app), found.trigger).kind
    if kind != "schedule":
        raise WorkflowError(f"Only a schedule can be run by hand; this one begins by a {kind}.")
    key = f"by hand {uuid.uuid4().hex}"
    event = Event(key, {"due": parts.now().isoformat()})
    enqueued(parts, found, Happened([event]), found.looked_at)
    return run_now(parts, next(r for r in history(parts.engine, [found.id]) if r.key == key).id)


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
