"""ppt (PowerPoint 97–2003) → sections: each slide's texts, notes and comments.

No library with a permissive licence reads it; the format is [MS-PPT], read here as far as its text needs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, clean
from ingestion.parse.legacy.compound import Compound

_DOCUMENT, _SLIDE, _NOTES, _MASTER, _LIST, _PERSIST = 1000, 1006, 1008, 1016, 4080, 1011
_TEXT_TYPE, _WIDE, _NARROW, _STRING, _OUTLINE, _COMMENT = 3999, 4000, 4008, 4026, 3998, 12000
_EDIT, _DIRECTORY, _CRYPT = 4085, 6002, 12052
# What programs add to a slide: from PowerPoint 2002 on its comments, inside a record that isn't marked as a container.
_SLIDE_ATOM, _PROGRAM_TAGS, _TAG_DATA = 1007, 5000, 5003
_CONTAINER = 0xF  # the version that marks a record of records
_ENCRYPTED_TOKEN = 0xF3D1C4DF
MAX_DEPTH = 40
Text = tuple[int, str]  # kind of placeholder (0 and 6: title), text


@dataclass(slots=True)
class _Entry:
    """One slide as the document's list has it: the object it refers to, its number, and its outline texts."""

    reference: int
    identifier: int
    texts: list[Text] = field(default_factory=list)


def parse_ppt(file: File) -> Parsed:
    """A PowerPoint 97–2003 presentation."""
    compound = Compound(file)
    stream, user = compound.read("PowerPoint Document"), compound.read("Current User")
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED_TOKEN:
        raise Encrypted("it is encrypted with a password; remove the password and upload it again")
    if len(stream) < 8:
        raise ParseError("it is damaged: it has no PowerPoint stream; open and save it again in PowerPoint")
    if any(kind == _CRYPT for kind, _, _, _ in _records(stream, 0, len(stream), MAX_DEPTH - 1)):
        raise Encrypted("it is encrypted with a password; remove the password and upload it again")
    draft = Draft(file.budget)
    write_deck(stream, user, draft)
    title_text, metadata = compound.properties()
    return draft.parsed("" if title_text.lower() in ("powerpoint presentation", "slide 1") else title_text, metadata)


def write_deck(stream: bytes, user: bytes, draft: Draft) -> None:
    """Writes the slides of the streams "PowerPoint Document" and "Current User" to `draft`."""
    objects = _directory(stream, user)
    document = next((at for at in objects.values() if _kind(stream, at) == _DOCUMENT), None)
    if document is None:
        document = next((at for kind, _, at, _ in _records(stream, 0, len(stream)) if kind == _DOCUMENT), -1) - 8
    slides = list(_entries(stream, document, 0)) if document >= 0 else []
    notes = {entry.identifier: entry for entry in (_entries(stream, document, 2) if document >= 0 else [])}
    for number, entry in enumerate(slides, 1):
        draft.close_headings()
        draft.place(number, f"slide {number}")
        at = objects.get(entry.reference, -1)
        texts = list(_object_texts(stream, at, entry.texts)) if _kind(stream, at) == _SLIDE else entry.texts
        said = {text for _, text in texts}
        texts += [item for item in entry.texts if item[1] not in said]
        title = next((item for item in texts if item[0] in (0, 6)), None)
        if title:
            draft.heading(1, title[1])
        for item in texts:
            if item is not title:
                draft.text(item[1])
        for text in _comments(stream, at):
            draft.add(text, "note", f"slide {number} comment")
        for text in _notes(stream, at, notes, objects):
            draft.add(text, "note", f"slide {number} notes")
    if draft.empty:  # the list of slides or that of objects is damaged: every text there is
        for _, text in _texts(stream, 0, len(stream), []):
            draft.text(text)
    draft.close_headings()


def _records(stream: bytes, begin: int, end: int, depth: int = 0) -> Iterator[tuple[int, int, int, int]]:
    """Type, instance, and begin and end of the data of each record right in this stretch."""
    if depth > MAX_DEPTH:
        return
    while begin + 8 <= end:
        head, kind, size = struct.unpack_from("<HHI", stream, begin)
        stop = min(begin + 8 + size, end)
        yield kind, head >> 4, begin + 8, stop
        begin = max(stop, begin + 8)


def _kind(stream: bytes, at: int) -> int:
    return int(struct.unpack_from("<H", stream, at + 2)[0]) if 0 <= at <= len(stream) - 8 else 0


def _end(stream: bytes, at: int) -> int:
    return min(at + 8 + int(struct.unpack_from("<I", stream, at + 4)[0]), len(stream))


