"""Mailboxes as Microsoft Graph shows them: folders, messages, attached files, and a feed of changes for each folder."""

from __future__ import annotations

import base64
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

Json = dict[str, Any]
_GRAPH = "https://graph.microsoft.com/v1.0"
_ALWAYS = ("id", "@odata.type", "@removed")


@dataclass
class Mailbox:
    """A mailbox. `put`, `move` and `delete` are what people do in Outlook.

    Attributes:
        purpose: What Exchange says it is for; None: the application may not read it.
        folders: Folder id → its name and its parent's id.
        attached: Message id → its files, with their bytes.
        log: Folder id → the messages that changed in it, in order.
    """

    address: str
    purpose: str | None = "user"
    folders: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    attached: dict[str, list[Json]] = field(default_factory=dict)
    log: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    oldest_token: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.add_folder("Inbox", folder="inbox")

    def add_folder(self, name: str, parent: str = "", folder: str = "") -> str:
        """A new folder's id."""
        known = folder or f"AAMk-folder-{next(self._numbers)}="
        self.folders[known] = {"id": known, "displayName": name, "parent": parent}
        return known

    def put(self, subject: str, content: str, folder: str = "inbox", message: str = "", **facts: Any) -> str:
        """Receives a message, or changes one; its id."""
        number = next(self._numbers)
        known = message or f"AAkALg-{self.address}-{number}="
        when = f"2026-11-{1 + number % 28:02}T09:00:00Z"
        body = {"contentType": "html", "content": content}
        files = facts.pop("files", None)
        self.messages[known] = {
            "id": known,
            "conversationId": f"AAQk {subject}=",
            "subject": subject,
            "receivedDateTime": when,
            "sentDateTime": when,
            "isDraft": False,
            "sensitivity": "normal",
            "parentFolderId": folder,
            "hasAttachments": bool(files),
            "from": {"emailAddress": {"name": "Somebody", "address": "somebody@customer.example"}},
            "toRecipients": [{"emailAddress": {"name": self.address, "address": self.address}}],
            "ccRecipients": [],
            "uniqueBody": body,
            "body": body,
            "internetMessageId": f"<{number}@customer.example>",
            "webLink": f"https://outlook.office365.com/owa/?ItemID={number}",
            **self.messages.get(known, {}),
            **({"uniqueBody": body, "body": body} if message else {}),
            **facts,
            "changeKey": f"CQ{number}",
        }
        if files is not None:
            self.attached[known] = files
        self.log[self.messages[known]["parentFolderId"]].append(known)
        return known

    def move(self, message: str, folder: str) -> None:
        """Into another folder."""
        before = self.messages[message]["parentFolderId"]
        self.messages[message] |= {"parentFolderId": folder, "changeKey": f"CQ{next(self._numbers)}"}
        for touched in (before, folder):
            self.log[touched].append(message)

    def delete(self, message: str) -> None:
        """For good."""
        self.log[self.messages.pop(message)["parentFolderId"]].append(message)


class Tenant(Protocol):
    """Whose mailboxes they are."""

    mailboxes: dict[str, Mailbox]


