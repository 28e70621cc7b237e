"""Totango, the customer success tool: touchpoints, tasks, and an account's attributes.

Touchpoints and tasks are found again among the account's events by the reference in their text. An attribute has one
value: setting it twice is setting it once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Choice, Draft, Field, Lookup, Operation, Record, Values, WebSettings
from actions.wire import Wire
from core.errors import Refused

_BASES = {"us": "https://api.totango.com", "eu": "https://api-eu1.totango.com"}
_PAGES = {"us": "https://app.totango.com", "eu": "https://app-eu1.totango.com"}
# A clock that goes a little wrong doesn't hide a record.
_SLACK_MS = 600_000
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


class TotangoSettings(WebSettings):
    """The account of the company.

    Attributes:
        app_token: Write it as ${NAME}.
        service_id: Totango's own id of the company (SP-…), for attributes.
        attributes: Those that may be set, by Totango's names for them.
    """

    url: str = ""
    region: Literal["us", "eu"] = "us"
    app_token: SecretStr
    service_id: str = ""
    attributes: tuple[str, ...] = ()

    def model_post_init(self, _context: object) -> None:
        """Takes the region's address where none is given."""
        object.__setattr__(self, "url", self.url or _BASES[self.region])


class TotangoWriter:
    """The account, as its operations speak to it."""

    def __init__(self, settings: TotangoSettings) -> None:
        self.settings = settings
        headers = {"app-token": settings.app_token.get_secret_value()}
        self.wire = Wire(settings.name, settings.url, settings.timeout_s, headers=headers, reason=_reason)

    def accounts(self, terms: Sequence[Mapping[str, Any]] = (), fields: Sequence[Mapping[str, Any]] = ()) -> list[Any]:
        """The accounts that fit, at most 1,000."""
        query = {"terms": list(terms), "fields": list(fields), "count": 1_000, "offset": 0, "scope": "all"}
        query |= {"sort_by": "display_name", "sort_order": "ASC"}
        return self._searched("/api/v1/search/accounts", query, "accounts")

    def events(self, kind: str, account: str, since_ms: int) -> list[Any]:
        """The account's events of one kind since then."""
        terms = [
            {"type": "event_property", "name": "event_type", "eq": kind},
            {"type": "date", "term": "date", "gte": since_ms},
        ]
        query = {"terms": terms, "fields": [], "count": 1_000, "offset": 0}
        return self._searched("/api/v2/events/search", query, "events", account_id=account)

    def page(self, account: str) -> str:
        """The address at which a person opens the account."""
        return f"{_PAGES[self.settings.region]}/#!/account-profile?account={account}"

    def _searched(self, path: str, query: Mapping[str, Any], key: str, **more: str) -> list[Any]:
        said = self.wire.read("POST", path, data={"query": json.dumps(query), **more})
        if said.get("status") == "failed":
            raise Refused(f"{self.wire.name} refuses to search: {_reason(said)}.")
        return list(said["response"][key]["hits"])


def plain(text: str) -> str:
    """The text without anything that would be drawn as HTML."""
    return _TAG.sub("< ", text)


def _choices(client: TotangoWriter) -> Mapping[str, Sequence[Choice]]:
    accounts = client.accounts()
    activities = client.wire.read("GET", "/api/v3/activity-types/")
    kinds = client.wire.read("GET", "/api/v3/touchpoint-types/")
    return {
        "account": [Choice(str(a["name"]), str(a.get("display_name") or a["name"])) for a in accounts],
        "activity": [Choice(str(k), _label(v, k)) for k, v in activities.items()],
        "type": [Choice(str(k["id"]), _label(k, k["id"])) for k in kinds],
        "attribute": [Choice(name) for name in client.settings.attributes],
    }


def _label(entry: Mapping[str, Any], key: object) -> str:
    return str(entry.get("display_name") or entry.get("name") or key)


def _touchpoint(client: TotangoWriter, draft: Draft) -> Record:
    values = draft.values
    form = {
        "account_id": values["account"],
        "subject": plain(values["subject"]),
        "content": plain(draft.signed("content")),
        "activity_type_id": values["activity"],
        "touchpointType": values["type"],
        "created_by": draft.person.email,
    }
    made = client.wire.write("POST", "/api/v3/touchpoints/", data=form)
    return Record(str(made["note"]["id"]), client.page(values["account"]), values["subject"])


