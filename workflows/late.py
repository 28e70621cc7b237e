"""Runs that asked a person and got no answer in time: they go on with what the app says for that, as their person."""

from __future__ import annotations

import logging
from dataclasses import replace

from apps.kept import overdue_runs, record_resumed, waiting_run
from apps.runner import RunResult, resume
from core import audit
from core.errors import AppError, DebriefError
from core.types import User
from workflows.parts import Workflows

log = logging.getLogger(__name__)


def go_on_late(parts: Workflows) -> int:
    """Goes on with the runs whose time is over; how many. One that can't ends as failed, with the reason."""
    overdue = overdue_runs(parts.engine, parts.now())
    for run, email in overdue:
        _gone_on(parts, run, email)
    return len(overdue)


def _gone_on(parts: Workflows, run: str, email: str) -> None:
    owner = User(email)
    try:
        app, waits = waiting_run(parts.engine, run, owner)
    except AppError:
        return  # answered in this moment
    try:
        person = parts.person(email)
        *_, last = resume(app, waits, waits.otherwise, parts.context(person, app.name), late=True)
    except DebriefError as error:
        last = replace(waits, status="failed", error=str(error), asks=(), asks_in="", values=None)
    assert isinstance(last, RunResult)
    record_resumed(parts.engine, run, last)
    subject = f"{app.name} {app.version}"
    audit.record(parts.engine, owner, "run went on without an answer", subject, last.status, run=run)
    log.info("a run went on without an answer", extra={"run": run[:12], "status": last.status})
