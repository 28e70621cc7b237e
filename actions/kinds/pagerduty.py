"""PagerDuty: incidents and notes by its REST interface v2.

An incident carries our key as `incident_key`, with which PagerDuty itself refuses a second one while the first is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Choice, Draft, Field, Lookup, Operation, Record, SignIn, Values, WebSettings
from actions.wire import Wire

_ID = r"[A-Z0-9]{4,30}"


class PagerDutySettings(WebSettings):
    """The account.

    Attributes:
        token: Of the REST interface; write it as ${NAME}.
        account: The address of the PagerDuty user in whose name records are made; with `oauth` it is who has signed in.
    """

    url: str = "https://api.pagerduty.com"
    token: SecretStr = SecretStr("")
    account: str = ""


class PagerDuty:
    """The account, as its operations speak to it."""

    def __init__(self, settings: PagerDutySettings, signed_in: httpx.Auth | None = None) -> None:
        headers = {"Accept": "application/vnd.pagerduty+json;version=2"}
        if signed_in is None:
            account = f"Token token={settings.token.get_secret_value()}"
            headers |= {"Authorization": account, "From": settings.account}
        self.wire = Wire(
            settings.name, settings.url, settings.timeout_s, headers=headers, auth=signed_in, reason=_reason
        )

    def incident(self, wanted: str) -> Mapping[str, Any]:
        """The incident of this id. Raises Refused: there is none."""
        found: Mapping[str, Any] = self.wire.read("GET", f"/incidents/{wanted}")["incident"]
        return found


def _sign_in(_settings: PagerDutySettings) -> SignIn:
    login = "https://identity.pagerduty.com/oauth"
    scopes = ("incidents.read", "incidents.write", "services.read")
    return SignIn(f"{login}/authorize", f"{login}/token", f"{login}/revoke", scopes)


def _record(incident: Mapping[str, Any]) -> Record:
    title = f"#{incident.get('incident_number', '')} {incident.get('title', '')}"
    return Record(str(incident["id"]), str(incident.get("html_url", "")), title)


def _open_incident(client: PagerDuty, draft: Draft) -> Record:
    values = draft.values
    incident: dict[str, Any] = {
        "type": "incident",
        "title": values["title"],
        "service": {"id": values["service"], "type": "service_reference"},
        "urgency": values["urgency"],
        "incident_key": draft.key,
        "body": {"type": "incident_body", "details": draft.signed("details")},
    }
    return _record(client.wire.write("POST", "/incidents", json={"incident": incident})["incident"])


def _found_incident(client: PagerDuty, draft: Draft) -> Record | None:
    asked = {"incident_key": draft.key, "date_range": "all"}
    found = client.wire.read("GET", "/incidents", params=asked)["incidents"]
    # Asked with a key that it doesn't know how to use, an interface may list everything.
    return next((_record(i) for i in found if i.get("incident_key") == draft.key), None)


def _choices(client: PagerDuty) -> Mapping[str, Sequence[Choice]]:
    services, offset, more = [], 0, True
    while more and offset < 1_000:
        page = client.wire.read("GET", "/services", params={"limit": 100, "offset": offset, "sort_by": "name"})
        services += page["services"]
        more, offset = bool(page.get("more")), offset + 100
    return {"service": [Choice(str(s["id"]), str(s["name"])) for s in services]}


def _note(client: PagerDuty, draft: Draft) -> Record:
    wanted = draft.values["incident"]
    made = client.wire.write("POST", f"/incidents/{wanted}/notes", json={"note": {"content": draft.signed("note")}})
    return Record(f"{wanted}/{made['note']['id']}", "", f"Note on incident {wanted}")


def _found_note(client: PagerDuty, draft: Draft) -> Record | None:
    wanted = draft.values["incident"]
    notes = client.wire.read("GET", f"/incidents/{wanted}/notes")["notes"]
    mine = (n for n in notes if draft.reference in str(n.get("content")))
    return next((Record(f"{wanted}/{n['id']}", "", f"Note on incident {wanted}") for n in mine), None)


def _incident_before(client: PagerDuty, values: Values) -> Values:
    found = client.incident(values["incident"])
    return {"Incident": str(found.get("title", "")), "Status": str(found.get("status", ""))}


def _resolve(client: PagerDuty, record: Record) -> None:
    """PagerDuty deletes no incident; a resolved one calls nobody any more."""
    body = {"incident": {"type": "incident_reference", "status": "resolved"}}
    client.wire.write("PUT", f"/incidents/{record.id}", json=body)


def _open_ones(client: PagerDuty, words: str) -> Sequence[Record]:
    asked = {"statuses[]": ["triggered", "acknowledged"], "limit": 100, "sort_by": "created_at:desc"}
    found = client.wire.read("GET", "/incidents", params=asked)["incidents"]
    wanted = words.casefold().split()
    return [_record(i) for i in found if all(w in str(i.get("title", "")).casefold() for w in wanted)][:10]


def _reason(body: Any) -> str:
    error = body["error"]
    return "; ".join([str(error["message"]), *map(str, error.get("errors") or ())])


KIND = ActionKind(
    "pagerduty",
    "PagerDuty",
    PagerDutySettings,
    PagerDuty,
    (
        Operation(
            "incident",
            "Page somebody with PagerDuty",
            ("incident", "on-call"),
            (
                Field("service", "Service", "choice", addressee=True),
                Field("title", "Title"),
                Field("urgency", "Urgency", "choice", choices=(Choice("high", "High"), Choice("low", "Low"))),
                Field("details", "Details", "long_text", max_chars=20_000),
            ),
            _open_incident,
            find=_found_incident,
            choices=_choices,
            undo=_resolve,
            title_field="title",
            text_field="details",
        ),
        Operation(
            "note",
            "Add a note to a PagerDuty incident",
            ("note",),
            (
                Field("incident", "Incident", pattern=_ID, help="write its id, as in its address", about=True,
                      addressee=True),
                Field("note", "Note", "long_text", max_chars=2_000),
            ),
            _note,
            find=_found_note,
            before=_incident_before,
            text_field="note",
        ),
    ),
    (Lookup("incidents", "open PagerDuty incidents", _open_ones),),
    account=("token", "account"),
    sign_in=_sign_in,
)  # fmt: skip