def add_routes(app: Blueprint, tenant: Tenant, page: Callable[[list[Json]], Any], page_size: Callable[[], int]) -> None:
    """Serves the tenant's mailboxes."""

    def box(address: str) -> Mailbox | None:
        return tenant.mailboxes.get(address.lower())

    @app.get("/v1.0/users/<address>/mailboxSettings/userPurpose")
    def purpose(address: str) -> Any:
        found = box(address)
        if found is None:
            return _missing()
        if found.purpose is None:
            return jsonify({"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}}), 403
        return {"value": found.purpose}

    @app.get("/v1.0/users/<address>/mailFolders")
    def folders(address: str) -> Any:
        found = box(address)
        return _missing() if found is None else page([f for f in found.folders.values() if not f["parent"]])

    @app.get("/v1.0/users/<address>/mailFolders/<folder>")
    def folder(address: str, folder: str) -> Any:
        found = box(address)
        return (found.folders.get(folder) if found else None) or _missing()

    @app.get("/v1.0/users/<address>/mailFolders/<folder>/childFolders")
    def children(address: str, folder: str) -> Any:
        found = box(address)
        return _missing() if found is None else page([f for f in found.folders.values() if f["parent"] == folder])

    @app.get("/v1.0/users/<address>/mailFolders/<folder>/messages/delta")
    def delta(address: str, folder: str) -> Any:
        found = box(address)
        if found is None or folder not in found.folders:
            return _missing()
        return _delta(found, folder, page_size())

    @app.get("/v1.0/users/<address>/messages")
    def messages(address: str) -> Any:
        found = box(address)
        wanted = re.fullmatch(r"conversationId eq '(.*)'", request.args.get("$filter", ""), re.DOTALL)
        if found is None or wanted is None:
            return _missing()
        conversation = wanted[1].replace("''", "'")
        return page([_chosen(m) for m in found.messages.values() if m["conversationId"] == conversation])

    @app.get("/v1.0/users/<address>/messages/<message>/attachments")
    def attachments(address: str, message: str) -> Any:
        found = box(address)
        files = found.attached.get(message, []) if found else []
        shown = [{k: v for k, v in file.items() if k != "bytes"} for file in files]
        return page([{"size": len(file.get("bytes", b"")), **kept} for file, kept in zip(files, shown, strict=True)])

    @app.get("/v1.0/users/<address>/messages/<message>/attachments/<file>/$value")
    def content(address: str, message: str, file: str) -> Any:
        found = box(address)
        files = found.attached.get(message, []) if found else []
        known = next((f for f in files if f["id"] == file and "bytes" in f), None)
        return Response(known["bytes"]) if known else _missing()


def attachment(name: str, content: bytes, kind: str = "fileAttachment", **facts: Any) -> Json:
    """A file for `Mailbox.put(files=…)`."""
    known = base64.urlsafe_b64encode(name.encode()).decode()
    said = {"@odata.type": f"#microsoft.graph.{kind}", "id": known, "name": name, "isInline": False}
    return {**said, "contentType": "text/plain", "bytes": content, **facts}


def _delta(box: Mailbox, folder: str, size: int) -> Any:
    """A page of what changed in a folder. The token says since which change, up to which, and how many were shown."""
    since, until, shown = 0, len(box.log[folder]), 0
    token = request.args.get("$deltatoken", "")
    if token:
        parts = [int(part) for part in token.split(".")]
        since = parts[0]
        if parts[1:]:
            until, shown = parts[1:]
        if since < box.oldest_token:
            return jsonify({"error": {"code": "SyncStateNotFound", "message": "The sync state is too old."}}), 410
    ids = list(dict.fromkeys(reversed(box.log[folder][since:until])))[::-1]
    rows = []
    for known in ids:
        found = box.messages.get(known)
        if found is not None and found["parentFolderId"] == folder:
            rows.append(_chosen(found))
        elif since:
            rows.append({"@removed": {"reason": "deleted"}, "id": known})
    link = f"{_GRAPH}/users/{quote(box.address)}/mailFolders/{quote(folder)}/messages/delta?$select={_select()}"
    link += f"&$deltatoken={since}"
    if shown + size < len(rows):
        more = f"{link}.{until}.{shown + size}"
        return {"value": rows[shown : shown + size], "@odata.nextLink": more}
    final = link.rpartition("=")[0] + f"={until}"
    return {"value": rows[shown : shown + size], "@odata.deltaLink": final}


def _select() -> str:
    return request.args.get("$select", "")


def _chosen(message: Mapping[str, Any]) -> Json:
    """The fields that are asked for."""
    wanted = _select().split(",") if _select() else list(message)
    return {key: value for key, value in message.items() if key in wanted or key in _ALWAYS}


def _missing() -> Any:
    return jsonify({"error": {"code": "ErrorItemNotFound", "message": "The object was not found."}}), 404