def _found_touchpoint(client: TotangoWriter, draft: Draft) -> Record | None:
    account = draft.values["account"]
    for event in client.events("note", account, _since(draft)):
        note = event.get("note_content") or {}
        if draft.reference in str(note.get("text")):
            return Record(str(note.get("note_id")), client.page(account), draft.values["subject"])
    return None


def _task(client: TotangoWriter, draft: Draft) -> Record:
    values = draft.values
    task = {
        "title": plain(values["title"]),
        "description": plain(draft.signed("description")),
        "due_date": values["due"],
        "priority": int(values["priority"]),
        "status": "open",
        "account_id": values["account"],
        "assignee": values["assignee"],
        "activity_type_id": values["activity"],
    }
    made = client.wire.write("POST", "/api/v3/tasks", json=task)
    return Record(str(made["id"]), client.page(values["account"]), values["title"])


def _found_task(client: TotangoWriter, draft: Draft) -> Record | None:
    account = draft.values["account"]
    mine = (e for e in client.events("task", account, _since(draft)) if draft.reference in json.dumps(e))
    return next((Record(str(e["id"]), client.page(account), draft.values["title"]) for e in mine), None)


def _set_attribute(client: TotangoWriter, draft: Draft) -> Record:
    values = draft.values
    form = {"sdr_s": client.settings.service_id, "sdr_o": values["account"]}
    client.wire.write("POST", "/pixel.gif/", told=False, data={**form, f"sdr_o.{values['attribute']}": values["value"]})
    title = f"{values['attribute']} is {values['value']}"
    return Record(f"{values['account']}/{values['attribute']}", client.page(values["account"]), title)


def _attribute_before(client: TotangoWriter, values: Values) -> Values:
    name = values["attribute"]
    terms = [{"type": "string", "term": "identifier", "eq": values["account"]}]
    fields = [{"type": "string_attribute", "attribute": name, "field_display_name": name}]
    hits = [hit for hit in client.accounts(terms, fields) if str(hit["name"]) == values["account"]]
    now = hits[0].get("selected_fields", [""])[0] if hits else ""
    return {
        "Account": str(hits[0].get("display_name", "")) if hits else "",
        "value": "" if now in ({}, None) else str(now),
    }


def _search(client: TotangoWriter, words: str) -> Sequence[Record]:
    wanted = words.casefold()
    found = [a for a in client.accounts() if wanted in str(a.get("display_name", "")).casefold()]
    return [Record(str(a["name"]), client.page(str(a["name"])), str(a.get("display_name"))) for a in found[:10]]


def _since(draft: Draft) -> int:
    return max(0, int(draft.begun_at * 1000) - _SLACK_MS)


def _reason(body: Any) -> str:
    return str(body["_error"])


_ACCOUNT = Field("account", "Account", "choice", about=True, addressee=True)
_ACTIVITY = Field("activity", "Activity", "choice")
_PRIORITIES = (Choice("1", "High"), Choice("2", "Normal"), Choice("3", "Low"))

KIND = ActionKind(
    "totango",
    "Totango",
    TotangoSettings,
    TotangoWriter,
    (
        Operation(
            "touchpoint",
            "Note a touchpoint in Totango",
            ("touchpoint",),
            (
                _ACCOUNT,
                Field("subject", "Subject"),
                # 12,000 in all, with the signature.
                Field("content", "Content", "long_text", max_chars=11_700),
                Field("type", "Touchpoint type", "choice"),
                _ACTIVITY,
            ),
            _touchpoint,
            find=_found_touchpoint,
            choices=_choices,
            title_field="subject",
            text_field="content",
        ),
        Operation(
            "task",
            "Make a task in Totango",
            ("task", "success task"),
            (
                _ACCOUNT,
                Field("title", "Title"),
                Field("description", "Description", "long_text", required=False, max_chars=10_000),
                Field("due", "Due", "date"),
                Field("assignee", "Assignee", "email", addressee=True),
                Field("priority", "Priority", "choice", choices=_PRIORITIES),
                _ACTIVITY,
            ),
            _task,
            find=_found_task,
            choices=_choices,
            title_field="title",
            text_field="description",
        ),
        Operation(
            "attribute",
            "Set an account's attribute in Totango",
            ("attribute",),
            (
                _ACCOUNT,
                Field("attribute", "Attribute", "choice", about=True),
                Field("value", "Value"),
            ),
            _set_attribute,
            repeatable=True,
            before=_attribute_before,
            choices=_choices,
        ),
    ),
    (Lookup("accounts", "Totango accounts", _search),),
)
