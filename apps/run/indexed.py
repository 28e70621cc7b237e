"""A document of the index as the file that it was cut from, for steps that read files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from apps.language import AppFile
from core import records
from core.records import record_of, text_of
from core.types import Chunk, Parsed, Section


def file_of(parts: Sequence[Chunk], accepted: Sequence[str] = ()) -> AppFile:
    """A document's chunks as the file that they were cut from; what neighbouring chunks share is taken once.

    Args:
        accepted: Endings of file names; a document that has none of them, such as a page, is called by the first.
    """
    sections: list[Section] = []
    end = 0
    for chunk in sorted(parts, key=lambda c: c.ordinal):
        text = chunk.text[end - chunk.begin :] if not chunk.rows and chunk.begin < end else chunk.text
        end = max(end, chunk.end)
        if record_of(chunk.metadata) == records.TOUCHPOINT:
            text = _note(chunk, text)
        if not text.strip():
            continue
        if chunk.kind == "turn":
            _add_turns(sections, text.strip(), chunk)
        else:
            kind: Any = "table" if chunk.rows else "note" if chunk.kind == "note" else "text"
            sections.append(Section(text.strip(), chunk.heading_path, chunk.page, chunk.locator, kind, chunk.rows))
    head = parts[0]
    name = PurePath(text_of(head.metadata, "path") or head.title or head.document_id).name
    if accepted and PurePath(name).suffix.lower() not in accepted:
        name = f"{head.title}{'.txt' if '.txt' in accepted else accepted[0]}"
    return AppFile(name, Parsed(tuple(sections), head.title))


def _note(chunk: Chunk, text: str) -> str:
    """A system's note without the list of its fields, but for who was there."""
    fields, _, rest = text.partition("\n\n")
    if not all(line.startswith("- ") for line in fields.splitlines()):
        return text
    people = text_of(chunk.metadata, "participants")
    return f"Participants: {people}\n\n{rest}" if people else rest


def _add_turns(sections: list[Section], text: str, chunk: Chunk) -> None:
    speakers = text_of(chunk.metadata, "speakers").split(", ")
    for paragraph in text.split("\n\n"):
        name = paragraph.partition(": ")[0]
        if name in speakers or not sections or sections[-1].kind != "turn":
            sections.append(Section(paragraph, chunk.heading_path, None, chunk.locator, "turn"))
        else:
            sections[-1] = replace(sections[-1], text=f"{sections[-1].text} {paragraph}")
