"""An identity provider pushes users and groups; the requests are those that Entra and Okta document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chat_ui.scim_routes import scim_routes
from core.database import open_database
from core.identity import load_directory
from core.settings import AuthSettings, Settings


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def provider(engine: sa.Engine) -> TestClient:
    app = Starlette(routes=scim_routes("right", lambda: engine))
    return TestClient(app, headers={"authorization": "Bearer right"})


def groups(engine: sa.Engine, email: str, *claimed: str) -> set[str]:
    return set(
        load_directory(Settings(auth=AuthSettings(mode="oidc", scim_token=SecretStr("right"))), engine)
        .person(email, claimed)
        .groups
    )


def user(provider: TestClient, name: str, **more: object) -> str:
    sent = {"userName": name, "active": True, "emails": [{"value": name, "primary": True}], **more}
    answer = provider.post("/scim/v2/Users", json=sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def group(provider: TestClient, name: str, *members: str, **more: object) -> str:
    sent = {"displayName": name, "members": [{"value": m} for m in members], **more}
    return str(provider.post("/scim/v2/Groups", json=sent).json()["id"])


def patch(provider: TestClient, path: str, *operations: dict[str, object]) -> int:
    return provider.patch(f"/scim/v2/{path}", json={"Operations": list(operations)}).status_code


def test_nested_groups_are_known_by_name_and_by_the_providers_id(provider: TestClient, engine: sa.Engine) -> None:
    ana = user(provider, "Ana@x.example")
    board = group(provider, "board", ana, externalId="object-id")
    group(provider, "all", board)
    assert groups(engine, "ana@x.example") == {"board", "object-id", "all"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Remove", "path": "members", "value": [{"value": "ANA"}]},  # Entra
        {"op": "remove", "path": 'members[value eq "ANA"]'},  # Okta
        {"op": "replace", "path": "members", "value": []},
        {"op": "remove", "path": "members"},
    ],
)
def test_who_is_taken_out_loses_the_group_at_once_whatever_the_token_says(
    provider: TestClient, engine: sa.Engine, operation: dict[str, object]
) -> None:
    ana, ben = user(provider, "ana@x.example"), user(provider, "ben@x.example")
    board = group(provider, "board", ben)
    assert patch(provider, f"Groups/{board}", {"op": "Add", "path": "members", "value": [{"value": ana}]}) == 200
    assert groups(engine, "ana@x.example", "board", "other") == {"board", "other"}
    sent = eval(repr(operation).replace("ANA", ana))
    assert patch(provider, f"Groups/{board}", sent) == 200
    assert groups(engine, "ana@x.example", "board", "other") == {"other"}


@pytest.mark.parametrize("value", [False, "False"])
def test_who_is_no_longer_active_is_in_no_group(provider: TestClient, engine: sa.Engine, value: object) -> None:
    ana = user(provider, "ana@x.example")
    group(provider, "board", ana)
    assert patch(provider, f"Users/{ana}", {"op": "replace", "value": {"active": value}}) == 200
    assert groups(engine, "ana@x.example", "board") == set()
    assert patch(provider, f"Users/{ana}", {"op": "replace", "path": "active", "value": True}) == 200
    assert groups(engine, "ana@x.example") == {"board"}
    assert provider.delete(f"/scim/v2/Users/{ana}").status_code == 204
    assert groups(engine, "ana@x.example") == set()


def test_users_and_groups_are_looked_up_and_listed_in_pages(provider: TestClient) -> None:
    ids = [user(provider, f"u{n}@x.example") for n in range(3)]
    board = group(provider, "board", *ids)
    found = provider.get("/scim/v2/Users", params={"filter": 'userName eq "U1@x.example"'}).json()
    assert found["totalResults"] == 1 and found["Resources"][0]["id"] == ids[1]
    page = provider.get("/scim/v2/Users", params={"startIndex": 2, "count": 1}).json()
    assert (page["totalResults"], [r["userName"] for r in page["Resources"]]) == (3, ["u1@x.example"])
    (listed,) = provider.get("/scim/v2/Groups", params={"excludedAttributes": "members"}).json()["Resources"]
    assert listed["id"] == board and "members" not in listed
    assert len(provider.get(f"/scim/v2/Groups/{board}").json()["members"]) == 3
    assert provider.get("/scim/v2/ServiceProviderConfig").json()["patch"] == {"supported": True}


def test_mistakes_have_their_status(provider: TestClient) -> None:
    user(provider, "ana@x.example")
    assert provider.post("/scim/v2/Users", json={"userName": "ANA@x.example"}).status_code == 409
    assert provider.post("/scim/v2/Users", json={}).status_code == 400
    assert provider.post("/scim/v2/Users", content=b"{").status_code == 400
    assert provider.get("/scim/v2/Users/none").status_code == 404
    assert provider.get("/scim/v2/Things").status_code == 404
    assert provider.get("/scim/v2/Users", params={"filter": "userName sw x"}).status_code == 400
    assert provider.get("/scim/v2/Users", params={"count": "many"}).status_code == 400
    ana = provider.get("/scim/v2/Users").json()["Resources"][0]["id"]
    assert patch(provider, f"Users/{ana}", {"op": "drop", "path": "x"}) == 400


@pytest.mark.parametrize("token", ["", "wrong", "right "])
def test_without_the_token_nobody_is_told_anything(provider: TestClient, token: str) -> None:
    assert provider.get("/scim/v2/Users", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_without_a_token_in_the_settings_there_is_no_endpoint(engine: sa.Engine) -> None:
    assert scim_routes("", lambda: engine) == []
