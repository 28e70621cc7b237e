"""What a model gets to read: the passages as a reader would want them.

Documents stand in the order of their best passage, their passages in document order; neighbours are joined, a table is
whole with its header. Each source says what it is: title, place, headings, type, status, dates, owner, customer.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answers.form.citations import document_offset
from assistant.answers.writing.budget import estimated_tokens
from assistant.checks import neutralised
from assistant.question import COMPUTED
from core.types import Chunk, Passage, User

# Around so many of the best passages their neighbours are read, too.
_WITH_NEIGHBOURS = 3
_TOLD = ("document_type", "status", "version", "owner", "customer", "product")
_SECRET = secrets.token_bytes(16)


class DocumentReader(Protocol):
    """What can read whole documents: the search."""

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        """The document's chunks in order; empty if it isn't there or `user` may not read it."""
        ...


@dataclass(frozen=True)
class Source:
    """What a model may cite by its number: one passage, several that follow each other, or something computed.

    What was computed comes first, before the passages that it rests on; a citation names them all.
    """

    passages: tuple[Passage, ...]

    @property
    def chunk(self) -> Chunk:
        """The first of them, for what holds for all."""
        return self.passages[0].chunk

    @property
    def is_computed(self) -> bool:
        """Whether the text stands in no document."""
        return self.chunk.source == COMPUTED

    @property
    def text(self) -> str:
        """The text without what overlaps, and without a table's repeated headers."""
        if self.is_computed:
            return self.chunk.text
        parts, end = [self.chunk.text], self.chunk.end
        for passage in self.passages[1:]:
            chunk = passage.chunk
            repeated = max(0, len(chunk.text) - (chunk.end - chunk.begin)) if chunk.end > chunk.begin else 0
            known = repeated or max(0, end - max(chunk.begin, document_offset(chunk)))
            joint = "\n" if repeated else "" if known else "\n\n"
            parts.append(joint + chunk.text[known:].lstrip("\n" if repeated else ""))
            end = max(end, chunk.end)
        return "".join(parts)


def sources_from(
    passages: Sequence[Passage], reader: DocumentReader, user: User, *, most: int, max_tokens: int
) -> list[Source]:
    """The best passages that fit, with what belongs to them, as sources.

    Args:
        most: How many passages at most, neighbours included.
    """
    chosen: dict[str, Passage] = {}
    left = max_tokens
    for rank, passage in enumerate(passages):
        if len(chosen) >= most:
            break
        for one in (passage, *_belonging(passage, rank, reader, user)):
            cost = estimated_tokens(one.chunk.text)
            if one.chunk.id in chosen or len(chosen) >= most or (chosen and cost > left):
                continue
            chosen[one.chunk.id] = one
            left -= cost
    return _joined(list(chosen.values()))


def rendered_sources(sources: Sequence[Source], fence: str) -> str:
    """The numbered sources between fences; what reads like an instruction to the model is taken apart first."""
    parts = []
    for number, source in enumerate(sources, start=1):
        about = "; ".join(_one_line(part) for part in _about(source.chunk))
        text = neutralised(source.text).replace(fence, "")
        parts.append(f"{fence} source {number}: {about}\n{text}\n{fence} end of source {number}")
    return "\n\n".join(parts)


def fence_for(question: str, sources: Sequence[Source]) -> str:
    """What nobody who writes a document can guess, and is yet the same for the same prompt, which may be cached."""
    seen = "\n".join([question, *(p.chunk.id for s in sources for p in s.passages)])
    return f"<<{hmac.new(_SECRET, seen.encode(), 'sha256').hexdigest()[:12]}>>"


def _belonging(passage: Passage, rank: int, reader: DocumentReader, user: User) -> Iterator[Passage]:
    """The rest of the passage's table, and the neighbours of the best passages."""
    chunk = passage.chunk
    if chunk.source == "attachment" or (rank >= _WITH_NEIGHBOURS and not chunk.rows):
        return
    whole = reader.document(chunk.document_id, user)
    place = next((n for n, other in enumerate(whole) if other.id == chunk.id), None)
    if place is None:
        return
    if chunk.rows:
        for step in (-1, 1):
            at = place + step
            while 0 <= at < len(whole) and whole[at].rows[:1] == chunk.rows[:1]:
                yield Passage(whole[at], 0.0)
                at += step
    if rank < _WITH_NEIGHBOURS:
        yield from (Passage(whole[at], 0.0) for at in (place + 1, place - 1) if 0 <= at < len(whole))


def _joined(passages: Sequence[Passage]) -> list[Source]:
    documents: dict[str, list[Passage]] = {}
    for passage in passages:
        documents.setdefault(passage.chunk.document_id, []).append(passage)
    found: list[list[Passage]] = []
    for own in documents.values():
        for passage in sorted(own, key=lambda p: p.chunk.ordinal):
            last = found[-1][-1].chunk if found else None
            if last and last.document_id == passage.chunk.document_id and _follows(last, passage.chunk):
                found[-1].append(passage)
            else:
                found.append([passage])
    return [Source(tuple(own)) for own in found]


def _follows(one: Chunk, other: Chunk) -> bool:
    """Whether the next chunk goes on where this one ends, under the same heading."""
    return other.ordinal == one.ordinal + 1 and other.heading_path == one.heading_path


def _about(chunk: Chunk) -> Iterator[str]:
    yield ", ".join(part for part in (chunk.title or chunk.document_id, chunk.locator) if part)
    headings = [h for h in chunk.heading_path if h and h != chunk.title]
    if headings:
        yield f"under {' › '.join(headings)}"
    for name in _TOLD:
        value = chunk.metadata.get(name)
        if value:
            yield f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, tuple) else value}"
    if chunk.metadata.get("vetting", "vetted") != "vetted":
        yield f"state: {chunk.metadata['vetting']}"
    for name, said in (("valid_from", "valid from"), ("updated_at", "last changed")):
        if chunk.metadata.get(name):
            yield f"{said} {str(chunk.metadata[name])[:10]}"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", neutralised(text)).strip()
