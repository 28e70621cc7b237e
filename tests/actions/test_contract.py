"""What every kind of system keeps. A new kind adds a line in `SYSTEMS`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.kinds import KINDS
from actions.kinds.kind import Draft
from actions.proposals import Proposal
from actions.review import Reviews
from core.audit import recorded
from core.database import open_sqlite, utc_now
from core.errors import ActionError
from core.types import User
from tests.actions.systems import SYSTEMS, System, reviews_of

pytestmark = pytest.mark.integration
ANA = User("ana@example.com", ("writers",), name="Ana Ruiz")
OPERATIONS = [(kind.name, operation.name) for kind in KINDS.values() for operation in kind.operations]


def test_every_kind_is_held_to_the_contract() -> None:
    # The operations of `openapi` and `mcp` are in a document; test_openapi.py and test_mcp.py have theirs.
    assert set(SYSTEMS) == set(KINDS) - {"openapi", "mcp"}
    assert _operations() == {**SYSTEMS_VALUES, "openapi": set(), "mcp": set()}


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, System]]:
    with ExitStack() as stack:
        started = {kind: start() for kind, start in SYSTEMS.items()}
        for system in started.values():
            stack.callback(system.server.stop)
        yield started


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    return open_sqlite(tmp_path / "state.sqlite")


def filled(reviews: Reviews, system: System, operation: str) -> dict[str, str]:
    """A right form; one that adds to a record gets a new one to add to."""
    values = dict(system.values[operation])
    if "{record}" in values.values():
        first = next(iter(system.values))
        made = confirmed(reviews, system, first).record
        assert made is not None
        known = made.title.split()[0] if made.title.split()[0].startswith(("INC", "OPS")) else made.id
        values = {name: known if value == "{record}" else value for name, value in values.items()}
    return values


def confirmed(reviews: Reviews, system: System, operation: str) -> Proposal:
    proposal = reviews.propose(f"it.{operation}", filled(reviews, system, operation), ANA)
    assert reviews.problems(proposal.id, ANA) == ()
    return reviews.confirm(proposal.id, ANA, proposal.fingerprint)


def until_settled(reviews: Reviews, proposal: Proposal) -> Proposal:
    """The proposal after as many tries as it takes, without waiting for them."""
    for hours in range(1, 20):
        if proposal.state not in ("queued", "sending"):
            break
        later = replace(reviews, now=lambda hours=hours: utc_now() + timedelta(hours=3 * hours))
        proposal = later.outbox.deliver(proposal.id)
    return proposal


@pytest.mark.parametrize(("kind", "operation"), OPERATIONS)
def test_what_is_confirmed_is_written_once_with_the_name_of_its_person(kind, operation, running, engine) -> None:
    system = running[kind]
    reviews = reviews_of(kind, system, engine)
    values = filled(reviews, system, operation)
    before = len(system.written())
    proposal = reviews.propose(f"it.{operation}", values, ANA)
    assert len(system.written()) == before, "a proposal writes nothing"
    done = reviews.confirm(proposal.id, ANA, proposal.fingerprint)
    assert (done.state, done.problem) == ("written", "")
    assert done.record is not None and done.record.id
    assert len(system.written()) == before + 1
    assert (
        KINDS[kind].operations[0].repeatable
        or operation == "attribute"
        or "ana@example.com" in str(system.written()[-1])
    )
    with pytest.raises(ActionError, match="written already"):
        reviews.confirm(proposal.id, ANA, proposal.fingerprint)
    assert reviews.outbox.deliver(proposal.id) == done
    assert len(system.written()) == before + 1
    steps = [entry.action for entry in recorded(engine) if entry.facts["proposal"] == proposal.id]
    assert steps == ["wrote action", "confirmed action", "proposed action"]


@pytest.mark.parametrize("fault", ["late", "lost", "failed", "cut", "throttle", "error"])
@pytest.mark.parametrize(("kind", "operation"), OPERATIONS)
def test_a_fault_neither_loses_nor_doubles(kind, operation, fault, running, engine) -> None:
    system = running[kind]
    reviews = reviews_of(kind, system, engine)
    values = filled(reviews, system, operation)
    before = len(system.written())
    proposal = reviews.propose(f"it.{operation}", values, ANA)
    system.fault(fault)
    first = reviews.confirm(proposal.id, ANA, proposal.fingerprint)
    assert first.state == "queued"
    assert first.problem.endswith(".")
    assert first.unsure == (fault != "throttle" or kind == "mail")
    done = until_settled(reviews, first)
    assert (done.state, done.problem) == ("written", "")
    if operation == "attribute":  # has one value, however often it is set
        assert system.written()[-1] == ("Plan", {"val": "Gold"})
    else:
        assert len(system.written()) - before == 1


@pytest.mark.parametrize("kind", sorted(SYSTEMS))
def test_what_the_system_refuses_stays_a_form_with_the_reason(kind, running, engine) -> None:
    system = running[kind]
    reviews = reviews_of(kind, system, engine)
    operation = next(iter(system.values))
    proposal = reviews.propose(f"it.{operation}", system.values[operation], ANA)
    before = len(system.written())
    system.refuse("It can't be so long")
    refused = reviews.confirm(proposal.id, ANA, proposal.fingerprint)
    system.refuse("")
    assert refused.state == "proposed"
    assert re.search("refuses|let our account|accept our credentials", refused.problem)
    assert refused.form.values == proposal.form.values
    assert len(system.written()) == before
    if kind != "mail":
        again = reviews.confirm(proposal.id, ANA, refused.fingerprint)
        assert again.state == "written"


@pytest.mark.parametrize("kind", sorted(SYSTEMS))
def test_wrong_credentials_are_one_sentence_with_the_remedy(kind, running, engine) -> None:
    system = running[kind]
    secrets = {"token", "app_token", "password", "client_secret"} & set(system.settings)
    if not secrets:
        return
    right = reviews_of(kind, system, engine)
    operation = next(iter(system.values))
    proposal = right.propose(f"it.{operation}", system.values[operation], ANA)
    wrong = reviews_of(kind, system, engine, **dict.fromkeys(secrets, "expired"))
    client = wrong.actions.known[f"it.{operation}"].connection.client_of(ANA)
    with pytest.raises(ActionError, match=r"accept our credentials|gives no token"):
        KINDS[kind].operations[0].write(client, Draft(proposal.id, proposal.form.values, ANA, utc_now().timestamp()))


@pytest.mark.parametrize(
    ("kind", "operation"), [(k, o) for k, o in OPERATIONS if next(x for x in KINDS[k].operations if x.name == o).undo]
)
def test_what_can_be_taken_back_is(kind, operation, running, engine) -> None:
    system = running[kind]
    reviews = reviews_of(kind, system, engine)
    done = until_settled(reviews, confirmed(reviews, system, operation))
    before = str(system.written())
    undone = reviews.undo(done.id, ANA)
    assert undone.state == "undone"
    assert str(system.written()) != before
    with pytest.raises(ActionError):
        reviews.undo(done.id, ANA)


@pytest.mark.parametrize("kind", [kind for kind in sorted(SYSTEMS) if KINDS[kind].lookups])
def test_records_are_found_by_their_words(kind, running, engine) -> None:
    system = running[kind]
    reviews = reviews_of(kind, system, engine)
    confirmed(reviews, system, next(iter(system.values)))
    words = "hollis" if kind in ("totango", "salesforce") else "VPN"
    client = reviews.actions.known[f"it.{next(iter(system.values))}"].connection.client_of(ANA)
    found = KINDS[kind].lookups[0].run(client, words)
    assert found and words.casefold() in found[0].title.casefold()
    assert KINDS[kind].lookups[0].run(client, "zzz-nothing") == []


def _operations() -> dict[str, set[str]]:
    return {kind.name: {operation.name for operation in kind.operations} for kind in KINDS.values()}


SYSTEMS_VALUES: dict[str, set[str]] = {
    "totango": {"touchpoint", "task", "attribute"},
    "jira": {"issue", "comment"},
    "servicenow": {"incident", "note"},
    "pagerduty": {"incident", "note"},
    "mail": {"draft"},
    "salesforce": {"task", "case", "note"},
    "smartsheet": {"row"},
    "confluence": {"page"},
    "microsoft": {"draft", "file"},
    "webhook": {"post"},
}
