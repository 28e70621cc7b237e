"""Numbered citations: made for quotes and written texts, and linked to the place in the source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import quote as url_quote

from assistant.events import Sentence
from core.types import Chunk, Citation, Passage

_CLOCK = re.compile(r"^(?:(\d{1,2}):)?(\d{1,2}):(\d{2})")


@dataclass
class Composer:
    """An answer's text as it grows; keeps the offsets of each statement and its citations."""

    text: str = ""
    citations: list[Citation] = field(default_factory=list)

    def add(self, statement: str, quotes: Iterable[tuple[Passage, int, int]], separator: str = " ") -> Sentence:
        """Appends a statement with one new marker a quote (passage, begin and end in the chunk's text)."""
        begin = len(self.text) + (len(separator) if self.text else 0)
        made = [
            cite(
                len(self.citations) + number, passage, (quote_begin, quote_end), begin=begin, end=begin + len(statement)
            )
            for number, (passage, quote_begin, quote_end) in enumerate(quotes, start=1)
        ]
        return self._append(statement, made, separator)

    def add_written(self, text: str, citations: Iterable[Citation], before: str) -> Sentence:
        """Appends a text that has its markers; the citations' offsets count from its beginning."""
        before = before if self.text else ""
        begin = len(self.text) + len(before)
        placed = tuple(replace(c, begin=c.begin + begin, end=c.end + begin) for c in citations)
        self.text += before + text
        self.citations.extend(placed)
        return Sentence(text, placed, before)

    def _append(self, statement: str, made: list[Citation], separator: str) -> Sentence:
        marked = statement + "".join(f" [{citation.marker}]" for citation in made)
        before = separator if self.text else ""
        self.text += before + marked
        self.citations.extend(made)
        return Sentence(marked, tuple(made), before)


def cite(marker: int, passage: Passage, quote: tuple[int, int], *, begin: int, end: int) -> Citation:
    """A citation of the chunk's text from quote[0] to quote[1], for the statement at begin..end of the answer."""
    chunk = passage.chunk
    quote_begin, quote_end = quote
    place = document_offset(chunk)
    return Citation(
        marker=marker,
        document_id=chunk.document_id,
        title=chunk.title,
        url=chunk.url,
        quote=chunk.text[quote_begin:quote_end],
        begin=begin,
        end=end,
        chunk_id=chunk.id,
        page=chunk.page,
        locator=chunk.locator,
        quote_begin=max(chunk.begin, place + quote_begin),
        quote_end=max(chunk.begin, place + quote_end),
    )


def document_offset(chunk: Chunk) -> int:
    """What to add to an offset in the chunk's text to get one in the document's text.

    Later parts of a table repeat the header in front of the text that they were cut from.
    """
    repeated = len(chunk.text) - (chunk.end - chunk.begin) if chunk.end > chunk.begin else 0
    return chunk.begin - max(0, repeated)


def deep_link(citation: Citation) -> str:
    """The document's URL, opened at the cited page, time or text where the format has a way to say so."""
    url = citation.url
    if not url or "#" in url:
        return url
    path = url.split("?", 1)[0].lower()
    clock = _CLOCK.match(citation.locator)
    if path.endswith(".pdf") and citation.page:
        return f"{url}#page={citation.page}"
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return f"{url}#t={hours * 3600 + minutes * 60 + seconds}"
    if url.startswith(("http://", "https://")) and path.endswith((".html", ".htm", "/")):
        words = citation.quote.split()
        start, end = " ".join(words[:6]), " ".join(words[-4:])
        fragment = url_quote(start, safe="") + (f",{url_quote(end, safe='')}" if len(words) > 12 else "")
        return f"{url}#:~:text={fragment}"
    return url
