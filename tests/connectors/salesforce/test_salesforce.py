"""Salesforce: who reads what, what a record becomes, and what a run asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.errors import CredentialError, SettingsError, SourceError, Throttled
from core.types import Connector, Document
from samples.stand_ins import salesforce
from samples.stand_ins.faults import Answer
from samples.stand_ins.salesforce import Org, SalesforceStandIn, name_field, reference, share_kind, text
from tests.connectors.harness import open_kind, run

pytestmark = pytest.mark.integration

OLD = "2026-10-01T08:00:00.000+0000"


@pytest.fixture(scope="module")
def running() -> Iterator[SalesforceStandIn]:
    with salesforce.start() as server:
        yield server


@dataclass
class Here:
    """A fresh organisation."""

    server: SalesforceStandIn
    org: Org

    def connector(self, **keys: Any) -> Connector:
        own = {"url": self.server.url, "client_id": salesforce.CLIENT_ID, "client_secret": salesforce.CLIENT_SECRET}
        return open_kind(Path("/"), **{"kind": "salesforce", "read_timeout_s": 2.0, **own, **keys})

    def requests(self) -> list[str]:
        found = list(self.server.faults.requests)
        self.server.faults.requests.clear()
        return found

    def record(self, kind: str, record_id: str, **values: Any) -> str:
        """A record that wasn't changed lately."""
        return self.org.put(kind, record_id, SystemModstamp=OLD, **values)


# Role → the one above; person → role.
ROLES = {"ceo": "", "sales": "ceo", "emea": "sales", "dach": "emea", "service": "ceo"}
PEOPLE = {"cleo": "ceo", "sam": "sales", "eva": "emea", "dora": "dach", "dirk": "dach", "sid": "service", "noa": ""}


@pytest.fixture
def here(running: SalesforceStandIn) -> Here:
    org = running.org
    org.rows.clear()
    org.described.clear()
    org.__post_init__()
    org.page_size, org.repeats, org.drops = 2_000, False, False
    running.faults.clear()
    org.put("Organization", "org", TimeZoneSidKey="Europe/Amsterdam")
    for role, above in ROLES.items():
        org.put("UserRole", f"r-{role}", Name=role.upper(), ParentRoleId=f"r-{above}" if above else None)
    for name, role in PEOPLE.items():
        staff = {"UserType": "Standard", "IsActive": True, "UserRoleId": f"r-{role}" if role else None}
        profile = org.put("Profile", "p-staff", Name="Staff")
        org.put("User", name, Name=name.title(), Email=f"{name.title()}@x.com", ProfileId=profile, **staff)
        org.put("PermissionSetAssignment", f"a-{name}", AssigneeId=name, PermissionSetId="staff", IsActive=True)
    org.put("User", "left", Name="Left", Email="left@x.com", UserType="Standard", IsActive=False)
    org.put("User", "portal", Name="Portal", Email="portal@x.com", UserType="CspLitePortal", IsActive=True)
    for kind in ("User", "Account", "Case"):
        org.permit("staff", kind)
    return Here(running, org)


def plain_kind(here: Here, kind: str, sharing: str, *fields: Any, shares: bool = True) -> None:
    here.org.add_kind(
        kind,
        kind.removesuffix("__c"),
        name_field(),
        reference("OwnerId", "Owner", "User", "Group") | {"permissionable": False},
        *fields,
        sharing=sharing,
    )
    here.org.permit("staff", kind, *(one["name"] for one in fields))
    if shares:
        share_kind(here.org, kind)


@dataclass(frozen=True)
class Case:
    """A row of the truth table.

    Attributes:
        shares: Whom a share row names, with "=None" for a row that gives nothing.
        without: People whose permission sets don't let them read the kind.
        sees_all: People with "view all" of the kind.
    """

    sharing: str
    owner: str
    expected: set[str]
    shares: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    sees_all: tuple[str, ...] = ()
    keys: dict[str, Any] = field(default_factory=dict)


def people(*names: str) -> set[str]:
    return {f"user:{name}@x.com" for name in names}


