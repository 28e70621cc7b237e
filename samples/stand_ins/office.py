"""Salesforce, Smartsheet, Confluence and Microsoft Graph on loopback, by the calls that write-back needs."""

from __future__ import annotations

import re
from typing import Any

from flask import jsonify, request

from samples.stand_ins.tickets import TOKEN, USER, Json, Service, TicketStandIn, served


def _signed_in(service: Service, path: str, worded: Any) -> None:
    """Lets an application in with a token from `path`, which it gets for the sample's secret."""

    @service.app.post(path)
    def token() -> Any:
        if request.form.get("client_secret") != TOKEN:
            return {"error": "invalid_client"}, 401
        return {"access_token": "issued", "expires_in": 3600}

    @service.app.before_request
    def check() -> Any:
        known = request.path == path or request.headers.get("Authorization") == "Bearer issued"
        return None if known else (jsonify(worded("Session expired or invalid")), 401)


def salesforce(port: int = 0) -> TicketStandIn:
    """An organisation with two accounts and the picklists of tasks and cases."""
    service, base = Service("salesforce"), "/services/data/v60.0"

    def refused(reason: str) -> Any:
        return [{"message": reason, "errorCode": "FIELD_INTEGRITY_EXCEPTION"}]

    _signed_in(service, "/services/oauth2/token", refused)
    accounts = [{"Id": f"001{n:015d}", "Name": name} for n, name in enumerate(("Hollis Freight", "Tarn Foods"), 1)]

    @service.app.get(f"{base}/query")
    def query() -> Any:
        soql = request.args["q"]
        kind = re.search(r"FROM (\w+)", soql)
        literal = re.search(r"(?:=|LIKE) '((?:[^'\\]|\\.)*)'", soql)
        value = re.sub(r"\\(.)", r"\1", literal[1]).strip("%") if literal else ""
        name = re.search(r"WHERE (\w+)", soql)
        rows = (
            accounts if kind and kind[1] == "Account" else [r for r in service.records if kind and r["kind"] == kind[1]]
        )
        found = [r for r in rows if not name or value.casefold() in str(r.get(name[1])).casefold()]
        return {"records": found, "done": True}

    @service.app.get(f"{base}/sobjects/<_kind>/describe")
    def describe(_kind: str) -> Any:
        values = {"Priority": ("High", "Normal"), "Status": ("Not Started", "Completed"), "Origin": ("Phone", "Web")}
        fields = [
            {"name": n, "picklistValues": [{"value": v, "label": v, "active": True} for v in vs]}
            for n, vs in values.items()
        ]
        return {"fields": fields}

    @service.app.post(f"{base}/sobjects/<kind>")
    def create(kind: str) -> Any:
        if service.refuses:
            return jsonify(refused(service.refuses)), 400
        with service.lock:
            row = {**request.get_json(), "Id": f"00T{next(service.numbers):015d}", "kind": kind}
            service.records.append(row)
        return {"id": row["Id"], "success": True}, 201

    @service.app.delete(f"{base}/sobjects/<_kind>/<number>")
    def delete(_kind: str, number: str) -> Any:
        service.records[:] = [row for row in service.records if row["Id"] != number]
        return "", 204

    return served(service, port, refused)


def smartsheet(port: int = 0) -> TicketStandIn:
    """A sheet with five columns."""
    service = Service("smartsheet")

    def refused(reason: str) -> Json:
        return {"errorCode": 1008, "message": reason}

    @service.app.before_request
    def check() -> Any:
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        return None if known else (refused("Your Access Token is invalid."), 401)

    @service.app.get("/2.0/sheets/7/columns")
    def columns() -> Any:
        titles = ("Task", "Notes", "Due", "Owner", "Reference")
        return {"data": [{"id": n, "title": title, "type": "TEXT_NUMBER"} for n, title in enumerate(titles, 1)]}

    @service.app.get("/2.0/sheets/7")
    def sheet() -> Any:
        wanted = int(request.args["columnIds"])
        return {"rows": [{**r, "cells": [c for c in r["cells"] if c["columnId"] == wanted]} for r in service.records]}

    @service.app.route("/2.0/sheets/7/rows", methods=["POST", "DELETE"])
    def rows() -> Any:
        if request.method == "DELETE":
            service.records[:] = [r for r in service.records if str(r["id"]) != request.args["ids"]]
            return {"message": "SUCCESS"}
        if service.refuses:
            return refused(service.refuses), 400
        with service.lock:
            row = {"id": next(service.numbers), "cells": request.get_json()[0]["cells"]}
            service.records.append(row)
        return {"message": "SUCCESS", "result": [row]}

    return served(service, port, refused)


