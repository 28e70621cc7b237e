"""Salesforce: tasks, cases and notes by its REST interface, signed in as a connected app (client credentials).

Long texts can't be filtered by a query, so a record is found again among those of its subject, or of its parent, since
the form was sent, by the reference at the end of its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Choice, Draft, Field, Lookup, Operation, Record, SignIn, Values, WebSettings
from actions.tokens import ClientCredentials
from actions.wire import Wire

_DATA, _LOGIN = "/services/data/v60.0", "/services/oauth2"
_SLACK_S = 600.0
_ID = r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?"


class SalesforceSettings(WebSettings):
    """The organisation (`https://NAME.my.salesforce.com`) and its connected app. Write the secret as ${NAME}."""

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")


class Salesforce:
    """The organisation, as its operations speak to it."""

    def __init__(self, settings: SalesforceSettings, signed_in: httpx.Auth | None = None) -> None:
        self.site = settings.url
        secret = settings.client_secret.get_secret_value()
        login = f"{settings.url}{_LOGIN}/token"
        auth = signed_in or ClientCredentials(settings.name, login, settings.client_id, secret)
        self.wire = Wire(settings.name, settings.url, settings.timeout_s, auth=auth, reason=_reason)

    def query(self, soql: str) -> list[Mapping[str, Any]]:
        """The first rows that a query finds, at most 2,000."""
        found: list[Mapping[str, Any]] = self.wire.read("GET", f"{_DATA}/query", params={"q": soql})["records"]
        return found

    def picklists(self, kind: str, fields: Mapping[str, str]) -> dict[str, list[Choice]]:
        """Our field → the active values of the object's picklist."""
        described = {f["name"]: f for f in self.wire.read("GET", f"{_DATA}/sobjects/{kind}/describe")["fields"]}
        return {
            ours: [
                Choice(str(v["value"]), str(v.get("label") or v["value"]))
                for v in described.get(theirs, {}).get("picklistValues", ())
                if v.get("active", True)
            ]
            for ours, theirs in fields.items()
        }

    def create(self, kind: str, row: Mapping[str, Any], title: str) -> Record:
        """A new record; empty values are left out."""
        body = {name: value for name, value in row.items() if value}
        made = self.wire.write("POST", f"{_DATA}/sobjects/{kind}", json=body)
        return self.record(kind, str(made["id"]), title)

    def record(self, kind: str, number: str, title: str) -> Record:
        """The record, with the address at which a person opens it."""
        return Record(f"{kind}/{number}", f"{self.site}/lightning/r/{kind}/{number}/view", title)


def _sign_in(settings: SalesforceSettings) -> SignIn:
    login = f"{settings.url}{_LOGIN}"
    return SignIn(f"{login}/authorize", f"{login}/token", f"{login}/revoke", ("api", "refresh_token"))