ALL = {"group:src/Thing__c readers"}
UP = {"hierarchy": True}
TRUTH = [
    Case("Read", "dora", ALL),
    Case("ReadWrite", "left", ALL),
    Case("ReadWriteTransfer", "dora", ALL),
    Case("Read", "dora", ALL, without=("dirk",)),
    Case("Something new", "dora", people("dora")),
    Case("Private", "dora", people("dora")),
    Case("Private", "dora", people("dora", "eva", "sam", "cleo"), keys=UP),
    Case("Private", "cleo", people("cleo"), keys=UP),
    Case("Private", "noa", people("noa"), keys=UP),
    Case("Private", "sid", people("sid", "cleo"), keys=UP),
    Case("Private", "left", set()),
    Case("Private", "left", set(), keys=UP),
    Case("Private", "portal", set()),
    Case("Private", "dora", set(), without=("dora",)),
    Case("Private", "dora", people("dora", "sam", "cleo"), without=("eva",), keys=UP),
    Case("Private", "left", people("sid"), shares=("sid",)),
    Case("Private", "left", people("sid", "cleo"), shares=("sid",), keys=UP),
    Case("Private", "left", set(), shares=("sid=None",)),
    Case("Private", "left", set(), shares=("portal",)),
    Case("Private", "left", set(), shares=("sid",), without=("sid",)),
    Case("Private", "left", {"group:src/Team"}, shares=("g-team",)),
    Case("Private", "left", people("dora"), shares=("g-team",), without=("sid",)),
    Case("Private", "left", {"group:src/Team"} | people("eva", "sam", "cleo"), shares=("g-team",), keys=UP),
    Case("Private", "left", {"group:src/Flat"}, shares=("g-flat",), keys=UP),
    Case("Private", "left", people("dora"), shares=("g-flat",), without=("sid",), keys=UP),
    Case("Private", "left", {"group:src/Outer"}, shares=("g-outer",)),
    Case("Private", "g-queue", {"group:src/Queue"}),
    Case("Private", "left", {"group:src/role EMEA"}, shares=("g-role",)),
    Case("Private", "left", {"group:src/role EMEA and below"}, shares=("g-below",)),
    Case("Private", "left", {"group:src/role EMEA and below"} | people("sam", "cleo"), shares=("g-below",), keys=UP),
    Case("Private", "left", {"group:src/Everybody"}, shares=("g-all",)),
    Case("Private", "left", {"group:src/Empty"}, shares=("g-empty",)),
    Case("Private", "left", {"group:src/Land"}, shares=("g-land",)),
    Case("Private", "left", set(), shares=("g-gone",)),
    Case("Private", "dora", people("dora") | {"group:src/all Thing__c"}, sees_all=("noa",)),
    Case("Private", "dora", people("dora"), sees_all=("left",)),
    Case("Private", "dora", people("dora"), keys={"profiles": ["Staff"]}),
    Case("Private", "dora", set(), keys={"profiles": ["Another"]}),
    Case("Private", "dora", {"user:dora"}, keys={"identity": "FederationIdentifier"}),
]
MEMBERS = {
    "src/Team": {"dora", "sid"},
    "src/Outer": {"dora", "sid", "noa"},
    "src/Queue": {"dirk"},
    "src/role EMEA": {"eva"},
    "src/role EMEA and below": {"eva", "dora", "dirk"},
    "src/Everybody": set(PEOPLE),
    "src/Empty": set(),
    "src/Land": set(),
    "src/all Thing__c": {"noa"},
}


def add_groups(org: Org) -> None:
    kinds = {
        "team": "Regular",
        "flat": "Regular",
        "outer": "Regular",
        "queue": "Queue",
        "all": "Organization",
        "empty": "Regular",
    }
    for name, kind in (kinds | {"land": "Territory"}).items():
        org.put(
            "Group",
            f"g-{name}",
            Name="Everybody" if name == "all" else name.title(),
            Type=kind,
            DoesIncludeBosses=name != "flat",
        )
    org.put("Group", "g-role", Type="Role", RelatedId="r-emea")
    org.put("Group", "g-below", Type="RoleAndSubordinates", RelatedId="r-emea")
    direct = (
        ("team", "dora"),
        ("flat", "dora"),
        ("flat", "sid"),
        ("team", "sid"),
        ("outer", "g-team"),
        ("outer", "noa"),
        ("queue", "dirk"),
        ("team", "left"),
    )
    for group, member in direct:
        org.put("GroupMember", GroupId=f"g-{group}", UserOrGroupId=member)


