"""eml and mbox → sections: headers, the body, and each attachment under its own name."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from datetime import UTC
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from core.errors import DebriefError, Encrypted, ParseError
from core.types import Attributes, Parsed, Section
from ingestion.parse.draft import Draft, File, attributes, one_line
from ingestion.parse.mail.history import write_message_text
from ingestion.parse.nested import include_nested
from ingestion.parse.text.plain import decode
from ingestion.parse.text.web import html_sections

MAX_PARTS = 1_000
MAX_HEADER_CHARS = 10_000
_HEADERS = ("From", "To", "Cc", "Bcc", "Date", "Subject")


def parse_eml(file: File) -> Parsed:
    """One message."""
    draft = Draft(file.budget)
    body = file.body
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or body[1:2] == b"\0":
        body = decode(body).encode("utf-8")
    message = email.message_from_bytes(body.lstrip(b"\r\n\t "))
    # Without headers there is no message.
    if not message.keys():
        raise ParseError("it has no mail headers; check that it is a saved message (.eml)")
    title, metadata = write_message(message, draft, file)
    return draft.parsed(title, metadata)


def parse_mbox(file: File) -> Parsed:
    """All messages of a mailbox file, each under its subject."""
    draft = Draft(file.budget)
    for number, raw in enumerate(_messages(file.body), 1):
        file.budget.member()
        inner = Draft(file.budget)
        message = email.message_from_bytes(raw)
        title, _ = write_message(message, inner, file, f"message {number}")
        draft.include(inner.parsed(), (title or f"Message {number}",))
    return draft.parsed()


def write_message(message: Message, draft: Draft, file: File, locator: str = "") -> tuple[str, Attributes]:
    """Writes a message's headers, body and attachments to `draft`; its subject and metadata come back.

    Raises:
        Encrypted: the body is encrypted (S/MIME or PGP).
    """
    kind = message.get_content_type()
    smime = str(message.get_param("smime-type") or "")
    if kind == "multipart/encrypted" or (kind.endswith("pkcs7-mime") and "signed" not in smime):
        raise Encrypted("it is an encrypted message (S/MIME or PGP); upload a decrypted copy")
    values = {name: header(message, name) for name in _HEADERS}
    draft.locator = locator
    for name in _HEADERS:
        if values[name]:
            draft.item(f"{name}: {values[name]}")
    plain: list[str] = []
    rich: list[str] = []
    attached: list[tuple[str, str, bytes | Message]] = []
    parts = list(_leaves(message))
    if len(parts) > MAX_PARTS:
        draft.warn(f"Only the first {MAX_PARTS:,} parts of the message were read.")
    for part in parts[:MAX_PARTS]:
        name = _decoded(part.get_filename() or "")
        media_type = part.get_content_type()
        if media_type == "message/rfc822":
            payload = part.get_payload()
            for inner in payload if isinstance(payload, list) else []:
                if not isinstance(inner, Message):
                    continue
                attached.append((name or header(inner, "Subject") or "attached message", media_type, inner))
            continue
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else str(part.get_payload()).encode("utf-8", "replace")
        if part.get_content_disposition() == "attachment" or (name and not media_type.startswith("text/")):
            attached.append((name or media_type, media_type, content))
        elif media_type == "text/html":
            rich.append(decode(content, part.get_content_charset() or ""))
        elif media_type.startswith("text/") or media_type == "message/delivery-status":
            if media_type == "text/calendar":
                attached.append((name or "invitation.ics", media_type, content))
            else:
                plain.append(decode(content, part.get_content_charset() or ""))
        elif media_type.startswith("message/"):
            plain.append(decode(content))
        elif not media_type.startswith("image/"):
            attached.append((name or media_type, media_type, content))
    write_bodies(draft, file, plain, rich)
    for name, media_type, content in attached:
        if isinstance(content, Message):
            _write_inner(draft, file, name, content)
        else:
            include_nested(draft, file, content, name, media_type)
    return values["Subject"], mail_metadata(values)


def write_bodies(draft: Draft, file: File, plain: list[str], rich: list[str]) -> None:
    """The body in its plain form; in its HTML form if there is no plain one or the HTML says much more."""
    parsed = [html_sections(file, text, whole_page=False) for text in rich]
    html_words = sum(len(section.text.split()) for one in parsed for section in one.sections)
    plain_words = sum(len(text.split()) for text in plain)
    if plain and html_words <= 1.5 * plain_words + 20:
        # Both forms should say the same; where they don't, neither is lost.
        said = set(re.findall(r"\w+", " ".join(plain).lower()))
        others = [one for one in parsed if _says_other(one, said)]
    else:
        plain, others = [] if html_words else plain, parsed
    for text in plain:
        write_message_text(draft, [Section(text)])
    for one in others:
        write_message_text(draft, one.sections)
        draft.warnings.extend(one.warnings)


def _says_other(one: Parsed, said: set[str]) -> bool:
    heard = set(re.findall(r"\w+", " ".join(section.text for section in one.sections).lower()))
    return bool(heard) and len(heard - said) > 0.5 * len(heard)


def mail_metadata(values: dict[str, str]) -> Attributes:
    """Document metadata from a message's headers."""
    sent = ""
    try:
        moment = parsedate_to_datetime(values.get("Date", ""))
        sent = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        pass
    recipients = [address for name in ("To", "Cc") for _, address in _addresses(values.get(name, ""))]
    return attributes(
        [
            ("authors", [name or address for name, address in _addresses(values.get("From", ""))]),
            ("created_at", sent),
            ("updated_at", sent),
            ("sender", [address for _, address in _addresses(values.get("From", ""))]),
            ("recipients", recipients[:50]),
        ]
    )


