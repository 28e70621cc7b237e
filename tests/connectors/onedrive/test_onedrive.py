"""OneDrive: who reads what lies in a person's drive, chosen folders, drives that come and go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.types import Connector
from samples.stand_ins import graph
from samples.stand_ins.graph import GraphStandIn
from samples.stand_ins.tenant import Library, Tenant
from tests.connectors.harness import open_kind, run
from tests.connectors.sources import grants, tenant_keys

pytestmark = pytest.mark.integration

ANA, TEAM = "ana@x.com", "00000000-0000-0000-0000-0000000000aa"
OWNER = {"user:ana@x.com"}


@pytest.fixture
def server() -> Iterator[GraphStandIn]:
    with graph.start(tenant=Tenant()) as running:
        running.tenant.users["bo"] = {"id": "bo", "mail": "Bo@x.com", "userPrincipalName": "bo@corp.x.com"}
        member = {"@odata.type": "#microsoft.graph.user", "id": "bo"}
        running.tenant.groups[TEAM] = {"id": TEAM, "displayName": "team", "members": [member]}
        yield running


@pytest.fixture
def drive(server: GraphStandIn) -> Library:
    return server.tenant.add_drive(ANA)


def connector(server: GraphStandIn, **keys: Any) -> Connector:
    return open_kind(Path("/"), **{**tenant_keys("onedrive", server), "users": [ANA], **keys})


def by_path(found: dict[str, Any]) -> dict[str, set[str]]:
    return {document.metadata["path"].removeprefix(f"{ANA}/"): set(document.allow) for document in found.values()}


def granted(role: str = "read", **permission: Any) -> list[dict[str, Any]]:
    return [*grants((f"user:{ANA}",)), {"roles": [role], **permission}]


def to(**identity: Any) -> dict[str, Any]:
    return {"grantedToV2": identity}


def link(scope: str, *people: dict[str, Any]) -> dict[str, Any]:
    return {"link": {"scope": scope}, "grantedToIdentitiesV2": list(people)}


BO = {"user": {"email": "Bo@X.com"}}
PEOPLE_OF_BO = {"user:bo@x.com", "user:bo@corp.x.com"}
# What is shared how → who reads it besides the owner; None: nobody at all, the owner included.
TRUTH: list[tuple[list[dict[str, Any]] | None, set[str] | None]] = [
    (None, set()),
    ([], None),
    (granted(**to(**BO)), {"user:bo@x.com"}),
    (granted("write", **to(**BO)), {"user:bo@x.com"}),
    (granted("owner", **to(**BO)), {"user:bo@x.com"}),
    (granted("restrictedView", **to(**BO)), set()),
    (granted("reviewer of a new kind", **to(**BO)), set()),
    (granted(**to(user={"id": "bo"})), PEOPLE_OF_BO),
    (granted(**to(user={"id": "gone"})), set()),
    (granted(**to(user={"displayName": "Somebody"})), set()),
    (granted(**to(group={"id": TEAM})), {f"group:{TEAM}"}),
    (granted(**to(group={"displayName": "no id"})), set()),
    (granted(**to(siteUser={"loginName": "i:0#.f|membership|bo@x.com"})), {"user:bo@x.com"}),
    (granted(**to(siteUser={"loginName": f"c:0t.c|tenant|{TEAM}"})), {f"group:{TEAM}"}),
    (granted(**to(siteUser={"loginName": f"c:0o.c|federateddirectoryclaimprovider|{TEAM}_o"})), set()),
    (granted(**to(siteUser={"loginName": "c:0(.s|true"})), {"everyone"}),
    (granted(**to(siteUser={"loginName": "SHAREPOINT\\system"})), set()),
    (granted(**to(application={"id": "app"})), set()),
    (granted(**to(device={"id": "laptop"})), set()),
    (granted(**link("organization")), set()),
    (granted(**link("anonymous")), set()),
    (granted(**link("existingAccess", BO)), set()),
    (granted(**link("users", BO)), {"user:bo@x.com"}),
    (granted(**link("users", BO, {"group": {"id": TEAM}})), {"user:bo@x.com", f"group:{TEAM}"}),
    (granted(**link("a scope of tomorrow", BO)), set()),
    (granted(expirationDateTime="2020-01-01T00:00:00Z", **to(**BO)), set()),
    (granted(expirationDateTime="2999-01-01T00:00:00Z", **to(**BO)), {"user:bo@x.com"}),
    (granted(expirationDateTime="soon", **to(**BO)), set()),
    (granted(expirationDateTime="0001-01-01T00:00:00Z", **to(**BO)), {"user:bo@x.com"}),
]


def test_the_truth_table_of_a_drive(server: GraphStandIn, drive: Library) -> None:
    assert len(TRUTH) >= 25
    for number, (permissions, _) in enumerate(TRUTH):
        server.tenant.put(drive, f"{number:02}.txt", b"text", permissions=permissions)
    reader = connector(server)
    found = by_path(run(reader).documents)
    wrong = {
        number: found[f"{number:02}.txt"]
        for number, (_, others) in enumerate(TRUTH)
        if found[f"{number:02}.txt"] != (set() if others is None else OWNER | others)
    }
    assert not wrong
    assert reader.memberships() == {TEAM: PEOPLE_OF_BO}


def test_what_a_folder_gives_and_takes_goes_for_all_below(server: GraphStandIn, drive: Library) -> None:
    server.tenant.put(drive, "Offers/2026/a.txt", b"text")
    server.tenant.put(drive, "b.txt", b"text")
    first = run(connector(server))
    server.tenant.share(drive, "Offers", granted(**to(**BO)))
    shared = run(connector(server), first.cursor)
    assert [ref.allow for ref in shared.access.values()] == [OWNER | {"user:bo@x.com"}] and not shared.documents
    server.tenant.share(drive, "Offers", None)
    ended = run(connector(server), shared.cursor)
    assert [ref.allow for ref in ended.access.values()] == [OWNER] and not ended.documents


def test_an_ended_share_that_nobody_tells_of_counts_after_refresh_days(server: GraphStandIn, drive: Library) -> None:
    server.tenant.put(drive, "a.txt", b"text", permissions=granted(**to(**BO)))
    first = run(connector(server))
    item = drive.find("a.txt")
    assert item is not None
    item.permissions = None
    assert run(connector(server), first.cursor).is_empty(), "the change feed doesn't say so"
    aged = json.loads(str(first.cursor))
    aged["parts"][f"drive:{drive.id}"]["full_at"] -= 86_401
    aged = json.dumps(aged)
    assert [ref.allow for ref in run(connector(server), aged).access.values()] == [OWNER]


def test_only_chosen_folders_and_what_leaves_them_goes(server: GraphStandIn, drive: Library) -> None:
    for path in ("Projects/a.txt", "projects/deep/b.txt", "Projects2/c.txt", "private.txt"):
        server.tenant.put(drive, path, b"text")
    first = run(connector(server, folders=["Projects"]))
    assert set(by_path(first.documents)) == {"Projects/a.txt", "projects/deep/b.txt"}
    item, folder = drive.find("Projects/a.txt"), drive.find("Projects2")
    assert item is not None and folder is not None
    item.parent = folder.id
    drive.touch(item)
    moved = run(connector(server, folders=["Projects"]), first.cursor)
    assert moved.deleted == [f"src:{drive.id}/{item.id}"] and not moved.documents
    server.tenant.rename(drive, "projects", "Old")
    renamed = run(connector(server, folders=["Projects"]), moved.cursor)
    assert len(renamed.deleted) == 1 and not renamed.documents


def test_a_drive_that_cant_be_found_takes_nothing_away(server: GraphStandIn, drive: Library) -> None:
    server.tenant.put(drive, "a.txt", b"text")
    first = run(connector(server))
    kept = server.tenant.drives.pop(ANA)
    found = run(connector(server), first.cursor)
    assert not found.deleted
    (failure,) = found.failures.values()
    assert "no OneDrive of ana@x.com" in failure.reason and failure.retry
    server.tenant.drives[ANA] = kept
    server.tenant.add_drive("bo@x.com")
    other = run(connector(server, users=["bo@x.com"]), found.cursor)
    assert len(other.deleted) == 1, "who is taken out of the settings takes their documents along"


def test_a_page_that_comes_again_ends_the_run(
    server: GraphStandIn, drive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        server.tenant.put(drive, f"{number}.txt", b"text")
    first = run(connector(server))
    server.page_size = 2
    whole = graph._Service._delta

    def again(service: Any, library: Library, token: str) -> Any:
        page = whole(service, library, token)
        link = f"{graph.GRAPH}/drives/{library.id}/root/delta?token=0.0.6.2"
        return {**page, "@odata.nextLink": link}

    monkeypatch.setattr(graph._Service, "_delta", again)
    with pytest.raises(Exception, match="sent back to a page") as raised:
        run(connector(server, refresh_days=1, include=["*.txt"]), first.cursor)
    assert "src" in str(raised.value)


@pytest.mark.parametrize("users", [[], ["no address"], ["a@b@c"]])
def test_bad_users_are_named(server: GraphStandIn, users: list[str]) -> None:
    with pytest.raises(Exception, match="users"):
        connector(server, users=users)