@pytest.mark.parametrize("case", TRUTH, ids=lambda case: f"{TRUTH.index(case)}")
def test_who_reads_a_record(here: Here, case: Case) -> None:
    add_groups(here.org)
    plain_kind(here, "Thing__c", case.sharing)
    record = here.record("Thing__c", "t1", Name="Thing", OwnerId=case.owner)
    for named in case.shares:
        who, _, level = named.partition("=")
        here.org.put("Thing__Share", ParentId=record, UserOrGroupId=who, AccessLevel=level or "Read")
    for name in case.without:
        del here.org.rows["PermissionSetAssignment"][f"a-{name}"]
    if case.sees_all:
        here.org.permit("inspector", "Thing__c", all_records=True)
    for name in case.sees_all:
        here.org.put("PermissionSetAssignment", AssigneeId=name, PermissionSetId="inspector", IsActive=True)
    here.org.put("PermissionSetAssignment", AssigneeId="sid", PermissionSetId="inspector", IsActive=False)
    keys = {key: value for key, value in case.keys.items() if key != "hierarchy"}
    about = {"name": "Thing__c", **{key: value for key, value in case.keys.items() if key == "hierarchy"}}
    connector = here.connector(objects=[about], **keys)
    (ref,) = connector.listing()
    assert set(ref.allow) == case.expected
    for group, members in connector.memberships().items():
        if group in MEMBERS and not case.keys.get("identity"):
            assert members == people(*MEMBERS[group])
    if ALL & case.expected:
        assert connector.memberships()["src/Thing__c readers"] == people(*(set(PEOPLE) - set(case.without)))


def test_an_account_s_default_counts_only_where_both_places_say_so(here: Here) -> None:
    plain_kind(here, "Account", "ReadWrite")
    here.record("Account", "a1", Name="Acme", OwnerId="dora")
    here.org.put("Organization", "org", DefaultAccountAccess="None")
    (ref,) = here.connector(objects=["Account"]).listing()
    assert ref.allow == people("dora", "eva", "sam", "cleo")
    here.org.put("Organization", "org", DefaultAccountAccess="Edit")
    (ref,) = here.connector(objects=["Account"]).listing()
    assert ref.allow == {"group:src/Account readers"}


def test_what_an_account_s_share_says_of_cases_counts_for_its_cases(here: Here) -> None:
    plain_kind(here, "Account", "Private", shares=False)
    share_kind(here.org, "Account", "CaseAccessLevel")
    plain_kind(here, "Case", "Private", reference("AccountId", "Account", "Account"))
    here.record("Account", "a1", Name="Acme", OwnerId="dora")
    here.record("Case", "c1", Name="1", OwnerId="noa", AccountId="a1")
    about = {"AccountId": "a1", "AccountAccessLevel": "Read"}
    here.org.put("AccountShare", UserOrGroupId="sid", CaseAccessLevel="Read", **about)
    here.org.put("AccountShare", UserOrGroupId="dirk", CaseAccessLevel="None", **about)
    objects = [{"name": "Case", "hierarchy": False, "children": []}]
    (ref,) = here.connector(objects=objects).listing()
    assert ref.allow == people("noa", "sid")


def test_below_a_parent_its_readers_read(here: Here) -> None:
    plain_kind(here, "Project__c", "Private")
    parent = reference("Project__c", "Project", "Project__c", relationshipOrder=0)
    here.org.add_kind("Task__c", "Task", name_field(), parent, sharing="ControlledByParent")
    here.org.permit("staff", "Task__c")
    here.record("Project__c", "p1", Name="Move", OwnerId="dora")
    here.record("Task__c", "k1", Name="Pack", Project__c="p1")
    here.record("Task__c", "k2", Name="Lost", Project__c="gone")
    found = {ref.id: ref.allow for ref in here.connector(objects=["Task__c"]).listing()}
    assert found == {"src:Task__c/k1": people("dora"), "src:Task__c/k2": frozenset()}
    here.org.put("EntityDefinition", "def-Project__c", InternalSharingModel="Read")
    found = {ref.id: ref.allow for ref in here.connector(objects=["Task__c"]).listing()}
    assert set(found.values()) == {frozenset({"group:src/Task__c readers"})}


