"""A list is quoted as a list: the item that answers with its neighbours, in order, below what introduces them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.answers.evidence import ScoredStatement
from core.text.sentences import Span, split_sentences

_MOST_LINES = 12
_MOST_CHARS = 900
_BULLET = re.compile(r"^\s*(?:[-*•▪◦‣·]|\d{1,3}[.)]|[a-z][.)])\s+")


@dataclass(frozen=True, slots=True)
class QuotedList:
    """A whole list.

    Attributes:
        lead: What introduces it, such as "Before you travel:"; empty if nothing does.
        begin, end: Offsets of lead and items in the chunk's text.
    """

    lead: str
    items: tuple[str, ...]
    begin: int
    end: int

    def text(self, mark: str = "") -> str:
        """As Markdown; `mark` stands before the lead, and the items one step further in."""
        inset = " " * len(mark) if self.lead else ""
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


def _introduces(span: Span) -> bool:
    return span.kind == "sentence" and span.text.rstrip().endswith((":", "："))
