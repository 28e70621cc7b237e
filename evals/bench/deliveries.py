"""Results of workflows under fire: `python -m evals.bench.deliveries [--runs 200] [--kills 20] [--seed N]`.

Signed events begin runs whose results go to a webhook, a folder and a form that is approved beforehand, while the
worker is killed (SIGKILL) at random and started again and the receivers misbehave. At the end each run must have one
message by its key, one file, one form and one record: exit code 1 if one is missing or there twice.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from actions.approvals import Terms
from actions.proposals import OPEN, of_user
from apps.run import Tools
from core.database import open_database
from core.settings import load_settings
from core.types import User
from samples.stand_ins import tickets
from samples.stand_ins.faults import Kind
from workflows.approving import approve_app
from workflows.hooks import received
from workflows.kept import history
from workflows.parts import Workflows
from workflows.switching import Switch, switch_on
from workflows.work import work

_PAT = User("pat@example.com", ("staff",), name="Pat")
_USERS = "users: [{email: pat@example.com, name: Pat}]\ngroups: {staff: {members: ['user:pat@example.com']}}\n"
_APP = """
name: note
title: Note
description: Notes what it is given.
version: "1.0"
owner: owner@example.com
audience: [staff]
inputs: [{name: subject, type: text, label: Subject}]
steps: [{id: text, use: write, with: {draft: "About {{ subject }}."}}]
outputs: [{name: note, kind: markdown, value: "{{ text.text }}"}]
actions:
  - to: jira.issue
    title: Ticket
    fields: {summary: "{{ subject }}", description: "{{ text.text }}", type: Bug, project: OPS}
triggers:
  - {name: told, webhook: true, attempts: 10, runs_per_day: 1000, inputs: {subject: "{{ event.body.title }}"}}