def test_what_can_t_be_told_is_closed_but_for_what_the_settings_say(here: Here) -> None:
    plain_kind(here, "Thing__c", "Private", shares=False)
    here.record("Thing__c", "t1", Name="Thing", OwnerId="dora")
    connector = here.connector(objects=["Thing__c"])
    (ref,) = connector.listing()
    assert not ref.allow and "share table of Thing__c" in connector.notes()[0]
    (ref,) = here.connector(objects=[{"name": "Thing__c", "allow": ["group:board"]}]).listing()
    assert ref.allow == {"group:board"}


def add_case(here: Here) -> None:
    plain_kind(here, "Account", "Read", shares=False)
    here.org.put("Organization", "org", DefaultAccountAccess="Read", DefaultCaseAccess="Read")
    here.org.add_kind(
        "Case",
        "Case",
        name_field("CaseNumber", "Case Number"),
        text("Subject"),
        text("Status", "Status", "picklist", picklistValues=[{"value": "WaitCust", "label": "Waiting for customer"}]),
        text("Description", "Description", "textarea"),
        text("Answer__c", "Answer", "textarea", htmlFormatted=True),
        text("Cost__c", "Cost", "currency"),
        text("Chance__c", "Chance", "percent"),
        text("Due__c", "Due", "datetime"),
        text("Age__c", "Age", "double", calculated=True),
        text("Secret__c", "Secret"),
        reference("AccountId", "Account ID", "Account"),
        reference("OwnerId", "Owner ID", "User", "Group") | {"permissionable": False},
        sharing="ReadWrite",
    )
    seen = ("Subject", "Status", "Description", "Answer__c", "Cost__c", "Chance__c", "Due__c", "Age__c", "AccountId")
    here.org.permit("staff", "Case", *seen)
    here.org.permit("inspector", "Case", "Secret__c")
    here.org.put("PermissionSetAssignment", AssigneeId="sid", PermissionSetId="inspector", IsActive=True)
    here.org.add_kind("CaseComment", "Case Comment", text("CommentBody", "Body", "textarea"), text("ParentId"))
    here.org.permit("staff", "CaseComment", "CommentBody")
    here.record("Account", "a1", Name="Acme & Sons", OwnerId="dora")
    here.record(
        "Case",
        "c1",
        CaseNumber="00001026",
        Subject="Sensor <offline>",
        Status="WaitCust",
        Description="Line one\nLine two",
        Answer__c="<p>Replace <b>it</b></p>",
        Cost__c=12500.5,
        Chance__c=40.0,
        Due__c="2026-11-20T23:30:00.000+0000",
        Age__c=4,
        Secret__c="hidden figure",
        AccountId="a1",
        OwnerId="dora",
        CreatedDate=OLD,
    )
    here.record("CaseComment", "m1", ParentId="c1", CommentBody="Called them", CreatedById="dirk", CreatedDate=OLD)


def only(documents: dict[str, Document]) -> Document:
    (document,) = documents.values()
    return document


@pytest.mark.parametrize("threshold", [20_000, 1])
def test_a_case_with_a_comment_becomes_a_page(here: Here, threshold: int) -> None:
    add_case(here)
    here.record("Case", "c0", CaseNumber="00001000", OwnerId="dora", CreatedDate=OLD)
    connector = here.connector(objects=["Case"], currency="EUR", bulk_threshold=threshold)
    document = run(connector).documents["src:Case/c1"]
    page = document.body.decode()
    assert document.title == "00001026: Sensor <offline>"
    for said in (
        "<h1>00001026: Sensor &lt;offline&gt;</h1>",
        "<li>Status: Waiting for customer</li>",
        "<p>Line one<br/>Line two</p>",
        "<div><p>Replace <b>it</b></p></div>",
        "<li>Cost: EUR 12,500.5</li>",
        "<li>Chance: 40 %</li>",
        "<li>Due: 2026-11-21 00:30 (Europe/Amsterdam)</li>",
        "<li>Account: Acme &amp; Sons</li>",
        "<li>Owner: Dora</li>",
        "<h2>Case Comment</h2><h3>Dirk, 2026-10-01</h3>",
        "Called them",
    ):
        assert said in page, said
    assert "hidden" not in page and "Age" not in page
    assert any("Secret__c" in note and "left out" in note for note in connector.notes())
    assert any("EmailMessage" in note for note in connector.notes())
    metadata = document.metadata
    assert metadata["case_status"] == "Waiting for customer" and metadata["customer"] == "Acme & Sons"
    assert metadata["cost"] == 12500.5 and metadata["document_type"] == "case" and "secret" not in metadata
    assert document.url.endswith("/lightning/r/Case/c1/view") and document.updated_at is not None
    bulk = [asked for asked in here.requests() if "/jobs/query" in asked]
    assert bool(bulk) == (threshold == 1)