def _directory(stream: bytes, user: bytes) -> dict[int, int]:
    """Where each object of the latest saved version begins; {} if the chain of edits is damaged."""
    objects: dict[int, int] = {}
    at = struct.unpack_from("<I", user, 16)[0] if len(user) >= 20 else 0
    seen: set[int] = set()
    while at not in seen and 0 < at <= len(stream) - 36 and _kind(stream, at) == _EDIT:
        seen.add(at)
        last, where = struct.unpack_from("<II", stream, at + 16)
        if _kind(stream, where) == _DIRECTORY:
            position, stop = where + 8, _end(stream, where)
            while position + 4 <= stop:
                packed = struct.unpack_from("<I", stream, position)[0]
                first, count = packed & 0xFFFFF, packed >> 20
                position += 4
                for number in range(min(count, (stop - position) // 4)):
                    objects.setdefault(first + number, struct.unpack_from("<I", stream, position + 4 * number)[0])
                position += 4 * count
        at = last
    return objects


def _entries(stream: bytes, document: int, instance: int) -> Iterator[_Entry]:
    """The slides (instance 0) or notes (2) in the document's list, with their outline texts."""
    for kind, which, begin, end in _records(stream, document + 8, _end(stream, document)):
        if kind != _LIST or which != instance:
            continue
        entry: _Entry | None = None
        placeholder = -1
        for inner, _, first, last in _records(stream, begin, end):
            if inner == _PERSIST and last - first >= 16:
                if entry is not None:
                    yield entry
                reference, _, _, identifier = struct.unpack_from("<4I", stream, first)
                entry = _Entry(reference, identifier)
            elif inner == _TEXT_TYPE and last - first >= 4:
                placeholder = struct.unpack_from("<I", stream, first)[0]
            elif inner in (_WIDE, _NARROW) and entry is not None:
                entry.texts.append((placeholder, _text(stream, inner, first, last)))
        if entry is not None:
            yield entry


def _object_texts(stream: bytes, at: int, outline: list[Text]) -> Iterator[Text]:
    if at >= 0:
        yield from _texts(stream, at + 8, _end(stream, at), outline)


def _texts(stream: bytes, begin: int, end: int, outline: list[Text], depth: int = 0) -> Iterator[Text]:
    """The texts of all shapes in this stretch; those that stand in the outline are taken from there."""
    placeholder = -1
    for kind, _, first, last in _records(stream, begin, end, depth):
        if kind == _TEXT_TYPE and last - first >= 4:
            placeholder = struct.unpack_from("<I", stream, first)[0]
        elif kind in (_WIDE, _NARROW):
            if text := _text(stream, kind, first, last):
                yield placeholder, text
        elif kind == _OUTLINE and last - first >= 4:
            index = struct.unpack_from("<I", stream, first)[0]
            if index < len(outline) and outline[index][1]:
                yield outline[index]
        elif kind not in (_COMMENT, _PROGRAM_TAGS, _MASTER) and _is_container(stream, first):
            yield from _texts(stream, first, last, outline, depth + 1)


def _text(stream: bytes, kind: int, first: int, last: int) -> str:
    raw = stream[first:last]
    text = raw.decode("utf-16-le", "replace") if kind == _WIDE else raw.decode("cp1252", "replace")
    return clean("" if text.strip("\r\x0b ") == "*" else text.replace("\x0b", "\n"))


def _comments(stream: bytes, at: int) -> Iterator[str]:
    for kind, begin, end in _deep(stream, at):
        if kind == _COMMENT:
            author, text = "", ""
            for inner, which, first, last in _records(stream, begin, end):
                if inner == _STRING:
                    value = stream[first:last].decode("utf-16-le", "replace")
                    author, text = (value, text) if which == 0 else (author, value) if which == 1 else (author, text)
            if text:
                yield f"Comment by {author}: {text}" if author else f"Comment: {text}"


def _is_container(stream: bytes, first: int) -> bool:
    """Whether the record whose data begins at `first` is made of records."""
    return bool(struct.unpack_from("<H", stream, first - 8)[0] & 0xF == _CONTAINER)


def _deep(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """All records below the object at `at`."""
    stack = [(at + 8, _end(stream, at), 0)] if 0 <= at <= len(stream) - 8 else []
    while stack:
        begin, end, depth = stack.pop()
        for kind, _, first, last in _records(stream, begin, end, depth):
            yield kind, first, last
            if kind == _TAG_DATA or _is_container(stream, first):
                stack.append((first, last, depth + 1))


def _notes(stream: bytes, at: int, notes: dict[int, _Entry], objects: dict[int, int]) -> Iterator[str]:
    """The notes page that the slide's atom (1007) points at."""
    for kind, begin, end in _deep(stream, at):
        if kind == _SLIDE_ATOM and end - begin >= 20:
            entry = notes.get(struct.unpack_from("<I", stream, begin + 16)[0])
            where = objects.get(entry.reference, -1) if entry else -1
            if entry is not None and _kind(stream, where) == _NOTES:
                for _, text in _object_texts(stream, where, entry.texts):
                    yield text
            return
