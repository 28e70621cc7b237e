"""A trigger is switched on by the person as whom it will run; an administrator may do so for all members of a group."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from apps.language import App
from apps.language.triggers import Trigger
from apps.run.inputs import shown, value_problem
from core import audit
from core.errors import WorkflowError
from core.nearest import nearest
from core.schedules import checked_schedule
from core.sealed import sealed
from core.types import User
from workflows.events import first_seen
from workflows.kept import Workflow, all_workflows, workflows
from workflows.parts import Workflows, schedule_of
from workflows.results import check_places
from workflows.seen import remember


@dataclass(frozen=True)
class Switch:
    """What a person chooses when a trigger is switched on; what is empty is as the trigger says."""

    inputs: Mapping[str, Any] | None = None
    results: Sequence[str] = ()
    schedule: str = ""
    time_zone: str = ""
    group: str = ""


def switch_on(
    parts: Workflows, app_name: str, trigger_name: str, person: User, chosen: Switch | None = None
) -> tuple[Workflow, str]:
    """The new workflow, and for a webhook the secret of its signatures, which isn't shown again.

    Raises:
        WorkflowError: the app or trigger isn't there or not for the person, it is on already, an input is missing, or
            a place for results isn't open to them.
        SettingsError: the schedule is wrong, or secrets can't be kept.
    """
    chosen = chosen or Switch()
    app = parts.app(app_name, None if chosen.group else person)
    trigger = parts.trigger(app, trigger_name)
    if chosen.group and not set(parts.settings.auth.admin_groups) & set(person.groups):
        raise WorkflowError("Only an administrator switches a workflow on for a group; switch it on for yourself.")
    if chosen.group and trigger.kind == "webhook":
        raise WorkflowError("A webhook has one secret and one person; each member switches it on for herself.")
    _check_inputs(app, trigger, chosen.inputs or {})
    check_places(parts, (*trigger.results, *chosen.results), person)
    _check_new(parts, app, trigger, person, chosen.group)
    secret = secrets.token_urlsafe(32) if trigger.kind == "webhook" else ""
    now = parts.now()
    made = Workflow(
        uuid.uuid4().hex, app.name, trigger.name, person.email.lower(), app.owner.lower(), chosen.group, "",
        dict(chosen.inputs or {}), tuple(chosen.results), chosen.schedule, chosen.time_zone,
        sealed(parts.settings, secret) if secret else "", now, "", 0, now,
    )  # fmt: skip
    if trigger.kind == "schedule":
        checked_schedule(*schedule_of(parts, made, trigger))
    elif chosen.schedule or chosen.time_zone:
        raise WorkflowError(f"{app.name}.{trigger.name} has no schedule; leave --schedule and --time-zone out.")
    _keep(parts, made, person, {} if chosen.group else first_seen(parts, trigger, person, made))
    return made, secret


def follow_group(parts: Workflows, order: Workflow, person: User) -> Workflow:
    """The workflow of a member, as an administrator has ordered it for the group."""
    app = parts.app(order.app, person)
    now = parts.now()
    made = replace(
        order, id=uuid.uuid4().hex, user=person.email, owner=order.user, group="", parent=order.id, made_at=now,
        looked_at=now,
    )  # fmt: skip
    _keep(parts, made, User(order.user), first_seen(parts, parts.trigger(app, order.trigger), person, made))
    return made


def switch_off(parts: Workflows, workflow: Workflow, by: User) -> None:
    """Deletes the workflow with its history; an order with those of its members. Raises WorkflowError: not theirs."""
    check_may_change(parts, workflow, by)
    with parts.engine.begin() as connection:
        mine = (workflows.c.id == workflow.id) | (workflows.c.parent == workflow.id)
        connection.execute(workflows.delete().where(mine))
        name = f"{workflow.app}.{workflow.trigger}"
        audit.append(connection, by, "switched off workflow", name, "", workflow=workflow.id, person=workflow.user)


def pause(parts: Workflows, workflow: Workflow, by: User, why: str = "") -> None:
    """Nothing of it begins until it is resumed. Raises WorkflowError: not theirs."""
    check_may_change(parts, workflow, by)
    for one in (workflow, *_followers(parts, workflow)):
        parts.update(one, by, "paused workflow", paused=why or f"Paused by {by.email}.")


def resume(parts: Workflows, workflow: Workflow, by: User) -> None:
    """It goes on. Times that passed meanwhile are missed ones; other events are caught up.

    Raises:
        WorkflowError: it isn't theirs, or its app or trigger isn't there.
    """
    check_may_change(parts, workflow, by)
    parts.trigger(parts.app(workflow.app), workflow.trigger)
    for one in (workflow, *_followers(parts, workflow)):
        parts.update(one, by, "resumed workflow", paused="", failures=0)


def _followers(parts: Workflows, order: Workflow) -> list[Workflow]:
    """The workflows that an order has made for the members of its group."""
    return [w for w in all_workflows(parts.engine) if w.parent == order.id]


def check_may_change(parts: Workflows, workflow: Workflow, by: User) -> None:
    """Raises WorkflowError: the workflow is neither the person's own nor theirs to look after."""
    if by.email.lower() in (workflow.user, workflow.owner):
        return
    if not set(parts.settings.auth.admin_groups) & set(by.groups):
        raise WorkflowError(f"The workflow {workflow.id[:12]} is {workflow.user}'s; ask them, or an administrator.")


def _check_inputs(app: App, trigger: Trigger, given: Mapping[str, Any]) -> None:
    names = [i.name for i in app.inputs]
    for name, value in given.items():
        item = app.input(name)
        if item is None:
            raise WorkflowError(f"The app {app.name} has no input {name!r}; {nearest(name, names, 'inputs')}")
        if problem := value_problem(item, value):
            raise WorkflowError(f"'{shown(item)}': {problem}")
    told = {*given, *trigger.inputs}
    lacking = [i for i in app.inputs if i.required and i.default is None and not i.latest and i.name not in told]
    if lacking:
        raise WorkflowError(
            f"'{shown(lacking[0])}' is missing, and nobody is asked when it runs by itself; "
            f"give it with --input {lacking[0].name}=…"
        )


def _check_new(parts: Workflows, app: App, trigger: Trigger, person: User, group: str) -> None:
    for known in all_workflows(parts.engine):
        same = known.app == app.name and known.trigger == trigger.name and known.group == group
        if same and known.user == person.email.lower():
            raise WorkflowError(f"{app.name}.{trigger.name} is on already, as {known.id[:12]}; switch it off first.")


def _keep(parts: Workflows, made: Workflow, by: User, seen: Mapping[str, str]) -> None:
    with parts.engine.begin() as connection:
        connection.execute(workflows.insert().values(**asdict(made)))
        remember(connection, made.id, seen)
        facts = {"workflow": made.id, "person": made.user, "group": made.group, "inputs": dict(made.inputs)}
        audit.append(connection, by, "switched on workflow", f"{made.app}.{made.trigger}", "", **facts)
