"""Zip-based files (docx, pptx, xlsx, odt, epub): members within the budget, XML that can't bite, relations."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from lxml import etree

from core.errors import Encrypted, ParseError, TooLarge
from ingestion.parse.draft import File, attributes

# When python-docx's and python-pptx's templates were made, which is what their files say of themselves.
_TEMPLATE_MOMENTS = frozenset({"2013-12-23T23:15:00Z", "2013-01-27T09:14:16Z", "2013-01-27T09:15:58Z"})

Element = Any  # lxml's element; the library has no types

MAX_PART_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Relation:
    """A link from one part of a package to another (`external` ones are never followed)."""

    kind: str
    target: str
    external: bool


class Package:
    """A zip file's members by name, unpacked on demand and counted against the budget."""

    def __init__(self, file: File) -> None:
        """Opens the archive.

        Raises:
            ParseError: the zip directory is damaged.
        """
        self.file = file
        self.damaged: list[str] = []
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(file.body))
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
            OverflowError,
            EOFError,
            UnicodeDecodeError,
        ) as error:
            raise ParseError(f"it is damaged: its zip directory can't be read ({error}); get a fresh copy") from error
        infos = self._zip.infolist()
        if len(infos) > 100_000:
            raise TooLarge(f"it holds {len(infos):,} files; split it into parts")
        self._infos = {_name(info.filename): info for info in infos if not info.is_dir()}
        self._lower = {name.lower(): name for name in self._infos}

    def names(self) -> list[str]:
        """All members, in the order of the archive."""
        return list(self._infos)

    def find(self, name: str) -> str | None:
        """The member of that name, whatever its case; None if there is none."""
        return self._lower.get(_name(name).lower())

    def encrypted(self, name: str) -> bool:
        """Whether the member needs a password."""
        return bool(self._infos[name].flag_bits & 1)

    def size(self, name: str) -> int:
        """How many bytes the member says it unpacks to."""
        return self._infos[name].file_size

    def read(self, name: str, max_bytes: int = MAX_PART_BYTES) -> bytes | None:
        """The member's bytes, None if there is no such member.

        Raises:
            Encrypted: the member needs a password.
            TooLarge: it unpacks to more than `max_bytes` or than the budget allows.
            ParseError: its data are damaged.
        """
        found = self.find(name)
        if found is None:
            return None
        with self.open(found) as stream:
            body = stream.read(max_bytes + 1)
        if len(body) > max_bytes:
            raise TooLarge(f"its part {found} unpacks to more than {max_bytes:,} bytes; split the file")
        return body

    def open(self, name: str) -> Counted:
        """A stream of an existing member that counts what it unpacks; raises as `read` does."""
        info = self._infos[name]
        if info.flag_bits & 1:
            raise Encrypted("it is a zip archive with a password; remove the password and upload it again")
        try:
            return Counted(self._zip.open(info), self.file)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError) as error:
            raise ParseError(f"it is damaged: {name} can't be unpacked ({error}); get a fresh copy") from error

    def xml(self, name: str) -> Element | None:
        """The root element of an XML member; None if it is missing or has no element at all."""
        body = self.read(name)
        if body is None:
            return None
        root, whole = read_xml(body)
        if not whole:
            self.damaged.append(name)
        return root

    def relations(self, part: str) -> dict[str, Relation]:
        """The relations of `part` ("" for the package) by id; targets are member names."""
        folder, base = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", base + ".rels"))
        found: dict[str, Relation] = {}
        for element in root if root is not None else ():
            target = element.get("Target") or ""
            external = (element.get("TargetMode") or "").lower() == "external"
            if not external:
                target = unquote(target.split("#")[0])
                target = _name(target if target.startswith("/") else posixpath.join(folder, target))
            kind = (element.get("Type") or "").rsplit("/", 1)[-1]
            found[element.get("Id") or ""] = Relation(kind, target, external)
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """The members that `part` relates to by `kind` (the last word of the relation type)."""
        wanted = kind.lower()
        return [
            name
            for relation in self.relations(part).values()
            if relation.kind.lower() == wanted and not relation.external and (name := self.find(relation.target))
        ]

    def properties(self) -> tuple[str, dict[str, str | tuple[str, ...]]]:
        """Title and metadata of an Office Open XML package (docProps/core.xml)."""
        parts = self.related("", "core-properties") or ["docProps/core.xml"]
        try:
            root = self.xml(parts[0])
        except ParseError:
            return "", {}
        values = {local(element): (element.text or "") for element in (root if root is not None else ())}
        return values.get("title", ""), attributes(
            [
                ("authors", [name for name in re.split("[;]", values.get("creator", "")) if name.strip()]),
                ("created_at", _told(values.get("created", ""))),
                ("updated_at", _told(values.get("modified", ""))),
                ("last_modified_by", values.get("lastModifiedBy", "")),
                ("subject", values.get("subject", "")),
                ("category", values.get("category", "")),
                ("keywords", re.split("[,;]", values.get("keywords", ""))),
                ("status", values.get("contentStatus", "")),
                ("language", values.get("language", "")),
            ]
        )


