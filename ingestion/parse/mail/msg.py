"""msg (Outlook) → sections: headers, body and attachments; an attached message is read the same way.

Read with olefile from the property streams of [MS-OXMSG]: python-oxmsg gives neither code pages, nor the RTF body,
nor appointments, and extract-msg is GPL.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from core.errors import Encrypted, ParseError
from core.types import Attributes, Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.legacy.compound import Compound, codec
from ingestion.parse.legacy.rich_text import rtf_text
from ingestion.parse.mail.eml import mail_metadata, write_bodies
from ingestion.parse.nested import include_nested
from ingestion.parse.text.plain import decode

_PROPERTIES = "__properties_version1.0"
_NAMES = ("__nameid_version1.0", "__substg1.0_00030102")  # the numbers of named properties in this file
# Heads of the property stream: of a recipient, of an attached message, of the message itself.
_HEAD_OF_RECIPIENT, _HEAD_OF_ATTACHED, _HEAD_OF_MESSAGE = 8, 24, 32

# Property numbers, [MS-OXPROPS], by the names that they have there.
_MESSAGE_CLASS, _MESSAGE_CODEPAGE, _INTERNET_CODEPAGE = 0x001A, 0x3FFD, 0x3FDE
_SUBJECT, _CLIENT_SUBMIT_TIME, _MESSAGE_DELIVERY_TIME = 0x0037, 0x0039, 0x0E06
_SENDER_NAME, _SENT_REPRESENTING_NAME, _SENDER_SMTP_ADDRESS, _SENDER_EMAIL_ADDRESS = 0x0C1A, 0x0042, 0x5D01, 0x0C1F
_DISPLAY_TO, _DISPLAY_CC, _DISPLAY_BCC = 0x0E04, 0x0E03, 0x0E02
_BODY, _HTML, _RTF_COMPRESSED = 0x1000, 0x1013, 0x1009
_DISPLAY_NAME, _EMAIL_ADDRESS, _SMTP_ADDRESS, _RECIPIENT_TYPE = 0x3001, 0x3003, 0x39FE, 0x0C15
_ATTACH_DATA, _ATTACH_LONG_FILENAME, _ATTACH_FILENAME, _ATTACH_MIME_TAG = 0x3701, 0x3707, 0x3704, 0x370E
_FIRST_NAMED = 0x8000
_UNICODE, _STRING8, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D  # types of properties
_ROLES = {1: "To", 2: "Cc", 3: "Bcc"}
# Named properties of a calendar item, [MS-OXOCAL].
_APPOINTMENT = {0x8208: "Location", 0x820D: "Begins", 0x820E: "Ends"}
_LATEST_TICKS = 2_650_467_744_000_000_000  # the end of the year 9999
_RTF_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def parse_msg(file: File) -> Parsed:
    """One Outlook item: a message, an appointment, a contact, a task."""
    compound = Compound(file)
    draft = Draft(file.budget)
    title, metadata = _Item(compound, ()).write(draft, file)
    return draft.parsed(title, metadata)


@dataclass(frozen=True, slots=True)
class _Item:
    """One item in the compound file: the file itself, or a message attached to it."""

    compound: Compound
    path: tuple[str, ...]

    def write(self, draft: Draft, file: File) -> tuple[str, Attributes]:
        """Writes the item to `draft`; its subject and metadata come back."""
        fixed = self._fixed(_HEAD_OF_ATTACHED if self.path else _HEAD_OF_MESSAGE)
        encoding = codec(_integer(fixed.get(_MESSAGE_CODEPAGE)) or 1252)
        kind = self._text(_MESSAGE_CLASS, encoding).lower()
        if not fixed and not kind:
            raise ParseError("it is damaged: it has no message properties; open and save it again in Outlook")
        children = self.compound.children(*self.path)
        attachments = sorted(name for name in children if name.lower().startswith("__attach_"))
        if "smime" in kind and "multipartsigned" not in kind:
            raise Encrypted("it is an encrypted message (S/MIME); upload a decrypted copy")
        if "rpmsg" in kind or any("rpmsg" in self._attachment_name(name, encoding).lower() for name in attachments):
            raise Encrypted("it is a rights-protected message (RPMSG); upload an unprotected copy")
        if any("pgp-encrypted" in self._attachment_name(name, encoding).lower() for name in attachments):
            raise Encrypted("it is an encrypted message (PGP); upload a decrypted copy")
        values = {
            "From": _person(
                self._text(_SENDER_NAME, encoding) or self._text(_SENT_REPRESENTING_NAME, encoding),
                self._text(_SENDER_SMTP_ADDRESS, encoding) or self._text(_SENDER_EMAIL_ADDRESS, encoding),
            ),
            **self._recipients(children, encoding),
            "Date": _date(fixed.get(_CLIENT_SUBMIT_TIME) or fixed.get(_MESSAGE_DELIVERY_TIME)),
            "Subject": self._text(_SUBJECT, encoding),
        }
        for name, value in values.items():
            if value:
                draft.item(f"{name}: {value}")
        for name, value in self._appointment(fixed, encoding):
            draft.item(f"{name}: {value}")
        plain, html = self._text(_BODY, encoding), self._html(encoding, _integer(fixed.get(_INTERNET_CODEPAGE)))
        if not plain.strip() and not html.strip():
            rtf = decompress_rtf(self.compound.read(*self.path, _stream(_RTF_COMPRESSED, _BINARY)))
            plain = rtf_text(rtf) if rtf else ""
        write_bodies(draft, file, [plain] if plain.strip() else [], [html] if html.strip() else [])
        for name in attachments:
            self._attachment(draft, file, name, encoding)
        return values["Subject"], mail_metadata(values)

    def _attachment(self, draft: Draft, file: File, storage: str, encoding: str) -> None:
        name = self._attachment_name(storage, encoding)
        inner = _Item(self.compound, (*self.path, storage, _stream(_ATTACH_DATA, _OBJECT)))
        if self.compound.read(*inner.path, _PROPERTIES):
            if file.depth + len(self.path) // 2 >= file.budget.limits.max_depth:
                draft.warn(f"{name}: messages nested deeper than {file.budget.limits.max_depth} levels were not read.")
                return
            file.budget.member()
            nested = Draft(file.budget)
            try:
                title, _ = inner.write(nested, file)
            except ParseError as error:
                draft.warn(f"{name} was not read: {error}.")
                return
            draft.include(nested.parsed(), (name or title or "attached message",))
            return
        body = self.compound.read(*self.path, storage, _stream(_ATTACH_DATA, _BINARY))
        media_type = _Item(self.compound, (*self.path, storage))._text(_ATTACH_MIME_TAG, encoding)
        include_nested(draft, file, body, name, media_type)

    def _attachment_name(self, storage: str, encoding: str) -> str:
        item = _Item(self.compound, (*self.path, storage))
        tags = (_ATTACH_LONG_FILENAME, _ATTACH_FILENAME, _DISPLAY_NAME)
        return one_line(next(filter(None, (item._text(tag, encoding) for tag in tags)), ""))

    def _recipients(self, children: list[str], encoding: str) -> dict[str, str]:
        found: dict[str, list[str]] = {"To": [], "Cc": [], "Bcc": []}
        for storage in sorted(name for name in children if name.lower().startswith("__recip_")):
            item = _Item(self.compound, (*self.path, storage))
            role = _ROLES.get(_integer(item._fixed(_HEAD_OF_RECIPIENT).get(_RECIPIENT_TYPE)), "To")
            address = item._text(_SMTP_ADDRESS, encoding) or item._text(_EMAIL_ADDRESS, encoding)
            person = _person(item._text(_DISPLAY_NAME, encoding), address)
            if person:
                found[role].append(person)
        display = {"To": _DISPLAY_TO, "Cc": _DISPLAY_CC, "Bcc": _DISPLAY_BCC}
        return {
            role: ", ".join(people) or self._text(display[role], encoding).replace(";", ",")
            for role, people in found.items()
        }

    def _appointment(self, fixed: dict[int, bytes], encoding: str) -> list[tuple[str, str]]:
        """Place and times of a calendar item: named properties, whose numbers differ from file to file."""
        found: list[tuple[str, str]] = []
        entries = self.compound.read(*_NAMES)
        for at in range(0, len(entries) - 7, 8):
            identifier, kind, index = struct.unpack_from("<IHH", entries, at)
            name = _APPOINTMENT.get(identifier) if not kind & 1 else None
            if name is None:
                continue
            tag = _FIRST_NAMED + index
            value = self._text(tag, encoding) if name == "Location" else _date(fixed.get(tag))
            if value:
                found.append((name, value))
        return sorted(found, key=lambda item: list(_APPOINTMENT.values()).index(item[0]))

    def _html(self, encoding: str, internet_codepage: int) -> str:
        raw = self.compound.read(*self.path, _stream(_HTML, _BINARY))
        if raw:
            return decode(raw, codec(internet_codepage) if internet_codepage else encoding)
        return self._text(_HTML, encoding)

    def _text(self, tag: int, encoding: str) -> str:
        wide = self.compound.read(*self.path, _stream(tag, _UNICODE))
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self.compound.read(*self.path, _stream(tag, _STRING8)).rstrip(b"\0")
        # A message may name a code page and be written in another: the text decides, the name helps.
        return decode(narrow, encoding) if narrow else ""

    def _fixed(self, head: int) -> dict[int, bytes]:
        """The values of fixed size by property number, 8 bytes each."""
        stream = self.compound.read(*self.path, _PROPERTIES)
        values: dict[int, bytes] = {}
        for at in range(head, len(stream) - 15, 16):
            values[struct.unpack_from("<H", stream, at + 2)[0]] = stream[at + 8 : at + 16]
        return values


def _stream(tag: int, kind: int) -> str:
    """The name of the stream that holds a property of no fixed size."""
    return f"__substg1.0_{tag:04X}{kind:04X}"


def decompress_rtf(data: bytes) -> bytes:
    """Outlook's compressed RTF ([MS-OXRTFCP]) unpacked; b"" if it isn't any."""
    if len(data) < 16:
        return b""
    size, raw_size, kind = struct.unpack_from("<II4s", data)
    if kind == b"MELA":
        return data[16 : 16 + raw_size]
    if kind != b"LZFu":
        return b""
    window = bytearray(_RTF_DICTIONARY.ljust(4096, b"\0"))
    write, at, end = len(_RTF_DICTIONARY), 16, min(size + 4, len(data))
    out = bytearray()
    while at < end and len(out) < raw_size:
        flags, at = data[at], at + 1
        for bit in range(8):
            if at >= end or len(out) >= raw_size:
                break
            if flags >> bit & 1:
                if at + 2 > end:
                    return bytes(out)
                word, at = struct.unpack_from(">H", data, at)[0], at + 2
                read, count = word >> 4, (word & 15) + 2
                if read == write % 4096:
                    return bytes(out)
                for step in range(count):
                    byte = window[(read + step) % 4096]
                    window[write % 4096] = byte
                    out.append(byte)
                    write += 1
            else:
                window[write % 4096] = data[at]
                out.append(data[at])
                write, at = write + 1, at + 1
    return bytes(out)


def _person(name: str, address: str) -> str:
    name, address = one_line(name).strip("'\""), one_line(address)
    if "@" not in address:  # an Exchange path is no address to a reader
        return name or address
    return f"{name} <{address}>" if name and name.lower() != address.lower() else address


def _date(raw: bytes | None) -> str:
    """A FILETIME as a mail date."""
    ticks = struct.unpack("<Q", raw)[0] if raw else 0
    if not 0 < ticks < _LATEST_TICKS:
        return ""
    return format_datetime(datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10))


def _integer(raw: bytes | None) -> int:
    return int(struct.unpack_from("<I", raw)[0]) if raw else 0
