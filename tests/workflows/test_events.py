"""Documents, accounts, forms and webhooks that begin a run, each event once, and only what the person may read."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from apps.kept.forms import open_collection, submit
from apps.run import Tools
from core.errors import SettingsError, WorkflowError
from core.types import User
from ingestion.state import DocumentRecord, SyncState
from service.hooks import endpoint
from service.parts import open_parts
from tests.workflows.house import ANA, BEN, House
from workflows import events
from workflows.hooks import MOST_BYTES, NotSigned, received
from workflows.kept import Workflow, all_workflows, history
from workflows.switching import pause, switch_on

DOCUMENT = """
triggers:
  - name: minutes
    document: {filter: document_type=minutes}
    when: event.title != 'Draft'
    inputs: {subject: "{{ event.change }} {{ event.title }}"}
"""


def document(house: House, name: str, text: str, group: str = "staff", kind: str = "minutes") -> None:
    record = DocumentRecord(
        name, "docs", title=name, outcome="indexed", content_hash=text, allow=frozenset([f"group:{group}"]),
        attributes={"document_type": kind}, changed_at=house.now,
    )  # fmt: skip
    SyncState(house.parts.engine).commit("docs", [record], None)


def subjects(house: House, workflow: Workflow) -> list[str]:
    runs = history(house.parts.engine, [workflow.id])
    return sorted(f"{r.event.get('change')} {r.event.get('title')}" for r in runs)


def test_new_and_changed_documents_that_fit_and_are_readable(house: House) -> None:
    house.app(DOCUMENT)
    document(house, "Old", "1")
    made, _ = switch_on(house.parts, "note", "minutes", ANA)
    assert house.tick(minutes=1) == 0
    document(house, "Old", "2")
    document(house, "New", "1")
    document(house, "Draft", "1")
    document(house, "Secret", "1", group="board")
    document(house, "Report", "1", kind="report")
    assert house.tick(minutes=1) == 2
    assert subjects(house, made) == ["changed Old", "new New"]
    # Written down again with the same text, as by a full sync, or with other readers: no news.
    document(house, "New", "1")
    document(house, "Secret", "1", group="staff")
    assert house.tick(minutes=1) == 1
    assert subjects(house, made) == ["changed Old", "new New", "new Secret"]
    pause(house.parts, made, ANA)
    document(house, "Later", "1")
    assert house.tick(days=3) == 0
    events_before = len(history(house.parts.engine, [made.id]))
    house.parts.update(made, ANA, "resumed workflow", paused="")
    assert house.tick(minutes=1) == 1
    assert len(history(house.parts.engine, [made.id])) == events_before + 1


ACCOUNT = """
triggers:
  - {name: red, account: {field: health, becomes: [red]}, inputs: {subject: "{{ event.customer }} was {{ event.before }}"}}
  - {name: renewal, account: {field: renewal, days_before: 120}, inputs: {subject: "{{ event.customer }} in {{ event.days }}"}}
"""


def test_a_field_of_an_account_that_changes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"Acme": {"health": "green", "renewal": "2027-01-01"}, "Other": {"health": "red", "renewal": "2028-01-01"}}

    def field(_parts: object, customer: str, name: str, _person: User) -> str:
        return facts[customer][name]

    monkeypatch.setattr(events, "_field", field)
    house.tools = Tools(readable_customers=lambda person: ["Acme", "Other"] if person == ANA else ["Other"])
    house.app(ACCOUNT)
    red, _ = switch_on(house.parts, "note", "red", ANA)
    others, _ = switch_on(house.parts, "note", "red", BEN)
    renewal, _ = switch_on(house.parts, "note", "renewal", ANA)

    def told(workflow: Workflow) -> list[Mapping[str, object]]:
        return [r.event for r in history(house.parts.engine, [workflow.id])]

    # 74 days are under 120 from the start; what is red already is no news.
    assert house.tick(minutes=1) == 1
    assert [(e["customer"], e["days"]) for e in told(renewal)] == [("Acme", 74)] and told(red) == []
    facts["Acme"]["health"] = "red"
    assert house.tick(days=1) == 1
    assert [(e["customer"], e["before"]) for e in told(red)] == [("Acme", "green")]
    assert told(others) == []
    assert house.tick(days=1) == 0
    facts["Acme"]["health"] = "green"
    assert house.tick(days=1) == 0
    facts["Acme"]["health"] = "red"
    facts["Acme"]["renewal"] = "2027-02-01"
    assert house.tick(days=1) == 2
    facts["Acme"]["health"] = ""
    assert house.tick(days=1) == 0


def test_submissions_that_the_person_may_see(house: House) -> None:
    house.app('triggers: [{name: asked, form: q4, inputs: {subject: "{{ event.by }}: {{ event.values.subject }}"}}]')
    app = house.parts.app("note", ANA)
    mine, _ = switch_on(house.parts, "note", "asked", ANA)
    theirs, _ = switch_on(house.parts, "note", "asked", BEN)
    assert house.tick(minutes=1) == 0
    open_collection(house.parts.engine, app, "q4", ANA)
    submit(house.parts.engine, app, "q4", {"subject": "a laptop"}, User("olga@example.com", ("staff",)))
    house.tick(minutes=1)
    (run,) = history(house.parts.engine, [mine.id])
    assert (run.state, run.problem, run.event["values"]) == ("done", "", {"subject": "a laptop"})
    assert history(house.parts.engine, [theirs.id]) == []


def signed(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    mark = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Debrief-Signature": f"t={seconds},v1={mark}"}


HOOK = """
triggers:
  - {name: alarm, webhook: true, when: event.body.severity == 'high', inputs: {subject: "{{ event.body.title }}"}}
