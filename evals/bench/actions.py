"""Confirmations under fire: `python -m evals.bench.actions [--forms 1000] [--kills 20] [--seed N]`.

Forms of every kind of system are confirmed by workers that are killed (SIGKILL) at random and started again, while the
systems' stand-ins misbehave: silent before or after they write, 429, 500 with and without the record, cut connections.
At the end each form must have one record: exit code 1 if one is missing or there twice.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from actions.proposals import OPEN, of_user
from actions.review import Reviews, open_reviews
from core.database import open_database
from core.errors import ActionError
from core.settings import load_settings
from core.types import User
from samples.stand_ins import imap, tickets, totango
from samples.stand_ins.server import StandIn

_PERSON = User("pat@example.com", ("writers",), name="Pat")
_FAULTS = ("late", "lost", "failed", "cut", "throttle", "error", "timeout")
_TIMEOUT_S, _SILENT_S, _SETTLE_S = 0.4, 0.7, 1.0
_TEXT = "Forms meet faults."
_WRITES, _READS = "^(POST|PATCH) (?!.*search)", "^GET|search"


@dataclass(frozen=True)
class Target:
    """One running system.

    Attributes:
        kept: The records that it keeps, as texts that contain the keys or references of their forms.
        misbehave: Plans a fault, after so many proper writes; `ahead` counts those that haven't come yet.
    """

    operation: str
    settings: Mapping[str, Any]
    form: Mapping[str, str]
    kept: Callable[[], list[str]]
    misbehave: Callable[[str, int], None]
    ahead: Callable[[], int]


def main(argv: list[str] | None = None) -> int:
    """Runs the bench; 0 when every form has one record."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench.actions", description=__doc__)
    parser.add_argument("--forms", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.3, help="of writes that meet a fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.worker is not None:
        work(given.worker)
        return 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        return _bench(given, Path(folder), stack)


def _bench(given: argparse.Namespace, folder: Path, stack: ExitStack) -> int:
    chance, began = random.Random(given.seed), time.monotonic()
    targets = _targets(stack)
    settings = _settings(folder, targets)
    reviews = open_reviews(settings, open_database(settings))
    made = _propose(reviews, targets, given.forms)
    planned = _plan_faults(targets, given, chance)
    killed = _work_and_kill(reviews, folder, given.kills, chance)
    seconds = time.monotonic() - began
    missing, doubled, foreign = _counted(targets, made)
    states = Counter(p.state for p in of_user(reviews.engine, _PERSON, limit=len(made)))
    records = sum(len(t.kept()) for t in targets.values())
    met = planned - sum(target.ahead() for target in targets.values())
    print(
        f"{len(made)} confirmations, {met} faults, {killed} kills, {seconds:.0f} s: {records} records, "
        f"{len(missing)} missing, {len(doubled)} twice, {foreign} of nobody; forms {dict(states)}"
    )
    return int(bool(missing or doubled or foreign or states["written"] != len(made)))


def _targets(stack: ExitStack) -> dict[str, Target]:
    account = {"user": tickets.USER, "token": tickets.TOKEN}
    incident = {"short_description": _TEXT, "description": _TEXT, "urgency": "1", "impact": "1"}
    page = {"service": "PSVC1", "title": _TEXT, "urgency": "low", "details": _TEXT}
    return {
        "jira": _ticket(
            stack.enter_context(tickets.jira()), "issue", account,
            {"project": "OPS", "type": "Bug", "summary": _TEXT, "description": _TEXT}, lambda r: r["fields"]["labels"],
        ),
        "servicenow": _ticket(
            stack.enter_context(tickets.servicenow()), "incident",
            {"user": tickets.USER, "password": tickets.TOKEN}, incident, lambda r: r["correlation_id"],
        ),
        "pagerduty": _ticket(
            stack.enter_context(tickets.pagerduty()), "incident",
            {"token": tickets.TOKEN, "account": "a@example.com"}, page, lambda r: r["incident_key"],
        ),
        "webhook": _ticket(
            stack.enter_context(tickets.webhook()), "post", {"honours_key": True},
            {"subject": _TEXT, "text": _TEXT}, lambda r: r["key"],
        ),
        "totango": _totango(stack.enter_context(totango.start())),
        "mail": _mail(stack.enter_context(imap.ImapStandIn())),
    }  # fmt: skip


def _ticket(
    server: tickets.TicketStandIn,
    operation: str,
    settings: Mapping[str, Any],
    form: Mapping[str, str],
    key: Callable[[Any], object],
) -> Target:
    def kept() -> list[str]:
        return [str(key(record)) for record in server.service.records]

    return Target(
        operation, {"url": server.url, **settings}, form, kept, _faulty(server), lambda: len(server.faults.pending)
    )


def _faulty(server: StandIn) -> Callable[[str, int], None]:
    def misbehave(kind: Any, after: int) -> None:
        path = _READS if kind == "throttle" else _WRITES
        server.faults.add(kind, path=path, after=after, seconds=_SILENT_S)

    return misbehave


def _totango(server: totango.TotangoStandIn) -> Target:
    service = server.service
    service.accounts = [{"id": "A-1", "display_name": "Account", "attributes": {}}]
    service.lookups = {"activity_types": {"a": {}}, "touchpoint_types": [{"id": "call"}]}
    form = {"account": "A-1", "subject": _TEXT, "content": _TEXT, "type": "call", "activity": "a"}
    settings = {"url": server.url, "app_token": totango.APP_TOKEN}

    def kept() -> list[str]:
        return [str(event["note_content"]["text"]) for event in service.events]

    return Target("touchpoint", settings, form, kept, _faulty(server), lambda: len(server.faults.pending))


def _mail(server: imap.ImapStandIn) -> Target:
    server.seconds = _SILENT_S
    settings = {"host": "127.0.0.1", "port": server.port, "ssl": False, "user": imap.USER, "password": imap.PASSWORD}
    form = {"to": "to@example.com", "subject": _TEXT, "body": _TEXT}

    def misbehave(kind: str, after: int) -> None:
        server.faults.extend([None] * after)
        server.faults.append("late" if kind in ("late", "timeout") else "cut" if kind in ("cut", "failed") else "lost")

    def kept() -> list[str]:
        return [draft.decode() for draft in server.drafts]

    return Target("draft", settings, form, kept, misbehave, lambda: sum(f is not None for f in server.faults))


def _settings(folder: Path, targets: Mapping[str, Target]) -> Any:
    common = {"groups": ["writers"], "timeout_s": _TIMEOUT_S, "settle_s": _SETTLE_S, "attempts": 50}
    entries = [{"name": name, "kind": name, **common, **t.settings} for name, t in targets.items()]
    file = folder / "debrief.yaml"
    file.write_text(yaml.safe_dump({"data_dir": str(folder / "data"), "actions": entries}), encoding="utf-8")
    return load_settings(file)


def _propose(reviews: Reviews, targets: Mapping[str, Target], count: int) -> list[tuple[str, str]]:
    """(system, id) of each form."""
    names = list(targets)
    made = []
    for number in range(count):
        name = names[number % len(names)]
        target = targets[name]
        made.append((name, reviews.propose(f"{name}.{target.operation}", target.form, _PERSON).id))
    return made


def _plan_faults(targets: Mapping[str, Target], given: argparse.Namespace, chance: random.Random) -> int:
    """Spreads faults over the writes to come; how many."""
    planned = 0
    for target in targets.values():
        proper = 0
        for _ in range(int(given.forms / len(targets) * (1 + given.share))):
            if chance.random() < given.share:
                target.misbehave(chance.choice(_FAULTS), proper)
                planned, proper = planned + 1, 0
            else:
                proper += 1
    return planned


def _work_and_kill(reviews: Reviews, folder: Path, kills: int, chance: random.Random) -> int:
    """Two workers at a time until nothing is open, killed and started again; how often one was killed."""
    command = [sys.executable, "-m", "evals.bench.actions", "--worker", str(folder / "debrief.yaml")]
    workers = [subprocess.Popen(command) for _ in range(2)]
    killed = 0
    try:
        while of_user(reviews.engine, _PERSON, OPEN, limit=1):
            time.sleep(chance.uniform(0.8, 3.0))
            for n, worker in enumerate(workers):
                if worker.poll() is None and killed < kills and chance.random() < 0.6:
                    worker.kill()
                    worker.wait()
                    killed += 1
                if worker.poll() is not None:
                    workers[n] = subprocess.Popen(command)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return killed


def work(settings_file: Path) -> None:
    """Confirms what is proposed and delivers what is due, until nothing is open."""
    settings = load_settings(settings_file)
    reviews = open_reviews(settings, open_database(settings))
    while forms := of_user(reviews.engine, _PERSON, OPEN, limit=2_000):
        proposed = [form for form in forms if form.state == "proposed"]
        for form in random.sample(proposed, min(5, len(proposed))):
            try:
                reviews.confirm(form.id, _PERSON, form.fingerprint)
            except ActionError:
                continue  # the other worker was faster, or the system didn't tell what it allows
        if not proposed and not reviews.outbox.deliver_due(5):
            time.sleep(0.1)


def _counted(targets: Mapping[str, Target], made: list[tuple[str, str]]) -> tuple[list[str], list[str], int]:
    """(Forms without a record, forms with more than one, records of no form)."""
    missing, doubled, theirs = [], [], 0
    kept = {name: target.kept() for name, target in targets.items()}
    for name, form in made:
        mark = form[:16]
        found = sum(mark in record for record in kept[name])
        theirs += found
        missing += [form] if found == 0 else []
        doubled += [form] if found > 1 else []
    return missing, doubled, sum(map(len, kept.values())) - theirs


if __name__ == "__main__":
    sys.exit(main())
