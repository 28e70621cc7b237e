"""The section around a quote, so that a citation can be read where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.types import Answer, Chunk, Citation

CONTEXT_CHARS = 900
# A table is unreadable without its header row, so it is cut far later than running text.
TABLE_CHARS = 6_000


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote inside the section that it was taken from.

    Attributes:
        before, after: The section's text around the quote, cut at a word where it is long.
        exact: False when the quote's place in the section wasn't found; then before and after are empty.
        kind: The chunk's kind; a "table" is Markdown.
    """

    quote: str
    before: str = ""
    after: str = ""
    heading_path: tuple[str, ...] = ()
    kind: str = "text"
    exact: bool = True


def excerpt(citation: Citation, chunks: Sequence[Chunk], limit: int = CONTEXT_CHARS) -> Excerpt:
    """The citation's quote with at most `limit` characters of its section on each side.

    Args:
        chunks: The cited document's chunks as the reader may see them, in order; those of an answer's
            passages will do.
    """
    home = next((c for c in chunks if c.id == citation.chunk_id), None)
    if home is None:
        home = next((c for c in chunks if _find(citation.quote, c.text)), None)
    if home is None:
        return Excerpt(citation.quote, exact=False)
    same = [c for c in chunks if c.heading_path == home.heading_path and c.page == home.page]
    for text in (_joined(_run(same, home)), home.text):
        span = _find(citation.quote, text)
        if span:
            begin, end = span
            room = max(limit, TABLE_CHARS) if home.kind == "table" else limit
            return Excerpt(
                text[begin:end],
                _tail(text[:begin], room),
                _head(text[end:], room),
                home.heading_path,
                home.kind,
            )
    return Excerpt(citation.quote, heading_path=home.heading_path, kind=home.kind, exact=False)


def excerpts(answer: Answer) -> dict[int, Excerpt]:
    """Marker → excerpt for every citation, from the passages that the answer was built from."""
    found: dict[int, Excerpt] = {}
    for citation in answer.citations:
        chunks = [p.chunk for p in answer.passages if p.chunk.document_id == citation.document_id]
        chunks.sort(key=lambda c: c.ordinal)
        found[citation.marker] = excerpt(citation, chunks)
    return found


def _run(chunks: Sequence[Chunk], home: Chunk) -> list[Chunk]:
    """`home` with its unbroken neighbours among `chunks`."""
    by_ordinal = {c.ordinal: c for c in chunks}
    first = last = home.ordinal
    while first - 1 in by_ordinal:
        first -= 1
    while last + 1 in by_ordinal:
        last += 1
    return [by_ordinal[n] for n in range(first, last + 1)]


def _joined(chunks: Sequence[Chunk]) -> str:
    """The chunks' text without the words that neighbours share."""
    text = ""
    previous: Chunk | None = None
    for chunk in chunks:
        if previous is None:
            text = chunk.text
        else:
            shared = previous.end - chunk.begin
            overlaps = 0 < shared <= len(chunk.text) and text.endswith(chunk.text[:shared])
            text += chunk.text[shared:] if overlaps else f"\n\n{chunk.text}"
        previous = chunk
    return text


def _find(quote: str, text: str) -> tuple[int, int] | None:
    """Where the quote stands in the text, any run of white space matching any other."""
    words = quote.split()
    if not words:
        return None
    match = re.search(r"\s+".join(map(re.escape, words)), text)
    return match.span() if match else None


def _tail(text: str, limit: int) -> str:
    return text if len(text) <= limit else "… " + text[-limit:].split(" ", 1)[-1]


def _head(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
