"""The stand-ins of every kind of system, and what a right form for each of its operations holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actions.connections import open_actions
from actions.review import Reviews
from core.database import Engine
from core.settings import ActionSettings, Settings
from samples.stand_ins import imap, office, tickets, totango

ACCOUNT = {"id": "A-1", "display_name": "Hollis Freight", "status_group": "paying", "attributes": {}}


@dataclass
class System:
    """A running system.

    Attributes:
        written: Everything that it keeps and that came from outside.
        values: Operation → a form that is right; "{record}" is the id of the first record.
    """

    server: Any
    settings: dict[str, Any]
    written: Callable[[], list[Any]]
    values: Mapping[str, Mapping[str, str]]
    fault: Callable[..., Any]
    refuse: Callable[[str], Any]


def _ticket(start: Callable[[], tickets.TicketStandIn], settings: dict[str, Any], values: Any) -> System:
    server = start()
    service = server.service
    return System(
        server,
        {"url": server.url, **settings},
        lambda: [*service.records, *service.notes],
        values,
        lambda kind, seconds=2.0: server.faults.add(kind, path="^(POST|PATCH|PUT) (?!.*token)", seconds=seconds),
        lambda why: setattr(service, "refuses", why),
    )


def _jira() -> System:
    issue = {"project": "OPS", "type": "Bug", "summary": "VPN drops", "description": "Every hour.\nSince Monday."}
    comment = {"issue": "{record}", "text": "Seen again."}
    keys = {"user": tickets.USER, "token": tickets.TOKEN}
    return _ticket(tickets.jira, keys, {"issue": issue, "comment": comment})


def _servicenow() -> System:
    incident = {"short_description": "VPN drops", "description": "Every hour.", "urgency": "2", "impact": "Low"}
    note = {"incident": "{record}", "note": "Seen again."}
    keys = {"user": tickets.USER, "password": tickets.TOKEN}
    return _ticket(tickets.servicenow, keys, {"incident": incident, "note": note})


def _pagerduty() -> System:
    incident = {"service": "Platform", "title": "VPN drops", "urgency": "high", "details": "Every hour."}
    note = {"incident": "{record}", "note": "Seen again."}
    keys = {"token": tickets.TOKEN, "account": "service@example.com"}
    return _ticket(tickets.pagerduty, keys, {"incident": incident, "note": note})


def _webhook() -> System:
    return _ticket(tickets.webhook, {"honours_key": True}, {"post": {"subject": "VPN drops", "text": "Every hour."}})


def _totango() -> System:
    server = totango.start()
    service = server.service
    service.accounts = [{**ACCOUNT, "attributes": {}}]
    service.lookups = {
        "activity_types": {"adoption": {"display_name": "Adoption"}},
        "touchpoint_types": [{"id": "call", "name": "Call"}],
    }
    common = {"account": "Hollis Freight", "activity": "Adoption"}
    touchpoint = {**common, "subject": "Quarterly call", "content": "They want <b>two</b> more sites.", "type": "Call"}
    task = {**common, "title": "Send the quote", "due": "2026-12-01", "assignee": "jo@example.com", "priority": "High"}
    attribute = {"account": "Hollis Freight", "attribute": "Plan", "value": "Gold"}
    settings = {"url": server.url, "app_token": totango.APP_TOKEN, "service_id": "SP-1", "attributes": ["Plan"]}
    writes = "^POST /(api/v3/t|pixel)"

    def fault(kind: str, seconds: float = 2.0) -> None:
        server.faults.add(kind, path=writes, seconds=seconds)

    def written() -> list[Any]:
        return [*service.events, *service.accounts[0]["attributes"].items()]

    def refuse(why: str) -> None:
        if why:
            server.faults.add("expire", path=writes)

    values = {"touchpoint": touchpoint, "task": task, "attribute": attribute}
    return System(server, settings, written, values, fault, refuse)


def _salesforce() -> System:
    keys = {"client_id": "app", "client_secret": tickets.TOKEN}
    task = {"subject": "It's due", "description": "Two sites.", "account": "Hollis Freight", "priority": "High",
            "status": "Not Started"}  # fmt: skip
    case = {"subject": "VPN drops", "description": "Each hour.", "origin": "Web"}
    note = {"record": "001000000000000001", "title": "Call", "body": "They want more."}
    return _ticket(office.salesforce, keys, {"task": task, "case": case, "note": note})


def _smartsheet() -> System:
    columns = {"title": "Task", "text": "Notes", "due": "Due", "owner": "Owner"}
    keys = {"token": tickets.TOKEN, "sheet": "7", "columns": columns, "key_column": "Reference"}
    row = {"title": "VPN drops", "text": "Each hour.", "due": "2026-12-01", "owner": "Jo"}
    return _ticket(office.smartsheet, keys, {"row": row})


def _confluence() -> System:
    system = _ticket(office.confluence, {"user": tickets.USER, "token": tickets.TOKEN}, {})
    system.values = _Numbered({"page": {"space": "11", "title": "VPN drops {n}", "body": "Each hour & day."}})
    return system


def _microsoft() -> System:
    keys = {"tenant": "t", "client_id": "app", "client_secret": tickets.TOKEN, "drive": "d1"}
    draft = {"to": "pat@example.com", "subject": "The quote", "body": "Here it is."}
    file = {"folder": "Notes/2026", "name": "call {n}.md", "text": "They want more."}
    system = _ticket(office.microsoft, keys, {})
    system.values = _Numbered({"draft": draft, "file": file})
    system.settings["login_url"] = f"{system.server.url}/token"
    return system


class _Numbered(dict[str, Mapping[str, str]]):
    """Forms with another name each time, for systems in which a name is there once."""

    def __getitem__(self, operation: str) -> Mapping[str, str]:
        number = str(next(_NUMBERS))
        return {name: value.replace("{n}", number) for name, value in super().__getitem__(operation).items()}


_NUMBERS = itertools.count(1)


def _mail() -> System:
    server = imap.ImapStandIn()
    server.seconds = 0.3
    values = {"draft": {"to": "pat@example.com", "subject": "The quote", "body": "Dear Pat,\n\nhere it is."}}
    settings = {"host": "127.0.0.1", "port": server.port, "ssl": False, "user": imap.USER, "password": imap.PASSWORD}

    def fault(kind: str, seconds: float = 2.0) -> None:
        server.seconds = seconds
        server.faults.append({"throttle": "lost", "error": "lost", "failed": "cut"}.get(kind, kind))

    return System(
        server, settings, lambda: list(server.drafts), values, fault, lambda why: server.faults.append("refuse")
    )


SYSTEMS: Mapping[str, Callable[[], System]] = {
    "salesforce": _salesforce,
    "smartsheet": _smartsheet,
    "confluence": _confluence,
    "microsoft": _microsoft,
    "totango": _totango,
    "jira": _jira,
    "servicenow": _servicenow,
    "pagerduty": _pagerduty,
    "mail": _mail,
    "webhook": _webhook,
}


def reviews_of(kind: str, system: System, engine: Engine, **more: Any) -> Reviews:
    """The reviews of an installation that has this one system, under the name "it"."""
    known = {"timeout_s": 0.3, "settle_s": 0, "groups": ["writers"], **system.settings, **more}
    settings = Settings(actions=(ActionSettings(name="it", kind=kind, **known),))
    return Reviews(engine, open_actions(settings))
