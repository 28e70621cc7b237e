"""A document's chunks as account facts need them: its sections, its day, a record's task or incident."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from apps.compare.blocks import ComparedTable
from core import records
from core.records import day_of, text_of
from core.types import Chunk, Parsed, Section

_PERIOD = re.compile(r"20\d\d-(?:Q[1-4]|\d\d)(?:-\d\d)?")


def task_of(chunk: Chunk) -> dict[str, Any]:
    """A task's record as apps list it."""
    known = chunk.metadata
    return {
        "task": chunk.title,
        "due": day_of(known, records.DUE_ON),
        "status": text_of(known, records.TASK_STATUS),
        "done": known.get(records.IS_DONE) is True,
        "owner": _person(text_of(known, records.ASSIGNEE)),
    }


def incident_of(chunk: Chunk) -> dict[str, Any]:
    """An incident's record as apps list it."""
    known = chunk.metadata
    return {
        "incident": text_of(known, records.INCIDENT_ID),
        "date": day_of(known, records.OPENED_ON) or changed_on(chunk),
        "severity": text_of(known, records.SEVERITY),
        "what_happened": text_of(known, records.SUBJECT) or chunk.title.partition(": ")[2] or chunk.title,
        "contained_after_hours": text_of(known, records.CONTAINED_AFTER_HOURS),
        "cause": text_of(known, records.ROOT_CAUSE),
    }


def period_column(table: ComparedTable) -> int | None:
    """The first column that has nothing but periods; None without one."""
    columns = range(len(table.header)) if table.rows else ()
    return next((n for n in columns if all(_PERIOD.fullmatch(row[n]) for row in table.rows)), None)


def said_in(parts: Sequence[Chunk]) -> str:
    """The text of a note on one line, without the list of its fields that it begins with."""
    text, end = "", 0
    for part in parts:
        # Neighbouring chunks share sentences.
        text += part.text[end - part.begin :] if part.begin < end else f"\n\n{part.text}"
        end = part.end
    paragraphs = text.strip().split("\n\n")
    if all(line.startswith("- ") for line in paragraphs[0].splitlines()):
        del paragraphs[0]
    return " ".join(" ".join(paragraphs).split())


def _person(text: str) -> str:
    """ "lukas.brandt@x" → "Lukas Brandt"."""
    return " ".join(p.capitalize() for p in text.split("@", maxsplit=1)[0].split(".")) if "@" in text else text


def parsed_of(title: str, chunks: Sequence[Chunk]) -> Parsed:
    """A document's chunks as the sections that they were cut from."""
    sections = []
    for chunk in chunks:
        kind: Any = "table" if chunk.rows else "text"
        sections.append(Section(chunk.text, chunk.heading_path, chunk.page, chunk.locator, kind, chunk.rows))
    return Parsed(tuple(sections), title)


def changed_on(chunk: Chunk) -> str:
    """The day on which the document was last changed, or made."""
    return str(chunk.metadata.get("updated_at") or chunk.metadata.get("created_at") or "")[:10]