def quoted(text: str) -> str:
    """The text as a literal of a query."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _choices(client: Salesforce) -> Mapping[str, Sequence[Choice]]:
    rows = client.query("SELECT Id, Name FROM Account ORDER BY Name LIMIT 2000")
    task = client.picklists("Task", {"priority": "Priority", "status": "Status"})
    return {**task, "account": [Choice(str(r["Id"]), str(r["Name"])) for r in rows]}


def _case_choices(client: Salesforce) -> Mapping[str, Sequence[Choice]]:
    rows = client.query("SELECT Id, Name FROM Account ORDER BY Name LIMIT 2000")
    case = client.picklists("Case", {"priority": "Priority", "origin": "Origin"})
    return {**case, "account": [Choice(str(r["Id"]), str(r["Name"])) for r in rows]}


def _task(client: Salesforce, draft: Draft) -> Record:
    v = draft.values
    row = {"Subject": v["subject"], "Description": draft.signed("description"), "WhatId": v.get("account")}
    row |= {"Priority": v["priority"], "Status": v["status"], "ActivityDate": v.get("due")}
    return client.create("Task", row, v["subject"])


def _case(client: Salesforce, draft: Draft) -> Record:
    v = draft.values
    row = {"Subject": v["subject"], "Description": draft.signed("description"), "AccountId": v.get("account")}
    return client.create("Case", {**row, "Priority": v.get("priority"), "Origin": v.get("origin")}, v["subject"])


def _note(client: Salesforce, draft: Draft) -> Record:
    v = draft.values
    row = {"ParentId": v["record"], "Title": v["title"][:80], "Body": draft.signed("body")}
    return client.create("Note", row, v["title"])


def _found(client: Salesforce, draft: Draft, kind: str, where: str) -> Record | None:
    text, title = ("Body", "title") if kind == "Note" else ("Description", "subject")
    since = datetime.fromtimestamp(max(0.0, draft.begun_at - _SLACK_S), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    soql = (
        f"SELECT Id, {text} FROM {kind} WHERE {where} AND CreatedDate >= {since} ORDER BY CreatedDate DESC LIMIT 2000"
    )
    mine = (row for row in client.query(soql) if draft.reference in str(row.get(text)))
    return next((client.record(kind, str(row["Id"]), draft.values[title]) for row in mine), None)


def _found_task(client: Salesforce, draft: Draft) -> Record | None:
    return _found(client, draft, "Task", f"Subject = {quoted(draft.values['subject'])}")


def _found_case(client: Salesforce, draft: Draft) -> Record | None:
    return _found(client, draft, "Case", f"Subject = {quoted(draft.values['subject'])}")


def _found_note(client: Salesforce, draft: Draft) -> Record | None:
    return _found(client, draft, "Note", f"ParentId = {quoted(draft.values['record'])}")


def _parent(client: Salesforce, values: Values) -> Values:
    rows = client.query(f"SELECT Id, Name FROM Account WHERE Id = {quoted(values['record'])} LIMIT 1")
    return {"Account": str(rows[0]["Name"])} if rows else {}


def _delete(client: Salesforce, record: Record) -> None:
    client.wire.write("DELETE", f"{_DATA}/sobjects/{record.id}")


def _accounts(client: Salesforce, words: str) -> Sequence[Record]:
    like = quoted(f"%{' '.join(words.split())}%")
    rows = client.query(f"SELECT Id, Name FROM Account WHERE Name LIKE {like} ORDER BY Name LIMIT 10")
    return [client.record("Account", str(r["Id"]), str(r["Name"])) for r in rows]


def _reason(body: Any) -> str:
    return "; ".join(str(error["message"]) for error in body)


_DESCRIPTION = Field("description", "Description", "long_text", required=False, max_chars=31_000)
_ACCOUNT = Field("account", "Account", "choice", required=False, addressee=True)

KIND = ActionKind(
    "salesforce",
    "Salesforce",
    SalesforceSettings,
    Salesforce,
    (
        Operation(
            "task",
            "Make a task in Salesforce",
            ("task",),
            (
                Field("subject", "Subject"),
                _DESCRIPTION,
                _ACCOUNT,
                Field("priority", "Priority", "choice"),
                Field("status", "Status", "choice"),
                Field("due", "Due", "date", required=False),
            ),
            _task,
            find=_found_task,
            choices=_choices,
            undo=_delete,
            title_field="subject",
            text_field="description",
        ),
        Operation(
            "case",
            "Open a case in Salesforce",
            ("case",),
            (
                Field("subject", "Subject"),
                _DESCRIPTION,
                _ACCOUNT,
                Field("priority", "Priority", "choice", required=False),
                Field("origin", "Origin", "choice", required=False),
            ),
            _case,
            find=_found_case,
            choices=_case_choices,
            undo=_delete,
            title_field="subject",
            text_field="description",
        ),
        Operation(
            "note",
            "Add a note in Salesforce",
            ("salesforce note",),
            (
                Field("record", "Record", pattern=_ID, help="write its id, as in its address", about=True,
                      addressee=True),
                Field("title", "Title", max_chars=80),
                Field("body", "Text", "long_text", max_chars=31_000),
            ),
            _note,
            find=_found_note,
            before=_parent,
            undo=_delete,
            title_field="title",
            text_field="body",
        ),
    ),
    (Lookup("accounts", "Salesforce accounts", _accounts),),
    account=("client_id", "client_secret"),
    sign_in=_sign_in,
)  # fmt: skip
