"""Runs that are due: as their person, with her rights of this moment; tried again, and handed over once.

A run belongs to one process for as long as its app may take (its lease). A process that is killed leaves it behind: the
next one takes it up when the lease ends, and goes on where the result was kept already.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from apps.kept import record_run, stored_result
from apps.language import App, Guard
from apps.language.triggers import Trigger
from apps.run import InputsWrong
from apps.run.outputs import filled
from apps.runner import RunResult, finish
from core import audit
from core.errors import AppError, DebriefError, IdentityError, WorkflowError
from core.types import User
from workflows.kept import Workflow, WorkflowRun, last_done, run_of, runs, workflow, workflows
from workflows.notices import pause_and_tell
from workflows.parts import Workflows
from workflows.results import Handover, changes, deliver

log = logging.getLogger(__name__)
# After the first, second, … failed try.
_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
_LEASE_MORE = timedelta(minutes=5)
_DAY = timedelta(days=1)
_MOST_CHARS = 4_000


def work(parts: Workflows, limit: int = 50) -> int:
    """Runs what is due, one after the other, the oldest first; how many."""
    due = sa.select(runs.c.id).join(workflows, workflows.c.id == runs.c.workflow)
    due = due.where(_is_due(parts) & (workflows.c.paused == "")).order_by(runs.c.due_at, runs.c.made_at).limit(limit)
    with parts.engine.connect() as connection:
        found = list(connection.execute(due).scalars())
    return sum(run_now(parts, wanted) is not None for wanted in found)


def run_now(parts: Workflows, wanted: str) -> WorkflowRun | None:
    """The run after one try; None when it isn't due, its workflow is paused, or another one of it is running."""
    taken = _take(parts, wanted)
    if taken is None:
        return None
    known = workflow(parts.engine, taken.workflow)
    try:
        _tried(parts, known, taken)
    except (IdentityError, WorkflowError) as error:
        # Trying again changes neither: the person is gone, or may no longer.
        _ended(parts, taken, "refused", str(error))
        pause_and_tell(parts, known, str(error))
    except InputsWrong as error:
        # The next event may have what this one lacks.
        _counted(parts, known, taken, "refused", str(error))
    except DebriefError as error:
        _failed(parts, known, taken, str(error))
    except Exception as error:
        log.exception("the workflow's run %(run)s failed", {"run": wanted})
        told = f"An unexpected error ({type(error).__name__}); the log has it, run {wanted[:12]}."
        _failed(parts, known, taken, told)
    return _stored(parts, wanted)


def _is_due(parts: Workflows) -> sa.ColumnElement[bool]:
    return runs.c.state.in_(("queued", "running")) & (runs.c.due_at <= parts.now())


def _take(parts: Workflows, wanted: str) -> WorkflowRun | None:
    """The run under a new lease; None where it isn't due, or another run of its workflow is under way."""
    other = runs.alias()
    busy = sa.exists().where(
        (other.c.workflow == runs.c.workflow)
        & (other.c.id != runs.c.id)
        & (other.c.state == "running")
        & (other.c.due_at > parts.now())
    )
    going = sa.select(workflows.c.id).where(workflows.c.paused == "")
    free = (runs.c.id == wanted) & _is_due(parts) & ~busy & runs.c.workflow.in_(going)
    until = parts.now() + timedelta(minutes=30) + _LEASE_MORE
    values = {"state": "running", "lease": uuid.uuid4().hex, "due_at": until, "begun_at": parts.now()}
    with parts.engine.begin() as connection:
        taken = runs.update().where(free).values(attempts=runs.c.attempts + 1, **values)
        if not connection.execute(taken).rowcount:
            return None
    found = _stored(parts, wanted)
    return found if found.lease == values["lease"] else None


@dataclass(frozen=True)
class _Turn:
    """One try of one run."""

    parts: Workflows
    workflow: Workflow
    run: WorkflowRun
    person: User
    app: App
    trigger: Trigger


def _tried(parts: Workflows, known: Workflow, run: WorkflowRun) -> None:
    person = parts.person(known.user)
    app = parts.app(known.app, person)
    turn = _Turn(parts, known, run, person, app, parts.trigger(app, known.trigger))
    if run.attempts > turn.trigger.attempts:
        raise AppError("Each try was cut off before its end; see the log of that time.")
    if run.app_run:
        # Kept already, and cut off while it was handed over.
        result = stored_result(parts.engine, run.app_run, person, _readable(parts))
    elif later := _over_quota(turn):
        told = {"attempts": run.attempts - 1, "problem": "Over the day's quota.", "lease": ""}
        _leave(parts, run, state="queued", due_at=later, **told)
        return
    else:
        turn, result = _run_app(turn)
    if result.status == "failed":
        raise AppError(result.error)
    _hand_over(turn, result)


def _run_app(turn: _Turn) -> tuple[_Turn, RunResult]:
    """The run with its result kept, unless it failed: then nothing is."""
    parts, run = turn.parts, turn.run
    before = _last_result(parts, run, turn.person)
    given = inputs_of(turn, before)
    result = finish(turn.app, given, parts.context(turn.person, turn.app.name))
    if result.status == "failed":
        return turn, result
    changed = changes(before, result)
    kept = replace(
        run, app_run=record_run(parts.engine, result, turn.person), app_version=turn.app.version, changed=changed
    )
    _leave(parts, run, app_run=kept.app_run, app_version=kept.app_version, changed=list(changed))
    return replace(turn, run=kept), result


