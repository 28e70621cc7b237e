"""zip → the documents it holds, each under its path; epub → its chapters in reading order."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, attributes, one_line
from ingestion.parse.nested import include_nested
from ingestion.parse.office.package import Package, attribute, child, descendants, iso_date, local
from ingestion.parse.text.plain import decode
from ingestion.parse.text.web import html_sections

_FONT_MANGLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def parse_zip(file: File) -> Parsed:
    """The documents of an archive; what can't be read is named in a warning."""
    package = Package(file)
    draft = Draft(file.budget)
    names = [name for name in package.names() if not _clutter(name)]
    locked = [name for name in names if package.encrypted(name)]
    if locked and len(locked) == len(names):
        raise Encrypted("it is a zip archive with a password; remove the password and upload it again")
    for name in locked:
        draft.warn(f"{name} was not read: it is encrypted with a password.")
    for name in names:
        if name in locked:
            continue
        if package.size(name) > file.budget.limits.max_bytes:
            limit = file.budget.limits.max_bytes
            draft.warn(f"{name} was not read: it has {package.size(name):,} bytes, over the limit of {limit:,}.")
            continue
        try:
            body = package.read(name)
        except ParseError as error:
            if type(error) is not ParseError:
                raise
            draft.warn(f"{name} was not read: {error}.")
            continue
        include_nested(draft, file, body or b"", name)
    return draft.parsed()


def parse_epub(file: File) -> Parsed:
    """A book's chapters in the order of its spine."""
    package = Package(file)
    _refuse_protected(package)
    container = package.xml("META-INF/container.xml")
    roots = [attribute(item, "full-path") or "" for item in descendants(container, "rootfile")]
    book = package.xml(roots[0]) if roots else None
    if book is None:
        raise ParseError("it is damaged: it has no readable package document; get a fresh copy")
    folder = posixpath.dirname(roots[0])
    manifest = descendants(child(book, "manifest"), "item")
    items = {attribute(item, "id"): attribute(item, "href") or "" for item in manifest}
    values: dict[str, list[str]] = {}
    for item in descendants(child(book, "metadata"), "*"):
        values.setdefault(local(item), []).append(one_line(item.text or ""))
    draft = Draft(file.budget)
    draft.text(next(iter(values.get("description", [])), ""))
    for number, reference in enumerate(descendants(child(book, "spine"), "itemref"), 1):
        target = posixpath.join(folder, unquote(items.get(attribute(reference, "idref"), "")).split("#")[0])
        body = package.read(target)
        if body is None:
            draft.warn(f"Chapter {number} ({target}) is missing.")
            continue
        file.budget.member()
        draft.include(html_sections(file, decode(body), whole_page=False), ())
    return draft.parsed(
        next(iter(values.get("title", [])), ""),
        attributes(
            [
                ("authors", values.get("creator", [])),
                ("created_at", iso_date(next(iter(values.get("date", [])), ""))),
                ("language", next(iter(values.get("language", [])), "")),
                ("subject", ", ".join(values.get("subject", []))),
                ("description", next(iter(values.get("description", [])), "")),
            ]
        ),
    )


def _refuse_protected(package: Package) -> None:
    """Raises Encrypted if more than fonts is encrypted."""
    for method in descendants(package.xml("META-INF/encryption.xml"), "EncryptionMethod"):
        if (attribute(method, "Algorithm") or "") not in _FONT_MANGLING:
            raise Encrypted("it is a copy-protected book (DRM); upload an unprotected copy")


def _clutter(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith((".", "~$")) or parts[-1] in ("Thumbs.db", "desktop.ini")
