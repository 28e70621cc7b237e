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
_APPOINTMENT = {0x8208: "Location", 0x820D: "Begins", 0x820E: "Ends"}
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
        fixed = self._fixed(24 if self.path else 32)
        encoding = codec(_integer(fixed.get(0x3FFD)) or 1252)
        kind = self._text(0x001A, encoding).lower()
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
                self._text(0x0C1A, encoding) or self._text(0x0042, encoding),
                self._text(0x5D01, encoding) or self._text(0x0C1F, encoding),
            ),
            **self._recipients(children, encoding),
            "Date": _date(fixed.get(0x0039) or fixed.get(0x0E06)),
            "Subject": self._text(0x0037, encoding),
        }
        for name, value in values.items():
            if value:
                draft.item(f"{name}: {value}")
        for name, value in self._appointment(fixed, encoding):
            draft.item(f"{name}: {value}")
        plain, html = self._text(0x1000, encoding), self._html(encoding, _integer(fixed.get(0x3FDE)))
        if not plain.strip() and not html.strip():
            rtf = decompress_rtf(self.compound.read(*self.path, "__substg1.0_10090102"))
            plain = rtf_text(rtf) if rtf else ""
        write_bodies(draft, file, [plain] if plain.strip() else [], [html] if html.strip() else [])
        for name in attachments:
            self._attachment(draft, file, name, encoding)
        return values["Subject"], mail_metadata(values)

    def _attachment(self, draft: Draft, file: File, storage: str, encoding: str) -> None:
        name = self._attachment_name(storage, encoding)
        inner = _Item(self.compound, (*self.path, storage, "__substg1.0_3701000D"))
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
        body = self.compound.read(*self.path, storage, "__substg1.0_37010102")
        media_type = _Item(self.compound, (*self.path, storage))._text(0x370E, encoding)
        include_nested(draft, file, body, name, media_type)

    def _attachment_name(self, storage: str, encoding: str) -> str:
        item = _Item(self.compound, (*self.path, storage))
        return one_line(next(filter(None, (item._text(tag, encoding) for tag in (0x3707, 0x3704, 0x3001))), ""))

    def _recipients(self, children: list[str], encoding: str) -> dict[str, str]:
        found: dict[str, list[str]] = {"To": [], "Cc": [], "Bcc": []}
        for storage in sorted(name for name in children if name.lower().startswith("__recip_")):
            item = _Item(self.compound, (*self.path, storage))
            role = {2: "Cc", 3: "Bcc"}.get(_integer(item._fixed(8).get(0x0C15)), "To")
            person = _person(item._text(0x3001, encoding), item._text(0x39FE, encoding) or item._text(0x3003, encoding))
            if person:
                found[role].append(person)
        display = {"To": 0x0E04, "Cc": 0x0E03, "Bcc": 0x0E02}
        return {
            role: ", ".join(people) or self._text(display[role], encoding).replace(";", ",")
            for role, people in found.items()
        }

    def _appointment(self, fixed: dict[int, bytes], encoding: str) -> list[tuple[str, str]]:
        """Place and times of a calendar item: named properties, whose numbers differ from file to file."""
        found: list[tuple[str, str]] = []
        entries = self.compound.read("__nameid_version1.0", "__substg1.0_00030102")
        for at in range(0, len(entries) - 7, 8):
            identifier, kind, index = struct.unpack_from("<IHH", entries, at)
            name = _APPOINTMENT.get(identifier) if not kind & 1 else None
            if name is None:
                continue
            tag = 0x8000 + index
            value = self._text(tag, encoding) if name == "Location" else _date(fixed.get(tag))
            if value:
                found.append((name, value))
        return sorted(found, key=lambda item: list(_APPOINTMENT.values()).index(item[0]))

    def _html(self, encoding: str, internet_codepage: int) -> str:
        raw = self.compound.read(*self.path, "__substg1.0_10130102")
        if raw:
            return decode(raw, codec(internet_codepage) if internet_codepage else encoding)
        return self._text(0x1013, encoding)

    def _text(self, tag: int, encoding: str) -> str:
        wide = self.compound.read(*self.path, f"__substg1.0_{tag:04X}001F")
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self.compound.read(*self.path, f"__substg1.0_{tag:04X}001E").rstrip(b"\0")
        # A message may name a code page and be written in another: the text decides, the name helps.
        return decode(narrow, encoding) if narrow else ""

    def _fixed(self, head: int) -> dict[int, bytes]:
        """The values of fixed size by property number, 8 bytes each."""
        stream = self.compound.read(*self.path, _PROPERTIES)
        values: dict[int, bytes] = {}
        for at in range(head, len(stream) - 15, 16):
            values[struct.unpack_from("<H", stream, at + 2)[0]] = stream[at + 8 : at + 16]
        return values


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
    if not 0 < ticks < 2_650_467_744_000_000_000:
        return ""
    return format_datetime(datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10))


def _integer(raw: bytes | None) -> int:
    return int(struct.unpack_from("<I", raw)[0]) if raw else 0