def test_a_field_that_is_closed_for_somebody_vanishes_at_the_next_run(here: Here) -> None:
    add_case(here)
    first = run(here.connector(objects=["Case"]))
    assert b"Line one" in only(first.documents).body
    del here.org.rows["FieldPermissions"]["fp-staff-Case-Description"]
    second = run(here.connector(objects=["Case"]), first.cursor)
    assert b"Line one" not in only(second.documents).body


def test_a_comment_alone_brings_the_case_anew(here: Here) -> None:
    add_case(here)
    first = run(here.connector(objects=["Case"]))
    here.record("CaseComment", "m2", ParentId="c1", CommentBody="They called back", CreatedById="sid", CreatedDate=OLD)
    second = run(here.connector(objects=["Case"]), first.cursor)
    assert b"They called back" in only(second.documents).body
    del here.org.rows["CaseComment"]["m1"]
    third = run(here.connector(objects=["Case"]), second.cursor)
    assert b"Called them" not in only(third.documents).body


def test_a_second_change_within_the_same_second_is_seen(here: Here) -> None:
    plain_kind(here, "Thing__c", "Read", text("Text__c"), shares=False)
    record = here.org.put("Thing__c", Name="Thing", OwnerId="dora", Text__c="one")
    moment = here.org.rows["Thing__c"][record]["SystemModstamp"]
    first = run(here.connector(objects=["Thing__c"]))
    here.org.put("Thing__c", record, Text__c="two", SystemModstamp=moment)
    second = run(here.connector(objects=["Thing__c"]), first.cursor)
    assert b"two" in only(second.documents).body
    here.org.put("Thing__c", record, SystemModstamp=moment)
    assert run(here.connector(objects=["Thing__c"]), second.cursor).is_empty()


def test_knowledge_keeps_its_id_over_versions_and_is_closed_with_a_category(here: Here) -> None:
    kind = "Knowledge__kav"
    usual = [text(name, permissionable=False) for name in ("KnowledgeArticleId", "Language", "PublishStatus")]
    here.org.add_kind(kind, "Article", name_field("Title", "Title"), *usual, text("Body__c", htmlFormatted=True))
    here.org.permit("staff", kind, "Body__c")
    about = {"Title": "Resets", "Language": "en_US", "PublishStatus": "Online"}
    here.record(kind, "v1", KnowledgeArticleId="k1", Body__c="<p>Old</p>", **about)
    here.record(kind, "v9", KnowledgeArticleId="k9", Body__c="<p>Draft</p>", **{**about, "PublishStatus": "Draft"})
    first = run(here.connector(objects=[kind]))
    assert list(first.documents) == ["src:Knowledge__kav/k1/en_US"]
    assert only(first.documents).allow == {"group:src/Knowledge__kav readers"}
    here.org.rows[kind]["v1"]["PublishStatus"] = "Archived"
    here.record(kind, "v2", KnowledgeArticleId="k1", Body__c="<p>New</p>", **about)
    here.org.put("Knowledge__DataCategorySelection", ParentId="v2")
    second = run(here.connector(objects=[kind]), first.cursor)
    assert b"New" in only(second.documents).body and not second.deleted and not only(second.documents).allow
    here.org.rows[kind]["v2"]["PublishStatus"] = "Archived"
    assert run(here.connector(objects=[kind]), second.cursor).deleted == ["src:Knowledge__kav/k1/en_US"]


