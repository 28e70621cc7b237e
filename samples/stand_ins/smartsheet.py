"""Smartsheet on loopback: sheets, shares of sheets and workspaces, discussions, attachments, groups."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

TOKEN = "sample-token"
Json = dict[str, Any]


@dataclass
class Sheet:
    """A sheet.

    Attributes:
        columns: Title → what is said of it besides ("hidden", "type").
        rows: Column's title → value, for each row.
        shares: "user:ADDRESS" or "group:NAME", with a level behind "=" ("group:staff=EDITOR").
        is_viewed_only: The account isn't an admin of it, so it isn't told of the shares.
        said: Discussions: title, the number of the row (0: about the sheet), comments (who, day, text).
    """

    id: int
    name: str
    columns: dict[str, Json]
    rows: list[dict[str, Any]]
    shares: list[str] = field(default_factory=list)
    workspace: str = ""
    owner: str = ""
    is_viewed_only: bool = False
    version: int = 1
    modified: str = "2026-11-01T08:00:00Z"
    said: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Account:
    """What an account sees; tests change it while it is served.

    Attributes:
        workspaces: Name → its shares, which count for each sheet in it.
        repeats, drops: Each page of sheets is the first one again; the second page is empty.
    """

    sheets: dict[int, Sheet] = field(default_factory=dict)
    workspaces: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    page_size: int = 500
    repeats: bool = False
    drops: bool = False
    closed_groups: set[str] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1_001))

    def put(self, name: str, rows: list[dict[str, Any]], sheet_id: int = 0, **facts: Any) -> Sheet:
        """A new sheet, or a new version of one."""
        sheet_id = sheet_id or next(self._numbers)
        sheet = self.sheets.get(sheet_id) or Sheet(sheet_id, name, {}, [], version=0)
        self.sheets[sheet_id] = sheet
        sheet.rows, sheet.modified = rows, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        sheet.version += 1
        for title in (title for row in rows for title in row):
            sheet.columns.setdefault(title, {})
        for key, value in facts.items():
            setattr(sheet, key, value)
        return sheet

    def group_id(self, name: str) -> int:
        """The number of a group."""
        return 9_000 + [*self.groups, name].index(name)


class SmartsheetStandIn(StandIn):
    """The running server; its account may be changed while it runs."""

    account: Account


class _Routes:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.app = Flask("smartsheet")
        self.app.json.sort_keys = False  # type: ignore[attr-defined]
        self.app.before_request(self._check)
        base = "/2.0"
        self.app.get(f"{base}/sheets")(self._sheets)
        self.app.get(f"{base}/sheets/<int:number>")(self._sheet)
        self.app.get(f"{base}/sheets/<int:number>/discussions")(self._discussions)
        self.app.get(f"{base}/sheets/<int:number>/attachments")(self._attachments)
        self.app.get(f"{base}/sheets/<int:number>/attachments/<int:file>")(self._attachment)
        self.app.get(f"{base}/shares")(self._shares)
        self.app.get(f"{base}/groups/<int:number>")(self._group)
        self.app.get("/files/<int:number>/<int:file>")(self._file)

    def _check(self) -> Any:
        if request.path.startswith("/files/") or request.headers.get("Authorization") == f"Bearer {TOKEN}":
            return None
        return _refused(401, 1002, "Your Access Token is invalid.")

    def _sheets(self) -> Any:
        shown = [
            {
                "id": sheet.id,
                "name": sheet.name,
                "accessLevel": "VIEWER",
                "version": sheet.version,
                "permalink": f"{request.host_url}sheets/{sheet.id}",
                "createdAt": "2026-01-05T08:00:00Z",
                "modifiedAt": sheet.modified,
                **({"owner": sheet.owner, "ownerId": 1} if sheet.owner else {}),
            }
            for sheet in list(self.account.sheets.values())
        ]
        return self._paged(shown)

    def _paged(self, found: list[Json]) -> Any:
        size = min(int(request.args.get("pageSize", 100)), self.account.page_size)
        number = int(request.args.get("page", 1))
        begin = 0 if self.account.repeats else (number - 1) * size
        entries = [] if self.account.drops and number > 1 else found[begin : begin + size]
        pages = max(1, -(-len(found) // size))
        counted = {"pageNumber": number, "pageSize": size, "totalPages": pages, "totalCount": len(found)}
        return jsonify({**counted, "data": entries})

    def _sheet(self, number: int) -> Any:
        sheet = self.account.sheets.get(number)
        if sheet is None:
            return _refused(404, 1006, "Not Found")
        size, page = int(request.args.get("pageSize", 100)), int(request.args.get("page", 1))
        ids = {title: 10 * number + at for at, title in enumerate(sheet.columns, 1)}
        columns = [
            {"id": ids[title], "index": at, "title": title, "primary": at == 0, "type": "TEXT_NUMBER", **said}
            for at, (title, said) in enumerate(sheet.columns.items())
        ]
        rows = [
            {"id": 1_000 * number + at, "rowNumber": at, "cells": [_cell(ids[title], row[title]) for title in row]}
            for at, row in enumerate(sheet.rows, 1)
        ]
        begin = (page - 1) * size
        about = {"id": number, "name": sheet.name, "version": sheet.version, "totalRowCount": len(rows)}
        return jsonify({**about, "columns": columns, "rows": rows[begin : begin + size]})

    def _discussions(self, number: int) -> Any:
        return self._paged(
            [_discussion(number, at, said) for at, said in enumerate(self.account.sheets[number].said, 1)]
        )

    def _attachments(self, number: int) -> Any:
        files = self.account.sheets[number].files
        return self._paged([_attached(number, at, name, files[name]) for at, name in enumerate(files, 1)])

    def _attachment(self, number: int, file: int) -> Any:
        files = self.account.sheets[number].files
        name = list(files)[file % 100 - 1]
        url = f"{request.host_url}files/{number}/{file}"
        return _attached(number, file % 100, name, files[name]) | {"url": url, "urlExpiresInMillis": 120_000}

    def _file(self, number: int, file: int) -> Any:
        return Response(list(self.account.sheets[number].files.values())[file % 100 - 1], content_type="text/plain")

    def _shares(self) -> Any:
        sheet = self.account.sheets[int(request.args["assetId"])]
        if sheet.is_viewed_only:
            return _refused(403, 1004, "You are not authorized to perform this action.")
        found = [self._share(said, "ITEM") for said in sheet.shares]
        if request.args.get("sharingInclude") == "WORKSPACE":
            found += [self._share(said, "WORKSPACE") for said in self.account.workspaces.get(sheet.workspace, ())]
        return self._keyed(found)

    def _keyed(self, found: list[Json]) -> Any:
        """One page of a list that is paged by key."""
        size, begin = (
            min(int(request.args.get("maxItems", 100)), self.account.page_size),
            int(request.args.get("lastKey", 0)),
        )
        following = 0 if self.account.repeats else begin + size
        answer: Json = {"data": found[begin : begin + size]}
        if begin + size < len(found):
            answer["lastKey"] = str(following or begin or size)
        return jsonify(answer)

    def _share(self, said: str, scope: str) -> Json:
        who, _, level = said.partition("=")
        kind, _, name = who.partition(":")
        about = {"id": f"{scope}-{who}", "scope": scope, "accessLevel": level or "VIEWER", "type": kind.upper()}
        if kind == "group":
            return {**about, "groupId": self.account.group_id(name), "name": name}
        return {**about, "userId": 7, "email": name, "name": name.partition("@")[0].title()}

    def _group(self, number: int) -> Any:
        name = next((name for name in self.account.groups if self.account.group_id(name) == number), "")
        if not name or name in self.account.closed_groups:
            return _refused(403 if name else 404, 1004, "You are not authorized to perform this action.")
        members = [
            {"id": at, "email": address, "name": address} for at, address in enumerate(self.account.groups[name])
        ]
        return {"id": number, "name": name, "members": members}


def start(folder: Path | None = None, port: int = 0) -> SmartsheetStandIn:
    """Serves the account in `folder`; without one, an empty one."""
    account = Account()
    if folder is not None:
        said = json.loads((folder / "account.json").read_text(encoding="utf-8"))
        account.workspaces, account.groups = said["workspaces"], said["groups"]
        for about in said["sheets"]:
            files = {name: content.encode() for name, content in about.pop("files", {}).items()}
            account.sheets[about["id"]] = Sheet(**about, files=files)
    server = SmartsheetStandIn("Smartsheet", _Routes(account).app.wsgi_app, _answers(), port)
    server.account = account
    return server


def _cell(column: int, value: Any) -> Json:
    return {"columnId": column, "value": value, **({"displayValue": str(value)} if isinstance(value, str) else {})}


def _discussion(sheet: int, at: int, said: Json) -> Json:
    row = said.get("row", 0)
    return {
        "id": 100_000 * sheet + at,
        "title": said["title"],
        "parentType": "ROW" if row else "SHEET",
        "parentId": 1_000 * sheet + row if row else sheet,
        "comments": list(_comments(sheet, at, said["comments"])),
    }


def _comments(sheet: int, at: int, comments: Iterable[Json]) -> Iterable[Json]:
    for number, comment in enumerate(comments):
        day = f"{comment['day']}T09:00:00Z"
        about = {"id": 1_000 * (100_000 * sheet + at) + number, "createdAt": day, "modifiedAt": day}
        yield {**about, "text": comment["text"], "createdBy": {"name": comment["by"]}}


def _attached(sheet: int, at: int, name: str, content: bytes) -> Json:
    about = {"id": 100 * sheet + at, "name": name, "attachmentType": "FILE", "mimeType": "text/plain"}
    return {**about, "sizeInKb": len(content) // 1_024, "createdAt": "2026-11-02T09:00:00Z", "parentType": "SHEET"}


def _refused(status: int, code: int, message: str) -> Any:
    return jsonify({"errorCode": code, "message": message, "refId": "stand-in"}), status


def _answers() -> dict[str, Answer]:
    def body(code: int, message: str) -> bytes:
        return json.dumps({"errorCode": code, "message": message}).encode()

    return {
        "throttle": Answer("429 Too Many Requests", body(4003, "Rate limit exceeded.")),
        "error": Answer("503 Service Unavailable", body(4001, "Smartsheet.com is currently offline.")),
        "expire": Answer("401 Unauthorized", body(1003, "Your Access Token has expired.")),
    }
