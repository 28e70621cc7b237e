"""Messages of Graph as one mailbox file: what each writer said, without what they quote, and what they attached."""

from __future__ import annotations

import email
import html
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, formataddr
from typing import Any
from urllib.parse import quote

from connectors.common import stamp
from connectors.graph.client import GraphTenant, Missing
from connectors.graph.drive import moment
from connectors.graph.threads import Json

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_TAGS = re.compile(r"<(?:style|head)\b.*?</(?:style|head)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def mbox(tenant: GraphTenant, messages_path: str, messages: Iterable[Json], limit: int) -> bytes:
    """The thread as bytes, the same ones each time.

    Args:
        messages: Oldest first.
        limit: Bytes of attached files at most, all together; what doesn't fit is named. 0 leaves them out.
    """
    thread = b""
    for number, message in enumerate(messages):
        mail = _mail(message, keeps_quotes=number == 0)
        if limit and message.get("hasAttachments"):
            for attached in _attached(tenant, f"{messages_path}/{quote(str(message['id']))}/attachments"):
                limit -= _attach(mail, attached, limit)
        if mail.is_multipart():
            mail.set_boundary(f"part-{stamp(str(message['id']))}")
        # A line that begins with "From " would begin another message.
        thread += b"From - \n" + _FROM.sub(rb">\1", mail.as_bytes()).rstrip(b"\n") + b"\n\n"
    return thread


def _mail(message: Json, keeps_quotes: bool) -> EmailMessage:
    """A message with its headers and body.

    What it quotes is left out, but for the first of a thread: what that quotes or forwards stands nowhere else.
    """
    mail = EmailMessage()
    people = {"From": [message.get("from")], "To": message.get("toRecipients"), "Cc": message.get("ccRecipients")}
    for name, found in people.items():
        if written := ", ".join(filter(None, map(_person, found or ()))):
            mail[name] = written
    sent = moment(message.get("sentDateTime")) or datetime(1970, 1, 1, tzinfo=UTC)
    mail["Date"] = format_datetime(sent)
    mail["Subject"] = " ".join(str(message.get("subject") or "No subject").split())
    body = message.get("body") or {}
    said = message.get("uniqueBody") or {}
    chosen = body if keeps_quotes or not _has_text(said) else said
    kind = "plain" if str(chosen.get("contentType", "")).lower() == "text" else "html"
    content = str(chosen.get("content") or "").encode("utf-8", "replace").decode()
    mail.set_content(content, subtype=kind, cte="8bit")
    return mail


def _has_text(body: Json) -> bool:
    text = html.unescape(_TAGS.sub(" ", str(body.get("content") or "")))
    return bool(text.strip())


def _person(person: Any) -> str:
    known = (person or {}).get("emailAddress") or {}
    name = re.sub(r"[\r\n\t]+", " ", str(known.get("name") or ""))
    address = re.sub(r"[^\x21-\x7e]", "", str(known.get("address") or ""))
    return formataddr((name if name != address else "", address)) if address else name


def _attached(tenant: GraphTenant, path: str) -> Iterator[tuple[str, str, int, GraphTenant, str]]:
    """Name, media type and size of each attached file, and where its bytes are; pictures in the text are left out."""
    for found in tenant.values(f"{path}?$select=id,name,contentType,size,isInline"):
        if found.get("isInline"):
            continue
        kind = str(found.get("@odata.type", ""))
        name = str(found.get("name") or "attachment")
        if kind.endswith("itemAttachment"):
            media_type = "message/rfc822"
        elif kind.endswith("fileAttachment"):
            media_type = str(found.get("contentType") or "application/octet-stream")
        else:
            # A link to a file that lies elsewhere, with readers of its own.
            continue
        yield name, media_type, int(found.get("size") or 0), tenant, f"{path}/{quote(str(found['id']))}/$value"


def _attach(mail: EmailMessage, attached: tuple[str, str, int, GraphTenant, str], limit: int) -> int:
    """Adds a file; how many bytes it has."""
    name, media_type, size, tenant, path = attached
    try:
        content = tenant.download(path, limit) if size <= limit else None
    except Missing:
        content = b""
    if content is None:
        note = f"{name} has {size:,} bytes, more than is left of max_bytes; it was not read."
        mail.add_attachment(note, filename=f"{name} (not read).txt")
        return 0
    if media_type == "message/rfc822":
        mail.add_attachment(email.message_from_bytes(content, policy=default), filename=name)
    else:
        main, _, sub = media_type.partition(";")[0].strip().partition("/")
        mail.add_attachment(content, maintype=main or "application", subtype=sub or "octet-stream", filename=name)
    return len(content)
