"""Who calls: tokens, keys, service keys, this machine; and everything that is refused, each with a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from core import audit, scim
from core.database import utc_now
from core.keys import keys, listed_keys, revoke_key
from core.settings import load_settings
from core.types import User
from service.app import rest_app
from service.parts import open_parts
from tests.service.conftest import ANA, BEN, EVE, Provider, Served


def me(served: Served, credential: str, **headers: str) -> httpx.Response:
    return served.client.get("/api/v1/me", headers={"Authorization": f"Bearer {credential}", **headers})


def test_a_token_of_the_identity_provider_says_who_calls_and_with_which_groups(served: Served) -> None:
    known = me(served, served.provider.token(ANA.upper(), groups=["emea"])).json()
    assert (known["email"], known["means"]) == (ANA, "token")
    assert set(known["groups"]) == {"admins", "board", "emea"} and len(known["scopes"]) == 7
    limited = me(served, served.provider.token(ANA, scp="openid debrief.search")).json()
    assert limited["scopes"] == ["search"]


OTHER = RSAKey.generate_key(2048, {"kid": "one"})
BAD_TOKENS: dict[str, tuple[Callable[[Provider], str], str]] = {
    "nothing": (lambda p: "", "Send Authorization: Bearer"),
    "words": (lambda p: "not-a-token", "can't be accepted"),
    "another audience": (lambda p: p.token(aud="another"), "isn't for this service"),
    "another issuer": (lambda p: p.token(iss="https://evil.example"), "isn't for this service"),
    "expired": (lambda p: p.token(exp=1_700_000_000), "has expired"),
    "groups of long ago": (lambda p: p.token(iat=int(time.time()) - 1_000), "Your groups were told too long ago"),
    "without an end": (lambda p: p.token(exp=None), "isn't for this service"),
    "another key": (lambda p: p.token(key=OTHER), "can't be accepted"),
    "unsigned": (lambda p: "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFuYUBob21lLmV4YW1wbGUifQ.", "can't be accepted"),
    "an unverified address": (lambda p: p.token(email_verified="false"), "hasn't verified"),
    "no address": (lambda p: p.token(email="", preferred_username=""), "names no e-mail address"),
    "very long": (lambda p: p.token(email="a" * 20_000), "over 20,000"),
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_a_bad_token_is_refused_with_a_sentence(kind: str, served: Served) -> None:
    make, said = BAD_TOKENS[kind]
    answer = me(served, make(served.provider))
    assert answer.status_code == 401 and said in answer.json()["detail"], answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/.well-known/oauth-protected-resource/mcp" in answer.headers["www-authenticate"]


def test_the_providers_keys_are_kept_and_a_new_one_is_fetched(served: Served) -> None:
    now, provider = [0.0], Provider()
    from service.tokens import BearerTokens

    client = httpx.Client(transport=httpx.MockTransport(provider.answer))
    tokens = BearerTokens(served.parts.settings.api, client, lambda: now[0])
    for _ in range(3):
        assert tokens.claims(provider.token())["email"] == ANA
    assert provider.asked == 2  # the configuration and the keys, once
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    now[0] = 61.0
    assert tokens.claims(provider.token())["email"] == ANA and provider.asked == 4
    for _ in range(5):
        with pytest.raises(Exception, match="can't be accepted"):
            tokens.claims(provider.token(key=RSAKey.generate_key(2048, {"kid": "strange"})))
    assert provider.asked == 4  # bad tokens don't have the provider asked again within the minute


def test_a_key_is_its_persons_alone_with_its_scopes_and_stands_nowhere(served: Served) -> None:
    text = served.key(BEN, "search", "ask")
    known = me(served, text).json()
    assert known["email"] == BEN and known["scopes"] == ["ask", "search"]
    refused = served.client.get("/api/v1/apps", headers={"Authorization": f"Bearer {text}"})
    assert refused.status_code == 403 and "needs the scope apps" in refused.json()["detail"]
    other = me(served, text, **{"X-Debrief-On-Behalf-Of": ANA})
    assert other.status_code == 403 and "can't act for" in other.json()["detail"]
    with served.parts.engine.connect() as connection:
        kept = str(connection.execute(sa.select(keys)).all())
    assert text.rpartition("_")[2] not in kept
    assert listed_keys(served.parts.engine, BEN)[0].used_at is not None
    assert me(served, text[:-1] + "x").status_code == 401


def test_a_revoked_an_expired_key_and_a_person_who_left_are_refused(served: Served) -> None:
    engine, text = served.parts.engine, served.key(BEN, "search")
    revoke_key(engine, User(ANA), text.split("_")[1])
    assert "is revoked since" in me(served, text).json()["detail"]
    old = served.key(BEN, "search")
    with engine.begin() as connection:
        past = utc_now() - timedelta(days=1)
        connection.execute(keys.update().where(keys.c.id == old.split("_")[1]).values(expires_at=past))
    assert "is expired since" in me(served, old).json()["detail"]
    key = served.key(EVE, "search")
    assert me(served, key).status_code == 200
    gone = scim.create(engine, "Users", {"userName": EVE, "active": False})
    for credential in (key, served.provider.token(EVE)):
        answer = me(served, credential)
        assert answer.status_code == 401 and "isn't active" in answer.json()["detail"]
    scim.delete(engine, "Users", gone["id"])


def test_a_service_key_names_a_person_at_each_call_and_the_audit_has_that_person(served: Served) -> None:
    text = served.key(ANA, "search", "ask", service=True)
    refused = me(served, text)
    assert refused.status_code == 403 and "name one in X-Debrief-On-Behalf-Of" in refused.json()["detail"]
    for person, found in ((BEN, 0), (ANA, 1)):
        headers = {"Authorization": f"Bearer {text}", "X-Debrief-On-Behalf-Of": person}
        sent = served.client.post("/api/v1/search", headers=headers, json={"question": "salary review of the board"})
        titles = [p["document"] for p in sent.json()["passages"]]
        assert sum("salaries" in title for title in titles) == found
    acted = audit.recorded(served.parts.engine, actions=["was acted for"])
    assert {entry.user for entry in acted} >= {ANA, BEN} and "POST /api/v1/search" in acted[0].detail
    with pytest.raises(Exception, match="administrators act by themselves"):
        served.key(ANA, "operate", service=True)


def test_too_many_requests_of_a_person_are_refused(tmp_path: Path) -> None:
    text = "data_dir: data\nauth: {mode: development, development_user: ana@home.example}\n"
    (tmp_path / "debrief.yaml").write_text(text + "api: {requests_per_person_minute: 3}\n")
    app = rest_app(open_parts(load_settings(tmp_path / "debrief.yaml"), key="printed"))
    here = TestClient(app, base_url="http://127.0.0.1:80", client=("127.0.0.1", 5_000))
    here.headers["Authorization"] = "Bearer printed"
    assert [here.get("/api/v1/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert "3 requests in a minute" in here.get("/api/v1/me").json()["detail"]


def test_the_development_user_is_this_machines_alone(tmp_path: Path) -> None:
    text = "data_dir: data\nauth: {mode: development, development_user: ana@home.example}\n"
    (tmp_path / "debrief.yaml").write_text(text)
    app = rest_app(open_parts(load_settings(tmp_path / "debrief.yaml"), key="printed"))
    right = {"Authorization": "Bearer printed"}

    def status(client: tuple[str, int], base: str, headers: dict[str, str]) -> int:
        return TestClient(app, base_url=base, client=client).get("/api/v1/me", headers=headers).status_code

    here = ("127.0.0.1", 5_000)
    assert status(here, "http://127.0.0.1:80", right) == 200
    assert status(here, "http://127.0.0.1:80", {"Authorization": "Bearer guessed"}) == 401
    assert status(here, "http://127.0.0.1:80", {}) == 401
    assert status(("10.0.0.7", 5_000), "http://127.0.0.1:80", right) == 401
    assert status(here, "http://debrief.example", right) == 401
    assert status(here, "http://127.0.0.1:80", {**right, "X-Forwarded-For": "10.0.0.7"}) == 401
