"""A model's text, as it comes, in blocks of Markdown: paragraphs, headings, list items, tables, code.

A block is handed on when nothing can be added to it. A paragraph is handed on in parts, each ending with a sentence
that has its markers, so that the first words needn't wait for the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from assistant.answers.writing.markers import is_footnote, only_markers, read_markers
from core.text.sentences import split_sentences

Kind = Literal["paragraph", "heading", "item", "table", "code", "rule", "sources"]
_FENCE = re.compile(r"^\s{0,3}(```+|~~~+)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+\S|^\s*\*\*[^*]{2,80}:?\*\*:?\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|[a-z][.)])\s+\S")
_RULE = re.compile(r"^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$")
_INDENTED = re.compile(r"^\s{2,}\S")
# A whole reply in a fence of these is no code but Markdown that was wrapped.
_WRAPPED = re.compile(r"^\s{0,3}```+\s*(?:markdown|md|text|plaintext)?\s*$", re.IGNORECASE)
_MARKER_NEXT = re.compile(r"^\s*(?:[\[【(¹²³⁴⁵⁶⁷⁸⁹<]|$)")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of Markdown as it was written.

    Attributes:
        before: What stands between it and the block before: "\\n\\n", "\\n", or " " within a paragraph.
        end: Whether it is the end of its paragraph.
    """

    kind: Kind
    text: str
    before: str = "\n\n"
    end: bool = True

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of a line that only says what the block before rests on, the sources."""
        return (only_markers(self.text) or ()) if self.kind == "sources" else ()


def blocks_of(pieces: Iterable[str]) -> Iterator[Block]:
    """The blocks of a text that comes in pieces, each as soon as it is whole."""
    reader = _Reader()
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.close()


class _Reader:
    def __init__(self) -> None:
        self._line = ""
        self._lines: list[str] = []
        self._kind: Kind | None = None
        self._before = ""
        self._blank = False
        self._fence = ""
        self._begun = self._wrapped = False

    def feed(self, piece: str) -> Iterator[Block]:
        self._line += piece
        while "\n" in self._line:
            line, _, self._line = self._line.partition("\n")
            yield from self._take(line)
        if self._kind in (None, "paragraph") and self._line and not self._fence:
            yield from self._part()

    def close(self) -> Iterator[Block]:
        if self._line.strip():
            yield from self._take(self._line)
        self._line = ""
        yield from self._done()

    def _take(self, line: str) -> Iterator[Block]:
        if self._fence:
            self._lines.append(line)
            if line.strip().startswith(self._fence) and not line.strip().strip("`~"):
                self._fence = ""
                yield from self._done()
            return
        if not line.strip():
            yield from self._done()
            self._blank = True
            return
        kind = _kind(line)
        if kind == "code":
            # The fence of a whole reply and its end aren't part of the text.
            if _WRAPPED.match(line) and (self._wrapped or not self._begun):
                yield from self._done()
                self._wrapped = not self._wrapped
                return
            yield from self._done()
            self._begin(kind)
            self._fence = _FENCE.match(line).group(1)  # type: ignore[union-attr]
            self._lines.append(line)
            return
        goes_on = kind == self._kind == "table" or (kind == "paragraph" and self._kind == "paragraph")
        within = self._kind == "item" and kind == "paragraph" and _INDENTED.match(line)
        if not goes_on and not within:
            yield from self._done()
            self._begin(kind)
        self._lines.append(line)
        if kind in {"heading", "rule", "sources"}:
            yield from self._done()

    def _begin(self, kind: Kind) -> None:
        self._kind = kind
        self._before = "" if not self._begun else "\n\n" if self._blank else "\n"
        self._begun, self._blank = True, False

    def _done(self) -> Iterator[Block]:
        if self._kind is not None and self._lines:
            text = "\n".join(self._lines)
            if not is_footnote(text):
                yield Block(self._kind, text if self._kind in {"code", "table"} else text.rstrip(), self._before)
        self._lines, self._kind = [], None

    def _part(self) -> Iterator[Block]:
        """The sentences of the open paragraph up to the last that has its markers and is followed by another."""
        if _kind(self._line) != "paragraph" or len(self._line) < 4:
            return
        text = "\n".join([*self._lines, self._line])
        spans = split_sentences(text)
        if len(spans) < 2:
            return
        cut = 0
        for span, following in pairwise(spans):
            rest = text[following.begin :]
            if not _MARKER_NEXT.match(rest) and read_markers(text[cut : span.end])[1] and len(rest) > 2:
                cut = following.begin
        if cut:
            if self._kind is None:
                self._begin("paragraph")
            yield Block("paragraph", text[:cut].rstrip(), self._before, end=False)
            self._lines, self._line, self._before = [], text[cut:], " "


def _kind(line: str) -> Kind:
    if _FENCE.match(line):
        return "code"
    if line.lstrip().startswith("|"):
        return "table"
    if _RULE.match(line):
        return "rule"
    if only_markers(line) is not None:
        return "sources"
    if _HEADING.match(line):
        return "heading"
    return "item" if _ITEM.match(line) else "paragraph"
