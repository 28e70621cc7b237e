"""SharePoint through Graph: sign-in, delta, folders, permissions, groups, pages, lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.graph import drive as sharepoint_drive
from core.errors import CredentialError, SourceError
from core.types import Connector
from samples.stand_ins import graph
from samples.stand_ins.certificate import write_certificate
from samples.stand_ins.graph import GraphStandIn
from samples.stand_ins.tenant import Library, Site, Tenant
from tests.connectors.harness import open_kind, run
from tests.connectors.sources import grants

pytestmark = pytest.mark.integration

ANA, NILS, TEAM, NESTED = (f"00000000-0000-0000-0000-00000000000{n}" for n in range(1, 5))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("certificate") / "app.pem")


@pytest.fixture
def server() -> Iterator[GraphStandIn]:
    with graph.start(tenant=Tenant()) as running:
        yield running


@pytest.fixture
def site(server: GraphStandIn) -> Site:
    tenant = server.tenant
    for user, name in ((ANA, "ana"), (NILS, "nils")):
        tenant.users[user] = {"id": user, "mail": f"{name}@x.com", "userPrincipalName": f"{name}@x.onmicrosoft.com"}
    member = "#microsoft.graph.user"
    tenant.groups[NESTED] = {"id": NESTED, "displayName": "inner", "members": [{"@odata.type": member, "id": NILS}]}
    tenant.groups[TEAM] = {
        "id": TEAM,
        "displayName": "outer",
        "members": [{"@odata.type": member, "id": ANA}, {"@odata.type": "#microsoft.graph.group", "id": NESTED}],
    }
    return tenant.add_site("team", "The Team")


@pytest.fixture
def library(server: GraphStandIn, site: Site) -> Library:
    return server.tenant.add_library(site, permissions=grants(("user:owner@x.com",)))


def connector(server: GraphStandIn, certificate: Path | None = None, **keys: Any) -> Connector:
    sign_in = {"certificate_file": str(certificate)} if certificate else {"client_secret": graph.CLIENT_SECRET}
    defaults = {"kind": "sharepoint", "tenant": "contoso.example", "client_id": "app", "graph_endpoint": server.url}
    return open_kind(Path("/"), **{**defaults, **sign_in, **keys})


def key(library: Library, path: str) -> str:
    item = library.find(path)
    assert item is not None
    return f"src:{library.id}/{item.id}"


def paths(found: dict[str, Any]) -> set[str]:
    return {document.metadata["path"] for document in found.values()}


def allowed(server: GraphStandIn, library: Library, permissions: list[dict[str, Any]], **keys: Any) -> set[str]:
    server.tenant.put(library, "a.txt", b"text", permissions=permissions)
    (document,) = run(connector(server, **keys)).documents.values()
    return set(document.allow)


def test_columns_become_metadata_under_the_names_that_people_see(server: GraphStandIn, library: Library) -> None:
    library.columns = [
        {"name": "field_3", "displayName": "Review by"},
        {"name": "Tags", "displayName": "Tags"},
        {"name": "Owner", "displayName": "Owner"},
        {"name": "Secret", "displayName": "Secret", "hidden": True},
    ]
    fields = {
        "Title": "The plan",
        "field_3": "2027-01-31",
        "Tags": ["a", "b"],
        "Owner": {"LookupId": 3, "LookupValue": "Ana Ruiz"},
        "Secret": "x",
        "_UIVersionString": "4.0",
    }
    server.tenant.put(library, "Plans/plan 1.txt", b"text", fields=fields)
    (document,) = run(connector(server)).documents.values()
    assert document.title == "The plan" and document.name == "plan 1.txt"
    assert document.url == "https://contoso.sharepoint.com/sites/team/Documents/Plans/plan 1.txt"
    assert document.metadata == {
        "path": "team/Documents/Plans/plan 1.txt",
        "site": "The Team",
        "library": "Documents",
        "Review by": "2027-01-31",
        "Tags": ("a", "b"),
        "Owner": "Ana Ruiz",
        "version": "4.0",
    }


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ({"roles": ["read"], "grantedToV2": {"user": {"id": ANA}}}, {"user:ana@x.com", "user:ana@x.onmicrosoft.com"}),
        ({"roles": ["read"], "grantedToV2": {"user": {"id": "gone"}}}, set()),
        ({"roles": ["write"], "grantedToV2": {"group": {"id": TEAM}}}, {f"group:{TEAM}"}),
        ({"roles": ["owner"], "grantedToV2": {"siteGroup": {"displayName": "Owners"}}}, {"group:team/Owners"}),
        ({"roles": ["restrictedView"], "grantedToV2": {"user": {"email": "a@x.com"}}}, set()),
        ({"roles": [], "grantedToV2": {"user": {"email": "a@x.com"}}}, set()),
        ({"roles": ["read"], "grantedToV2": {"application": {"id": "app"}}}, set()),
        ({"roles": ["read"], "link": {"scope": "organization"}}, set()),
        ({"roles": ["read"], "link": {"scope": "anonymous"}}, set()),
        (
            {
                "roles": ["read"],
                "link": {"scope": "existingAccess"},
                "grantedToIdentitiesV2": [{"user": {"email": "a@x.com"}}],
            },
            set(),
        ),
        (
            {"roles": ["read"], "link": {"scope": "users"}, "grantedToIdentitiesV2": [{"user": {"email": "A@X.com"}}]},
            {"user:a@x.com"},
        ),
        (
            {
                "roles": ["read"],
                "grantedToV2": {"user": {"email": "a@x.com"}},
                "expirationDateTime": "2020-01-01T00:00:00Z",
            },
            set(),
        ),
        ({"roles": ["read"], "grantedToV2": {"siteUser": {"loginName": "c:0(.s|true"}}}, {"everyone"}),
        (
            {"roles": ["read"], "grantedToV2": {"siteUser": {"loginName": "c:0-.f|rolemanager|spo-grid-all-users/x"}}},
            {"everyone"},
        ),
        (
            {"roles": ["read"], "grantedToV2": {"siteUser": {"loginName": "i:0#.f|membership|Bo@x.com"}}},
            {"user:bo@x.com"},
        ),
        ({"roles": ["read"], "grantedToV2": {"siteUser": {"loginName": f"c:0t.c|tenant|{TEAM}"}}}, {f"group:{TEAM}"}),
        # The owners of a group aren't its members.
        (
            {
                "roles": ["read"],
                "grantedToV2": {"siteUser": {"loginName": f"c:0o.c|federateddirectoryclaimprovider|{TEAM}_o"}},
            },
            set(),
        ),
    ],
)
def test_permissions_become_principals_and_unclear_ones_grant_nothing(
    server: GraphStandIn, library: Library, permission: dict[str, Any], expected: set[str]
) -> None:
    assert allowed(server, library, [permission]) == expected


def test_open_links_count_only_where_the_source_says_so(server: GraphStandIn, library: Library) -> None:
    link = [{"roles": ["read"], "link": {"scope": "organization"}}]
    assert allowed(server, library, link, links_are_public=True) == {"everyone"}


def test_nested_groups_and_the_groups_of_a_site_are_known_by_their_members(
    server: GraphStandIn, site: Site, library: Library, certificate: Path
) -> None:
    site.groups = [
        {
            "Id": 3,
            "Title": "Visitors",
            "users": [
                {"LoginName": f"c:0t.c|tenant|{TEAM}"},
                {"LoginName": "i:0#.f|membership|bo@x.com"},
                {"LoginName": "SHAREPOINT\\system"},
            ],
        }
    ]
    server.tenant.put(
        library,
        "a.txt",
        b"x",
        permissions=[{"roles": ["read"], "grantedToV2": {"siteGroup": {"displayName": "Visitors"}}}],
    )
    reader = connector(server, certificate)
    (document,) = run(reader).documents.values()
    assert document.allow == {"group:team/Visitors"}
    everyone_in_team = {
        "user:ana@x.com",
        "user:ana@x.onmicrosoft.com",
        "user:nils@x.com",
        "user:nils@x.onmicrosoft.com",
    }
    assert reader.memberships() == {"team/Visitors": {f"group:{TEAM}", "user:bo@x.com"}, TEAM: everyone_in_team}


def test_groups_are_remembered_from_run_to_run(server: GraphStandIn, library: Library) -> None:
    server.tenant.put(library, "a.txt", b"x", permissions=[{"roles": ["read"], "grantedToV2": {"group": {"id": TEAM}}}])
    first = run(connector(server))
    later = connector(server)
    assert run(later, first.cursor).is_empty()
    assert TEAM in later.memberships()


def test_with_a_secret_alone_the_groups_of_a_site_grant_nothing(
    server: GraphStandIn, site: Site, library: Library
) -> None:
    site.groups = [{"Id": 3, "Title": "Visitors", "users": [{"LoginName": "i:0#.f|membership|bo@x.com"}]}]
    reader = connector(server)
    assert reader.memberships() == {}
    assert "certificate_file" in reader.notes()[0]  # type: ignore[attr-defined]
    assert not any("_api" in request for request in server.faults.requests)


def test_a_wrong_secret_is_called_invalid_with_entras_own_words(server: GraphStandIn, library: Library) -> None:
    with pytest.raises(CredentialError, match="AADSTS7000215") as raised:
        run(connector(server, client_secret="wrong"))
    assert raised.value.problem == "invalid" and "src" in str(raised.value)


def test_a_token_that_runs_out_on_the_way_is_renewed(server: GraphStandIn, library: Library) -> None:
    for number in range(4):
        server.tenant.put(library, f"{number}.txt", b"text")
    server.faults.add("expire", "permissions", times=1)
    server.faults.add("expire", "/delta", times=1)
    found = run(connector(server))
    assert len(found.documents) == 4 and not found.failures
    assert sum("oauth2/v2.0/token" in request for request in server.faults.requests) == 3


def test_throttling_is_waited_out_as_long_as_it_says(
    server: GraphStandIn, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("connectors.common.http_retry.time.sleep", waits.append)
    monkeypatch.setattr("connectors.common.http_retry.retried.__defaults__", (waits.append, ""))
    server.tenant.put(library, "a.txt", b"text")
    server.faults.add("throttle", "/delta", times=2, seconds=17)
    assert len(run(connector(server)).documents) == 1
    assert len(waits) == 2 and all(17 <= wait <= 18 for wait in waits)


def test_after_410_everything_is_compared_and_nothing_fetched_twice(server: GraphStandIn, library: Library) -> None:
    for number in range(5):
        server.tenant.put(library, f"{number}.txt", b"text", permissions=grants(("group:a",)))
    first = run(connector(server))
    server.tenant.put(library, "1.txt", b"changed", permissions=grants(("group:a",)))
    server.tenant.delete(library, "2.txt")
    server.tenant.share(library, "3.txt", grants(("group:b",)))
    gone = f"src:{library.id}/{next(i.id for i in library.items.values() if i.name == '2.txt')}"
    library.oldest_token = len(library.log)
    server.faults.requests.clear()
    second = run(connector(server), first.cursor)
    assert set(second.documents) == {key(library, "1.txt")} and second.deleted == [gone]
    assert set(second.access) == {key(library, "3.txt")}
    assert sum("_layouts/15/download" in request for request in server.faults.requests) == 1
    assert run(connector(server), second.cursor).is_empty()


def test_many_pages_are_followed_and_a_crash_between_them_loses_nothing(
    server: GraphStandIn, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharepoint_drive, "_RESUMABLE_PAGES", 2)
    server.page_size = 3
    for number in range(20):
        server.tenant.put(library, f"folder-{number % 3}/{number}.txt", b"text")
    whole = run(connector(server))
    assert len(whole.documents) == 20
    early = next(batch.cursor for batch in whole.batches if batch.cursor)
    at = next(index for index, batch in enumerate(whole.batches) if batch.cursor)
    taken = {document.id for batch in whole.batches[: at + 1] for document in batch.documents}
    rest = run(connector(server), early)
    assert 0 < len(taken) < 20 and taken | set(rest.documents) == set(whole.documents) and not rest.deleted
    assert not taken & set(rest.documents)
    assert paths(rest.documents) <= paths(whole.documents)


def test_a_renamed_folder_moves_its_documents_without_losing_them(server: GraphStandIn, library: Library) -> None:
    server.tenant.put(library, "Old/Deep/a.txt", b"text")
    server.tenant.put(library, "b.txt", b"text")
    first = run(connector(server))
    server.tenant.rename(library, "Old", "New")
    second = run(connector(server), first.cursor)
    assert paths(second.documents) == {"team/Documents/New/Deep/a.txt"}
    assert set(second.documents) < set(first.documents) and not second.deleted


def test_permissions_of_a_folder_reach_what_lies_in_it(server: GraphStandIn, library: Library) -> None:
    server.tenant.put(library, "In/Deep/a.txt", b"text")
    server.tenant.put(library, "b.txt", b"text")
    first = run(connector(server))
    server.tenant.share(library, "In", grants(("group:new",)))
    second = run(connector(server), first.cursor)
    assert not second.documents
    assert {i: set(ref.allow) for i, ref in second.access.items()} == {key(library, "In/Deep/a.txt"): {"group:new"}}


def test_permissions_of_the_library_reach_all_that_inherits_them(server: GraphStandIn, library: Library) -> None:
    server.tenant.put(library, "In/a.txt", b"text")
    server.tenant.put(library, "own.txt", b"text", permissions=grants(("group:own",)))
    first = run(connector(server))
    server.faults.requests.clear()
    server.tenant.share(library, "", grants(("user:new@x.com",)))
    second = run(connector(server), first.cursor)
    assert {i: set(ref.allow) for i, ref in second.access.items()} == {key(library, "In/a.txt"): {"user:new@x.com"}}
    assert not second.documents and not any("download" in request for request in server.faults.requests)


def test_a_deleted_folder_takes_its_documents_along_even_if_only_it_is_named(
    server: GraphStandIn, library: Library
) -> None:
    server.tenant.put(library, "In/Deep/a.txt", b"text")
    server.tenant.put(library, "b.txt", b"text")
    first = run(connector(server))
    gone = key(library, "In/Deep/a.txt")
    server.tenant.delete(library, "In")
    # Some answers name just the folder.
    library.log = [*library.log[:-3], library.log[-1]]
    second = run(connector(server), first.cursor)
    assert second.deleted == [gone]


def test_a_library_that_changed_a_setting_is_compared_as_a_whole(server: GraphStandIn, library: Library) -> None:
    server.tenant.put(library, "drafts/a.txt", b"text")
    server.tenant.put(library, "b.txt", b"text")
    first = run(connector(server))
    second = run(connector(server, exclude=["**/drafts/"]), first.cursor)
    assert second.deleted == [key(library, "drafts/a.txt")] and not second.documents
    third = run(connector(server), second.cursor)
    assert set(third.documents) == {key(library, "drafts/a.txt")}


def test_pages_are_read_with_their_web_parts_and_their_access_is_refreshed(server: GraphStandIn, site: Site) -> None:
    def page(text: str, allow: str, version: int) -> dict[str, Any]:
        parts = [
            {"innerHtml": f"<p>{text}</p>"},
            {"data": {"serverProcessedContent": {"searchablePlainTexts": [{"value": "a < b"}]}}},
        ]
        layout = {
            "horizontalSections": [{"columns": [{"webparts": parts}]}],
            "verticalSection": {"webparts": [{"innerHtml": "<p>side</p>"}]},
        }
        facts = {"id": "p1", "name": "Home.aspx", "title": "Home & more", "webUrl": "https://x/Home.aspx"}
        return {**facts, "canvasLayout": layout, "permissions": grants((allow,)), "version": version}

    site.pages["p1"] = page("hello", "group:a", 1)
    first = run(connector(server))
    (document,) = first.documents.values()
    assert document.title == "Home & more" and document.media_type == "text/html" and document.name == "Home.html"
    body = document.body.decode()
    assert "<p>hello</p>" in body and "a &lt; b" in body and "<p>side</p>" in body and "Home &amp; more" in body
    site.pages["p1"] = page("hello", "group:b", 1)
    second = run(connector(server), first.cursor)
    assert not second.documents and [set(ref.allow) for ref in second.access.values()] == [{"group:b"}]
    site.pages["p1"] = page("changed", "group:b", 2)
    third = run(connector(server), second.cursor)
    assert "changed" in next(iter(third.documents.values())).body.decode()
    del site.pages["p1"]
    assert run(connector(server), third.cursor).deleted == [document.id]


def test_lists_are_read_on_request_with_permissions_from_sharepoint_itself(
    server: GraphStandIn, site: Site, certificate: Path
) -> None:
    def role(title: str, name: str = "Read") -> dict[str, Any]:
        return {"Member": {"PrincipalType": 8, "Title": title}, "RoleDefinitionBindings": {"results": [{"Name": name}]}}

    items: list[dict[str, Any]] = [
        {"id": "1", "eTag": "1", "fields": {"Title": "Risk A", "field_1": "high"}},
        {"id": "2", "eTag": "1", "fields": {"Title": "Risk B", "field_1": "low"}, "_roles": [role("Owners")]},
    ]
    site.lists["L1"] = {
        "id": "L1",
        "name": "Risks",
        "displayName": "Risks",
        "webUrl": "https://x/Risks",
        "list": {"template": "genericList"},
        "columns": [{"name": "field_1", "displayName": "Severity"}],
        "items": items,
        "roles": [role("Visitors"), role("Others", "Limited Access")],
    }
    assert not run(connector(server, certificate)).documents
    found = run(connector(server, certificate, lists=["Risks"]))
    documents = {document.title: document for document in found.documents.values()}
    assert documents["Risk A"].allow == {"group:team/Visitors"} and documents["Risk B"].allow == {"group:team/Owners"}
    assert (
        "- Severity: high" in documents["Risk A"].body.decode() and documents["Risk A"].metadata["Severity"] == "high"
    )
    items[0]["_roles"] = [role("Owners")]
    second = run(connector(server, certificate, lists=["Risks"]), found.cursor)
    assert not second.documents and [set(ref.allow) for ref in second.access.values()] == [{"group:team/Owners"}]
    # With a secret alone nobody can say who may read a list.
    closed = run(connector(server, lists=["*"]))
    assert all(not document.allow for document in closed.documents.values()) and len(closed.documents) == 2


def test_a_library_or_site_that_is_gone_takes_its_documents_along(
    server: GraphStandIn, site: Site, library: Library
) -> None:
    other = server.tenant.add_library(server.tenant.add_site("other"))
    server.tenant.put(library, "a.txt", b"text")
    server.tenant.put(other, "b.txt", b"text")
    first = run(connector(server))
    second = run(connector(server, sites=[site.web_url]), first.cursor)
    assert second.deleted == [key(other, "b.txt")] and not second.documents


def test_a_site_that_may_not_be_read_now_keeps_its_documents(
    server: GraphStandIn, site: Site, library: Library
) -> None:
    other = server.tenant.add_library(server.tenant.add_site("other"))
    server.tenant.put(library, "a.txt", b"text")
    server.tenant.put(other, "b.txt", b"text")
    first = run(connector(server))
    server.faults.answers["error"] = type(server.faults.answers["error"])(  # type: ignore[index]
        "403 Forbidden", b'{"error": {"code": "accessDenied", "message": "no"}}'
    )
    server.faults.add("error", f"/sites/{site.id}/drives")
    second = run(connector(server), first.cursor)
    assert not second.deleted and set(second.failures) == {"src:team/"}
    assert "Sites.FullControl.All" in second.failures["src:team/"].reason
    with pytest.raises(SourceError, match="access is denied"):
        server.faults.add("error", f"/sites/{site.id}/drives")
        list(connector(server).listing())


def test_an_unknown_site_is_named(server: GraphStandIn, site: Site) -> None:
    with pytest.raises(SourceError, match=r"There is no site https://contoso\.sharepoint\.com/sites/nowhere"):
        run(connector(server, sites=["https://contoso.sharepoint.com/sites/nowhere"]))


def test_nothing_changed_costs_a_handful_of_requests(server: GraphStandIn, library: Library) -> None:
    for number in range(30):
        server.tenant.put(library, f"{number}.txt", b"text")
    first = run(connector(server))
    server.faults.requests.clear()
    assert run(connector(server), first.cursor).is_empty()
    # Sign-in (2), sites, libraries, the library's permissions, its delta, the pages.
    assert len(server.faults.requests) == 7
