"""Smartsheet: rows at the end of one sheet, whose columns the settings name.

A row carries the reference in a column of its own (`key_column`), by which it is found among the rows that were changed
since: Smartsheet's search comes too late for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Draft, Field, Lookup, Operation, Record, SignIn, WebSettings
from actions.wire import Wire
from core.errors import Refused
from core.nearest import nearest

_SLACK_S = 600.0


class SmartsheetSettings(WebSettings):
    """The sheet.

    Attributes:
        token: Write it as ${NAME}.
        sheet: The sheet's id.
        columns: Our field (title, text, due, owner) → the title of its column.
        key_column: The title of a text column for our reference; it may be hidden.
    """

    url: str = "https://api.smartsheet.com"
    token: SecretStr = SecretStr("")
    sheet: str
    columns: dict[str, str]
    key_column: str


class Smartsheet:
    """The sheet, as its operation speaks to it."""

    def __init__(self, settings: SmartsheetSettings, signed_in: httpx.Auth | None = None) -> None:
        self.settings = settings
        headers = {} if signed_in else {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
        self.wire = Wire(
            settings.name, settings.url, settings.timeout_s, headers=headers, auth=signed_in, reason=_reason
        )
        self.path = f"/2.0/sheets/{settings.sheet}"

    def columns(self) -> dict[str, int]:
        """Our field, and "key", → the id of its column. Raises Refused: there is no such column."""
        found = self.wire.read("GET", f"{self.path}/columns", params={"includeAll": "true"})["data"]
        ids = {str(column["title"]): int(column["id"]) for column in found}
        wanted = {**self.settings.columns, "key": self.settings.key_column}
        for title in wanted.values():
            if title not in ids:
                raise Refused(f"{self.wire.name} has no column {title!r}; {nearest(title, list(ids), 'its columns')}")
        return {ours: ids[title] for ours, title in wanted.items()}

    def record(self, row: Mapping[str, Any], title: str) -> Record:
        """The row, with the address at which a person opens it."""
        return Record(str(row["id"]), str(row.get("permalink") or ""), title)


def _sign_in(settings: SmartsheetSettings) -> SignIn:
    login = "https://app.smartsheet.com/b/authorize"
    return SignIn(login, f"{settings.url}/2.0/token", "", ("READ_SHEETS", "WRITE_SHEETS"))


def _add_row(client: Smartsheet, draft: Draft) -> Record:
    columns = client.columns()
    values = {**draft.values, "key": draft.signature}
    unnamed = [name for name, value in draft.values.items() if value and name not in columns]
    if unnamed:
        raise Refused(f"{client.wire.name} has no column for {unnamed[0]}; name one under columns, or leave it empty.")
    cells = [{"columnId": columns[name], "value": value} for name, value in values.items() if value]
    made = client.wire.write("POST", f"{client.path}/rows", json=[{"toBottom": True, "cells": cells}])
    return client.record(made["result"][0], draft.values["title"])


def _found_row(client: Smartsheet, draft: Draft) -> Record | None:
    since = datetime.fromtimestamp(max(0.0, draft.begun_at - _SLACK_S), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = client.columns()["key"]
    asked = {"rowsModifiedSince": since, "columnIds": str(key), "include": "rowPermalink"}
    for row in client.wire.read("GET", client.path, params=asked).get("rows", ()):
        if any(c["columnId"] == key and draft.reference in str(c.get("value")) for c in row["cells"]):
            return client.record(row, draft.values["title"])
    return None


def _delete(client: Smartsheet, record: Record) -> None:
    client.wire.write("DELETE", f"{client.path}/rows", params={"ids": record.id})


def _search(client: Smartsheet, words: str) -> Sequence[Record]:
    title = client.columns()["title"]
    rows = client.wire.read("GET", client.path, params={"columnIds": str(title), "include": "rowPermalink"})["rows"]
    texts = [(row, str(c.get("value") or "")) for row in rows for c in row["cells"] if c["columnId"] == title]
    return [client.record(row, text) for row, text in texts if words.casefold() in text.casefold()][-10:]


def _reason(body: Any) -> str:
    return str(body["message"])


KIND = ActionKind(
    "smartsheet",
    "Smartsheet",
    SmartsheetSettings,
    Smartsheet,
    (
        Operation(
            "row",
            "Add a row in Smartsheet",
            ("row", "line"),
            (
                Field("title", "Title", max_chars=4_000),
                Field("text", "Text", "long_text", required=False, max_chars=4_000),
                Field("due", "Due", "date", required=False),
                Field("owner", "Owner", required=False, addressee=True),
            ),
            _add_row,
            find=_found_row,
            undo=_delete,
            title_field="title",
            text_field="text",
        ),
    ),
    (Lookup("rows", "Smartsheet rows", _search),),
    account=("token",),
    sign_in=_sign_in,
)