def _told(moment: str) -> str:
    """The moment as ISO 8601; empty for that of a library's template, which says nothing of the document."""
    return "" if moment in _TEMPLATE_MOMENTS else iso_date(moment)


class Counted(io.RawIOBase):
    """A member's stream: what is read is counted, and a damaged member raises one kind of error."""

    def __init__(self, stream: Any, file: File) -> None:
        self._stream, self._budget = stream, file.budget

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes (everything if negative), in steps, so that a bomb is stopped early."""
        wanted = -1 if size is None else size
        pieces: list[bytes] = []
        while wanted:
            step = 1 << 20 if wanted < 0 else min(wanted, 1 << 20)
            try:
                piece = self._stream.read(step)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
                raise ParseError(f"it is damaged: a part can't be unpacked ({error}); get a fresh copy") from error
            if not piece:
                break
            self._budget.unpack(len(piece))
            pieces.append(piece)
            wanted -= len(piece) if wanted > 0 else 0
        return b"".join(pieces)

    def close(self) -> None:
        """Closes the member."""
        self._stream.close()
        super().close()


def xml_options() -> dict[str, bool]:
    """How every XML file is read: entities stay unresolved, no DTD, no network, no unbounded nesting."""
    return {
        "resolve_entities": False,
        "load_dtd": False,
        "no_network": True,
        "huge_tree": False,
        "recover": True,
        "remove_comments": True,
        "remove_pis": True,
    }


def read_xml(body: bytes) -> tuple[Element | None, bool]:
    """The root element (None if there is none) and whether the whole of `body` was well formed."""
    parser = etree.XMLParser(**xml_options())
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if any(entry.type_name == "ERR_NO_MEMORY" for entry in parser.error_log):
        raise MemoryError
    if root is None:
        return None, False
    fatal = [entry for entry in parser.error_log if entry.level_name == "FATAL"]
    return root, not fatal


def local(element: Element) -> str:
    """The element's name without its namespace ("" for an entity reference)."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """The attribute of that local name, whatever its namespace."""
    value = element.get(name)
    if value is not None:
        return str(value)
    for key, found in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(found)
    return None


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant along the local names `path`; None if one of them is missing."""
    for name in path:
        if element is None:
            return None
        element = next((item for item in element if local(item) == name), None)
    return element


def descendants(element: Element | None, *names: str) -> Iterator[Element]:
    """All elements below (and including) `element` with one of these local names, in document order."""
    if element is None:
        return
    yield from element.iter(*(f"{{*}}{name}" for name in names))


def iso_date(value: str) -> str:
    """`value` (ISO 8601 or RFC 3339) in UTC; "" if it isn't a date."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return ""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return moment.astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        return ""


def _name(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/")
