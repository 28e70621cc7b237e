"""A parsed document → chunks: first by its structure, then by size.

Structure: a chunk never crosses a heading, a page or slide, or the border between text and a table. Within one
stretch it is filled with whole sentences up to the size, and starts with the sentences that ended the one before.
Tables are cut between rows and each part repeats the header; transcripts are cut between turns.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.settings import ChunkingSettings
from core.tables import TableText, is_rule_line
from core.text.sentences import split_sentences
from core.types import Chunk, Document, Parsed, Section
from retrieval.query import embedded_text

SEPARATOR = "\n\n"
_NAMESPACE = uuid.UUID("6f1b0c5e-3a0e-4b57-9f0f-6d1f2c1a7e42")

# Scripts that don't put spaces between words; two of their characters count as one word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Anything longer than 24 characters (a hash, an encoded image) counts as several words, or it would break the limit.
_WORD = re.compile(rf"[{_UNSPACED}]{{1,2}}|[^\s{_UNSPACED}]{{1,24}}")
_LINE_END = re.compile(r"\n+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+$")


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A stretch of the document's text: offsets in characters, and its size in words."""

    begin: int
    end: int
    words: int


def document_text(parsed: Parsed) -> str:
    """The document's text that `Chunk.begin` and `Chunk.end` count in: its sections joined by a blank line."""
    return SEPARATOR.join(section.text for section in parsed.sections)


def embedding_text(chunk: Chunk, languages: str = "en") -> str:
    """What is embedded of a chunk: title and headings, then its text; see `embedded_text` for the languages."""
    return embedded_text(chunk, languages)


def count_words(text: str) -> int:
    """The words of `text`; where a script has no spaces, two characters count as one word."""
    return sum(1 for _ in _WORD.finditer(text))


def chunk_document(document: Document, parsed: Parsed, settings: ChunkingSettings, language: str) -> list[Chunk]:
    """The document's chunks in reading order, none over `settings.size_words` words.

    A chunk's text is the document's text from `begin` to `end`; a later part of a table has the header in front.
    """
    text = document_text(parsed)
    metadata = {**document.metadata}
    metadata.setdefault("language", language)
    chunks: list[Chunk] = []
    for sections, begin in _stretches(parsed.sections):
        first = sections[0]
        end = begin + sum(len(section.text) for section in sections) + len(SEPARATOR) * (len(sections) - 1)
        table = TableText(first.rows, first.text)
        for header, span in _parts(text, begin, end, first.kind, settings):
            chunks.append(
                Chunk(
                    id=str(uuid.uuid5(_NAMESPACE, f"{document.id}\n{len(chunks)}")),
                    document_id=document.id,
                    ordinal=len(chunks),
                    text=header + text[span.begin : span.end],
                    heading_path=first.heading_path,
                    page=first.page,
                    locator=_locator(sections, begin, span.begin),
                    kind=first.kind,
                    rows=table.within(span.begin - begin, span.end - begin),
                    begin=span.begin,
                    end=span.end,
                    source=document.source,
                    title=document.title,
                    url=document.url,
                    allow=document.allow,
                    deny=document.deny,
                    metadata=metadata,
                )
            )
    return chunks


def _stretches(sections: Sequence[Section]) -> Iterator[tuple[list[Section], int]]:
    """Runs of sections that a chunk may join, each with its offset in the document's text."""
    offsets = []
    offset = 0
    for section in sections:
        offsets.append(offset)
        offset += len(section.text) + len(SEPARATOR)

    def stretch(number: int) -> tuple[object, ...]:
        section = sections[number]
        # A table is always on its own; equal neighbours elsewhere are one flow of text.
        return (section.heading_path, section.page, section.kind, number if section.kind == "table" else -1)

    for _, numbers in groupby(range(len(sections)), key=stretch):
        run = list(numbers)
        yield [sections[number] for number in run], offsets[run[0]]


