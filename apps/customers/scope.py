"""What a text that goes to one customer may be made of: nothing that another customer is named in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from apps.customers.names import NOBODY, Alias, NameText, names_of
from core.tables import read_rows
from core.text.sentences import split_sentences
from core.types import Chunk, Passage
from retrieval.query.filters import AnyOf, Either, Exists, Filter, Not, all_of
from retrieval.query.search import Search, Searcher

_PARAGRAPH = re.compile(r"(?:(?!\n\s*\n|\n(?=[-*•|]|\d+[.)]\s)).)+|\n\s*\n?", re.DOTALL)
_ANY = re.compile(r"[^\n|]")
# Letters of a passage that are worth showing.
_LEAST = 20
# No list item and no row, and no whole sentence either.
_INTRODUCES = re.compile(r"\A\s*[^\s\-*•|].*[^.!?…\s]\s*\Z", re.DOTALL)
# Passages that are looked up besides those that are wanted, in the place of those that are left out.
_SPARE = 40


@dataclass
class CustomerScope:
    """What a text for one customer may be made of, and what had to stay out of it.

    Attributes:
        own: The names under which documents are the customer's.
        foreign: How others are written.
        customer: The name as the documents write it; empty when it isn't known.
        withheld: The ids of passages, and lines, that were left out so far, or a part of them.
        attributes: Those in which documents name their customer.
        keeps_in: Whether a passage on these customers stays in the house, such as a report's risks.
        owners: Document id → its customer, where no attribute says it.
    """

    own: frozenset[str]
    foreign: tuple[Alias, ...]
    customer: str = ""
    withheld: set[str] = field(default_factory=set)
    attributes: tuple[str, ...] = ("customer",)
    keeps_in: Callable[[Chunk, Collection[str]], bool] = lambda _chunk, _owners: False
    owners: Mapping[str, str] = field(default_factory=dict)

    def told(self, passage: Passage) -> Passage | None:
        """The passage without what is about others, at the same length so that offsets hold; None if nothing is left.

        A document of another customer goes as a whole, and so does what stands under another's name as a heading. In
        other passages the sentence that names somebody goes with the rest of its paragraph: what follows may be about
        them without saying so again.
        """
        chunk = passage.chunk
        owner = self.owners.get(chunk.document_id)
        names = (*names_of(chunk, self.attributes), *([owner] if owner else ()))
        if self.keeps_in(chunk, names):
            return None
        if self.own.issuperset(names) and self.is_silent("\n".join([chunk.title, *chunk.heading_path])):
            text = self._blanked(chunk.text)
            # A part of a table knows its header, which its text may lack.
            if text == chunk.text and self.is_silent("\n".join(cell for row in chunk.rows for cell in row)):
                return passage
            self.withheld.add(chunk.id)
            if len("".join(text.split())) >= _LEAST:
                rows = tuple(map(tuple, read_rows(text))) if chunk.rows else ()
                return replace(passage, chunk=replace(chunk, text=text, rows=rows))
        self.withheld.add(chunk.id)
        return None

    def is_silent(self, text: str) -> bool:
        """Whether `text` names no other customer."""
        read = NameText.of(text)
        return not any(read.has(alias) for alias in self.foreign)

    def search(self, searcher: Searcher, wanted: Search) -> list[Passage]:
        """The best passages as they may be told; those of them that others are in count as withheld."""
        found = [self.told(p) for p in searcher.search(wanted)]
        if None in found:
            count = set(self.withheld)
            names = (*self.own, *NOBODY)
            nobodys: list[Filter] = [Either((Not(Exists(a)), AnyOf(a, names))) for a in self.attributes]
            more = replace(wanted, filters=all_of(wanted.filters, *nobodys), limit=wanted.limit + _SPARE)
            found = [self.told(p) for p in searcher.search(more)]
            self.withheld.intersection_update(count)
        return [p for p in found if p is not None][: wanted.limit]

    def kept_lines(self, text: str) -> str:
        """`text` without the lines that name another customer; they count as withheld."""
        kept = []
        for line in text.splitlines():
            if self.is_silent(line):
                kept.append(line)
            else:
                self.withheld.add(line)
        return "\n".join(kept)

    def _blanked(self, text: str) -> str:
        if self.is_silent(text):
            return text
        kept, introduced = [], False
        for match in _PARAGRAPH.finditer(text):
            paragraph = match.group()
            begin = 0 if introduced and paragraph.strip() else self._first_named(paragraph)
            if paragraph.strip():
                # "An example, Some Customer:" is about what comes below it.
                introduced = not self.is_silent(paragraph) and _INTRODUCES.search(paragraph) is not None
            kept.append(paragraph[:begin] + _ANY.sub(" ", paragraph[begin:]))
        return "".join(kept)

    def _first_named(self, paragraph: str) -> int:
        """Where the sentence begins that names another customer; the paragraph's length if none does."""
        if self.is_silent(paragraph):
            return len(paragraph)
        return next((s.begin for s in split_sentences(paragraph) if not self.is_silent(s.text)), 0)