def header(message: Message, name: str) -> str:
    """A header's text, encoded words and folding undone; "" if it is missing."""
    try:
        value = message.get(name)
    except (ValueError, IndexError, TypeError):
        return ""
    return _decoded(str(value)[:MAX_HEADER_CHARS]) if value is not None else ""


def _decoded(value: str) -> str:
    value = re.sub(r"\r?\n\s*", " ", value)
    # Raw bytes in a header arrive as surrogates.
    value = decode(value.encode("utf-8", "surrogateescape")) if not value.isascii() else value
    if "=?" not in value:
        return one_line(value)
    parts: list[str] = []
    try:
        for text, charset in decode_header(value):
            parts.append(text if isinstance(text, str) else decode(text, charset or ""))
    except (ValueError, LookupError):
        return one_line(value)
    return one_line("".join(parts))


def _addresses(value: str) -> list[tuple[str, str]]:
    try:
        return [(name.strip(), address.strip().lower()) for name, address in getaddresses([value]) if name or address]
    except (ValueError, IndexError, RecursionError):
        return []


def _leaves(message: Message) -> Iterator[Message]:
    """The message's parts that hold content; attached messages as one part."""
    stack, found = [message], 0
    while stack and found <= 2 * MAX_PARTS:
        part = stack.pop()
        found += 1
        if part.get_content_type() == "message/rfc822" and part is not message:
            yield part
        elif part.is_multipart() and isinstance(payload := part.get_payload(), list):
            stack.extend(item for item in reversed(payload) if isinstance(item, Message))
        else:
            yield part


def _write_inner(draft: Draft, file: File, name: str, message: Message) -> None:
    if file.depth >= file.budget.limits.max_depth:
        draft.warn(f"{name}: messages nested deeper than {file.budget.limits.max_depth} levels were not read.")
        return
    file.budget.member()
    inner = Draft(file.budget)
    try:
        write_message(message, inner, file.inner(b"", name))
    except (Encrypted, ParseError) as error:
        if isinstance(error, DebriefError):
            draft.warn(f"The attachment {name} was not read: {error}.")
        return
    draft.include(inner.parsed(), (name,))


def _messages(body: bytes) -> Iterator[bytes]:
    """The raw messages of an mbox file, "From " lines removed and quoting (">From ") undone."""
    for part in re.split(rb"(?m)^From [^\r\n]*\r?\n", body):
        if part.strip():
            yield re.sub(rb"(?m)^>(>*From )", rb"\1", part)