def _locator(sections: Sequence[Section], begin: int, at: int) -> str:
    """The locator of the section that the character at `at` belongs to."""
    for section in sections:
        begin += len(section.text) + len(SEPARATOR)
        if at < begin:
            return section.locator
    return sections[-1].locator


def _parts(text: str, begin: int, end: int, kind: str, settings: ChunkingSettings) -> Iterator[tuple[str, ChunkSpan]]:
    """(header to repeat, span) of each chunk of the stretch from `begin` to `end`."""
    size = settings.size_words
    if kind == "table":
        yield from _table_parts(text, begin, end, size)
        return
    overlap = min(settings.overlap_words, size // 2)
    ends = _line_ends(text, begin, end) if kind == "code" else _sentence_ends(text, begin, end, size)
    for span in _pack(_pieces(text, begin, end, size, ends), size, overlap):
        yield "", span


def _table_parts(text: str, begin: int, end: int, size: int) -> Iterator[tuple[str, ChunkSpan]]:
    rows_begin = _header_end(text, begin, end)
    header = text[begin:rows_begin].rstrip() + "\n"
    header_words = count_words(header)
    # A header that would fill half of each part would displace more than it explains.
    if header_words > size // 2 or not text[rows_begin:end].strip():
        header, header_words, rows_begin = "", 0, begin
    ends = _line_ends(text, rows_begin, end)
    spans = _pack(_pieces(text, rows_begin, end, size - header_words, ends), size - header_words, 0)
    for number, span in enumerate(spans):
        if number == 0 and header:
            yield "", ChunkSpan(begin, span.end, span.words + header_words)
        else:
            yield header, span


def _header_end(text: str, begin: int, end: int) -> int:
    """Where the rows of a Markdown table begin: after its rule, or after the first line if it has none."""
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text, begin, end)]
    for line_begin, line_end in lines[:5]:
        if is_rule_line(text[line_begin:line_end]):
            return line_end
    return lines[0][1] if lines else begin


def _line_ends(text: str, begin: int, end: int) -> list[int]:
    return [match.end() for match in _LINE_END.finditer(text, begin, end)]


def _sentence_ends(text: str, begin: int, end: int, size: int) -> list[int]:
    """Where the sentences end, and the lines of one over `size` words: a log or a list of names has no full stops."""
    ends: list[int] = []
    for sentence in split_sentences(text[begin:end]):
        if count_words(sentence.text) > size:
            ends += _line_ends(text, begin + sentence.begin, begin + sentence.end)
        ends.append(begin + sentence.end)
    return ends


def _pieces(text: str, begin: int, end: int, size: int, ends: Sequence[int]) -> list[ChunkSpan]:
    """The text from `begin` to `end` cut at each of `ends`, and between words where that leaves too much."""
    pieces = []
    for piece_end in [*ends, end]:
        words = [(match.start(), match.end()) for match in _WORD.finditer(text, begin, piece_end)]
        for start in range(0, len(words), size):
            portion = words[start : start + size]
            pieces.append(ChunkSpan(portion[0][0], portion[-1][1], len(portion)))
        begin = piece_end
    return pieces


def _pack(pieces: Sequence[ChunkSpan], size: int, overlap: int) -> Iterator[ChunkSpan]:
    """Runs of neighbouring pieces of at most `size` words, each starting with up to `overlap` words of the last."""
    start = 0
    while start < len(pieces):
        stop, words = start, 0
        while stop < len(pieces) and words + pieces[stop].words <= size:
            words += pieces[stop].words
            stop += 1
        yield ChunkSpan(pieces[start].begin, pieces[stop - 1].end, words)
        if stop == len(pieces):
            return
        # Back to the earliest piece that fits into the overlap and leaves room for the next one.
        start, shared = stop, 0
        while (
            start > 0
            and shared + pieces[start - 1].words <= overlap
            and shared + pieces[start - 1].words + pieces[stop].words <= size
        ):
            start -= 1
            shared += pieces[start].words
