"""Workflows and their runs in the state database.

A workflow is one trigger of one app, switched on for one person. Its runs go

    queued → running → done        (handed over; `reviewed_at` once the person has looked)
       ↑________|  |→ failed       (tried as often as the trigger says)
                   |→ refused      (the person is gone, may no longer, or what was put in is wrong)
    skipped                        (a time that passed while the run before hadn't ended, or that nobody catches up)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.database import SECRET, Engine, Json, UtcDateTime, metadata, personal, utc_now
from core.errors import WorkflowError
from core.types import User, folded

State = Literal["queued", "running", "done", "failed", "refused", "skipped"]
workflows = sa.Table(
    "workflows",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("app", sa.String(40), nullable=False, index=True),
    sa.Column("trigger", sa.String(40), nullable=False),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    # Who is told when it can't run: who switched it on for a group, and the app's owner.
    sa.Column("owner", sa.String(320), nullable=False, info=personal("whoever looks after the app is told of it")),
    # An order of an administrator for all members of a group, which makes workflows of theirs; `parent` is the order.
    sa.Column("group", sa.String(200), nullable=False),
    sa.Column("parent", sa.String(32), nullable=False, index=True),
    sa.Column("inputs", Json, nullable=False),
    # Where results go besides what the trigger says.
    sa.Column("results", Json, nullable=False),
    sa.Column("schedule", sa.String(100), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("secret", sa.Text, nullable=False, info={SECRET: True}),
    sa.Column("made_at", UtcDateTime, nullable=False),
    # Why it doesn't run; empty while it does.
    sa.Column("paused", sa.Text, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    # Everything up to here has become runs.
    sa.Column("looked_at", UtcDateTime, nullable=False),
)
runs = sa.Table(
    "workflow_runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("workflow", sa.ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("user", sa.String(320), nullable=False, index=True, info=personal("delete")),
    # The event's own name within its workflow: the same event makes one run, however often it is seen.
    sa.Column("key", sa.String(300), nullable=False),
    sa.Column("event", Json, nullable=False),
    sa.Column("state", sa.String(12), nullable=False, index=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
    sa.Column("lease", sa.String(32), nullable=False),
    sa.Column("begun_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("app_version", sa.String(20), nullable=False),
    sa.Column("app_run", sa.String(32), nullable=False),
    # What has been handed over, so that a crash in the middle hands over the rest.
    sa.Column("delivered", Json, nullable=False),
    sa.Column("changed", Json, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("reviewed_at", UtcDateTime),
    sa.UniqueConstraint("workflow", "key", name="uq_workflow_runs_event"),
)
# What a workflow has seen of documents and accounts, to tell what is new.
seen = sa.Table(
    "workflow_seen",
    metadata,
    sa.Column("workflow", sa.ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("thing", sa.String(500), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Workflow:
    """One trigger of one app, for one person; or, with `group`, an order for all members of a group."""

    id: str
    app: str
    trigger: str
    user: str
    owner: str
    group: str
    parent: str
    inputs: Mapping[str, Any]
    results: tuple[str, ...]
    schedule: str
    time_zone: str
    secret: str
    made_at: datetime
    paused: str
    failures: int
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """One run and what became of it. `changed` are lines that the last one didn't have, and lost ones with "− "."""

    id: str
    workflow: str
    user: str
    key: str
    event: Mapping[str, Any]
    state: State
    made_at: datetime
    due_at: datetime
    lease: str = ""
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0
    app_version: str = ""
    app_run: str = ""
    delivered: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    problem: str = ""
    reviewed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that begins a run. `key` is its own name: the same event has the same."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def workflow_of(row: sa.Row[Any]) -> Workflow:
    """A row of the table."""
    return Workflow(**{**row._mapping, "results": tuple(row.results)})


def run_of(row: sa.Row[Any]) -> WorkflowRun:
    """A row of the table."""
    values = dict(row._mapping)
    return WorkflowRun(**{**values, "delivered": tuple(values["delivered"]), "changed": tuple(values["changed"])})


def all_workflows(engine: Engine) -> list[Workflow]:
    """Everybody's, by app, trigger and person."""
    query = sa.select(workflows).order_by(workflows.c.app, workflows.c.trigger, workflows.c.user)
    with engine.connect() as connection:
        return [workflow_of(row) for row in connection.execute(query)]


def of_person(engine: Engine, user: User) -> list[Workflow]:
    """Those that run as the person, and those that the person looks after."""
    mine = (user.email.lower(), folded(user.email))
    return [w for w in all_workflows(engine) if w.user in mine or w.owner in mine]


def workflow(engine: Engine, wanted: str) -> Workflow:
    """The workflow of this id, or of the beginning of one. Raises WorkflowError: there is none, or several."""
    query = sa.select(workflows).where(workflows.c.id.startswith(wanted, autoescape=True)).limit(2)
    with engine.connect() as connection:
        found = [workflow_of(row) for row in connection.execute(query)] if wanted else []
    if len(found) != 1:
        raise WorkflowError(
            f"There is no workflow {wanted!r}; `debrief workflows list` shows those that there are."
            if not found
            else f"Several workflows begin with {wanted!r}; give more of the id."
        )
    return found[0]


def history(engine: Engine, wanted: Sequence[str], limit: int = 50) -> list[WorkflowRun]:
    """The runs of these workflows, the latest first."""
    query = sa.select(runs).where(runs.c.workflow.in_(wanted)).order_by(runs.c.made_at.desc(), runs.c.id).limit(limit)
    with engine.connect() as connection:
        return [run_of(row) for row in connection.execute(query)]


def for_review(engine: Engine, user: User) -> list[WorkflowRun]:
    """The person's results that nobody has looked at yet, the oldest first."""
    mine = (runs.c.user == user.email.lower()) & (runs.c.state == "done") & runs.c.reviewed_at.is_(None)
    handed = [r for r in _found(engine, mine) if "review" in r.delivered]
    return sorted(handed, key=lambda r: r.made_at)


def last_done(engine: Engine, wanted: str, before: str = "") -> WorkflowRun | None:
    """The workflow's last run that gave a result, but for the one that is asked for."""
    done = (runs.c.workflow == wanted) & (runs.c.state == "done") & (runs.c.app_run != "") & (runs.c.id != before)
    return max(_found(engine, done), key=lambda r: r.ended_at or r.made_at, default=None)


def reviewed(engine: Engine, run: str, user: User) -> None:
    """Notes that the person has looked at a result. Raises WorkflowError: it isn't theirs."""
    mine = (runs.c.id == run) & (runs.c.user == user.email.lower())
    with engine.begin() as connection:
        if not connection.execute(runs.update().where(mine).values(reviewed_at=utc_now())).rowcount:
            raise WorkflowError(f"There is no run {run!r} of {user.email}; look at one of your own.")


def forget_runs_older_than(engine: Engine, days: int) -> int:
    """Deletes everybody's ended runs from before; how many. The latest of each workflow stays, to compare with."""
    newest = sa.select(sa.func.max(runs.c.made_at)).where(runs.c.state == "done").group_by(runs.c.workflow)
    old = (runs.c.made_at < utc_now() - timedelta(days=days)) & runs.c.state.not_in(("queued", "running"))
    with engine.begin() as connection:
        return connection.execute(runs.delete().where(old & runs.c.made_at.not_in(newest))).rowcount


def _found(engine: Engine, condition: sa.ColumnElement[bool]) -> list[WorkflowRun]:
    with engine.connect() as connection:
        return [run_of(row) for row in connection.execute(sa.select(runs).where(condition))]