"""
_FAULTS: tuple[Kind, ...] = ("late", "lost", "failed", "cut", "error")
# A worker's clock stands; the next one's is beyond what a killed one had for itself.
_GENERATION = timedelta(minutes=40)
_TIMEOUT_S, _SILENT_S = 1.0, 1.3


@dataclass(frozen=True)
class Receivers:
    """Who is handed something: a Jira, a webhook, a folder."""

    jira: tickets.TicketStandIn
    hook: tickets.TicketStandIn
    shelf: Path


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the bench; 0 when everything is there once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.15, help="of what is sent meets a fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--now", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.worker is not None:
        return _work(given.worker, datetime.fromisoformat(given.now))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        receivers = Receivers(
            stack.enter_context(tickets.jira()), stack.enter_context(tickets.webhook()), Path(folder) / "shelf"
        )
        return _bench(given, Path(folder), receivers)


def _bench(given: argparse.Namespace, folder: Path, receivers: Receivers) -> int:
    chance, began, start = random.Random(given.seed), time.monotonic(), datetime.now(UTC)
    file = _settings(folder, receivers)
    parts = _parts(file, start)
    workflow = _events(parts, given.runs)
    planned = _plan_faults(receivers, given, chance)
    killed = _work_and_kill(parts, file, workflow, given.kills, chance)
    met = planned - len(receivers.jira.faults.pending) - len(receivers.hook.faults.pending)
    runs = history(parts.engine, [workflow], given.runs + 1)
    states = Counter(r.state for r in runs)
    forms = Counter(f.form.origin["workflow_run"] for f in of_user(parts.engine, _PAT, limit=10 * given.runs))
    records = Counter(r["fields"]["summary"] for r in receivers.jira.service.records)
    messages = Counter(r["key"] for r in receivers.hook.service.records)
    files = Counter(f.parent.name.rpartition("-")[2] for f in receivers.shelf.rglob("result.md"))
    told, wrong = [], 0
    for name, found in (("messages", messages), ("files", files), ("forms", forms), ("records", records)):
        missing, twice = given.runs - len(found), sum(n > 1 for n in found.values())
        wrong += abs(missing) + twice
        told.append(f"{sum(found.values())} {name} ({missing} missing, {twice} twice)")
    print(f"{len(runs)} runs, {met} faults, {killed} kills, {time.monotonic() - began:.0f} s: {', '.join(told)}; "
          f"runs {dict(states)}")  # fmt: skip
    return int(bool(wrong or states["done"] != given.runs))


def _settings(folder: Path, receivers: Receivers) -> Path:
    jira = {
        "name": "tickets", "kind": "jira", "url": receivers.jira.url, "user": tickets.USER, "token": tickets.TOKEN,
        "groups": ["staff"], "timeout_s": _TIMEOUT_S, "settle_s": 1, "attempts": 50,
    }  # fmt: skip
    channels = {
        "team": {"url": receivers.hook.url, "groups": ["staff"]},
        "shelf": {"folder": str(receivers.shelf), "groups": ["staff"]},
    }
    told = {
        "data_dir": str(folder / "data"), "auth": {"development_user": _PAT.email, "users_file": "users.yaml"},
        "apps_dir": "apps", "secrets_key": "k" * 40, "actions": [jira],
        "workflows": {"channels": channels, "runs_per_person_day": 1_000_000},
    }  # fmt: skip
    (folder / "apps").mkdir()
    (folder / "apps" / "note.yaml").write_text(_APP, encoding="utf-8")
    (folder / "users.yaml").write_text(_USERS, encoding="utf-8")
    file = folder / "debrief.yaml"
    file.write_text(yaml.safe_dump(told), encoding="utf-8")
    return file


def _parts(file: Path, now: datetime) -> Workflows:
    settings = load_settings(file)
    return Workflows(settings, open_database(settings), Tools, lambda: now)


def _events(parts: Workflows, count: int) -> str:
    """The workflow, with so many runs that are due, and its form approved beforehand."""
    made, secret = switch_on(parts, "note", "told", _PAT, Switch(results=("team", "shelf")))
    terms = Terms(
        {"project": ("OPS",), "type": ("Bug",)}, ("summary", "description"), parts.now() + timedelta(days=300)
    )
    approve_app(parts, _PAT, "note", "tickets.issue", terms)
    at = int(parts.now().timestamp())
    for number in range(count):
        body = json.dumps({"title": f"Event {number}"}).encode()
        mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        received(parts, made.id, body, {"X-Debrief-Signature": f"t={at},v1={mark}"})
    return made.id


def _plan_faults(receivers: Receivers, given: argparse.Namespace, chance: random.Random) -> int:
    planned = 0
    for server in (receivers.jira, receivers.hook):
        proper = 0
        for _ in range(given.runs):
            if chance.random() < given.share:
                server.faults.add(chance.choice(_FAULTS), path="^POST", after=proper, seconds=_SILENT_S)
                planned, proper = planned + 1, 0
            else:
                proper += 1
    return planned


def _work_and_kill(parts: Workflows, file: Path, workflow: str, kills: int, chance: random.Random) -> int:
    """One worker at a time until nothing is open; how often one was killed."""
    now, killed = parts.now(), 0
    while _is_open(parts, workflow):
        command = [sys.executable, "-m", "evals.bench.deliveries", "--worker", str(file), "--now", now.isoformat()]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        worker.stdout.readline()  # it has begun
        try:
            worker.wait(chance.uniform(0.05, 4.0) if killed < kills else None)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
            killed += 1
        now += _GENERATION
    return killed


def _is_open(parts: Workflows, workflow: str) -> bool:
    runs = history(parts.engine, [workflow], 100_000)
    return any(r.state in ("queued", "running") for r in runs) or bool(of_user(parts.engine, _PAT, OPEN, 1))


def _work(file: Path, now: datetime) -> int:
    """Works on what is due at this time, and ends."""
    parts = _parts(file, now)
    reviews = parts.reviews
    assert reviews is not None
    print("begun", flush=True)
    while work(parts, 5) or reviews.outbox.deliver_due(5):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
