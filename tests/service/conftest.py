"""The interfaces over a small real index with the packaged model, and an identity provider that signs tokens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from core.claims_again import ClaimsAgain
from core.identity import load_directory
from core.keys import create_key
from core.settings import Settings, load_settings
from ingestion.sync.open import open_sync
from ingestion.sync.source_sync import SyncOptions
from ingestion.sync.sync import sync_sources
from samples.stand_ins import tickets
from samples.stand_ins.tickets import TicketStandIn
from service.app import rest_app
from service.caller import Callers
from service.parts import Parts, open_parts
from service.tokens import BearerTokens

ISSUER, AUDIENCE = "https://login.example", "debrief-api"
ANA, BEN, EVE = "ana@home.example", "ben@home.example", "eve@home.example"
SETTINGS = f"""\
company: Acme
data_dir: data
apps_dir: apps
auth: {{mode: oidc, users_file: users.yaml, admin_groups: [admins]}}
api: {{issuer: "{ISSUER}", audience: {AUDIENCE}, url: "https://debrief.example", max_body_mb: 0.5, seconds_to_read: 2}}
limits: {{questions_per_person_minute: 0, running_per_person: 0}}
sources:
  - {{name: handbook, kind: files, path: docs, public: true}}
  - {{name: board, kind: files, path: closed, allow: ["group:board"]}}
actions: []
evaluation: {{cases_dir: cases, suite: own}}
warehouse: {{layer: layer.yaml, files: [tables/orders.csv]}}
"""
USERS = f"""\
users:
  - {{email: {ANA}, name: Ana Keller}}
  - {{email: {BEN}, name: Ben Ito}}
groups:
  admins: {{members: ["user:{ANA}"]}}
  board: {{members: ["user:{ANA}"]}}
"""
DOCUMENTS = {
    "docs/plans.md": "# Plans\n\nThe premium plan costs 480 euros a month. It is billed every quarter.\n",
    "docs/travel.md": "# Travel expenses\n\nHotel rooms may cost 160 euros a night, breakfast included.\n",
    "closed/salaries.md": "# Board notes\n\nThe salary review of the board is held in May. The chair is Ines Calvo.\n",
}
CARD = """\
name: greeting_card
title: Greeting card
description: Writes a greeting.
version: "1.0"
owner: ana@home.example
routing:
  examples: [Write a greeting card for Peter, Make a greeting card, A greeting card for our new colleague]
inputs:
  - {name: person, type: text, label: Person}
  - {name: note, type: file, label: Note, required: false, accept: [.txt]}
steps:
  - {id: draft, use: write, with: {draft: "Dear {{ person }}, all the best."}}
  - {id: letter, use: render, with: {format: docx, title: Greeting, body: "{{ draft.text }}"}}
actions:
  - {to: jira.issue, title: "{{ person }}", fields: {summary: "Card for {{ person }}"}}
outputs:
  - {name: text, kind: markdown, value: "{{ draft.text }}"}
  - {name: letter, kind: docx, value: "{{ letter.file }}"}
tests:
  - {name: greets, inputs: {person: Monika}, expect: [{output: text, contains: [Monika]}]}
"""
LAYER = """\
name: shop
roles: {owner: [admins], clerk: [sellers]}
entities:
  order:
    table: orders
    key: [order_id]
    label: [order_id]
    columns:
      order_id: {type: id}
      country: {}
      price: {type: number}
    scope: {owner: [], clerk: []}
"""
ORDERS = "order_id,country,price\n1,NO,10\n2,PT,20\n3,PT,5\n"


@dataclass
class Provider:
    """Signs tokens, and publishes its keys over a transport that counts who asks."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    asked: int = 0

    def token(self, email: str = ANA, key: RSAKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        given = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "email": email, "groups": [], **claims}
        signer = key or self.key
        return jwt.encode({"alg": "RS256", "kid": signer.kid}, given, signer, algorithms=["RS256"])

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(
                200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "userinfo_endpoint": f"{ISSUER}/me"}
            )
        if request.url.path == "/me":
            return httpx.Response(200, json={"sub": "somebody"})  # as Entra does, without groups
        return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})


@dataclass
class Served:
    """The interfaces in this process."""

    parts: Parts
    client: TestClient
    provider: Provider
    callers: Callers
    jira: TicketStandIn

    def key(self, email: str, *scopes: str, service: bool = False, days: int = 30) -> str:
        person = load_directory(self.parts.settings, self.parts.engine).person(email)
        return create_key(self.parts.engine, person, "test", scopes, days, service=service)[1]

    def bearer(self, email: str = ANA) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.provider.token(email)}"}


def write(folder: Path, actions: str = "[]") -> Settings:
    text = SETTINGS.replace("actions: []", f"actions: {actions}")
    files = {"debrief.yaml": text, "users.yaml": USERS, "apps/greeting_card.yaml": CARD, "layer.yaml": LAYER}
    files |= {"tables/orders.csv": ORDERS, **DOCUMENTS}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load_settings(folder / "debrief.yaml")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with tickets.jira() as jira:
        yield from _served(tmp_path_factory.mktemp("served"), jira)


def _served(folder: Path, jira: TicketStandIn) -> Iterator[Served]:
    entry = {
        "name": "tickets", "kind": "jira", "url": jira.url, "user": tickets.USER, "token": tickets.TOKEN,
        "groups": ["board"], "fixed": {"project": "OPS"},
    }  # fmt: skip
    settings = write(folder, json.dumps([entry]))
    with open_sync(settings, [], SyncOptions()) as (context, pairs):
        assert {run.state for run in sync_sources(context, pairs)} == {"SUCCEEDED"}
    parts, provider = open_parts(settings), Provider()
    client = httpx.Client(transport=httpx.MockTransport(provider.answer))
    again = ClaimsAgain(f"{ISSUER}/.well-known/openid-configuration", client)
    callers = Callers(parts, BearerTokens(settings.api, client), fresh_s=0.0, again=again)
    with TestClient(rest_app(parts, callers), raise_server_exceptions=False) as client:
        yield Served(parts, client, provider, callers, jira)
    parts.parser().close()


@pytest.fixture(scope="session")
def address(served: Served) -> Iterator[str]:
    """The same interfaces on a port, for clients that need one."""
    app = rest_app(served.parts, served.callers)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def ana(served: Served) -> Callable[..., httpx.Response]:
    """Calls as Ana, who may do everything."""
    return lambda method, path, **named: served.client.request(
        method, f"/api/v1{path}", headers={**served.bearer(ANA), **named.pop("headers", {})}, **named
    )


@pytest.fixture
def ben(served: Served) -> Callable[..., httpx.Response]:
    """Calls as Ben, who reads what is public."""
    return lambda method, path, **named: served.client.request(
        method, f"/api/v1{path}", headers={**served.bearer(BEN), **named.pop("headers", {})}, **named
    )