"""


def test_a_webhook_counts_once_and_only_with_its_signature(house: House) -> None:
    house.app(HOOK)
    made, secret = switch_on(house.parts, "note", "alarm", ANA)
    assert secret and secret not in all_workflows(house.parts.engine)[0].secret
    body = json.dumps({"severity": "high", "title": "Pump"}).encode()
    now = int(house.now.timestamp())
    headers = signed(secret, body, now)
    assert received(house.parts, made.id, body, headers)
    assert not received(house.parts, made.id, body, headers)
    github = {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    assert received(house.parts, made.id, body, {**github, "X-GitHub-Delivery": "1"})
    assert not received(house.parts, made.id, body, {**github, "X-GitHub-Delivery": "1"})
    assert house.tick(minutes=1) == 2
    low = b'{"severity": "low"}'
    assert not received(house.parts, made.id, low, signed(secret, low, now))
    bad: list[tuple[str, bytes, dict[str, str]]] = [
        (made.id, body + b" ", headers),
        (made.id, body, {}),
        (made.id, body, signed("another", body, now)),
        (made.id, body, signed(secret, body, now - 3600)),
        ("0" * 32, body, headers),
        (made.id[:8], body, headers),
    ]
    for hook, sent, how in bad:
        with pytest.raises(NotSigned, match="no such hook, or its signature"):
            received(house.parts, hook, sent, how)
    now = int(house.now.timestamp())
    large = b'"' + b"x" * MOST_BYTES + b'"'
    for sent, says in ((large, "over 64,000 bytes; send less"), (b"{", "no JSON")):
        with pytest.raises(WorkflowError, match=says):
            received(house.parts, made.id, sent, signed(secret, sent, now))
    pause(house.parts, made, ANA)
    with pytest.raises(WorkflowError, match="paused; nothing was kept"):
        received(house.parts, made.id, body, signed(secret, body, now))


def test_the_route_of_hooks(house: House) -> None:
    house.app(HOOK)
    made, secret = switch_on(house.parts, "note", "alarm", ANA)
    parts = open_parts(house.parts.settings)
    hook = endpoint(parts)
    client = TestClient(Starlette(routes=[Route("/api/v1/hooks/{hook}", hook, methods=["POST"])]))
    body = json.dumps({"severity": "high", "title": "Pump"}).encode()
    headers = signed(secret, body, int(time.time()))
    path = f"/api/v1/hooks/{made.id}"
    assert client.post(path, content=body, headers=headers).status_code == 202
    assert client.post(path, content=body, headers=headers).status_code == 200
    assert client.post(path, content=body).status_code == 401
    assert client.post(f"{path}0", content=body, headers=headers).status_code == 401
    large = client.post(path, content=b"x" * (MOST_BYTES + 1), headers=headers)
    assert large.status_code == 413 and "send less" in large.json()["detail"]
    assert client.post(path, content=b"{", headers=signed(secret, b"{", int(time.time()))).status_code == 422
    assert client.get(path).status_code == 405


def test_without_a_key_no_secret_is_kept(house: House) -> None:
    house.app(HOOK)
    house.configure(secrets_key="short")
    with pytest.raises(SettingsError, match="secrets_key has 5 characters"):
        switch_on(house.parts, "note", "alarm", ANA)
    assert all_workflows(house.parts.engine) == []
