"""Jira, ServiceNow, PagerDuty and a webhook's receiver on loopback, by the calls that write-back needs.

Each keeps its records in `service.records`, in the form in which its interface gives them; tests count those.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, jsonify, request

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

Json = dict[str, Any]
USER, TOKEN = "service@example.com", "sample-token"


class Service:
    """What one of the systems keeps.

    Attributes:
        records: What was written, in order; `notes` the comments, work notes and notes.
        refuses: What the next write of a record is refused with; empty for nothing.
    """

    def __init__(self, name: str) -> None:
        self.app = Flask(name)
        self.records: list[Json] = []
        self.notes: list[Json] = []
        self.refuses = ""
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)


class TicketStandIn(StandIn):
    """A running server and what it keeps."""

    service: Service


def jira(port: int = 0) -> TicketStandIn:
    """Jira Cloud with one project, its types and priorities."""
    service = Service("jira")
    app, base = service.app, "/rest/api/3"

    @app.before_request
    def check() -> Any:
        signed = request.authorization
        if signed is None or (signed.username, signed.password) != (USER, TOKEN):
            return jsonify({"errorMessages": ["Client must be authenticated."], "errors": {}}), 401
        return None

    @app.get(f"{base}/project/search")
    def projects() -> Any:
        return {"values": [{"key": "OPS", "name": "Operations"}, {"key": "DEV", "name": "Development"}]}

    @app.get(f"{base}/issue/createmeta/<_project>/issuetypes")
    def types(_project: str) -> Any:
        return {"issueTypes": [{"name": "Task"}, {"name": "Bug"}, {"name": "Sub-task", "subtask": True}]}

    @app.get(f"{base}/priority/search")
    def priorities() -> Any:
        return {"values": [{"name": "High"}, {"name": "Medium"}]}

    @app.post(f"{base}/issue")
    def create() -> Any:
        fields = request.get_json()["fields"]
        if service.refuses or not fields.get("summary"):
            return {"errorMessages": [], "errors": {"summary": service.refuses or "Specify a summary"}}, 400
        with service.lock:
            issue = {"id": str(next(service.numbers)), "fields": {**fields, "status": {"name": "To Do"}}}
            issue["key"] = f"{fields['project']['key']}-{issue['id']}"
            service.records.append(issue)
        return {"id": issue["id"], "key": issue["key"]}, 201

    @app.get(f"{base}/search/jql")
    def search() -> Any:
        jql = request.args["jql"]
        label, words = re.search(r'labels = "([^"]+)"', jql), re.search(r'text ~ "([^"]+)"', jql)
        found = [
            issue
            for issue in service.records
            if (label and label[1] in issue["fields"].get("labels", ()))
            or (words and words[1].casefold() in json.dumps(issue["fields"], ensure_ascii=False).casefold())
        ]
        return {"issues": found[: int(request.args.get("maxResults", 50))]}

    @app.route(f"{base}/issue/<key>", methods=["GET", "DELETE"])
    def one(key: str) -> Any:
        issue = next((i for i in service.records if i["key"] == key), None)
        if issue is None:
            return {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}, 404
        if request.method == "DELETE":
            service.records.remove(issue)
            return "", 204
        return issue

    @app.route(f"{base}/issue/<key>/comment", methods=["GET", "POST"])
    def comments(key: str) -> Any:
        if request.method == "GET":
            return {"comments": [note for note in reversed(service.notes) if note["issue"] == key]}
        with service.lock:
            note = {"id": str(next(service.numbers)), "issue": key, "body": request.get_json()["body"]}
            service.notes.append(note)
        return note, 201

    @app.delete(f"{base}/issue/<_key>/comment/<number>")
    def uncomment(_key: str, number: str) -> Any:
        service.notes[:] = [note for note in service.notes if note["id"] != number]
        return "", 204

    return served(service, port, lambda reason: {"errorMessages": [reason], "errors": {}})


def servicenow(port: int = 0) -> TicketStandIn:
    """A ServiceNow instance with incidents, their choices, two groups and their journals."""
    service = Service("servicenow")
    base = "/api/now/table"

    def refused(reason: str) -> Json:
        return {"error": {"message": reason, "detail": None}, "status": "failure"}

    @service.app.before_request
    def check() -> Any:
        signed = request.authorization
        return (
            None if signed and (signed.username, signed.password) == (USER, TOKEN) else (refused("Unauthorized"), 401)
        )

    @service.app.get(f"{base}/<table>")
    def rows(table: str) -> Any:
        known = {
            "incident": service.records,
            "sys_journal_field": service.notes,
            "sys_user_group": [{"sys_id": "g1", "name": "Network", "active": "true"}, {"sys_id": "g2", "name": "Desk"}],
            "sys_choice": [
                {"element": element, "value": value, "label": label}
                for element in ("urgency", "impact")
                for value, label in (("1", "High"), ("2", "Medium"), ("3", "Low"))
            ],
        }
        query = request.args["sysparm_query"] if table in ("incident", "sys_journal_field") else ""
        return {"result": [row for row in known[table] if _fits(row, query)][: int(request.args["sysparm_limit"])]}

    @service.app.post(f"{base}/incident")
    def create() -> Any:
        if service.refuses:
            return refused(service.refuses), 403
        with service.lock:
            number = next(service.numbers)
            row = {**request.get_json(), "sys_id": f"{number:032x}", "number": f"INC{number:07d}", "state": "1"}
            service.records.append(row)
        return {"result": row}, 201

    @service.app.route(f"{base}/incident/<sys_id>", methods=["PATCH", "DELETE"])
    def one(sys_id: str) -> Any:
        if request.method == "DELETE":
            service.records[:] = [row for row in service.records if row["sys_id"] != sys_id]
            return "", 204
        note = {"element_id": sys_id, "element": "work_notes", "value": request.get_json()["work_notes"]}
        service.notes.append({**note, "sys_id": f"n{next(service.numbers)}"})
        return {"result": next(row for row in service.records if row["sys_id"] == sys_id)}

    return served(service, port, refused)


def _fits(row: Mapping[str, Any], query: str) -> bool:
    """Whether a row is of an encoded query of equalities and LIKEs."""
    for condition in query.split("^"):
        found = re.match(r"(\w+?)(=|LIKE)(.*)", condition)
        name, operator, value = found.groups() if found else ("", "", "")
        if operator == "=" and str(row.get(name)) != value:
            return False
        if operator == "LIKE" and value.casefold() not in str(row.get(name)).casefold():
            return False
    return True


def pagerduty(port: int = 0) -> TicketStandIn:
    """A PagerDuty account with two services; a second open incident of one key is refused."""
    service = Service("pagerduty")

    def refused(reason: str) -> Json:
        return {"error": {"message": "Invalid Input Provided", "code": 2001, "errors": [reason]}}

    @service.app.before_request
    def check() -> Any:
        known = request.headers.get("Authorization") == f"Token token={TOKEN}"
        return None if known else (refused("Unauthorized"), 401)

    @service.app.get("/services")
    def services() -> Any:
        return {"services": [{"id": "PSVC1", "name": "Platform"}, {"id": "PSVC2", "name": "Billing"}], "more": False}

    @service.app.route("/incidents", methods=["GET", "POST"])
    def incidents() -> Any:
        if request.method == "GET":
            key = request.args.get("incident_key")
            return {"incidents": [i for i in service.records if key in (None, i["incident_key"])]}
        given = request.get_json()["incident"]
        with service.lock:
            doubled = any(
                i["incident_key"] == given["incident_key"] and i["status"] != "resolved" for i in service.records
            )
            if service.refuses or doubled:
                return refused(service.refuses or "Open incident with matching dedup key already exists"), 400
            number = next(service.numbers)
            made = {**given, "id": f"PINC{number}", "incident_number": number, "status": "triggered"}
            made["html_url"] = f"{request.host_url}incidents/{made['id']}"
            service.records.append(made)
        return {"incident": made}, 201

    @service.app.route("/incidents/<wanted>", methods=["GET", "PUT"])
    def one(wanted: str) -> Any:
        found = next((i for i in service.records if i["id"] == wanted), None)
        if found is None:
            return refused("Not Found"), 404
        if request.method == "PUT":
            found["status"] = request.get_json()["incident"]["status"]
        return {"incident": found}

    @service.app.route("/incidents/<wanted>/notes", methods=["GET", "POST"])
    def notes(wanted: str) -> Any:
        if request.method == "GET":
            return {"notes": [n for n in service.notes if n["incident"] == wanted]}
        with service.lock:
            note = {**request.get_json()["note"], "id": f"PNOTE{next(service.numbers)}", "incident": wanted}
            service.notes.append(note)
        return {"note": note}, 201

    return served(service, port, refused)


def webhook(port: int = 0) -> TicketStandIn:
    """A receiver that takes each Idempotency-Key once."""
    service = Service("webhook")

    @service.app.post("/")
    def post() -> Any:
        key = request.headers["Idempotency-Key"]
        if service.refuses:
            return {"message": service.refuses}, 422
        with service.lock:
            known = next((r for r in service.records if r["key"] == key), None)
            if known is None:
                known = {**request.get_json(), "id": str(next(service.numbers))}
                service.records.append(known)
        return {"id": known["id"]}, 201

    return served(service, port, lambda reason: {"message": reason})


def served(service: Service, port: int, worded: Callable[[str], Any]) -> TicketStandIn:
    """The service, running; `worded` puts a refusal into the system's own form."""

    def answer(status: str, reason: str) -> Answer:
        return Answer(status, json.dumps(worded(reason)).encode())

    answers = {
        "throttle": answer("429 Too Many Requests", "Too many requests"),
        "error": answer("500 Internal Server Error", "Something went wrong"),
        "expire": answer("401 Unauthorized", "The token has expired"),
    }
    server = TicketStandIn(service.app.name, service.app.wsgi_app, answers, port)
    server.service = service
    return server
