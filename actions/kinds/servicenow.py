"""ServiceNow: incidents, and work notes on one, by its Table interface.

An incident carries our key in `correlation_id`, which is there for records of other systems; a work note is found by
the reference at its end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Choice, Draft, Field, Lookup, Operation, Record, SignIn, Values, WebSettings
from actions.wire import Wire
from core.errors import Refused

_TABLE = "/api/now/table"
# What would be drawn as HTML in a journal.
_CODE = re.compile(r"\[(/?)code\]", re.IGNORECASE)


class ServiceNowSettings(WebSettings):
    """The instance, and the account that writes unless people sign in as themselves. Write the password as ${NAME}."""

    user: str = ""
    password: SecretStr = SecretStr("")


class ServiceNow:
    """The instance, as its operations speak to it."""

    def __init__(self, settings: ServiceNowSettings, signed_in: httpx.Auth | None = None) -> None:
        self.site = settings.url
        auth = signed_in or (settings.user, settings.password.get_secret_value())
        headers = {"Accept": "application/json"}
        self.wire = Wire(settings.name, settings.url, settings.timeout_s, headers=headers, auth=auth, reason=_reason)

    def rows(self, table: str, query: str, fields: str, most: int = 100) -> list[Mapping[str, Any]]:
        """The rows that an encoded query finds."""
        asked = {"sysparm_query": query, "sysparm_fields": fields, "sysparm_limit": most}
        found: list[Mapping[str, Any]] = self.wire.read("GET", f"{_TABLE}/{table}", params=asked)["result"]
        return found

    def record(self, row: Mapping[str, Any]) -> Record:
        """The incident, with the address at which a person opens it."""
        link = f"{self.site}/nav_to.do?uri=incident.do?sys_id={row['sys_id']}"
        return Record(str(row["sys_id"]), link, f"{row['number']} {row.get('short_description', '')}".strip())

    def incident(self, number: str) -> Mapping[str, Any]:
        """The incident of this number. Raises Refused: there is none."""
        rows = self.rows("incident", f"number={number}", "sys_id,number,short_description,state", 1)
        if not rows:
            raise Refused(f"{self.wire.name} has no incident {number}; correct its number.", "incident")
        return rows[0]


def _sign_in(settings: ServiceNowSettings) -> SignIn:
    site = settings.url
    return SignIn(f"{site}/oauth_auth.do", f"{site}/oauth_token.do", f"{site}/oauth_revoke_token.do", ("useraccount",))


def _open_incident(client: ServiceNow, draft: Draft) -> Record:
    values = draft.values
    row = {
        "short_description": values["short_description"],
        "description": draft.signed("description"),
        "urgency": values["urgency"],
        "impact": values["impact"],
        "correlation_id": draft.key,
        "correlation_display": "Debrief",
    }
    row |= {"assignment_group": values["assignment_group"]} if values.get("assignment_group") else {}
    return client.record(client.wire.write("POST", f"{_TABLE}/incident", json=row)["result"])


def _found_incident(client: ServiceNow, draft: Draft) -> Record | None:
    rows = client.rows("incident", f"correlation_id={draft.key}", "sys_id,number,short_description", 1)
    return client.record(rows[0]) if rows else None


def _choices(client: ServiceNow) -> Mapping[str, Sequence[Choice]]:
    query = "elementINurgency,impact^nameINtask,incident^inactive=false^language=en^ORDERBYsequence"
    rows = client.rows("sys_choice", query, "element,value,label")
    groups = client.rows("sys_user_group", "active=true^ORDERBYname", "sys_id,name", 500)
    return {
        **{name: _distinct(rows, name) for name in ("urgency", "impact")},
        "assignment_group": [Choice(str(g["sys_id"]), str(g["name"])) for g in groups],
    }


def _distinct(rows: Sequence[Mapping[str, Any]], element: str) -> list[Choice]:
    return list(
        {r["value"]: Choice(str(r["value"]), str(r["label"])) for r in rows if r["element"] == element}.values()
    )


def _note(client: ServiceNow, draft: Draft) -> Record:
    row = client.incident(draft.values["incident"])
    note = _CODE.sub(r"(\1code)", draft.signed("note"))
    client.wire.write("PATCH", f"{_TABLE}/incident/{row['sys_id']}", json={"work_notes": note})
    return client.record(row)


def _found_note(client: ServiceNow, draft: Draft) -> Record | None:
    row = client.incident(draft.values["incident"])
    query = f"element_id={row['sys_id']}^element=work_notes^valueLIKE{draft.reference}"
    return client.record(row) if client.rows("sys_journal_field", query, "sys_id", 1) else None


def _incident_before(client: ServiceNow, values: Values) -> Values:
    row = client.incident(values["incident"])
    return {"Incident": f"{row['number']} {row['short_description']}", "State": str(row.get("state", ""))}


def _delete_incident(client: ServiceNow, record: Record) -> None:
    client.wire.write("DELETE", f"{_TABLE}/incident/{record.id}")


def _search(client: ServiceNow, words: str) -> Sequence[Record]:
    # "^" would begin another condition of the query.
    plain = " ".join(words.replace("^", " ").split())
    fields = "sys_id,number,short_description"
    query = f"short_descriptionLIKE{plain}^ORDERBYDESCsys_updated_on"
    return [client.record(row) for row in client.rows("incident", query, fields, 10)]


def _reason(body: Any) -> str:
    error = body["error"]
    return f"{error['message']}. {error.get('detail') or ''}"


KIND = ActionKind(
    "servicenow",
    "ServiceNow",
    ServiceNowSettings,
    ServiceNow,
    (
        Operation(
            "incident",
            "Open a ServiceNow incident",
            ("incident",),
            (
                Field("short_description", "Short description", max_chars=160),
                Field("description", "Description", "long_text", max_chars=4_000 - 300),
                Field("urgency", "Urgency", "choice"),
                Field("impact", "Impact", "choice"),
                Field("assignment_group", "Assignment group", "choice", required=False, addressee=True),
            ),
            _open_incident,
            find=_found_incident,
            choices=_choices,
            undo=_delete_incident,
            title_field="short_description",
            text_field="description",
        ),
        Operation(
            "note",
            "Add a work note in ServiceNow",
            ("work note",),
            (
                Field("incident", "Incident", pattern=r"[A-Z]{2,8}\d{3,12}", help="write its number, as INC0010001",
                      about=True, addressee=True),
                Field("note", "Work note", "long_text", max_chars=4_000),
            ),
            _note,
            find=_found_note,
            before=_incident_before,
            text_field="note",
        ),
    ),
    (Lookup("incidents", "ServiceNow incidents", _search),),
    account=("user", "password"),
    sign_in=_sign_in,
)  # fmt: skip
