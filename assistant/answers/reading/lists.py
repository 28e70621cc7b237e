"""A list is quoted as a list: the item that answers with its neighbours, in order, below what introduces them.

A line that heads or introduces something says nothing by itself: it is shown with what stands below it, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.reading.evidence import ScoredStatement
from core.text.sentences import Span, split_sentences
from core.text.words import folded
from core.types import Chunk, Passage

_MOST_LINES = 12
_MOST_CHARS = 900
_HEADING_WORDS = 8
# "Phone: 123" says something by itself.
_LABELLED = re.compile(r"\w:\s|\s[–=]\s")
_BULLET = re.compile(r"^\s*(?:[-*•▪◦‣·]|\d{1,3}[.)]|[a-z][.)])\s+")


@dataclass(frozen=True, slots=True)
class QuotedList:
    """A whole list.

    Attributes:
        lead: What introduces it, such as "Before you travel:"; empty if nothing does.
        begin, end: Offsets of lead and items in the chunk's text.
        code: In the place of items, what is introduced as code.
        code_in: The passage that the code is of.
    """

    lead: str
    items: tuple[str, ...]
    begin: int
    end: int
    code: str = ""
    code_in: Passage | None = None

    def text(self, mark: str = "") -> str:
        """As Markdown; `mark` stands before the lead, and the items one step further in."""
        inset = " " * len(mark) if self.lead else ""
        if self.code:
            fenced = "\n".join(f"{inset}{line}" for line in ("```", *self.code.splitlines(), "```"))
            return f"{mark}{self.lead}\n\n{fenced}\n"  # a marker behind the fence would be part of the code
        lead = [mark + self.lead] if self.lead else []
        return "\n".join([*lead, *(f"{inset}- {item}" for item in self.items)])

    def holds(self, other: ScoredStatement, chunk_id: str) -> bool:
        """Whether the statement stands in this list of that chunk."""
        return other.passage.chunk.id == chunk_id and self.begin <= other.span.begin < self.end


def list_around(evidence: ScoredStatement) -> QuotedList | None:
    """The list that the statement is an item or the lead-in of; None if it is neither, or the list is too long."""
    text = evidence.passage.chunk.text
    spans = split_sentences(text)
    place = next((n for n, span in enumerate(spans) if span.begin == evidence.span.begin), None)
    if place is None:
        return None
    if spans[place].kind != "item":
        place += 1
        if not _introduces(spans[place - 1]) or place == len(spans) or spans[place].kind != "item":
            return None
    first = last = place
    while first and spans[first - 1].kind == "item":
        first -= 1
    while last + 1 < len(spans) and spans[last + 1].kind == "item":
        last += 1
    begin, end = spans[first].begin, spans[last].end
    lines = [" ".join(_BULLET.sub("", line).split()) for line in text[begin:end].splitlines() if line.strip()]
    lead = spans[first - 1] if first and _introduces(spans[first - 1]) else None
    begin = lead.begin if lead is not None else begin
    if not 1 < len(lines) <= _MOST_LINES or end - begin > _MOST_CHARS:
        return None
    return QuotedList(" ".join(lead.text.split()) if lead is not None else "", tuple(lines), begin, end)


def below_heading(evidence: ScoredStatement) -> QuotedList | None:
    """What stands below the statement, if that is a line that heads it in the text, such as "Release 4.2 (May)"."""
    chunk = evidence.passage.chunk
    spans = split_sentences(chunk.text)
    place = next((n for n, span in enumerate(spans) if span.begin == evidence.span.begin), None)
    if place is None or not _heads(place, spans, chunk):
        return None
    last = place
    while last + 1 < len(spans) and spans[last + 1].kind in ("sentence", "item") and not _heads(last + 1, spans, chunk):
        last += 1
        if spans[last].end - spans[place].begin > _MOST_CHARS or last - place > _MOST_LINES:
            return None
    items = tuple(" ".join(_BULLET.sub("", span.text).split()) for span in spans[place + 1 : last + 1])
    lead = " ".join(spans[place].text.split())
    return QuotedList(lead, items, spans[place].begin, spans[last].end) if items else None


def code_below(evidence: ScoredStatement, passages: Sequence[Passage]) -> QuotedList | None:
    """The code that the statement introduces at the end of its chunk, where the next chunk is among the passages."""
    chunk, span = evidence.passage.chunk, evidence.span
    if not _introduces(span) or chunk.text[span.end :].strip():
        return None
    after = (chunk.document_id, chunk.ordinal + 1)
    following = next((p for p in passages if (p.chunk.document_id, p.chunk.ordinal) == after), None)
    if following is None or following.chunk.kind != "code" or len(following.chunk.text) > _MOST_CHARS:
        return None
    lead = " ".join(span.text.split())
    return QuotedList(lead, (), span.begin, span.end, following.chunk.text.strip("\n"), following)


# The lines above a mail: who wrote to whom, when, about what.
_MAIL_HEADER = re.compile(
    r"(?:from|to|cc|bcc|subject|sent|date|von|an|gesendet|betreff|de|para|asunto|à|objet|envoyé): \S", re.IGNORECASE
)


def says_something(evidence: ScoredStatement, passages: Sequence[Passage], *, whole: bool) -> bool:
    """Whether the statement can stand: no title, and no heading or lead-in unless it is shown with what it heads.

    Args:
        whole: What stands below a heading or a lead-in is shown with it.
    """
    chunk, span = evidence.passage.chunk, evidence.span
    if span.kind == "sentence" and (_is_title(span, chunk) or _MAIL_HEADER.match(span.text)):
        return False
    if _introduces(span):
        return whole and (list_around(evidence) is not None or code_below(evidence, passages) is not None)
    if span.kind != "sentence":
        return True
    spans = split_sentences(chunk.text)
    place = next((n for n, other in enumerate(spans) if other.begin == span.begin), None)
    return place is None or not _heads(place, spans, chunk) or (whole and below_heading(evidence) is not None)


def _heads(place: int, spans: Sequence[Span], chunk: Chunk) -> bool:
    """Whether this line is a heading in running text: short, alone, without an end, above a sentence or a list."""
    span = spans[place]
    if span.kind != "sentence" or "\n" in span.text or len(span.text.split()) > _HEADING_WORDS:
        return False
    if span.text[-1] in ".!?:;,…。！？" or _LABELLED.search(span.text) or place + 1 == len(spans):
        return False
    alone = chunk.text[span.end : spans[place + 1].begin].count("\n") > 0
    below = spans[place + 1]
    return alone and (below.kind == "item" or below.text.rstrip()[-1:] in ".!?。！？")


def _is_title(span: Span, chunk: Chunk) -> bool:
    told = " ".join(folded(span.text).split())
    return told in {" ".join(folded(name).split()) for name in (chunk.title, *chunk.heading_path)}


def _introduces(span: Span) -> bool:
    return span.kind == "sentence" and span.text.rstrip().endswith((":", "："))
