"""Salesforce on loopback: sign-in, describe, a small part of SOQL by REST and by the bulk interface 2.0."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

CLIENT_ID, CLIENT_SECRET, USERNAME = "sample-app", "sample-secret", "debrief@northgate.example"
Json = dict[str, Any]

_QUERY = re.compile(r"SELECT (?P<fields>.+?) FROM (?P<kind>\w+)(?: WHERE (?P<where>.+))?", re.DOTALL)
_CONDITION = re.compile(r"\(?(?P<field>[\w.]+) (?:IN \((?P<many>.+?)\)|= (?P<one>'(?:[^'\\]|\\.)*'|\w+))\)?(?: AND |$)")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'")
# Kinds that keep the organisation itself; what they are made of is told by their rows.
_SETUP = (
    "User UserRole Group GroupMember ObjectPermissions PermissionSet PermissionSetAssignment FieldPermissions "
    "EntityDefinition Organization"
).split()


@dataclass
class Org:
    """An organisation; tests change it while it is served.

    Attributes:
        rows: Kind → id → record.
        described: Kind → what its description says.
        public_key: In PEM, of the connected app's certificate: what signs a JWT.
        repeats, drops: Each page names itself as the next one; the second page of a list is left out.
    """

    rows: dict[str, dict[str, Json]] = field(default_factory=dict)
    described: dict[str, Json] = field(default_factory=dict)
    public_key: str = ""
    page_size: int = 2_000
    repeats: bool = False
    drops: bool = False
    jobs: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for kind in _SETUP:
            self.rows.setdefault(kind, {})

    def add_kind(self, kind: str, label: str, *fields: Json, sharing: str = "Private") -> None:
        """A kind of record with these fields besides those that every kind has."""
        usual = [
            {"name": "Id", "type": "id", "label": "Record ID", "permissionable": False},
            {"name": "SystemModstamp", "type": "datetime", "label": "System Modstamp", "permissionable": False},
            {"name": "CreatedDate", "type": "datetime", "label": "Created Date", "permissionable": False},
            reference("CreatedById", "Created By", "User") | {"permissionable": False},
        ]
        self.described[kind] = {"name": kind, "label": label, "fields": [*usual, *fields]}
        self.rows.setdefault(kind, {})
        self.put("EntityDefinition", f"def-{kind}", QualifiedApiName=kind, InternalSharingModel=sharing)

    def put(self, kind: str, record_id: str = "", **values: Any) -> str:
        """Creates or changes a record; its id."""
        with self._lock:
            record_id = record_id or f"{kind[:3]}{next(self._numbers):012}AAA"
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
            row = self.rows.setdefault(kind, {}).setdefault(record_id, {"Id": record_id, "CreatedDate": now})
            row |= {"SystemModstamp": now, **values}
            return record_id

    def permit(self, permission_set: str, kind: str, *fields: str, all_records: bool = False) -> None:
        """Lets whoever has the permission set read the kind and these of its fields."""
        self.put(
            "ObjectPermissions",
            f"op-{permission_set}-{kind}",
            ParentId=permission_set,
            SobjectType=kind,
            PermissionsRead=True,
            PermissionsViewAllRecords=all_records,
            PermissionsModifyAllRecords=False,
        )
        for name in fields:
            key = f"fp-{permission_set}-{kind}-{name}"
            said = {"SobjectType": kind, "Field": f"{kind}.{name}", "PermissionsRead": True}
            self.put("FieldPermissions", key, ParentId=permission_set, **said)

    def found(self, soql: str) -> list[Json] | None:
        """What a query finds; None: there is no such kind."""
        match = _QUERY.fullmatch(soql)
        assert match is not None, soql
        if match["kind"] not in self.rows:
            return None
        rows = list(self.rows[match["kind"]].values())
        for condition in _CONDITION.finditer(match["where"] or ""):
            wanted = _wanted(condition)
            rows = [row for row in rows if row.get(condition["field"]) in wanted]
        names = [name.strip() for name in match["fields"].split(",")]
        return [self._shown(match["kind"], row, names) for row in rows]

    def _shown(self, kind: str, row: Json, names: list[str]) -> Json:
        shown: Json = {"attributes": {"type": kind, "url": f"/services/data/v62.0/sobjects/{kind}/{row['Id']}"}}
        for name in names:
            relation, dot, inner = name.partition(".")
            if not dot:
                shown[name] = row.get(name)
                continue
            target = self._parent(row.get(f"{relation}Id") or row.get(relation.replace("__r", "__c")))
            shown[relation] = {**(shown.get(relation) or {}), inner: target.get(inner)} if target else None
        return shown

    def _parent(self, record_id: Any) -> Json | None:
        return next((rows[record_id] for rows in self.rows.values() if record_id in rows), None) if record_id else None

    def description(self, kind: str) -> Json | None:
        """What `describe` says of a kind."""
        if kind in self.described:
            return self.described[kind]
        if kind not in self.rows:
            return None
        names = dict.fromkeys(name for row in self.rows[kind].values() for name in row)
        fields = [
            {"name": n, "type": "string", "label": n, "nameField": n == "Name", "permissionable": False} for n in names
        ]
        return {"name": kind, "label": kind, "fields": fields}


def text(name: str, label: str = "", kind: str = "string", **facts: Any) -> Json:
    """A field."""
    return {"name": name, "label": label or name, "type": kind, "permissionable": True, **facts}


def name_field(name: str = "Name", label: str = "Name") -> Json:
    """The field that records are called by; everybody reads it."""
    return text(name, label, nameField=True, permissionable=False)


def reference(name: str, label: str, *to: str, **facts: Any) -> Json:
    """A field that names another record."""
    relation = name[:-1] + "r" if name.endswith("__c") else name.removesuffix("Id")
    return text(name, label, "reference", referenceTo=list(to), relationshipName=relation, **facts)


def share_kind(org: Org, kind: str, *further: str) -> str:
    """Adds the share table of a kind; its name."""
    table, to = (f"{kind[:-1]}Share", "ParentId") if kind.endswith("__c") else (f"{kind}Share", f"{kind}Id")
    level = "AccessLevel" if kind.endswith("__c") else f"{kind}AccessLevel"
    fields = (reference(to, "Record", kind), reference("UserOrGroupId", "Shared with", "User", "Group"))
    org.add_kind(table, table, *fields, text(level), *map(text, further))
    return table


class SalesforceStandIn(StandIn):
    """The running server; its organisation may be changed while it runs."""

    org: Org


class _Routes:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.sessions: set[str] = set()
        self.app = Flask("salesforce")
        self.app.json.sort_keys = False  # type: ignore[attr-defined]
        self.app.before_request(self._check)
        base = "/services/data/v62.0"
        self.app.post("/services/oauth2/token")(self._token)
        self.app.get(f"{base}/sobjects/<kind>/describe")(self._describe)
        self.app.get(f"{base}/query")(self._query)
        self.app.get(f"{base}/query/<locator>")(self._more)
        self.app.post(f"{base}/jobs/query")(self._job)
        self.app.get(f"{base}/jobs/query/<job>")(self._state)
        self.app.get(f"{base}/jobs/query/<job>/results")(self._results)

    def _check(self) -> Any:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path.endswith("/token") or given in self.sessions:
            return None
        return _refused(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def _token(self) -> Any:
        asked = request.form
        if asked["grant_type"] == "client_credentials":
            is_good = (asked["client_id"], asked["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        else:
            is_good = self._is_signed(asked["assertion"])
        if not is_good:
            return jsonify({"error": "invalid_grant", "error_description": "authentication failure"}), 400
        token = f"session-{len(self.sessions) + 1}"
        self.sessions.add(token)
        return {"access_token": token, "instance_url": request.host_url.rstrip("/"), "token_type": "Bearer"}

    def _is_signed(self, assertion: str) -> bool:
        import jwt

        try:
            said = jwt.decode(assertion, self.org.public_key, ["RS256"], audience="https://login.salesforce.com")
        except (jwt.PyJWTError, ValueError):
            return False
        return (said["iss"], said["sub"]) == (CLIENT_ID, USERNAME)

    def _describe(self, kind: str) -> Any:
        return self.org.description(kind) or _refused(404, "NOT_FOUND", "The requested resource does not exist")

    def _query(self) -> Any:
        return self._page(request.args["q"], 0)

    def _more(self, locator: str) -> Any:
        number, _, begin = locator.rpartition("-")
        return self._page(self.org.queries[int(number)], int(begin))

    def _page(self, soql: str, begin: int) -> Any:
        rows = self.org.found(soql)
        if rows is None:
            return _refused(400, "INVALID_TYPE", f"sObject type in {soql} is not supported.")
        end = begin + self.org.page_size
        answer: Json = {"totalSize": len(rows), "done": end >= len(rows), "records": rows[begin:end]}
        if begin and self.org.drops:
            answer["records"] = []
        if not answer["done"]:
            self.org.queries.append(soql)
            following = begin if self.org.repeats else end
            answer["nextRecordsUrl"] = f"/services/data/v62.0/query/{len(self.org.queries) - 1}-{following}"
        return jsonify(answer)

    def _job(self) -> Any:
        job = f"750{len(self.org.jobs):012}AAA"
        self.org.jobs[job] = request.get_json()["query"]
        return {"id": job, "operation": "query", "state": "UploadComplete"}

    def _state(self, job: str) -> Any:
        return {"id": job, "state": "JobComplete"}

    def _results(self, job: str) -> Any:
        rows = self.org.found(self.org.jobs[job]) or []
        begin = int(request.args.get("locator") or 0)
        end = begin + self.org.page_size
        names = [name.strip() for name in _QUERY.fullmatch(self.org.jobs[job])["fields"].split(",")]  # type: ignore[index]
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[_plain(row, name) for name in names] for row in rows[begin:end]])
        following = begin if self.org.repeats else end
        locator = str(following) if end < len(rows) or self.org.repeats else "null"
        return Response(written.getvalue(), content_type="text/csv", headers={"Sforce-Locator": locator})


def start(folder: Path | None = None, port: int = 0) -> SalesforceStandIn:
    """Serves the organisation in `folder`; without one, an empty one."""
    org = Org()
    if folder is not None:
        said = json.loads((folder / "org.json").read_text(encoding="utf-8"))
        org.rows |= said["rows"]
        org.described |= said["described"]
    server = SalesforceStandIn("Salesforce", _Routes(org).app.wsgi_app, _answers(), port)
    server.org = org
    return server


def _wanted(condition: re.Match[str]) -> set[Any]:
    said = condition["many"] or condition["one"]
    if said in ("true", "false"):
        return {said == "true"}
    return {re.sub(r"\\(.)", r"\1", found) for found in _TEXT.findall(said)}


def _plain(row: Mapping[str, Any], name: str) -> str:
    relation, dot, inner = name.partition(".")
    value = (row.get(relation) or {}).get(inner) if dot else row.get(name)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _refused(status: int, code: str, message: str) -> Any:
    return jsonify([{"message": message, "errorCode": code}]), status


def _answers() -> dict[str, Answer]:
    def body(code: str, message: str) -> bytes:
        return json.dumps([{"message": message, "errorCode": code}]).encode()

    return {
        "throttle": Answer("429 Too Many Requests", body("TOO_MANY", "Slow down")),
        "error": Answer("503 Service Unavailable", body("SERVER_UNAVAILABLE", "Server unavailable")),
        "expire": Answer("401 Unauthorized", body("INVALID_SESSION_ID", "Session expired or invalid")),
    }
