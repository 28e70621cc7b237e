"""What a text that goes to one customer may be made of: nothing that another customer is named in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from apps.customers.names import NOBODY, Alias, NameText, names_of
from core.text.sentences import split_sentences
from core.types import Passage
from retrieval.query.filters import AnyOf, Either, Exists, Filter, Not

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
    """

    own: frozenset[str]
    foreign: tuple[Alias, ...]
    customer: str = ""
    withheld: set[str] = field(default_factory=set)

    def told(self, passage: Passage) -> Passage | None:
        """The passage without what is about others, at the same length so that offsets hold; None if nothing is left.

        A document of another customer goes as a whole, and so does what stands under another's name as a heading. In
        other passages the sentence that names somebody goes with the rest of its paragraph: what follows may be about
        them without saying so again.
        """
        chunk = passage.chunk
        if self.own.issuperset(names_of(chunk)) and self.is_silent("\n".join([chunk.title, *chunk.heading_path])):
            text = self._blanked(chunk.text)
            if text == chunk.text:
                return passage
            self.withheld.add(chunk.id)
            if len("".join(text.split())) >= _LEAST:
                return replace(passage, chunk=replace(chunk, text=text))
        self.withheld.add(chunk.id)
        return None

    def is_silent(self, text: str) -> bool:
        """Whether `text` names no other customer."""
        read = NameText.of(text)
        return not any(read.has(alias) for alias in self.foreign)

    def search(self, search: Callable[[Filter | None, int], list[Passage]], limit: int) -> list[Passage]:
        """The best `limit` passages as they may be told; those of them that others are in count as withheld."""
        found = [self.told(p) for p in search(None, limit)]
        if None in found:
            count = set(self.withheld)
            nobodys: Filter = Either((Not(Exists("customer")), AnyOf("customer", (*self.own, *NOBODY))))
            found = [self.told(p) for p in search(nobodys, limit + _SPARE)]
            self.withheld.intersection_update(count)
        return [p for p in found if p is not None][:limit]

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
                # "An example, Harbour & Lane:" is about what comes below it.
                introduced = not self.is_silent(paragraph) and _INTRODUCES.search(paragraph) is not None
            kept.append(paragraph[:begin] + _ANY.sub(" ", paragraph[begin:]))
        return "".join(kept)

    def _first_named(self, paragraph: str) -> int:
        """Where the sentence begins that names another customer; the paragraph's length if none does."""
        if self.is_silent(paragraph):
            return len(paragraph)
        return next((s.begin for s in split_sentences(paragraph) if not self.is_silent(s.text)), 0)
