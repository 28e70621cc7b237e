"""The company's Salesforce as its stand-in reads it: one file with the description of each kind and its records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from samples.builders.directory import members_of
from samples.builders.world import CONTENT, email_of, iso, load_world
from samples.stand_ins.salesforce import Org, name_field, reference, share_kind, text

_STAFF = "0PS000000000001AAA"


def write(folder: Path) -> None:
    """Writes org.json."""
    said: dict[str, Any] = yaml.safe_load((CONTENT / "crm.yaml").read_text(encoding="utf-8"))
    org = Org()
    _people(org, said["reads"])
    _kinds(org)
    _records(org, said)
    _undated(org)
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"rows": org.rows, "described": org.described}
    (folder / "org.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _user(key: str) -> str:
    return f"005-{key}"


def _people(org: Org, reads: list[str]) -> None:
    world = load_world()
    org.put(
        "Organization", "00D", TimeZoneSidKey="Europe/Amsterdam", DefaultAccountAccess="Read", DefaultCaseAccess="Read"
    )
    org.put("UserRole", "00E-lead", Name="Customer management", ParentRoleId=None)
    org.put("UserRole", "00E-team", Name="Customer team", ParentRoleId="00E-lead")
    staff = sorted(set().union(*map(members_of, reads)))
    for key in staff:
        role = "00E-lead" if "leadership" in world["people"][key]["groups"] else "00E-team"
        about = {"UserType": "Standard", "IsActive": True, "UserRoleId": role}
        org.put("User", _user(key), Name=world["people"][key]["name"], Email=email_of(key), **about)
        org.put("PermissionSetAssignment", f"0Pa-{key}", AssigneeId=_user(key), PermissionSetId=_STAFF)
    for team in sorted({customer["team"] for customer in world["customers"].values()}):
        org.put("Group", f"00G-{team}", Name=f"Team {team}", Type="Regular")
        for key in sorted(members_of(team) & set(staff)):
            org.put("GroupMember", f"011-{team}-{key}", GroupId=f"00G-{team}", UserOrGroupId=_user(key))


def _kinds(org: Org) -> None:
    owner = reference("OwnerId", "Owner ID", "User", "Group") | {"permissionable": False}
    account = reference("AccountId", "Account ID", "Account")
    stages = [{"value": name, "label": name} for name in ("Discovery", "Proposal", "Negotiation")]
    states = [{"value": name, "label": name} for name in ("New", "In Progress", "Waiting", "Closed")]
    long = {"kind": "textarea"}
    kinds: dict[str, tuple[str, str, list[Any]]] = {
        "Account": ("Account", "Read", [name_field(), text("Industry"), text("BillingCity", "Billing City"), owner]),
        "Opportunity": (
            "Opportunity",
            "Private",
            [
                name_field(),
                account,
                text("StageName", "Stage", "picklist", picklistValues=stages),
                text("Amount", "Amount", "currency"),
                text("Probability", "Probability", "percent"),
                text("CloseDate", "Close Date", "date"),
                text("Description", "Description", **long),
                owner,
            ],
        ),
        "Case": (
            "Case",
            "ReadWrite",
            [
                name_field("CaseNumber", "Case Number"),
                account,
                text("Subject"),
                text("Status", "Status", "picklist", picklistValues=states),
                text("Priority", "Priority"),
                text("Description", "Description", **long),
                owner,
            ],
        ),
        "CaseComment": ("Case Comment", "ControlledByParent", [text("CommentBody", "Body", **long), text("ParentId")]),
        "EmailMessage": ("Email Message", "ControlledByParent", [text("Subject"), text("ParentId")]),
        "Knowledge__kav": (
            "Knowledge article",
            "Read",
            [
                name_field("Title", "Title"),
                *(text(name, permissionable=False) for name in ("KnowledgeArticleId", "Language", "PublishStatus")),
                text("Answer__c", "Answer", "textarea", htmlFormatted=True),
            ],
        ),
    }
    for kind, (label, sharing, fields) in kinds.items():
        org.add_kind(kind, label, *fields, sharing=sharing)
        org.permit(_STAFF, kind, *(one["name"] for one in fields))
    share_kind(org, "Opportunity")


def _records(org: Org, said: dict[str, Any]) -> None:
    world = load_world()
    for key, customer in world["customers"].items():
        about = {"Name": customer["name"], "Industry": customer["industry"].title(), "BillingCity": customer["city"]}
        org.put("Account", f"001-{key}", **about, OwnerId=_user(customer["csm"]), **_dated(customer["since"]))
    for number, one in enumerate(said["opportunities"], start=1):
        customer = world["customers"][one["customer"]]
        record = f"006-{number:03}"
        about = {"Name": one["name"], "AccountId": f"001-{one['customer']}", "StageName": one["stage"]}
        about |= {"Amount": one["amount"], "Probability": one["probability"], "CloseDate": one["close"].isoformat()}
        about |= {"Description": one["description"], "OwnerId": _user(one["owner"])}
        org.put("Opportunity", record, **about, **_dated(one["created"]))
        shared = {"UserOrGroupId": f"00G-{customer['team']}", "OpportunityAccessLevel": "Read"}
        org.put("OpportunityShare", f"00t-{number:03}", OpportunityId=record, **shared)
    for one in said["cases"]:
        record = f"500-{one['number']}"
        about = {"CaseNumber": one["number"], "Subject": one["subject"], "AccountId": f"001-{one['customer']}"}
        about |= {"Status": one["status"], "Priority": one["priority"], "Description": one["description"]}
        org.put("Case", record, **about, OwnerId=_user(one["owner"]), **_dated(one["created"]))
        for number, comment in enumerate(one.get("comments", ())):
            about = {"ParentId": record, "CommentBody": comment["text"], "CreatedById": _user(comment["by"])}
            org.put("CaseComment", f"00a-{one['number']}-{number}", **about, **_dated(comment["day"]))
    for one in said["articles"]:
        about = {"Title": one["title"], "KnowledgeArticleId": f"kA0-{one['number']}", "Language": "en_US"}
        about |= {"PublishStatus": "Online", "Answer__c": one["answer"]}
        org.put("Knowledge__kav", f"ka0-{one['number']}", **about, **_dated(one["day"]))


def _dated(day: Any) -> dict[str, str]:
    at = iso(day).replace("Z", ".000+0000")
    return {"CreatedDate": at, "SystemModstamp": at}


def _undated(org: Org) -> None:
    """What says nothing of its time was made at a fixed one, so that the same facts give the same file."""
    for kind, rows in org.rows.items():
        for row in rows.values():
            if kind not in ("Account", "Opportunity", "Case", "CaseComment", "Knowledge__kav"):
                row.update(_dated("2026-01-05"))