def confluence(port: int = 0) -> TicketStandIn:
    """A site with two spaces, in each of which a title is there once."""
    service, base = Service("confluence"), "/wiki/api/v2"

    def refused(reason: str) -> Json:
        return {"errors": [{"status": 400, "code": "INVALID_REQUEST", "title": reason}]}

    @service.app.before_request
    def check() -> Any:
        signed = request.authorization
        return (
            None if signed and (signed.username, signed.password) == (USER, TOKEN) else (refused("Unauthorized"), 401)
        )

    @service.app.get(f"{base}/spaces")
    def spaces() -> Any:
        return {
            "results": [{"id": "11", "key": "OPS", "name": "Operations"}, {"id": "12", "key": "HR", "name": "People"}]
        }

    @service.app.route(f"{base}/pages", methods=["GET", "POST"])
    def pages() -> Any:
        if request.method == "GET":
            title = request.args.get("title")
            return {"results": [p for p in service.records if title in (None, p["title"])]}
        given = request.get_json()
        with service.lock:
            if service.refuses or any(
                (p["spaceId"], p["title"]) == (given["spaceId"], given["title"]) for p in service.records
            ):
                return refused(service.refuses or "A page with this title already exists in this space"), 400
            number = str(next(service.numbers))
            page = {**given, "id": number, "body": {"storage": given["body"]}, "_links": {"webui": f"/pages/{number}"}}
            service.records.append(page)
        return page

    @service.app.delete(f"{base}/pages/<number>")
    def delete(number: str) -> Any:
        service.records[:] = [page for page in service.records if page["id"] != number]
        return "", 204

    return served(service, port, refused)


def microsoft(port: int = 0) -> TicketStandIn:
    """A tenant with mailboxes and one library; `notes` are its files."""
    service, root = Service("microsoft"), "/v1.0/drives/d1/root:"

    def refused(reason: str) -> Json:
        return {"error": {"code": "invalidRequest", "message": reason}}

    _signed_in(service, "/token", refused)

    @service.app.route("/v1.0/users/<email>/messages", methods=["GET", "POST"])
    def messages(email: str) -> Any:
        if request.method == "GET":
            wanted = request.args["$filter"].split("'")[1]
            return {"value": [m for m in service.records if m["internetMessageId"] == wanted]}
        if service.refuses:
            return refused(service.refuses), 400
        with service.lock:
            message = {**request.get_json(), "id": f"M{next(service.numbers)}", "mailbox": email}
            service.records.append(message)
        return message, 201

    @service.app.route(f"{root}/<path:name>:/content", methods=["GET", "PUT"])
    def content(name: str) -> Any:
        known = next((f for f in service.notes if f["path"] == name), None)
        if request.method == "GET":
            return (known["text"], 200) if known else (refused("Not found"), 404)
        with service.lock:
            if known is not None:
                return {"error": {"code": "nameAlreadyExists", "message": "The name already exists"}}, 409
            file = {"id": f"F{next(service.numbers)}", "path": name, "name": name.rsplit("/", 1)[-1]}
            service.notes.append({**file, "text": request.get_data(as_text=True)})
        return file, 201

    @service.app.get(f"{root}/<path:folder>:/children")
    def children(folder: str) -> Any:
        return {"value": [f for f in service.notes if f["path"].rpartition("/")[0] == folder]}

    return served(service, port, refused)