@pytest.mark.parametrize("bulk", [False, True])
def test_a_page_that_repeats_or_is_left_out_ends_the_run_and_deletes_nothing(here: Here, bulk: bool) -> None:
    plain_kind(here, "Thing__c", "Read", shares=False)
    for number in range(9):
        here.record("Thing__c", f"t{number}", Name=f"Thing {number}", OwnerId="dora")
    here.org.page_size = 2
    keys = {"objects": ["Thing__c"], "bulk_threshold": 1 if bulk else 20_000}
    first = run(here.connector(**keys))
    assert len(first.documents) == 9
    for wrong, reason in (("repeats", "again and again"), ("drops", "there are")):
        if wrong == "drops" and bulk:
            continue
        setattr(here.org, wrong, True)
        batches = []
        with pytest.raises(SourceError, match=reason):
            batches.extend(here.connector(**keys).changes(first.cursor))
        assert not any(batch.deleted for batch in batches)
        setattr(here.org, wrong, False)


def test_a_session_that_ends_is_renewed_once(here: Here) -> None:
    plain_kind(here, "Thing__c", "Read", shares=False)
    here.record("Thing__c", "t1", Name="Thing", OwnerId="dora")
    here.server.faults.add("expire", r"FROM\+Thing__c")
    assert len(run(here.connector(objects=["Thing__c"])).documents) == 1
    assert sum("oauth2/token" in asked for asked in here.requests()) == 2
    here.server.faults.add("expire", r"FROM\+Thing__c", times=9)
    with pytest.raises(CredentialError, match="session ends at once"):
        run(here.connector(objects=["Thing__c"]))


def test_signing_in_with_a_key(here: Here) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    here.org.public_key = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    plain_kind(here, "Thing__c", "Read", shares=False)
    here.record("Thing__c", "t1", Name="Thing", OwnerId="dora")
    keys = {"objects": ["Thing__c"], "client_secret": None, "private_key": private}
    assert len(run(here.connector(**keys, username=salesforce.USERNAME)).documents) == 1
    with pytest.raises(CredentialError, match="isn't let in"):
        run(here.connector(**keys, username="somebody@x.com"))
    with pytest.raises(CredentialError, match="no RSA key"):
        run(here.connector(**{**keys, "private_key": "nonsense"}, username="x"))


def test_the_limit_of_a_day_and_a_kind_that_isn_t_there_say_so(here: Here) -> None:
    plain_kind(here, "Thing__c", "Read", shares=False)
    body = b'[{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]'
    answers, usual = here.server.faults.answers, here.server.faults.answers["error"]
    here.server.faults.answers = {**answers, "error": Answer("403 Forbidden", body)}
    here.server.faults.add("error", r"FROM\+Thing__c")
    with pytest.raises(Throttled, match="used up"):
        run(here.connector(objects=["Thing__c"]))
    here.server.faults.answers = {**answers, "error": usual}
    with pytest.raises(SourceError, match="finds no Thing"):
        run(here.connector(objects=["Thing"]))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"objects": []}, "objects"),
        ({"objects": ["Account", {"name": "Account"}]}, "twice"),
        ({"objects": ["Account; DROP"]}, "objects"),
        ({"objects": ["Account"], "client_secret": None}, "no way to sign in"),
        ({"objects": ["Account"], "url": "company"}, "url"),
        ({"objects": [{"name": "Account", "field": ["x"]}]}, "field"),
    ],
)
def test_settings_that_can_t_be(here: Here, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        here.connector(**keys)


def test_ten_thousand_unchanged_records_cost_few_requests(here: Here) -> None:
    plain_kind(here, "Thing__c", "Private", text("Text__c"))
    for number in range(10_000):
        here.record("Thing__c", f"t{number:05}", Name=f"Thing {number}", OwnerId="dora", Text__c="x" * 100)
    first = run(here.connector(objects=["Thing__c"]))
    assert len(first.documents) == 10_000
    here.requests()
    second = run(here.connector(objects=["Thing__c"]), first.cursor)
    assert second.is_empty() and second.seen == 10_000
    asked = here.requests()
    assert len(asked) <= 30 and not any("WHERE+Id+IN" in one for one in asked)
