"""Messages of a channel or chat as one page: who said what when."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from connectors.graph.threads import Json

_TAGS = re.compile(r"<[^>]*>")
_TITLE_CHARS = 80


def is_said(message: Json) -> bool:
    """Whether somebody said it: not the system, and not deleted."""
    return message.get("messageType", "message") == "message" and not message.get("deletedDateTime")


def page(title: str, messages: Iterable[Json]) -> str:
    """The messages as HTML, each under its writer and time."""
    parts = [f"<h2>{_head(message)}</h2>\n{_body(message)}{_files(message)}" for message in messages]
    shown = html.escape(title)
    return "\n".join([f"<!DOCTYPE html><html><head><title>{shown}</title></head><body>", *parts, "</body></html>"])


def title_of(message: Json) -> str:
    """What a thread is called: its subject, or how it begins."""
    said = str(message.get("subject") or "") or _plain(message)
    words = " ".join(said.split()) or "Message"
    return words if len(words) <= _TITLE_CHARS else words[:_TITLE_CHARS].rsplit(" ", 1)[0] + " …"


def writer(message: Json) -> str:
    """Who wrote it; empty if nobody is named."""
    people = message.get("from") or {}
    known = people.get("user") or people.get("application") or {}
    return str(known.get("displayName") or "")


def _head(message: Json) -> str:
    when = str(message.get("createdDateTime") or "")[:16].replace("T", " ")
    return html.escape(", ".join(filter(None, (writer(message), when))))


def _body(message: Json) -> str:
    body = message.get("body") or {}
    content = str(body.get("content") or "")
    return content if body.get("contentType") == "html" else f"<p>{html.escape(content)}</p>"


def _files(message: Json) -> str:
    """Links to files, which lie in a library or a drive and have readers of their own."""
    names = [str(file.get("name")) for file in message.get("attachments") or () if file.get("name")]
    return "".join(f"\n<p>File: {html.escape(name)}</p>" for name in names)


def _plain(message: Json) -> str:
    return html.unescape(_TAGS.sub(" ", str((message.get("body") or {}).get("content") or "")))