def inputs_of(turn: _Turn, before: RunResult | None) -> dict[str, Any]:
    """Input → value: the trigger's expressions over the event, and what the person has fixed, which counts more."""
    parts, known, run = turn.parts, turn.workflow, turn.run
    last = last_done(parts.engine, known.id, run.id)
    since = (last.ended_at or last.made_at).date().isoformat() if last is not None else ""
    outputs: Mapping[str, str] = {o.name: o.text[:_MOST_CHARS] for o in before.outputs} if before is not None else {}
    event = {**run.event, "since": since, "previous": outputs}
    values = {"event": event, "today": parts.now().date().isoformat(), "user": {"email": known.user}}
    return {**filled(dict(turn.trigger.inputs), values, Guard()), **known.inputs}


def _last_result(parts: Workflows, run: WorkflowRun, person: User) -> RunResult | None:
    """What the workflow gave last; None where that is gone, or closed to the person by now."""
    last = last_done(parts.engine, run.workflow, run.id)
    if last is None:
        return None
    try:
        return stored_result(parts.engine, last.app_run, person, _readable(parts))
    except AppError:
        return None


def _hand_over(turn: _Turn, result: RunResult) -> None:
    """Hands the result over and ends the run. A run that asks its person waits on the pages as any other."""
    parts, known, run, trigger = turn.parts, turn.workflow, turn.run, turn.trigger
    said = ""
    last = last_done(parts.engine, known.id, run.id)
    if result.status == "waiting":
        said = f"It waits for your answer: {result.error}"
        _leave(parts, run, delivered=["review"])
    elif trigger.unchanged == "skip" and last is not None and not run.changed:
        said = "Nothing has changed since the last run, so nothing was handed over."
    else:
        handed = list(run.delivered)

        def note(place: str) -> None:
            handed.append(place)
            _leave(parts, run, delivered=handed)

        deliver(Handover(parts, run, turn.app, turn.person, result), (*trigger.results, *known.results), note)
    _ended(parts, run, "done", said)
    parts.update(known, audit.SERVICE, "ran workflow", failures=0)


def _over_quota(turn: _Turn) -> datetime | None:
    """When a run may begin that is over the workflow's or its person's runs of a day; None where none is reached."""
    parts, known = turn.parts, turn.workflow
    since = parts.now() - _DAY
    begun = (runs.c.begun_at > since) & (runs.c.id != turn.run.id) & (runs.c.app_run != "")
    mine = ((runs.c.workflow == known.id), turn.trigger.runs_per_day)
    all_mine = ((runs.c.user == known.user), parts.settings.workflows.runs_per_person_day)
    for condition, most in (mine, all_mine):
        query = sa.select(runs.c.begun_at).where(begun & condition).order_by(runs.c.begun_at.desc()).limit(most)
        with parts.engine.connect() as connection:
            found = list(connection.execute(query).scalars())
        if len(found) >= most:
            oldest: datetime = found[-1]
            return oldest + _DAY
    return None


def _failed(parts: Workflows, known: Workflow, run: WorkflowRun, problem: str) -> None:
    if run.attempts < _most_attempts(parts, known):
        wait = _WAITS[min(run.attempts, len(_WAITS)) - 1]
        _leave(parts, run, state="queued", due_at=parts.now() + wait, problem=problem, lease="")
        return
    _counted(parts, known, run, "failed", problem)


def _counted(parts: Workflows, known: Workflow, run: WorkflowRun, state: str, problem: str) -> None:
    """Ends a run without a result; several in a row pause their workflow."""
    _ended(parts, run, state, problem)
    failures = known.failures + 1
    parts.update(known, audit.SERVICE, "workflow failed", failures=failures)
    if failures >= parts.settings.workflows.pause_after:
        pause_and_tell(parts, known, f"{failures} runs in a row failed, the last one with: {problem}")


def _most_attempts(parts: Workflows, known: Workflow) -> int:
    try:
        return parts.trigger(parts.app(known.app), known.trigger).attempts
    except WorkflowError:
        return 1


def _ended(parts: Workflows, run: WorkflowRun, state: str, problem: str) -> None:
    _leave(parts, run, state=state, problem=problem, ended_at=parts.now(), lease="")


def _leave(parts: Workflows, run: WorkflowRun, **values: Any) -> None:
    """Changes the row, as long as it is still this process's."""
    with parts.engine.begin() as connection:
        connection.execute(runs.update().where((runs.c.id == run.id) & (runs.c.lease == run.lease)).values(**values))


def _readable(parts: Workflows) -> Callable[[Collection[str], User], set[str]]:
    return lambda ids, person: parts.readable(list(ids), person)


def _stored(parts: Workflows, wanted: str) -> WorkflowRun:
    with parts.engine.connect() as connection:
        return run_of(connection.execute(sa.select(runs).where(runs.c.id == wanted)).one())


def result_of(parts: Workflows, run: WorkflowRun, person: User) -> RunResult:
    """What a run gave, as the person may see it today. Raises AppError: it gave nothing, or is withheld."""
    if not run.app_run:
        raise WorkflowError(f"The run {run.id[:12]} gave no result: {run.problem or run.state}.")
    return stored_result(parts.engine, run.app_run, person, _readable(parts))
