"""Who has left a group loses access with the next refresh, whatever token or sync says; Graph is a stand-in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from core.database import open_database, utc_now
from core.errors import SourceError
from core.groups import GRAPH, checks, group_checks
from core.identity import load_directory, save_memberships
from core.settings import AuthSettings, GraphSettings, Settings
from core.signin import claims_user
from core.types import UNKNOWN_GROUPS
from ingestion.groups import named_groups, refresh_groups
from ingestion.state import DocumentRecord, SyncState
from retrieval.query import may_read
from samples.stand_ins.graph import CLIENT_SECRET, GraphStandIn, start
from samples.stand_ins.tenant import Tenant

BOARD, ALL = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
ANA = {"id": "u1", "mail": "Ana@x.example", "userPrincipalName": "ana@x.example"}
GUEST = {"id": "u2", "mail": "", "userPrincipalName": "ben_partner.com#EXT#@x.onmicrosoft.com"}


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.users = {"u1": ANA, "u2": GUEST}
    people = [{"id": key, "@odata.type": "#microsoft.graph.user"} for key in ("u1", "u2")]
    tenant.groups = {
        BOARD: {"id": BOARD, "members": people},
        ALL: {"id": ALL, "members": [{"id": BOARD, "@odata.type": "#microsoft.graph.group"}]},
    }
    return tenant


@pytest.fixture
def server(tenant: Tenant) -> Iterator[GraphStandIn]:
    with start(tenant=tenant) as running:
        yield running


@pytest.fixture
def settings(server: GraphStandIn, tmp_path: Path) -> Settings:
    graph = GraphSettings(
        tenant="contoso.example", client_id="app", client_secret=SecretStr(CLIENT_SECRET), graph_endpoint=server.url
    )
    (tmp_path / "users.yaml").write_text(f"groups: {{legal: {{members: ['group:{ALL}']}}}}\n")
    auth = AuthSettings(mode="oidc", graph=graph, users_file=Path("users.yaml"), admin_groups=(BOARD,))
    settings = Settings(root=tmp_path, auth=auth)
    record = DocumentRecord("s:plan", "s", "Plan", allow=("group:legal",), deny=(f"group:{BOARD.upper()}",))
    SyncState(open_database(settings)).commit("s", [record], "c")
    return settings


def signed_in(settings: Settings, engine: sa.Engine, email: str = "ana@x.example", **claims: object):
    now = time.time()
    told = {"email": email, "exp": now + 900, "iat": now, "groups": [BOARD, ALL, "other"], **claims}
    return claims_user(told, settings.auth, load_directory(settings, engine), now)


def test_who_has_left_loses_the_group_though_token_and_source_still_say_so(settings: Settings, tenant: Tenant) -> None:
    engine = open_database(settings)
    assert named_groups(engine) == {"legal", BOARD.upper()}
    save_memberships(engine, "sites", {BOARD: frozenset({"user:ana@x.example"})})
    assert refresh_groups(settings, engine) == 2
    assert set(signed_in(settings, engine).groups) == {BOARD, ALL, "legal", "other"}
    tenant.groups[BOARD]["members"] = []
    refresh_groups(settings, engine)
    assert set(signed_in(settings, engine).groups) == {"other"}
    assert load_directory(settings, engine).person("ana@x.example").groups == ()


def test_a_token_with_more_than_200_groups_is_as_good_as_one_with_all(settings: Settings) -> None:
    engine = open_database(settings)
    overage = {
        "groups": None,
        "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": {"endpoint": "https://x"}},
    }
    assert UNKNOWN_GROUPS in signed_in(settings, engine, **overage).groups
    refresh_groups(settings, engine)
    user = signed_in(settings, engine, **overage)
    assert set(user.groups) == {BOARD, ALL, "legal"}
    assert may_read(user, ("group:legal",), ()) and not may_read(user, ("group:legal",), (f"group:{BOARD.upper()}",))


def test_a_group_that_tokens_alone_know_keeps_closing_what_it_may_deny(settings: Settings) -> None:
    engine = open_database(settings)
    record = DocumentRecord("s:other", "s", "Other", allow=("everyone",), deny=("group:contractors",))
    SyncState(engine).commit("s", [record], "c")
    refresh_groups(settings, engine)
    assert UNKNOWN_GROUPS in signed_in(settings, engine, groups=None, hasgroups=True).groups


def test_a_guest_is_the_same_person_under_the_own_address(settings: Settings) -> None:
    engine = open_database(settings)
    refresh_groups(settings, engine)
    assert BOARD in signed_in(settings, engine, "Ben@Partner.com", groups=[]).groups


def test_what_was_told_too_long_ago_opens_nothing(settings: Settings, server: GraphStandIn) -> None:
    engine = open_database(settings)
    refresh_groups(settings, engine)
    with engine.begin() as connection:
        connection.execute(checks.update().values(checked_at=utc_now() - timedelta(minutes=61)))
    user = signed_in(settings, engine)
    assert set(user.groups) == {"other", UNKNOWN_GROUPS}
    assert not may_read(user, ("group:other",), ("group:any",)) and may_read(user, ("group:other",), ())


def test_a_directory_that_was_taken_out_of_the_settings_says_nothing_any_more(settings: Settings) -> None:
    engine = open_database(settings)
    refresh_groups(settings, engine)
    with engine.begin() as connection:
        connection.execute(checks.update().values(checked_at=utc_now() - timedelta(days=9)))
    without = settings.model_copy(update={"auth": settings.auth.model_copy(update={"graph": None})})
    assert set(signed_in(without, engine).groups) == {BOARD, ALL, "legal", "other"}, "the token counts again"


def test_a_directory_that_cant_be_asked_is_noted(settings: Settings, server: GraphStandIn, tenant: Tenant) -> None:
    engine = open_database(settings)
    refresh_groups(settings, engine)
    closed = settings.auth.graph.model_copy(update={"graph_endpoint": "http://127.0.0.1:9"})
    broken = settings.model_copy(update={"auth": settings.auth.model_copy(update={"graph": closed})})
    import connectors.graph.client as client

    original, client.Backoff = client.Backoff, lambda attempts: original(attempts=1)
    try:
        with pytest.raises(SourceError):
            refresh_groups(broken, engine)
    finally:
        client.Backoff = original
    check = group_checks(engine)[GRAPH]
    assert check.problem and check.checked_at is not None and not check.is_stale(60)
    assert BOARD in signed_in(settings, engine).groups, "what it told last counts for a while"
