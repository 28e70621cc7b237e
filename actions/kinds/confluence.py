"""Confluence Cloud: pages by its REST interface v2.

A text goes in as plain paragraphs. A title is there once in a space, which itself keeps a page from being made twice;
the reference in its text tells it from somebody else's page of that title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import httpx

from actions.kinds.atlassian import ACCOUNT, AtlassianSettings, atlassian_sign_in
from actions.kinds.kind import ActionKind, Choice, Draft, Field, Lookup, Operation, Record
from actions.wire import Wire

_API = "/wiki/api/v2"

_SCOPES = ("read:page:confluence", "write:page:confluence", "delete:page:confluence", "read:space:confluence")


class Confluence:
    """The site, as its operation speaks to it."""

    def __init__(self, settings: AtlassianSettings, signed_in: httpx.Auth | None = None) -> None:
        self.site = settings.url
        auth, base = settings.signed(signed_in), settings.base("confluence")
        self.wire = Wire(settings.name, base, settings.timeout_s, auth=auth, reason=_reason)

    def record(self, page: Mapping[str, Any]) -> Record:
        """The page, with the address at which a person opens it."""
        shown = str((page.get("_links") or {}).get("webui") or f"/pages/viewpage.action?pageId={page['id']}")
        return Record(str(page["id"]), f"{self.site}/wiki{shown}", str(page["title"]))


def storage(text: str) -> str:
    """The text in Confluence's storage format: a paragraph for each block, and no mark-up of its own."""
    blocks = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    return "".join(f"<p>{escape(block, quote=False).replace(chr(10), '<br/>')}</p>" for block in blocks)


def _make_page(client: Confluence, draft: Draft) -> Record:
    v = draft.values
    page: dict[str, Any] = {
        "spaceId": v["space"],
        "status": "current",
        "title": v["title"],
        "body": {"representation": "storage", "value": storage(draft.signed("body"))},
    }
    page |= {"parentId": v["parent"]} if v.get("parent") else {}
    return client.record(client.wire.write("POST", f"{_API}/pages", json=page))


def _found_page(client: Confluence, draft: Draft) -> Record | None:
    asked = {"space-id": draft.values["space"], "title": draft.values["title"], "body-format": "storage"}
    pages = client.wire.read("GET", f"{_API}/pages", params=asked)["results"]
    mine = (p for p in pages if draft.reference in str(((p.get("body") or {}).get("storage") or {}).get("value")))
    return next((client.record(p) for p in mine), None)


def _choices(client: Confluence) -> Mapping[str, Sequence[Choice]]:
    spaces = client.wire.read("GET", f"{_API}/spaces", params={"limit": 250})["results"]
    return {"space": [Choice(str(s["id"]), f"{s['name']} ({s['key']})") for s in spaces]}


def _delete(client: Confluence, record: Record) -> None:
    client.wire.write("DELETE", f"{_API}/pages/{record.id}")


def _search(client: Confluence, words: str) -> Sequence[Record]:
    asked = {"limit": 250, "sort": "-modified-date"}
    pages = client.wire.read("GET", f"{_API}/pages", params=asked)["results"]
    return [client.record(p) for p in pages if words.casefold() in str(p["title"]).casefold()][:10]


def _reason(body: Any) -> str:
    return "; ".join(str(error.get("title") or error.get("detail")) for error in body["errors"])


KIND = ActionKind(
    "confluence",
    "Confluence",
    AtlassianSettings,
    Confluence,
    (
        Operation(
            "page",
            "Make a page in Confluence",
            ("page", "wiki page"),
            (
                Field("space", "Space", "choice", addressee=True),
                Field("title", "Title"),
                Field("body", "Text", "long_text", max_chars=100_000),
                Field(
                    "parent", "Parent page", required=False, pattern=r"\d{1,20}", help="write its id, as in its address"
                ),
            ),
            _make_page,
            find=_found_page,
            choices=_choices,
            undo=_delete,
            title_field="title",
            text_field="body",
        ),
    ),
    (Lookup("pages", "recent Confluence pages", _search),),
    account=ACCOUNT,
    sign_in=lambda settings: atlassian_sign_in(settings, _SCOPES),
)
